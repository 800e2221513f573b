/** Histories of destroys, built event by event with real seals, keys and signatures, and changed one thing at a time. */
import type { KeyObject } from 'node:crypto';
import proto from '@temporalio/proto';
import { planDigest } from '../../src/approval/digest.ts';
import type { History } from '../../src/approval/history-signals.ts';
import { sealed } from '../../src/approval/seal.ts';
import { signVote } from '../../src/approval/signature.ts';
import type { ApprovalRules, Assurance } from '../../src/domain/approval/electorate.ts';
import { makePlan, type DestroyPlan, type Plan } from '../../src/domain/approval/plan.ts';
import { faulty, MINUTE, SECOND, STORE, T0 } from '../domain/readings.ts';
import { ALICE_KEY, BOB_KEY } from '../approval/fixed-keys.ts';

export const RUN = '01a210e0-fc11-7ee0-9647-d9f39c0d3b61';
export const OTHER_RUN = 'dfc9df77-2fc6-4c54-9973-4486db981dec';
export const CLUSTER = 'site-1';
export const WORKFLOW = `destroy:${CLUSTER}:${STORE}`;
const HOUR = 60 * MINUTE;
const { HistoryEvent } = proto.temporal.api.history.v1;

export const rules: ApprovalRules = {
  assurance: ['attested', 'signed'],
  quorum: 2,
  approvers: [
    { name: 'alice', principals: [{ type: 'jwt', name: 'alice@site' }], keys: [ALICE_KEY] },
    { name: 'bob', principals: [{ type: 'jwt', name: 'bob@site' }], keys: [BOB_KEY] },
    { name: 'carol', principals: [{ type: 'jwt', name: 'carol@site' }], keys: [] },
  ],
  approveWithinMs: 4 * HOUR,
  executeWithinMs: 15 * MINUTE,
};

const reading = faulty(T0 + SECOND, { oldestS: 1_700_000_000, newestS: 1_700_086_400 });
export const evidence = {
  reading,
  raw: { encoding: 'text', data: JSON.stringify({ crawler: { active: true, status: 1 }, isSuccess: true }) },
} as const;

export function planOf(patch: Partial<DestroyPlan> = {}, assurance: readonly Assurance[] = rules.assurance): DestroyPlan {
  const frame = {
    cluster: CLUSTER,
    cm: 'http://10.0.0.5:8088',
    store: STORE,
    policyDigest: 'a'.repeat(64),
    approval: { quorum: 2, assurance },
    workflowId: WORKFLOW,
    runId: RUN,
    number: 1,
    nonce: '00112233445566778899aabbccddeeff',
    approveByMs: T0 + 4 * HOUR,
    executeWithinMs: 15 * MINUTE,
  };
  const planned = makePlan(frame, { reading, siblings: [] });
  if (planned.kind !== 'planned') throw new Error(planned.kind);
  return sealed({ ...planned.plan, ...patch });
}

export interface Vote {
  readonly verdict?: 'approve' | 'reject';
  /** The token that it was sent with. */
  readonly by?: string;
  readonly atMs?: number;
  readonly value?: Readonly<Record<string, unknown>>;
  readonly fromWorkflow?: boolean;
}

/** One run, told in the order of its events. Each call adds what the server would write. */
export class Story {
  readonly events: object[] = [];
  #atMs = T0;
  readonly stamped: boolean;
  readonly plan: Plan;
  #asked = 0;

  constructor({ stamped = true, plan = planOf() }: { readonly stamped?: boolean; readonly plan?: Plan } = {}) {
    this.stamped = stamped;
    this.plan = plan;
  }

  get last(): number {
    return this.events.length;
  }

