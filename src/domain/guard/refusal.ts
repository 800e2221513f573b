/**
 * Why the guard says no. A closed set: a reason that is not explained to the operator in both languages
 * does not compile.
 */
export type RefusalReason =
  | 'paused'
  | 'mode'
  | 'final'
  | 'cooling down'
  | 'confirm again'
  | 'quarantine'
  | 'subtopic busy'
  | 'debt first'
  | 'slots taken'
  | 'not the holder'
  | 'observing'
  | 'already open'
  | 'said already'
  | 'sweep full'
  | 'memory full'
  | 'held'
  | 'proposals full'
  | 'reserved'
  | 'not proposed'
  | 'sent before'
  | 'budget'
  | 'brake';

export interface Refusal {
  readonly reason: RefusalReason;
  /** Who or what exactly: a pause's name, a holder's workflow id. */
  readonly detail: string;
  /** When asking again makes sense, epoch milliseconds; null when only a person can change it. */
  readonly whenMs: number | null;
}

export const refusalWords: Readonly<Record<RefusalReason, { readonly en: string; readonly zh: string }>> = {
  paused: { en: 'the cluster is paused', zh: '集群已暂停' },
  mode: { en: 'the mode does not let it act', zh: '当前模式不允许执行操作' },
  final: { en: 'its last incident ended for good; a person must order the next one', zh: '上次事件已终结，须由人工下令再次处理' },
  'cooling down': { en: 'its last incident ended a moment ago', zh: '上次事件刚结束，处于冷却期' },
  'confirm again': {
    en: 'what it knows is from before a gap; the fault must be confirmed afresh',
    zh: '证据早于观测中断，须重新确认故障',
  },
  quarantine: {
    en: 'a command may still be running at the Cluster Manager for this subtopic',
    zh: '该子主题上可能仍有命令在 CM 中执行',
  },
  'subtopic busy': { en: 'another remediation holds this subtopic', zh: '该子主题正由另一修复流程占用' },
  'debt first': { en: 'a restart is owed to another Store of this subtopic', zh: '须先偿还该子主题另一 Store 的重启' },
  'slots taken': { en: 'as many commands as allowed are in flight', zh: '执行中的命令数已达上限' },
  'not the holder': { en: 'this run does not hold the subtopic', zh: '此运行并未持有该子主题' },
  observing: { en: 'first look after a gap: it only observes', zh: '观测中断后的首次巡检，仅观察' },
  'already open': { en: 'an incident is already open', zh: '已有未结束的事件' },
  'said already': { en: 'it would act, and said so; nothing has changed since', zh: '已报告“将会处理”，此后无变化' },
  'sweep full': { en: 'this sweep opened as many incidents as allowed', zh: '本次巡检开启的事件数已达上限' },
  held: { en: 'somebody holds it: hands off', zh: '已被人工锁定，禁止操作' },
  'proposals full': { en: 'as many destroys as allowed wait for people already', zh: '等待审批的销毁方案数已达上限' },
  reserved: {
    en: 'people approved a destroy on this subtopic, and it goes first',
    zh: '该子主题上已有获批的销毁方案，须先行处理',
  },
  'not proposed': { en: 'this guard knows of no such destroy', zh: '守卫未登记该销毁方案' },
  'sent before': { en: 'a request of this destroy was let pass before', zh: '该销毁流程的请求此前已放行' },
  budget: { en: 'as many were restarted or destroyed as the budget allows', zh: '已用尽当前时段的操作预算' },
  brake: {
    en: 'the brake is on: too much is broken at once for single restarts to be the answer',
    zh: '刹车已启用：同时故障过多，逐个重启不是办法',
  },
  'memory full': { en: 'the guard cannot remember more Stores', zh: '守卫的记录已满' },
};

/** A refusal as one sentence, without the time: callers show that in their own clock's words. */
export function sayRefusal(refusal: Refusal): string {
  const words = refusalWords[refusal.reason].en;
  return refusal.detail === '' ? words : `${words} (${refusal.detail})`;
}
