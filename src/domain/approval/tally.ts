/**
 * The count of the votes on one plan. Pure: who sent a vote was found out before (src/approval); what it is worth
 * is decided here, alike for the workflow, the destroy activity and the command line.
 *
 * Votes count in the order of their events. An approval counts until a rejection ends the plan; a rejection ends it
 * also after the quorum was reached, as long as nothing was sent: an approver can withdraw. A requester's approval
 * never counts, their rejection does: it can only prevent a destroy.
 */
import {
  countedAssurance,
  isRequester,
  neededApprovals,
  personByName,
  personByPrincipal,
  samePrincipal,
  type ApprovalRules,
  type Approver,
  type Assurance,
  type Principal,
  type Requesters,
} from './electorate.ts';
import { runOfPlanId, type Plan } from './plan.ts';
import type { ParsedVote, Verdict, Vote } from './vote.ts';
import type { VoteRefusalReason } from './vote-refusal.ts';

/** Where the event of a vote comes from. Only `direct` was sent by somebody to this very run. */
export type VoteOrigin = 'direct' | 'replayed by reset' | 'sent by a workflow';

/** What became of a signature: checked against the keys of the approver that the vote names. */
export type SignatureFinding =
  | { readonly kind: 'none' }
  | { readonly kind: 'valid'; readonly key: string }
  | { readonly kind: 'invalid' };

/** One vote signal of the run's history, with what was found out about it. */
export interface Candidate {
  readonly eventId: number;
  /** When the server took it, epoch milliseconds. */
  readonly atMs: number;
  readonly verdict: Verdict;
  readonly origin: VoteOrigin;
  /** Stamped by the server; null where it stamps none. */
  readonly principal: Principal | null;
  readonly parsed: ParsedVote;
  readonly signature: SignatureFinding;
}

export interface Ballot {
  readonly plan: Plan;
  readonly rules: ApprovalRules;
  readonly requesters: Requesters;
  /** Whom the server takes the workers for; empty where it stamps no principals. */
  readonly workers: readonly Principal[];
  /** Only events before this one are counted, to see what stood when a command was sent; null counts all. */
  readonly beforeEventId?: number | null;
}

export interface CountedVote {
  readonly name: string;
  readonly assurance: Assurance;
  readonly eventId: number;
  readonly atMs: number;
  readonly reason: string;
}

export type TallyState =
  | { readonly kind: 'open'; readonly missing: number }
  /** `executeByMs`: the request must be sent by then; it runs from the deciding vote. */
  | { readonly kind: 'approved'; readonly deciding: CountedVote; readonly executeByMs: number }
  /** `withdrawn`: the quorum had been reached before. */
  | { readonly kind: 'rejected'; readonly by: CountedVote; readonly withdrawn: boolean };

export interface RefusedVote {
  readonly eventId: number;
  readonly atMs: number;
  readonly verdict: Verdict;
  readonly reason: VoteRefusalReason;
  readonly detail: string;
}

export interface Tally {
  readonly state: TallyState;
  readonly needed: number;
  /** At most one for each approver. */
  readonly approvals: readonly CountedVote[];
  readonly refusedCount: number;
  /** How often each reason was given, and the latest votes that it was given for. */
  readonly refused: readonly {
    readonly reason: VoteRefusalReason;
    readonly count: number;
    readonly latest: readonly RefusedVote[];
  }[];
}

/** So many refused votes are kept for each reason: a flood of one kind hides neither the others nor the latest. */
export const REFUSED_KEPT = 3;

export function tally(ballot: Ballot, candidates: Iterable<Candidate>): Tally {
  const { plan, rules, requesters } = ballot;
  const needed = neededApprovals(rules, plan.approval, requesters);
  const executeWithinMs = Math.min(plan.executeWithinMs, rules.executeWithinMs);
  const approvals = new Map<string, CountedVote>();
  const refused = new RefusedVotes();
  let state: TallyState = { kind: 'open', missing: needed };
  for (const candidate of inOrder(candidates, ballot.beforeEventId ?? null)) {
    const judged = judgeVote(ballot, candidate);
    if (!judged.ok) {
      refused.add(candidate, judged.refusal);
      continue;
    }
    const { counted } = judged;
    const tooLate = whyTooLate(plan, state, approvals, candidate, counted);
    if (tooLate !== null) {
      refused.add(candidate, tooLate);
      continue;
    }
    if (candidate.verdict === 'reject') {
      state = { kind: 'rejected', by: counted, withdrawn: state.kind === 'approved' };
      continue;
    }
    approvals.set(counted.name, counted);
    if (state.kind !== 'open') continue;
    const missing = needed - approvals.size;
    state =
      missing > 0
        ? { kind: 'open', missing }
        : { kind: 'approved', deciding: counted, executeByMs: counted.atMs + executeWithinMs };
  }
  return { state, needed, approvals: [...approvals.values()], refusedCount: refused.count, refused: refused.summary() };
}

/** By event id, each event once, whatever order they come in. */
function inOrder(candidates: Iterable<Candidate>, beforeEventId: number | null): Candidate[] {
  const byEvent = new Map<number, Candidate>();
  for (const candidate of candidates) {
    const counted = beforeEventId === null || candidate.eventId < beforeEventId;
    if (counted && !byEvent.has(candidate.eventId)) byEvent.set(candidate.eventId, candidate);
  }
  return [...byEvent.values()].toSorted((a, b) => a.eventId - b.eventId);
}

interface VoteRefusal {
  readonly reason: VoteRefusalReason;
  readonly detail: string;
}

type Judged = { readonly ok: true; readonly counted: CountedVote } | { readonly ok: false; readonly refusal: VoteRefusal };

