import type { QueryDefinition } from '@temporalio/common';
import { grpcFault } from '../program/explain-error.ts';
import type { Temporal } from './open-temporal.ts';

const GRPC = { cancelled: 1, deadlineExceeded: 4, failedPrecondition: 9 } as const;

export type RunAnswered<T> =
  | { readonly kind: 'answered'; readonly value: T; readonly running: boolean }
  /** There is no such run, or it was to be a running one and is not. */
  | { readonly kind: 'none' }
  /** It is there, and no worker lets it speak. */
  | { readonly kind: 'silent'; readonly because: string };

export interface Asked {
  readonly workflowId: string;
  /** Left out: the latest run. */
  readonly runId?: string;
}

/**
 * Asks a run by query. A query is answered by a worker, and without one it would wait for ever: hence `timeoutMs`. Runs
 * that have ended answer from their history, unless only running ones are `wanted`. Throws only when Temporal itself
 * does not answer.
 */
export async function askRun<T>(
  { client }: Temporal,
  { workflowId, runId }: Asked,
  query: QueryDefinition<T>,
  { timeoutMs, wanted }: { readonly timeoutMs: number; readonly wanted: 'any' | 'running' },
): Promise<RunAnswered<T>> {
  const { QueryNotRegisteredError, QueryRejectedError, WorkflowNotFoundError } = await import('@temporalio/client');
  const deadlineMs = Date.now() + timeoutMs;
  try {
    const handle = client.workflow.getHandle(workflowId, runId);
    return await client.withDeadline(deadlineMs, async () => {
      const running = (await handle.describe()).status.name === 'RUNNING';
      if (!running && wanted === 'running') return { kind: 'none' };
      return { kind: 'answered', value: await handle.query(query), running };
    });
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
