import { setTimeout as sleep } from 'node:timers/promises';
import type { GuardState } from '../../domain/guard/state.ts';
import { guardWorkflowId } from '../../domain/names.ts';
import { grpcFault } from '../program/explain-error.ts';
import type { Temporal } from './open-temporal.ts';

/** A query is answered by a worker: without one it would wait for ever. */
const QUERY_TIMEOUT_MS = 5_000;
const POLL_MS = 250;

const GRPC = { cancelled: 1, deadlineExceeded: 4, failedPrecondition: 9 } as const;

export type GuardAnswered =
  | { readonly kind: 'answered'; readonly state: GuardState }
  /** No guard runs for this cluster. */
  | { readonly kind: 'none' }
  /** It is there, and no worker lets it speak. */
  | { readonly kind: 'silent'; readonly because: string };

/** Asks a cluster's guard for all it knows. Throws only when Temporal itself does not answer. */
export async function askGuard({ client }: Temporal, cluster: string, timeoutMs = QUERY_TIMEOUT_MS): Promise<GuardAnswered> {
  const { QueryNotRegisteredError, QueryRejectedError, WorkflowNotFoundError } = await import('@temporalio/client');
  const { guardQuery } = await import('../../../workflows/messages.ts');
  const deadlineMs = Date.now() + timeoutMs;
  try {
    const handle = client.workflow.getHandle(guardWorkflowId(cluster));
    // A guard that was ended still answers queries from its history; it guards nothing.
    const state = await client.withDeadline(deadlineMs, async () => {
      const { status } = await handle.describe();
      return status.name === 'RUNNING' ? await handle.query(guardQuery) : undefined;
    });
    return state === undefined ? { kind: 'none' } : { kind: 'answered', state };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return { kind: 'none' };
    const code = grpcFault(error)?.code;
    // A call whose time is over comes back as either of the two, whichever side notices first.
    const late = Date.now() >= deadlineMs && (code === GRPC.deadlineExceeded || code === GRPC.cancelled);
    if (late) return { kind: 'silent', because: `no answer within ${Math.ceil(timeoutMs / 1_000)} s; does a worker run?` };
    const silent = error instanceof QueryNotRegisteredError || error instanceof QueryRejectedError;
    if (silent || code === GRPC.failedPrecondition) return { kind: 'silent', because: 'no worker runs it' };
    throw error;
  }
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
