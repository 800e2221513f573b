import type { DestroyOutcome, DestroyOutcomeKind } from '../../domain/approval/destroy-outcome.ts';
import type { PlanView } from '../../domain/approval/view.ts';
import type { Attached } from '../../domain/outcome.ts';
import { plainLine } from '../../cluster-manager/wire.ts';
import { EXIT, type ExitCode } from '../program/exit-codes.ts';
import { followRun, type RunEnded } from '../reach/follow-run.ts';
import type { Temporal } from '../reach/open-temporal.ts';
import { sayVotes } from '../vote/plan/show-plan.ts';
import type { SentDestroy } from './send-destroy.ts';

export type DestroyFollowed = RunEnded<DestroyOutcome | Attached>;

/** Waits for the end of a destroy, however long people take; tells each phase, each vote and each new plan. */
export async function followDestroy(
  temporal: Temporal,
  sent: SentDestroy,
  { signal, onNews }: { readonly signal: AbortSignal; readonly onNews: (line: string) => void },
): Promise<DestroyFollowed> {
  const { planQuery } = await import('../../../workflows/messages.ts');
  let last = '';
  return followRun<DestroyOutcome | Attached, PlanView>(temporal, sent, planQuery, {
    signal,
    onView(view) {
      const news = newsOf(view);
      if (news !== last) onNews(news);
      last = news;
    },
  });
}

function newsOf({ phase, open }: PlanView): string {
  if (open === null) return plainLine(phase);
  return `${plainLine(phase)}: ${sayVotes(open.tally, open.needed)}, plan ${plainLine(open.plan.planId)}`;
}

const CODES: Readonly<Record<DestroyOutcomeKind, ExitCode>> = {
  destroyed: EXIT.fine,
  rejected: EXIT.refused,
  refused: EXIT.refused,
  cancelled: EXIT.refused,
  expired: EXIT.trouble,
  cleared: EXIT.trouble,
  superseded: EXIT.trouble,
  'evidence kept changing': EXIT.trouble,
  unknown: EXIT.trouble,
};

/** The exit code that an outcome stands for: 0 only when the Store is gone. */
export function destroyExitCode(followed: DestroyFollowed): ExitCode {
  if (followed.kind === 'failed' || followed.outcome.kind === 'attached') return EXIT.trouble;
  return CODES[followed.outcome.kind];
}

export function describeDestroyEnd(followed: DestroyFollowed): string[] {
  if (followed.kind === 'failed') return [`no outcome: ${plainLine(followed.because, 400)}`];
  const { outcome } = followed;
  const said = `${outcome.kind}: ${plainLine(outcome.because, 600)}`;
  return outcome.kind === 'attached' || outcome.next === undefined ? [said] : [said, `  next: ${plainLine(outcome.next, 400)}`];
}