  add(attributes: object, { by, atMs = this.#atMs + 100 }: { readonly by?: string; readonly atMs?: number } = {}): this {
    this.#atMs = Math.max(this.#atMs, atMs);
    const principal = this.stamped && by !== undefined ? { type: 'jwt', name: `${by}@site` } : undefined;
    this.events.push({ eventId: this.last + 1, eventTime: timestamp(atMs), principal, ...attributes });
    return this;
  }

  started(by = 'operator', more: object = {}, input: object = {}): this {
    return this.add(
      {
        workflowExecutionStartedEventAttributes: {
          workflowId: WORKFLOW,
          originalExecutionRunId: RUN,
          workflowType: { name: 'destroyStore' },
          input: payloads({ cluster: CLUSTER, store: STORE, reason: 'replaced', ...input }),
          ...more,
        },
      },
      { by, atMs: T0 },
    );
  }

  activity(name: string, input: object, result: unknown, { atMs, tookMs = 300 }: { atMs?: number; tookMs?: number } = {}): this {
    const startMs = atMs ?? this.#atMs + 100;
    this.add(
      {
        activityTaskScheduledEventAttributes: {
          activityType: { name },
          activityId: String(this.last),
          input: payloads(input),
          heartbeatTimeout: { seconds: 15 },
        },
      },
      { atMs: startMs },
    );
    const scheduledEventId = this.last;
    if (result === undefined) return this;
    this.add({ activityTaskStartedEventAttributes: { scheduledEventId, attempt: 1 } }, { atMs: startMs + 50 });
    return this.add(
      {
        activityTaskCompletedEventAttributes: {
          scheduledEventId,
          startedEventId: scheduledEventId + 1,
          result: payloads(result),
        },
      },
      { by: 'worker', atMs: startMs + tookMs },
    );
  }

  sealed(plan = this.plan, patch: object = {}): this {
    const result = {
      kind: 'sealed',
      plan,
      digest: digestOf(plan),
      rules,
      requesters: { proven: this.stamped, principals: [], keys: [], names: [] },
      needed: 2,
      mode: 'observe',
      evidence,
      ...patch,
    };
    return this.activity('sealPlan', { cluster: CLUSTER, store: STORE, action: 'destroy' }, result);
  }

  vote({ verdict = 'approve', by, atMs, value = {}, fromWorkflow = false }: Vote = {}): this {
    const said = { planId: this.plan.planId, store: STORE, reason: 'replaced', acceptUncovered: true, ...value };
    return this.add(
      {
        workflowExecutionSignaledEventAttributes: {
          signalName: verdict,
          identity: 'cli',
          input: payloads(said),
          ...(fromWorkflow ? { externalWorkflowExecution: { workflowId: 'heal:x', runId: OTHER_RUN } } : {}),
        },
      },
      { ...(by === undefined ? {} : { by }), ...(atMs === undefined ? {} : { atMs }) },
    );
  }

  signedVote(approver: string, key: KeyObject, { patch = {}, ...vote }: Vote & { readonly patch?: object } = {}): this {
    return this.vote({ ...vote, value: { ...signedWords(this.plan, approver, key, vote.verdict), ...patch } });
  }

  lease(runId = RUN): this {
    this.#asked += 1;
    const askId = `${this.#asked}@${T0}`;
    this.activity('tellGuard', { cluster: CLUSTER, signal: 'requestLease', message: { askId } }, { told: 'guard' });
    return this.add({
      workflowExecutionSignaledEventAttributes: {
        signalName: 'guardAnswer',
        input: payloads({ askId, runId, answer: { kind: 'granted', nowMs: this.#atMs } }),
        externalWorkflowExecution: { workflowId: `guard:${CLUSTER}`, runId: OTHER_RUN },
      },
    });
  }

  destroy({
    input = {},
    report = {},
    atMs,
    open = false,
    tookMs,
  }: {
    readonly input?: object;
    readonly report?: object;
    readonly atMs?: number;
    readonly open?: boolean;
    readonly tookMs?: number;
  } = {}): this {
    const { planId } = this.plan;
    const asked = {
      cluster: CLUSTER,
      store: STORE,
      planId,
      commandId: `${planId}#1`,
      sendByMs: 60_000,
      why: 'replaced',
      ...input,
    };
    const requesters = { proven: this.stamped, principals: [], keys: [], names: [] };
    const proof = { digest: digestOf(this.plan), requesters, siblings: [] };
    const sent = {
      kind: 'sent',
      answer: { kind: 'done', detail: 'HTTP 200', tookMs: 100 },
      evidence,
      proof,
      scheduledMs: T0,
      ...report,
    };
    return this.activity('destroyStore', asked, open ? undefined : sent, {
      ...(atMs === undefined ? {} : { atMs }),
      ...(tookMs === undefined ? {} : { tookMs }),
    });
  }

  ended(): this {
    return this.add({ workflowExecutionCompletedEventAttributes: { result: payloads({ kind: 'destroyed' }) } });
  }

  resetTo(newRunId: string, by = 'resetter'): this {
    return this.add(
      { workflowTaskFailedEventAttributes: { cause: 'WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW', baseRunId: RUN, newRunId } },
      { by },
    );
  }

  /** Through the wire format, so that it is what a client gets. */
  history(): History {
    return {
      events: this.events.map((event) => HistoryEvent.decode(HistoryEvent.encode(HistoryEvent.fromObject(event)).finish())),
    };
  }
}

/** What an approver with a key sends. */
export function signedWords(plan: Plan, approver: string, key: KeyObject, verdict: 'approve' | 'reject' = 'approve') {
  const said = { acceptUncovered: true, reason: 'replaced', approver, at: '2026-01-05T03:10:00Z' };
  return { ...said, signature: signVote({ planDigest: planDigest(plan), verdict, store: plan.store, ...said }, key) };
}

/** The digest beside a plan that need not be whole. */
export function digestOf(plan: Plan): string {
  try {
    return planDigest(plan);
  } catch {
    return '';
  }
}

function payloads(value: unknown): object {
  return { payloads: [{ metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from(JSON.stringify(value)) }] };
}

function timestamp(atMs: number): object {
  return { seconds: Math.floor(atMs / 1000), nanos: (atMs % 1000) * 1_000_000 };
}
