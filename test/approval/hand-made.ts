/** Histories made by hand, event by event, as a server with an authorizer stamps them. */
import proto from '@temporalio/proto';
import { planDigest } from '../../src/approval/digest.ts';
import type { History } from '../../src/approval/history-signals.ts';
import { signVote } from '../../src/approval/signature.ts';
import { candidatesFor, votesIn } from '../../src/approval/votes-in-history.ts';
import type { ApprovalRules } from '../../src/domain/approval/electorate.ts';
import { tally, type Tally } from '../../src/domain/approval/tally.ts';
import { ballotOf, jwt, OTHER_RUN_ID, payloadOf, planOf, RUN_ID } from '../domain/approval/ballots.ts';
import { MINUTE, T0 } from '../domain/readings.ts';
import { ALICE_KEY, type ALICE_PRIVATE, BOB_KEY } from './fixed-keys.ts';

export type Event = NonNullable<NonNullable<History['events']>[number]>;
const { HistoryEvent } = proto.temporal.api.history.v1;
const { WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW: RESET } = proto.temporal.api.enums.v1.WorkflowTaskFailedCause;
export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

export interface Signal {
  readonly name?: string;
  readonly value?: unknown;
  readonly data?: Uint8Array;
  readonly encoding?: string;
  readonly by?: string;
  readonly identity?: string;
  readonly atMs?: number;
  readonly fromWorkflow?: boolean;
  readonly times?: number;
}

export const time = (atMs: number) => ({ seconds: Math.floor(atMs / 1000), nanos: (atMs % 1000) * 1_000_000 });

export function signal({
  name = 'approve',
  value,
  data = bytes(JSON.stringify(value)),
  encoding = 'json/plain',
  by,
  identity = 'cli',
  atMs = T0 + MINUTE,
  fromWorkflow,
  times = 1,
}: Signal): object {
  const payload = { metadata: { encoding: bytes(encoding) }, data };
  return {
    eventTime: time(atMs),
    principal: by === undefined ? undefined : { type: 'jwt', name: `${by}@site` },
    workflowExecutionSignaledEventAttributes: {
      signalName: name,
      identity,
      input: { payloads: Array.from({ length: times }, () => payload) },
      ...(fromWorkflow === true ? { externalWorkflowExecution: { workflowId: 'heal:x', runId: OTHER_RUN_ID } } : {}),
    },
  };
}

export const started = (more: object = {}): object => ({
  eventTime: time(T0),
  principal: { type: 'jwt', name: 'operator@site' },
  workflowExecutionStartedEventAttributes: {
    workflowId: 'destroy:x',
    workflowType: { name: 'destroyStore' },
    originalExecutionRunId: RUN_ID,
    identity: 'ui',
    ...more,
  },
});
export const resetTo = (newRunId: string): object => ({
  principal: { type: 'jwt', name: 'resetter@site' },
  workflowTaskFailedEventAttributes: { cause: RESET, baseRunId: RUN_ID, newRunId },
});
export const scheduled: object = { workflowTaskScheduledEventAttributes: {} };

/** Through the wire format, so that ids and times are what a client gets. */
export function historyOf(...events: readonly object[]): History {
  return {
    events: events.map((event, index): Event =>
      HistoryEvent.decode(HistoryEvent.encode(HistoryEvent.fromObject({ eventId: index + 1, ...event })).finish()),
    ),
  };
}

export const plan = planOf();
export const rules: ApprovalRules = {
  ...ballotOf().rules,
  approvers: [
    { name: 'alice', principals: [jwt('alice@site')], keys: [ALICE_KEY] },
    { name: 'bob', principals: [jwt('bob@site')], keys: [BOB_KEY] },
  ],
};
export const good = payloadOf(plan);

export function counted(history: History, on = plan): Tally {
  return tally({ ...ballotOf({ plan: on }), rules }, candidatesFor(on, rules, votesIn(history)));
}

export function signedBy(
  approver: string,
  key: typeof ALICE_PRIVATE,
  verdict: 'approve' | 'reject' = 'approve',
  on = plan,
): Record<string, unknown> {
  const said = { acceptUncovered: true, reason: 'replaced', approver, at: '2026-01-05T03:00:00Z' };
  const signature = signVote({ planDigest: planDigest(on), verdict, store: on.store, ...said }, key);
  return { planId: on.planId, store: on.store, ...said, signature };
}
