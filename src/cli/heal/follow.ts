import { setTimeout as sleep } from 'node:timers/promises';
import type { Attached, HealOutcome } from '../../domain/outcome.ts';
import { EXIT, type ExitCode } from '../program/exit-codes.ts';
import type { Temporal } from '../reach/open-temporal.ts';
import type { HealStore, SentHeal } from './send-heal.ts';

const POLL_MS = 1_000;
const QUERY_TIMEOUT_MS = 3_000;

export type Followed =
  | { readonly kind: 'ended'; readonly outcome: HealOutcome | Attached }
  /** The run failed, or somebody ended it: there is no outcome. */
  | { readonly kind: 'failed'; readonly because: string };

/** Waits for the end of a heal, however long it takes, and tells each phase on the way. Rejects when interrupted. */
export async function followHeal(
  { client }: Temporal,
  { workflowId, runId }: SentHeal,
  { signal, onPhase }: { readonly signal: AbortSignal; readonly onPhase: (phase: string) => void },
): Promise<Followed> {
  const { WorkflowFailedError, WorkflowContinuedAsNewError } = await import('@temporalio/client');
  const { incidentQuery } = await import('../../../workflows/messages.ts');
  const handle = client.workflow.getHandle<HealStore>(workflowId, runId);
  const over = new AbortController();
  const telling = (async () => {
    let last = '';
    while (!over.signal.aborted) {
      // A query needs a worker; whether there is one is no concern of a display.
      const view = await client
        .withDeadline(Date.now() + QUERY_TIMEOUT_MS, () => handle.query(incidentQuery))
        .catch(() => undefined);
      if (view !== undefined && view.phase !== last && !over.signal.aborted) onPhase(view.phase);
      last = view?.phase ?? last;
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

const FINE: ReadonlySet<string> = new Set(['healed', 'recovered', 'superseded']);
const REFUSED: ReadonlySet<string> = new Set(['would act', 'blocked', 'declined']);

/** The exit code that an outcome stands for. */
export function exitCodeOf(followed: Followed): ExitCode {
  if (followed.kind === 'failed') return EXIT.trouble;
  const { kind } = followed.outcome;
  if (FINE.has(kind)) return EXIT.fine;
  return REFUSED.has(kind) ? EXIT.refused : EXIT.trouble;
}
