import { setTimeout as sleep } from 'node:timers/promises';
import { type GuardState, takeOver } from '../../domain/guard/state.ts';
import { guardWorkflowId } from '../../domain/names.ts';
import { CommandError } from '../program/command-error.ts';
import { EXIT } from '../program/exit-codes.ts';
import { askRun } from './ask-run.ts';
import type { Temporal } from './open-temporal.ts';

/** A query is answered by a worker: without one it would wait for ever. */
const QUERY_TIMEOUT_MS = 5_000;
const POLL_MS = 250;

export type GuardAnswered =
  | { readonly kind: 'answered'; readonly state: GuardState }
  /** No guard runs for this cluster. */
  | { readonly kind: 'none' }
  /** It is there, and no worker lets it speak. */
  | { readonly kind: 'silent'; readonly because: string };

/** Asks a cluster's guard for all it knows. Throws only when Temporal itself does not answer. */
export async function askGuard(temporal: Temporal, cluster: string, timeoutMs = QUERY_TIMEOUT_MS): Promise<GuardAnswered> {
  const { guardQuery } = await import('../../../workflows/messages.ts');
  // A guard that was ended still answers queries from its history; it guards nothing.
  const answered = await askRun(temporal, { workflowId: guardWorkflowId(cluster) }, guardQuery, { timeoutMs, wanted: 'running' });
  // A worker of an earlier version leaves out what it does not know.
  return answered.kind === 'answered' ? { kind: 'answered', state: takeOver(answered.value) } : answered;
}

/** Without a guard there is nothing to end; `what` is what it would have kept. */
export function noGuard(cluster: string, what: 'held' | 'paused'): CommandError {
  return new CommandError('no-guard', EXIT.trouble, {
    what: `Cluster ${cluster} has no guard`,
    why: `nothing is ${what} there, and nothing is healed either`,
    mend: 'create its schedule and its guard',
    run: `storekeeper schedule apply --cluster ${cluster}`,
  });
}

/** Asks until the guard's state is as it should be; null if it was not within `timeoutMs`. */
export async function awaitGuard(
  temporal: Temporal,
  cluster: string,
  {
    timeoutMs,
    signal,
    until,
  }: { readonly timeoutMs: number; readonly signal: AbortSignal; readonly until: (state: GuardState) => boolean },
): Promise<GuardState | null> {
  const deadlineMs = Date.now() + timeoutMs;
  for (let leftMs = timeoutMs; leftMs > 0; leftMs = deadlineMs - Date.now()) {
    const answer = await askGuard(temporal, cluster, leftMs);
    if (answer.kind === 'answered' && until(answer.state)) return answer.state;
    await sleep(Math.min(POLL_MS, Math.max(0, deadlineMs - Date.now())), undefined, { signal });
  }
  return null;
}
