/** The count of an audit: plainly what the design says of a quorum, from the words of section 2 and of Destroy. */
import type { Clocks, VoteShown } from '../report.ts';
import type { OrderSeen } from '../checks/orders.ts';
import { areProven, isAsker, type Asker, type Askers } from './askers.ts';
import { levelsOf, orderVotesOn, type Ballot, type JudgedVote } from './judge-vote.ts';
import { isSamePerson } from './rules.ts';

export interface Count {
  readonly shown: readonly VoteShown[];
  readonly clocks: Clocks;
  /** Distinct people whose approval counts. */
  readonly approvals: number;
  /** The event of the vote that made the quorum. */
  readonly decidedId: number | null;
  readonly rejectedBy: { readonly eventId: number; readonly name: string } | null;
  /** The event of a rejection that came while the command was under way. */
  readonly rejectedLater: number | null;
}

/** What an older activity of the run found out of the chain of starts, believed only where it forbids. */
export interface Claimed {
  readonly askers: readonly Pick<Asker, 'principal' | 'key' | 'name'>[];
  readonly proven: boolean;
}

export function countVotes(
  ballot: Ballot,
  judged: readonly JudgedVote[],
  askers: Askers,
  claimed: Claimed,
  orders: readonly OrderSeen[],
  beforeEventId: number,
): Count {
  const { plan, rules, configured } = ballot;
  const needed = neededOf(ballot, askers, claimed);
  const executeWithinMs = Math.min(plan.executeWithinMs, rules.executeWithinMs, configured?.executeWithinMs ?? Infinity);
  const votes = [...judged, ...(plan.action === 'restart' ? orderVotesOn(ballot, orders) : [])];
  const counted: JudgedVote[] = [];
  const shown: VoteShown[] = [];
  let decided: JudgedVote | null = null;
  let rejected: JudgedVote | null = null;
  let rejectedLater: number | null = null;
  for (const vote of votes.toSorted((a, b) => a.eventId - b.eventId)) {
    const because = whyNot(ballot, vote, counted, askers, claimed, decided !== null);
    const after = vote.eventId > beforeEventId;
    shown.push(show(vote, because ?? (after ? 'after the command was decided on' : null)));
    if (because !== null) continue;
    if (vote.verdict === 'reject') {
      if (after) rejectedLater ??= vote.eventId;
      else rejected ??= vote;
    } else if (!after) {
      counted.push(vote);
      if (counted.length === needed) decided = vote;
    }
  }
  return {
    shown,
    approvals: counted.length,
    decidedId: decided?.eventId ?? null,
    rejectedBy: rejected === null ? null : { eventId: rejected.eventId, name: rejected.person?.name ?? '' },
    rejectedLater,
    clocks: {
      approveByMs: plan.approveByMs,
      decidedMs: decided?.atMs ?? null,
      executeByMs: decided === null ? null : decided.atMs + executeWithinMs,
      needed,
    },
  };
}

/**
 * One more where it is not proven who asked, since one of the approvers may be the asker. Not where a typed name is
 * all that counts, which proves nobody at all. A restart may be approved by whoever asked for it.
 */
function neededOf(ballot: Ballot, askers: Askers, claimed: Claimed): number {
  const { record, plan, rules, configured } = ballot;
  const quorum = Math.max(
    1,
    rules.quorum,
    plan.approval.quorum,
    configured === null || plan.action === 'restart' ? 1 : configured.quorum,
  );
  const provable = levelsOf(ballot).some((level) => level !== 'declared');
  // Of runs whose histories are not here only the sealing worker's word is known.
  const proven = askers.missing.length > 0 ? claimed.proven : areProven(askers, record.workers);
  return quorum + (plan.action === 'destroy' && provable && !proven ? 1 : 0);
}

function whyNot(
  { plan }: Ballot,
  vote: JudgedVote,
  counted: readonly JudgedVote[],
  { askers }: Askers,
  claimed: Claimed,
  isDecided: boolean,
): string | null {
  const { person } = vote;
  if (vote.fault !== null) return vote.fault;
  if (person === null) return 'by nobody that the rules know';
  // Who approved can withdraw for as long as nothing is sent.
  const late = vote.atMs > plan.approveByMs;
  if (vote.verdict === 'reject') return late && !isDecided ? 'after the time to approve' : null;
  if (late) return 'after the time to approve';
  if (plan.action === 'destroy') {
    if (isAsker([...askers, ...claimed.askers], person)) return 'by somebody who asked for it';
    if (plan.coverage === 'uncovered' && !vote.acceptUncovered) return 'without accepting that nothing covers the Store';
  }
  const same = counted.find((other) => other.person !== null && isSamePerson(other.person, person));
  return same === undefined ? null : `the same person as at event ${same.eventId}`;
}

function show(
  { eventId, atMs, verdict, person, typed, assurance, principal, key }: JudgedVote,
  because: string | null,
): VoteShown {
  const name = person?.name ?? typed;
  return { eventId, atMs, verdict, name, assurance, principal, key, counted: because === null, because: because ?? '' };
}
