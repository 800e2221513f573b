/** One run's history, laid out for checking. Nothing is judged here, and nothing in it is believed yet. */
import proto from '@temporalio/proto';
import type { temporal } from '@temporalio/proto';
import { decodeJson, millisecondsOf, principalOf } from '../../approval/history-fields.ts';
import { originOf, type History, type Payload, type RunOrigin } from '../../approval/history-signals.ts';
import type { Principal } from '../../domain/approval/electorate.ts';
import type { Run } from '../../domain/guard/messages.ts';
import { fieldsOf, textOf, type Fields } from './fields.ts';

type HistoryEvent = temporal.api.history.v1.IHistoryEvent;

/** The server takes no payload above 2 MiB by default. */
const VALUE_BYTES_MAX = 8 * 1024 * 1024;

export interface ActivityRecord {
  readonly type: string;
  readonly scheduledId: number;
  readonly scheduledMs: number;
  readonly startedId: number | null;
  readonly startedMs: number | null;
  readonly closedId: number | null;
  readonly closedMs: number | null;
  readonly end: 'completed' | 'failed' | 'timed out' | 'cancelled' | 'open';
  /** How it failed, in the words of the history. */
  readonly failure: string;
  /** Which attempt the last one was; 1 where nothing tells. */
  readonly attempt: number;
  /** A worker that was not heard of for so long has lost it. */
  readonly heartbeatMs: number;
  readonly input: Fields;
  /** Undefined while there is none, and if it cannot be read. */
  readonly result: unknown;
}

export interface RunRecord {
  readonly history: History;
  readonly origin: RunOrigin;
  readonly run: Run;
  readonly activities: readonly ActivityRecord[];
  /** The input it was started with, as JSON. */
  readonly input: Fields;
  /** Null while it runs. */
  readonly ended: { readonly how: string; readonly eventId: number; readonly atMs: number } | null;
  /** Whom the server takes for this run's workers. */
  readonly workers: readonly Principal[];
  /** Whether this server says who did what. */
  readonly stamped: boolean;
  /** The events before this one are those of an older run, that a reset brought along; 0 without a reset. */
  readonly ownFrom: number;
}

/** Null if the history does not begin with its start. */
export function recordOf(history: History): RunRecord | null {
  const origin = originOf(history);
  if (origin === null) return null;
  const events = history.events ?? [];
  return {
    history,
    origin,
    run: origin.run,
    activities: activitiesIn(events),
    input: fieldsOf(valueOf(origin.input)),
    ended: endOf(events),
    workers: workersIn(events),
    stamped: events.some((event) => principalOf(event.principal) !== null),
    ownFrom: origin.resets.at(-1)?.eventId ?? 0,
  };
}

/** The part of a history that a reset brought along, as the record of the run that was reset; null without a reset. */
export function recordBeforeReset({ history, origin, run, ownFrom }: RunRecord): RunRecord | null {
  const marker = origin.resets.at(-1);
  if (marker === undefined) return null;
  const before = recordOf({ events: (history.events ?? []).filter((event) => idOf(event) < ownFrom) });
  return before === null
    ? null
    : { ...before, ended: { how: `reset into run ${run.runId}`, eventId: ownFrom, atMs: timeOf(history, ownFrom) } };
}

function timeOf({ events }: History, eventId: number): number {
  return millisecondsOf((events ?? []).find((event) => idOf(event) === eventId)?.eventTime) ?? 0;
}

/** The run whose event this is: before a reset's marker, that of the run that was reset. */
export function runIdAt({ origin, run }: RunRecord, eventId: number): string {
  return origin.resets.find((reset) => reset.eventId > eventId)?.baseRunId ?? run.runId;
}

/** The first payload as JSON; undefined where there is none, or none that can be read. */
export function valueOf(payloads: readonly Payload[] | null | undefined): unknown {
  const [payload] = payloads ?? [];
  if (payload === undefined) return undefined;
  const decoded = decodeJson(payload, VALUE_BYTES_MAX);
  return decoded.kind === 'json' ? decoded.value : undefined;
}

export function idOf(event: HistoryEvent): number {
  return Number(event.eventId ?? 0);
}

