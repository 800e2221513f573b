import type { Attached, HealOutcome } from '../../domain/outcome.ts';
import { EXIT, type ExitCode } from '../program/exit-codes.ts';
import { followRun, type RunEnded } from '../reach/follow-run.ts';
import type { Temporal } from '../reach/open-temporal.ts';
import type { SentHeal } from './send-heal.ts';

export type Followed = RunEnded<HealOutcome | Attached>;

/** Waits for the end of a heal, however long it takes, and tells each phase on the way. Rejects when interrupted. */
export async function followHeal(
  temporal: Temporal,
  sent: SentHeal,
  { signal, onPhase }: { readonly signal: AbortSignal; readonly onPhase: (phase: string) => void },
): Promise<Followed> {
  const { incidentQuery } = await import('../../../workflows/messages.ts');
  let last = '';
  const onView = ({ phase }: { readonly phase: string }): void => {
    if (phase !== last) onPhase(phase);
    last = phase;
  };
  return followRun<HealOutcome | Attached, { readonly phase: string }>(temporal, sent, incidentQuery, { signal, onView });
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
