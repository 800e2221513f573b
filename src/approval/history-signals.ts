/**
 * What the server's history of one run tells about its signals, its beginning, and its resets.
 *
 * Resets, as seen on Temporal Server 1.32. The new run's history begins with the events of the old run up to the reset
 * point, word for word: ids, times, principals and the start's `originalExecutionRunId` are those of the old run. Then
 * comes WORKFLOW_TASK_FAILED with the cause RESET_WORKFLOW, which names the old run and the new one; then, in the same
 * transaction, the signals that the old run had received later, applied again with new ids and times, the old
 * identity and request id, and the principal of whoever reset; then WORKFLOW_TASK_SCHEDULED. What follows was sent
 * to the new run. A reset of a reset adds another such marker, and only the last one counts.
 *
 * What cannot be told: a cluster that replicates may apply a signal again after a failover without any marker. Such
 * a signal belongs to the same run, and its request id shows it if the first one is there too.
 */
import proto from '@temporalio/proto';
import type { temporal } from '@temporalio/proto';
import type { Run } from '../domain/guard/messages.ts';
import type { Principal } from '../domain/approval/electorate.ts';
import type { VoteOrigin } from '../domain/approval/tally.ts';
import { millisecondsOf, principalOf, runOf } from './history-fields.ts';

export type History = temporal.api.history.v1.IHistory;
type HistoryEvent = temporal.api.history.v1.IHistoryEvent;
export type Payload = temporal.api.common.v1.IPayload;

const { WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW: RESET } = proto.temporal.api.enums.v1.WorkflowTaskFailedCause;

export interface HistorySignal {
  readonly eventId: number;
  /** When the server took it, epoch milliseconds. Without a time, which no server leaves out, it is later than any clock. */
  readonly atMs: number;
  readonly name: string;
  readonly payloads: readonly Payload[];
  /** What the sender calls itself. It proves nothing. */
  readonly identity: string;
  /** Whom the server authenticated; null where it stamps none. */
  readonly principal: Principal | null;
  readonly requestId: string;
  readonly origin: VoteOrigin;
  /** The run that sent it, where a workflow did. */
  readonly sender: Run | null;
}

export interface Reset {
  readonly eventId: number;
  readonly baseRunId: string;
  readonly newRunId: string;
  /** Who reset, if the server stamps it there. Whoever resets a run has started it again: they are in its chain of starts. */
  readonly principal: Principal | null;
}

/** Whose run this is, and what started it. The chain of starts goes on at `parent`, or at `continuedFrom`. */
export interface RunOrigin {
  readonly run: Run;
  readonly workflowType: string;
  readonly startedMs: number;
  readonly identity: string;
  readonly principal: Principal | null;
  /** A schedule of the server started it. */
  readonly scheduled: boolean;
  /** The payloads it was started with. */
  readonly input: readonly Payload[];
  readonly parent: Run | null;
  /** The end of the chain of parents; null if it has none. */
  readonly root: Run | null;
  /** The run of the same id that continued as new, or was retried, into this one. */
  readonly continuedFrom: Run | null;
  readonly resets: readonly Reset[];
}

/** The signals of these names, in the order of the history. Payloads are handed on undecoded. */
export function signalsIn(history: History, names: readonly string[]): HistorySignal[] {
  const events = history.events ?? [];
  const directFrom = indexAfterReset(events);
  const found: HistorySignal[] = [];
  for (const [index, event] of events.entries()) {
    const signal = event.workflowExecutionSignaledEventAttributes;
    if (!signal || !names.includes(signal.signalName ?? '')) continue;
    const sender = runOf(signal.externalWorkflowExecution);
    const fromWorkflow = (signal.externalWorkflowExecution?.workflowId ?? '') !== '';
    found.push({
      eventId: Number(event.eventId ?? 0),
      atMs: millisecondsOf(event.eventTime) ?? Number.MAX_SAFE_INTEGER,
      name: signal.signalName ?? '',
      payloads: signal.input?.payloads ?? [],
      identity: signal.identity ?? '',
      principal: principalOf(event.principal),
      requestId: signal.requestId ?? '',
      origin: index < directFrom ? 'replayed by reset' : fromWorkflow ? 'sent by a workflow' : 'direct',
      sender,
    });
  }
  return found;
}

/** The first event that was not brought along by the last reset; 0 without one, and past the end if nothing followed. */
function indexAfterReset(events: readonly HistoryEvent[]): number {
  const marker = events.findLastIndex((event) => event.workflowTaskFailedEventAttributes?.cause === RESET);
  if (marker === -1) return 0;
  const scheduled = events.findIndex((event, index) => index > marker && event.workflowTaskScheduledEventAttributes);
  return scheduled === -1 ? events.length : scheduled;
}

/**
 * Null if the history does not begin with its start, as a page from the middle does. The run id is the one that the
 * history itself names: whoever fetched it compares, since a fetch by workflow id alone answers about the latest run.
 */
export function originOf(history: History): RunOrigin | null {
  const events = history.events ?? [];
  const [first] = events;
  const start = first?.workflowExecutionStartedEventAttributes;
  if (!first || !start || Number(first.eventId ?? 0) !== 1) return null;
  const resets = events.flatMap(resetIn);
  const runId = resets.at(-1)?.newRunId ?? start.originalExecutionRunId ?? '';
  const workflowId = start.workflowId ?? '';
  const continued = start.continuedExecutionRunId ?? '';
  return {
    run: { workflowId, runId },
    workflowType: start.workflowType?.name ?? '',
    startedMs: millisecondsOf(first.eventTime) ?? 0,
    identity: start.identity ?? '',
    principal: principalOf(first.principal),
    scheduled: Object.hasOwn(start.searchAttributes?.indexedFields ?? {}, 'TemporalScheduledById'),
    input: start.input?.payloads ?? [],
    parent: runOf(start.parentWorkflowExecution),
    root: runOf(start.rootWorkflowExecution),
    continuedFrom: continued === '' ? null : { workflowId, runId: continued },
    resets,
  };
}

function resetIn(event: HistoryEvent): Reset[] {
  const failed = event.workflowTaskFailedEventAttributes;
  if (!failed || failed.cause !== RESET) return [];
  const { baseRunId, newRunId } = failed;
  return [
    {
      eventId: Number(event.eventId ?? 0),
      baseRunId: baseRunId ?? '',
      newRunId: newRunId ?? '',
      principal: principalOf(event.principal),
    },
  ];
}