function activitiesIn(events: readonly HistoryEvent[]): ActivityRecord[] {
  const started = new Map<number, HistoryEvent>();
  const closed = new Map<number, HistoryEvent>();
  for (const event of events) {
    const start = event.activityTaskStartedEventAttributes;
    if (start) started.set(Number(start.scheduledEventId ?? 0), event);
    const end = closingOf(event);
    if (end) closed.set(Number(end.scheduledEventId ?? 0), event);
  }
  return events.flatMap((event) =>
    event.activityTaskScheduledEventAttributes
      ? [activityOf(event, event.activityTaskScheduledEventAttributes, started.get(idOf(event)), closed.get(idOf(event)))]
      : [],
  );
}

function closingOf(event: HistoryEvent) {
  return (
    event.activityTaskCompletedEventAttributes ??
    event.activityTaskFailedEventAttributes ??
    event.activityTaskTimedOutEventAttributes ??
    event.activityTaskCanceledEventAttributes
  );
}

function activityOf(
  event: HistoryEvent,
  scheduled: temporal.api.history.v1.IActivityTaskScheduledEventAttributes,
  started: HistoryEvent | undefined,
  closed: HistoryEvent | undefined,
): ActivityRecord {
  const { seconds } = scheduled.heartbeatTimeout ?? {};
  return {
    type: scheduled.activityType?.name ?? '',
    scheduledId: idOf(event),
    scheduledMs: millisecondsOf(event.eventTime) ?? 0,
    startedId: started === undefined ? null : idOf(started),
    startedMs: started === undefined ? null : millisecondsOf(started.eventTime),
    closedId: closed === undefined ? null : idOf(closed),
    closedMs: closed === undefined ? null : millisecondsOf(closed.eventTime),
    ...endingOf(closed),
    attempt: started?.activityTaskStartedEventAttributes?.attempt ?? 1,
    heartbeatMs: Number(seconds ?? 0) * 1000,
    input: fieldsOf(valueOf(scheduled.input?.payloads)),
    result: valueOf(closed?.activityTaskCompletedEventAttributes?.result?.payloads),
  };
}

function endingOf(closed: HistoryEvent | undefined): Pick<ActivityRecord, 'end' | 'failure'> {
  if (closed === undefined) return { end: 'open', failure: '' };
  if (closed.activityTaskCompletedEventAttributes) return { end: 'completed', failure: '' };
  if (closed.activityTaskCanceledEventAttributes) return { end: 'cancelled', failure: '' };
  const failure =
    (closed.activityTaskFailedEventAttributes ?? closed.activityTaskTimedOutEventAttributes)?.failure?.message ?? '';
  return { end: closed.activityTaskFailedEventAttributes ? 'failed' : 'timed out', failure: failure.slice(0, 200) };
}

const { WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW: RESET } = proto.temporal.api.enums.v1.WorkflowTaskFailedCause;

function endOf(events: readonly HistoryEvent[]): RunRecord['ended'] {
  const last = events.findLast((event) => howEnded(event) !== null);
  if (last === undefined) return null;
  // A run that a reset made begins with events of one that may have ended: what comes after its marker counts.
  const marker = events.findLast((event) => event.workflowTaskFailedEventAttributes?.cause === RESET);
  if (marker !== undefined && idOf(marker) > idOf(last)) return null;
  return { how: howEnded(last) ?? '', eventId: idOf(last), atMs: millisecondsOf(last.eventTime) ?? 0 };
}

function howEnded(event: HistoryEvent): string | null {
  const completed = event.workflowExecutionCompletedEventAttributes;
  if (completed) {
    const kind = textOf(fieldsOf(valueOf(completed.result?.payloads))['kind']);
    return kind === '' ? 'completed' : `completed: ${kind.slice(0, 60)}`;
  }
  if (event.workflowExecutionFailedEventAttributes) return 'failed';
  if (event.workflowExecutionTerminatedEventAttributes) return 'terminated';
  if (event.workflowExecutionTimedOutEventAttributes) return 'timed out';
  if (event.workflowExecutionCanceledEventAttributes) return 'cancelled';
  return event.workflowExecutionContinuedAsNewEventAttributes ? 'continued as new' : null;
}

function workersIn(events: readonly HistoryEvent[]): Principal[] {
  const found = new Map<string, Principal>();
  for (const event of events) {
    const work =
      event.workflowTaskCompletedEventAttributes ??
      event.activityTaskCompletedEventAttributes ??
      event.activityTaskFailedEventAttributes ??
      event.activityTaskCanceledEventAttributes;
    const principal = work ? principalOf(event.principal) : null;
    if (principal !== null) found.set(JSON.stringify([principal.type, principal.name]), principal);
  }
  return [...found.values()];
}
