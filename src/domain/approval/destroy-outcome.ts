/** How a destroy ends. */
export const DESTROY_OUTCOMES = [
  'destroyed',
  /** A person said no, or took their approval back in time. */
  'rejected',
  /** The time to approve, or the time to act on the approval, ran out. */
  'expired',
  /** The Store is healthy again. */
  'cleared',
  /** A proposal, and a newcomer has taken over meanwhile. */
  'superseded',
  'evidence kept changing',
  /** A request was, or may have been, sent, and no reading settles what came of it. */
  'unknown',
  'refused',
  'cancelled',
] as const;

export type DestroyOutcomeKind = (typeof DESTROY_OUTCOMES)[number];

/** Why a destroy was refused. A closed set, explained to the operator in both languages. */
export type DestroyRefusalReason =
  | 'cannot be approved here'
  | 'no trusted reading'
  | 'too many proposals'
  | 'guard'
  | 'guard silent'
  | 'no worker'
  | 'the plan does not hold'
  | 'Cluster Manager';

export const destroyRefusalWords: Readonly<Record<DestroyRefusalReason, { readonly en: string; readonly zh: string }>> = {
  'cannot be approved here': {
    en: 'no votes that count can be had here, so nobody is asked in vain',
    zh: '此处无法取得有效投票，因此不发起审批',
  },
  'no trusted reading': {
    en: 'the Cluster Manager gave no trusted reading of it, and an unknown one is evidence of nothing',
    zh: 'CM 未给出可信读数，未知状态不能作为销毁依据',
  },
  'too many proposals': { en: 'as many destroys as allowed wait for people already', zh: '等待审批的销毁方案数已达上限' },
  guard: { en: 'the guard of the cluster does not let it', zh: '集群守卫不允许' },
  'guard silent': { en: 'the guard of the cluster did not answer', zh: '集群守卫未应答' },
  'no worker': { en: 'no worker that could do it answered', zh: '没有可执行的 worker 应答' },
  'the plan does not hold': {
    en: 'the worker that destroys does not accept this plan',
    zh: '执行销毁的 worker 不接受该方案',
  },
  'Cluster Manager': { en: 'the Cluster Manager refused the request', zh: 'CM 拒绝了销毁请求' },
};

export interface DestroyOutcome {
  readonly kind: DestroyOutcomeKind;
  readonly cluster: string;
  readonly store: string;
  /** What happened, as one sentence for a person. */
  readonly because: string;
  /** Only with `refused`. */
  readonly refusal?: DestroyRefusalReason;
  /** The plan that was acted upon or last voted on; null if none was made. */
  readonly planId: string | null;
  /** How many plans were made. */
  readonly plans: number;
  readonly next?: string;
}
