/** Activity calls of a heal: their queues, time-outs and retry policies, and what their failure means. */
import {
  ActivityCancellationType,
  ActivityFailure,
  CancellationScope,
  isCancellation,
  proxyActivities,
  TimeoutFailure,
} from '@temporalio/workflow';
import type {
  ClusterActivities,
  CommandReport,
  DeskActivities,
  Evidence,
  LearnedPolicy,
  RestartInput,
  StopInput,
  Target,
} from '../../src/domain/activities.ts';
import { cmQueue } from '../../src/domain/names.ts';
import type { Policy } from '../../src/domain/policy.ts';
import type { Reading } from '../../src/domain/reading.ts';
import { seconds, watchDeadlineMs, type WatchResult, type WatchSpec } from '../../src/domain/watch.ts';
import type { Ended, Incident } from './incident.ts';

type Settled<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: ActivityFailure };

/** An activity's failure is something to decide about. Cancellation and our own bugs are not: they go on up. */
export async function settle<T>(promise: Promise<T>): Promise<Settled<T>> {
  try {
    return { ok: true, value: await promise };
  } catch (error) {
    if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
    return { ok: false, error };
  }
}

/** Reads may be repeated freely. Without a worker on the queue they fail within a minute instead of hanging. */
function reads(cluster: string, summary: string): Pick<ClusterActivities, 'learnPolicy' | 'readStore' | 'readSiblings'> {
  return proxyActivities<ClusterActivities>({
    taskQueue: cmQueue(cluster),
    scheduleToStartTimeout: '1 minute',
    startToCloseTimeout: '30 seconds',
    scheduleToCloseTimeout: '2 minutes',
    retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '15 seconds' },
    summary,
  });
}

export function learnPolicy(cluster: string): Promise<Settled<LearnedPolicy>> {
  return settle(reads(cluster, `which policy holds in ${cluster}`).learnPolicy({ cluster }));
}

export function readStore({ cluster, store }: Target, why: string): Promise<Settled<Evidence>> {
  return settle(reads(cluster, `read ${store}: ${why}`).readStore({ cluster, store }));
}

/** Siblings that cannot be read supersede nothing: an unknown reading is evidence of nothing. */
export async function readSiblings(incident: Incident): Promise<readonly Reading[]> {
  const { cluster, store } = incident;
  const siblings = await settle(
    reads(cluster, `has another Store of the subtopic taken over from ${store}`).readSiblings({ cluster, store }),
  );
  return siblings.ok ? siblings.value : [];
}

/**
 * A watch is one activity that the server repeats: each attempt reads once. It returns before its own
 * deadline; if it cannot even run, its failure counts as a look that told nothing.
 */
export async function watch(incident: Incident, spec: WatchSpec): Promise<WatchResult> {
  const { cluster, store, streak } = incident;
  const lengthMs = watchDeadlineMs(spec, 0) + spec.everyMs + 30_000;
  const { watchStore } = proxyActivities<ClusterActivities>({
    taskQueue: cmQueue(cluster),
    startToCloseTimeout: '30 seconds',
    scheduleToCloseTimeout: lengthMs,
    retry: { initialInterval: spec.everyMs, backoffCoefficient: 1 },
    summary: watchSummary(spec),
  });
  const result = await settle(watchStore({ cluster, store, spec, streak }));
  return result.ok
    ? result.value
    : { kind: 'blind', streak, because: `nobody could look: ${sayFailure(result.error)}`, cameUp: false };
}

function watchSummary(spec: WatchSpec): string {
  switch (spec.kind) {
    case 'confirm':
      return spec.order === null
        ? `is it really faulty: ${spec.confirm.readings} trusted readings over ${seconds(spec.confirm.overMs)}`
        : 'one trusted reading before the order is obeyed';
    case 'verify':
      return `did the restart hold: healthy and moving for ${seconds(spec.healthyForMs)}, within ${seconds(spec.withinMs)}`;
    case 'backoff':
      return `${seconds(spec.forMs)} of peace before the next attempt`;
  }
}

