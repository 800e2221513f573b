import { strictestMode, modeFor } from '../policy.ts';
import { subtopicOf, type StoreName } from '../store.ts';
import { heldBy } from './holds.ts';
import { learnView, pausedBy } from './lookups.ts';
import type { CommandEnded, DestroyClaim, GuardView, ProposalClosed, Proposed, ProposedAnswer, Run } from './messages.ts';
import { sameRun } from './messages.ts';
import { release } from './endings.ts';
import type { Refusal } from './refusal.ts';
import type { GuardState, Proposal } from './state.ts';

const PROPOSALS_DEFAULT = 5;
/** How long a reservation is taken to last: that of a destroy that nothing delays. */
const RESERVED_FOR_MS = 15_000;

export function proposalOf(state: GuardState, run: Run): Proposal | undefined {
  return state.proposals.find((proposal) => sameRun(proposal.run, run));
}

/**
 * A destroy asks to wait for people. Asked again by the same run, it waits for them anew: whatever it held from a
 * plan whose votes are void is given back. What was let pass for it stays known.
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
  const proposal = { sinceMs: nowMs, ...known, store, subtopic: subtopicOf(store), run, decided: null };
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

/**
 * The plan is decided, so its subtopic is kept for it; where that is kept for another already, it stands in line.
 * Null: this guard knows of no such destroy.
 */
export function decide(state: GuardState, run: Run, { planId }: DestroyClaim): GuardState | null {
  const known = proposalOf(state, run);
  if (known === undefined) return null;
  const decided = { ...known, decided: planId };
  const others = state.proposals.filter((proposal) => proposal !== known);
  // Who asks again keeps its place in line.
  const proposals =
    known.decided === null ? [...others, decided] : state.proposals.map((proposal) => (proposal === known ? decided : proposal));
  return { ...state, proposals };
}

/**
 * The destroy that people decided first on this subtopic goes first; an owed restart alone passes it. Were it every
 * other one that is decided, two on one subtopic would keep each other out until both ran out of time.
 */
export function reservedFor(state: GuardState, store: StoreName, run: Run | null, nowMs: number): Refusal | null {
  const subtopic = subtopicOf(store);
  const first = state.proposals.find((proposal) => proposal.subtopic === subtopic && proposal.decided !== null);
  if (first === undefined || (run !== null && sameRun(first.run, run))) return null;
  return { reason: 'reserved', detail: first.run.workflowId, whenMs: nowMs + RESERVED_FOR_MS };
}

/** People's votes stand above the mode, which says what the healer does by itself. A mode tightened since is a no. */
export function tighterMode(view: GuardView, store: StoreName, { modeBefore }: DestroyClaim): Refusal | null {
  const now = modeFor(view, store);
  return strictestMode([now, modeBefore]) === modeBefore
    ? null
    : { reason: 'mode', detail: `${now}, and ${modeBefore} when the plan was made`, whenMs: null };
}

/**
 * At most one request for a plan: what was let pass and is not known never to have left stands for it. Another plan
 * of the same run gets none either, since a destroy whose request may be out makes no other plan.
 */
export function sentBefore(state: GuardState, run: Run): Refusal | null {
  const sent = proposalOf(state, run)?.sent;
  return sent === undefined ? null : { reason: 'sent before', detail: sent, whenMs: null };
}

export function withSent(state: GuardState, run: Run, commandId: string): GuardState {
  return {
    ...state,
    proposals: state.proposals.map((proposal) => (sameRun(proposal.run, run) ? { ...proposal, sent: commandId } : proposal)),
  };
}

/** What was never sent stands in nobody's way; every other end of a request does. */
export function takeBackSent(state: GuardState, { run, verb, commandId, ended }: CommandEnded): GuardState {
  if (verb !== 'destroy' || ended !== 'never sent') return state;
  return {
    ...state,
    proposals: state.proposals.map((proposal) => {
      const { sent, ...unsent } = proposal;
      return sent === commandId && sameRun(proposal.run, run) ? unsent : proposal;
    }),
  };
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
