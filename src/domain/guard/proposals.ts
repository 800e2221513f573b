import { strictestMode, modeFor } from '../policy.ts';
import { subtopicOf, type StoreName } from '../store.ts';
import { heldBy } from './holds.ts';
import { holds, learnView, leaseOn, pausedBy } from './lookups.ts';
import type { DestroyClaim, GuardView, ProposalClosed, Proposed, ProposedAnswer, Run } from './messages.ts';
import { sameRun } from './messages.ts';
import { release } from './endings.ts';
import type { Refusal } from './refusal.ts';
import type { GuardState, Proposal } from './state.ts';

const PROPOSALS_DEFAULT = 5;

export function proposalOf(state: GuardState, run: Run): Proposal | undefined {
  return state.proposals.find((proposal) => sameRun(proposal.run, run));
}

/**
 * A destroy asks to wait for people. Asked again by the same run, it waits for them anew: whatever it held from a
 * plan whose votes are void is given back.
 */
export function propose(before: GuardState, message: Proposed, nowMs: number): { state: GuardState; reply: ProposedAnswer } {
  const learned = learnView(before, message.view);
  const known = proposalOf(learned, message.run);
  const state = known === undefined ? learned : release(learned, message.run, 'none', nowMs);
  const others = state.proposals.filter((proposal) => proposal !== known);
  const refusal =
    pausedBy(state) ?? heldBy(state, message.store) ?? twin(others, message.store) ?? full(state.view, others.length);
  if (refusal !== null && known === undefined) return { state, reply: { kind: 'refused', refusal, nowMs } };
  const { store, run } = message;
  const proposal = { store, subtopic: subtopicOf(store), run, sinceMs: known?.sinceMs ?? nowMs, decided: null };
  return { state: { ...state, proposals: [...others, proposal] }, reply: { kind: 'welcome', nowMs } };
}

function twin(others: readonly Proposal[], store: StoreName): Refusal | null {
  const other = others.find((proposal) => proposal.store === store);
  return other === undefined ? null : { reason: 'already open', detail: other.run.workflowId, whenMs: null };
}

function full(view: GuardView, count: number): Refusal | null {
  const cap = view.proposals ?? PROPOSALS_DEFAULT;
  return count < cap ? null : { reason: 'proposals full', detail: `${count} of ${cap}`, whenMs: null };
}

/** The plan is decided, so its subtopic is kept for it. Null: this guard knows of no such destroy. */
export function decide(state: GuardState, run: Run, { planId }: DestroyClaim): GuardState | null {
  const known = proposalOf(state, run);
  if (known === undefined) return null;
  return {
    ...state,
    proposals: state.proposals.map((proposal) => (proposal === known ? { ...proposal, decided: planId } : proposal)),
  };
}

/** A destroy that people decided on this subtopic goes first; an owed restart alone passes it. */
export function reservedFor(state: GuardState, store: StoreName, run: Run): Refusal | null {
  const subtopic = subtopicOf(store);
  const other = state.proposals.find(
    (proposal) => proposal.subtopic === subtopic && proposal.decided !== null && !sameRun(proposal.run, run),
  );
  return other === undefined ? null : { reason: 'reserved', detail: other.run.workflowId, whenMs: null };
}

/** People's votes stand above the mode, which says what the healer does by itself. A mode tightened since is a no. */
export function tighterMode(view: GuardView, store: StoreName, { modeBefore }: DestroyClaim): Refusal | null {
  const now = modeFor(view, store);
  return strictestMode([now, modeBefore]) === modeBefore
    ? null
    : { reason: 'mode', detail: `${now}, and ${modeBefore} when the plan was made`, whenMs: null };
}

/** At most one request for a plan: what was let pass and is not known never to have left stands for it. */
export function sentBefore(state: GuardState, store: StoreName, { run, planId }: { run: Run; planId: string }): Refusal | null {
  const lease = leaseOn(state, subtopicOf(store));
  if (!holds(lease, run) || lease.passed?.planId !== planId || lease.passed.ended === 'never sent') return null;
  return { reason: 'sent before', detail: lease.passed.commandId, whenMs: null };
}

/** A destroy has come to its outcome. A Store that is gone is not remembered. */
export function closeProposal(before: GuardState, { run, store, outcome }: ProposalClosed, nowMs: number): GuardState {
  const state = release(before, run, 'none', nowMs);
  return {
    ...state,
    proposals: state.proposals.filter((proposal) => !sameRun(proposal.run, run)),
    stores: outcome === 'destroyed' ? state.stores.filter((memory) => memory.store !== store) : state.stores,
  };
}
