import { setTimeout as sleep } from 'node:timers/promises';
import type { QueryDefinition } from '@temporalio/common';
import type { Run } from '../../domain/guard/messages.ts';
import type { Temporal } from './open-temporal.ts';

const POLL_MS = 1_000;
const QUERY_TIMEOUT_MS = 3_000;

export type RunEnded<T> =
  | { readonly kind: 'ended'; readonly outcome: T }
  /** The run failed, or somebody ended it: there is no outcome. */
  | { readonly kind: 'failed'; readonly because: string };

/** Waits for the end of a run, however long it takes, and hands over what it shows on the way. Rejects when interrupted. */
export async function followRun<T, V>(
  { client }: Temporal,
  { workflowId, runId }: Run,
  query: QueryDefinition<V>,
  { signal, onView }: { readonly signal: AbortSignal; readonly onView: (view: V) => void },
): Promise<RunEnded<T>> {
  const { WorkflowFailedError, WorkflowContinuedAsNewError } = await import('@temporalio/client');
  const handle = client.workflow.getHandle<() => Promise<T>>(workflowId, runId);
  const over = new AbortController();
  const telling = (async () => {
    while (!over.signal.aborted) {
      // A query needs a worker; whether there is one is no concern of a display.
      const view = await client.withDeadline(Date.now() + QUERY_TIMEOUT_MS, () => handle.query(query)).catch(() => undefined);
      if (view !== undefined && !over.signal.aborted) onView(view);
      await sleep(POLL_MS, undefined, { signal: AbortSignal.any([over.signal, signal]) }).catch(() => over.abort());
    }
  })();
  try {
    return { kind: 'ended', outcome: await handle.result() };
  } catch (error) {
    if (error instanceof WorkflowFailedError) return { kind: 'failed', because: error.cause?.message ?? error.message };
    if (error instanceof WorkflowContinuedAsNewError) return { kind: 'failed', because: 'it went on in another run' };
    throw error;
  } finally {
    over.abort();
    await telling;
  }
}