/**
 * Commands get one attempt: whether to try again is decided by the runbook, from a new reading, never by a
 * retry policy. Cancellation is never wired into the request; who cancels waits for the answer.
 */
export function onceOnly(policy: Pick<Policy, 'sendByMs' | 'command'>) {
  return {
    startToCloseTimeout: commandLimitMs(policy) + 30_000,
    heartbeatTimeout: '15 seconds',
    retry: { maximumAttempts: 1 },
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  } as const;
}

function commands(incident: Incident, summary: string): Pick<ClusterActivities, 'stopStore' | 'restartStore'> {
  return proxyActivities<ClusterActivities>({
    taskQueue: cmQueue(incident.cluster),
    scheduleToStartTimeout: '30 seconds',
    ...onceOnly(incident.policy),
    summary,
  });
}

/** Until when a command that was scheduled at 0 may still be answered: sent by `sendBy`, answered by the HTTP time-out. */
export function commandLimitMs(policy: Pick<Policy, 'sendByMs' | 'command'>): number {
  return policy.sendByMs + policy.command.timeoutMs;
}

const NO_WORKER = 'no worker took the command';

export function stopStore(incident: Incident, input: StopInput): Promise<CommandReport> {
  return reported(() => commands(incident, `stop ${incident.store}: ${input.why}`).stopStore(input), NO_WORKER);
}

export function restartStore(incident: Incident, input: RestartInput): Promise<CommandReport> {
  return reported(() => commands(incident, `restart ${incident.store}: ${input.why}`).restartStore(input), NO_WORKER);
}

/** What is known of a command whose activity left no word. */
export type Unreported =
  | (Extract<CommandReport, { kind: 'not sent' }> & { readonly because: 'too late' })
  | Extract<CommandReport, { kind: 'sent' }>;

/**
 * A command activity that failed left no word. If it never started, nothing was sent, for want of a worker; else its
 * worker died inside, and the command may be on its way: unknown.
 */
export async function reported<R>(send: () => Promise<R>, noWorker: string): Promise<R | Unreported> {
  const scheduledMs = Date.now();
  const result = await CancellationScope.nonCancellable(() => settle(send()));
  if (result.ok) return result.value;
  const { cause } = result.error;
  if (cause instanceof TimeoutFailure && cause.timeoutType === 'SCHEDULE_TO_START') {
    return { kind: 'not sent', because: 'too late', detail: noWorker, evidence: null, refusal: null };
  }
  const answer = { kind: 'unknown', detail: sayFailure(result.error), tookMs: Date.now() - scheduledMs } as const;
  return { kind: 'sent', answer, evidence: null, scheduledMs };
}

/** What needs Temporal and no CM. */
export function desk(summary: string): DeskActivities {
  return proxyActivities<DeskActivities>({
    startToCloseTimeout: '15 seconds',
    scheduleToCloseTimeout: '2 minutes',
    retry: { initialInterval: '500 milliseconds', backoffCoefficient: 2, maximumInterval: '10 seconds' },
    summary,
  });
}

/** Puts an incident into people's hands. That is the last way to settle a debt: they know how the Store stands. */
export async function handOver(incident: Incident, { kind: outcome, because, next = '' }: Ended): Promise<void> {
  const { cluster, store, run } = incident;
  const message = { cluster, store, run, outcome, because, next };
  const told = await settle(desk(`hand ${store} over to people: ${outcome}`).handOver(message));
  if (told.ok && incident.debt === 'open') incident.debt = 'handed over';
}

export function sayFailure(error: ActivityFailure): string {
  const cause = error.cause;
  return cause instanceof TimeoutFailure
    ? `${cause.timeoutType ?? 'time-out'} of ${error.activityType}`
    : `${error.activityType}: ${cause?.message ?? error.message}`;
}