/** What a vote is worth by itself: for this plan, by an approver, proven well enough. */
export function judgeVote(ballot: Ballot, candidate: Candidate): Judged {
  const { origin, parsed } = candidate;
  if (origin === 'replayed by reset') return refuse('replayed by reset');
  if (!parsed.ok) return refuse(parsed.reason, parsed.detail);
  const { vote } = parsed;
  const stray = strayFrom(ballot.plan, vote);
  if (stray !== null) return { ok: false, refusal: stray };
  const proven = proveVoter(ballot, candidate, vote);
  if (!proven.ok) return proven;
  const { person, assurance } = proven;
  if (candidate.verdict === 'approve') {
    if (isRequester(ballot.requesters, person)) return refuse('requester', person.name);
    if (isUncovered(ballot.plan) && !vote.acceptUncovered) return refuse('needs acceptUncovered');
  }
  const name = person.name.normalize('NFC');
  return { ok: true, counted: { name, assurance, eventId: candidate.eventId, atMs: candidate.atMs, reason: vote.reason.trim() } };
}

/** A restart loses nothing that a sibling would have to hold. */
function isUncovered(plan: Plan): boolean {
  return plan.action === 'destroy' && plan.coverage === 'uncovered';
}

function strayFrom(plan: Plan, vote: Vote): VoteRefusal | null {
  const run = runOfPlanId(vote.planId);
  if (run !== null && run !== plan.runId) return { reason: 'wrong run', detail: run };
  if (vote.planId !== plan.planId) return { reason: 'wrong plan', detail: '' };
  return vote.store === plan.store ? null : { reason: 'wrong store', detail: vote.store };
}

type Proven =
  | { readonly ok: true; readonly person: Approver; readonly assurance: Assurance }
  | { readonly ok: false; readonly refusal: VoteRefusal };

/**
 * Who voted. Where signatures count, a valid one is the proof, and whoever carried it to the server is nobody's
 * concern. A signature that does not hold spoils the vote, however else it is proven.
 */
function proveVoter(ballot: Ballot, candidate: Candidate, vote: Vote): Proven {
  const { rules, plan } = ballot;
  const { signature, principal } = candidate;
  const counted = countedAssurance(rules, plan.approval);
  const named = vote.approver === null ? null : personByName(rules, vote.approver);
  if (vote.signature !== null) {
    if (named === null) return refuse('unknown approver', vote.approver ?? '');
    if (signature.kind !== 'valid' || !(named.keys ?? []).includes(signature.key)) return refuse('bad signature', named.name);
    if (counted.includes('signed')) return { ok: true, person: named, assurance: 'signed' };
  }
  if (candidate.origin === 'sent by a workflow') return refuse('worker', 'a workflow');
  if (principal !== null && ballot.workers.some((worker) => samePrincipal(worker, principal)))
    return refuse('worker', principal.name);
  const sender = principal === null ? null : personByPrincipal(rules, principal);
  if (sender !== null && vote.approver !== null && named?.name !== sender.name) return refuse('another name', vote.approver);
  if (sender !== null && counted.includes('attested')) return { ok: true, person: sender, assurance: 'attested' };
  // Where the server's word counts, whom it knows and the configuration does not is nobody, whatever name they type.
  if (principal !== null && sender === null && counted.includes('attested')) {
    return refuse('unauthorised', `${principal.type} ${principal.name}`);
  }
  const person = sender ?? named;
  if (person === null) return refuse('unknown approver', vote.approver ?? '');
  return counted.includes('declared')
    ? { ok: true, person, assurance: 'declared' }
    : refuse('assurance not enough', `counted: ${counted.length === 0 ? 'nothing' : counted.join(', ')}`);
}

function refuse(reason: VoteRefusalReason, detail = ''): { readonly ok: false; readonly refusal: VoteRefusal } {
  return { ok: false, refusal: { reason, detail: detail.slice(0, 200) } };
}

/** A withdrawal is never late while the quorum stands: the plan is not over before its request is sent. */
function whyTooLate(
  plan: Plan,
  state: TallyState,
  approvals: ReadonlyMap<string, CountedVote>,
  candidate: Candidate,
  counted: CountedVote,
): VoteRefusal | null {
  if (state.kind === 'rejected') return { reason: 'already ended', detail: `by ${state.by.name}` };
  const withdraws = candidate.verdict === 'reject' && state.kind === 'approved';
  if (candidate.atMs > plan.approveByMs && !withdraws) return { reason: 'late', detail: counted.name };
  return candidate.verdict === 'approve' && approvals.has(counted.name) ? { reason: 'duplicate', detail: counted.name } : null;
}

/** Counts what was refused, and keeps a bounded part of it. */
class RefusedVotes {
  count = 0;
  private readonly byReason = new Map<VoteRefusalReason, { count: number; latest: RefusedVote[] }>();

  add({ eventId, atMs, verdict }: Candidate, { reason, detail }: VoteRefusal): void {
    this.count += 1;
    const entry = this.byReason.get(reason) ?? { count: 0, latest: [] };
    entry.count += 1;
    entry.latest.push({ eventId, atMs, verdict, reason, detail });
    if (entry.latest.length > REFUSED_KEPT) entry.latest.shift();
    this.byReason.set(reason, entry);
  }

  summary(): Tally['refused'] {
    return [...this.byReason].map(([reason, { count, latest }]) => ({ reason, count, latest }));
  }
}

/** Where a count stands, in a few words. */
export function sayTally({ state, approvals, needed }: Tally): string {
  switch (state.kind) {
    case 'open':
      return `${approvals.length} of ${needed} approvals`;
    case 'approved':
      return `approved by ${approvals.map(({ name }) => name).join(', ')}`;
    case 'rejected':
      return `${state.withdrawn ? 'approved, and withdrawn' : 'rejected'} by ${state.by.name}: ${state.by.reason}`;
  }
}
