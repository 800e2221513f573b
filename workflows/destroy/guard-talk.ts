/** What a destroy says to its guard. */
import type { DestroyOutcomeKind } from '../../src/domain/approval/destroy-outcome.ts';
import type { LeaseAnswer, ProposedAnswer } from '../../src/domain/guard/messages.ts';
import { guardViewOf } from '../../src/domain/guard/state.ts';
import type { SealedPlan } from '../approval/ask-people.ts';
import { ask, nextAskId, tell } from '../guard-line.ts';
import type { Proposal } from './proposal.ts';

/** Asks for a place among those that wait for people. Null: the guard was silent for ten minutes. */
export function tellProposed(proposal: Proposal): Promise<ProposedAnswer | null> {
  const askId = nextAskId(proposal);
  const { run, store, policy } = proposal;
  return ask<ProposedAnswer>(proposal, askId, { signal: 'proposed', message: { askId, run, store, view: guardViewOf(policy) } });
}

/** The votes have decided: from now on the subtopic is kept for it. */
export function askDestroyLease(proposal: Proposal, { plan, mode }: SealedPlan): Promise<LeaseAnswer | null> {
  const askId = nextAskId(proposal);
  const { run, store } = proposal;
  const destroy = { planId: plan.planId, modeBefore: mode };
  const message = { askId, run, store, streakSinceMs: plan.evidence.atMs, order: true, override: [], owed: false, destroy };
  return ask<LeaseAnswer>(proposal, askId, { signal: 'requestLease', message });
}

export async function tellProposalClosed(proposal: Proposal, outcome: DestroyOutcomeKind): Promise<void> {
  const { run, store } = proposal;
  await tell(proposal, { signal: 'proposalClosed', message: { run, store, outcome } });
}
