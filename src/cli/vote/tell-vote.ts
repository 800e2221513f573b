import { plainLine } from '../../cluster-manager/wire.ts';
import type { Verdict } from '../../domain/approval/vote.ts';
import { sayVoteRefusal, type VoteRefusalReason } from '../../domain/approval/vote-refusal.ts';
import { sayAssurance } from '../../domain/approval/view.ts';
import { CommandError } from '../program/command-error.ts';
import { EXIT } from '../program/exit-codes.ts';
import type { VoteFate } from './await-count.ts';
import { sayVotes } from './plan/show-plan.ts';

type Refused = Extract<VoteFate, { kind: 'refused' }>;
type CountedFate = Extract<VoteFate, { kind: 'counted' }>;

/** What the person did, and where the plan stands by it. */
export function sayCounted(verdict: Verdict, { vote, tally }: CountedFate): string[] {
  const { state } = tally;
  const mine = `counted: ${verdict} by ${plainLine(vote.name)} (${sayAssurance(vote.assurance)})`;
  switch (state.kind) {
    case 'open':
      return [`${mine}; ${sayVotes(tally, tally.needed)}, ${state.missing} to come`];
    case 'approved':
      return [
        `${mine}; decided: ${sayVotes(tally, tally.needed)}`,
        `to be carried out by ${new Date(state.executeByMs).toISOString()}`,
      ];
    case 'rejected':
      return [`${mine}; ended: ${sayVotes(tally, tally.needed)}`];
  }
}

export function refusedError(verdict: Verdict, { vote }: Refused, approveLine: string): CommandError {
  const mend = vote === null ? { mend: 'look at the plan', run: 'storekeeper plans' } : mendOf(vote.reason, approveLine);
  return new CommandError('vote-refused', EXIT.refused, {
    what: verdict === 'approve' ? 'Your approval does not count' : 'Your rejection does not count',
    why:
      vote === null
        ? 'so many votes did not count that the reason of this one is not kept'
        : plainLine(sayVoteRefusal(vote.reason, vote.detail), 400),
    ...mend,
  });
}

interface Mend {
  readonly mend: string;
  readonly run?: string;
}

/** How each refusal is mended; one that has no line here does not compile. */
function mendOf(reason: VoteRefusalReason, line: string): Mend {
  const plans: Mend = { mend: 'see what is open', run: 'storekeeper plans' };
  const mends: Readonly<Record<VoteRefusalReason, Mend>> = {
    malformed: { mend: 'use the same version of Storekeeper as the worker does' },
    'payload too large': { mend: 'shorten the reason', run: line },
    'no reason': { mend: 'say why', run: line },
    'wrong run': plans,
    'wrong plan': { mend: 'what it rested on has changed while you voted; look at the new plan', run: 'storekeeper plans' },
    'wrong store': plans,
    'replayed by reset': { mend: 'vote on the run that goes on', run: 'storekeeper plans' },
    late: { mend: 'order it again if it is still to be done, then vote in time', run: 'storekeeper plans' },
    'already ended': plans,
    unauthorised: { mend: 'let an approver vote, or have this account added under approval.approvers[].principals' },
    'unknown approver': { mend: 'name an approver of the configuration (approval.approvers), and sign with their key' },
    'another name': { mend: 'leave --as out, or use the account of that approver' },
    requester: { mend: 'somebody else has to approve: whoever ordered it, or the heal behind it, cannot' },
    worker: { mend: 'use an account of your own, not the one of the worker (TEMPORAL_API_KEY), or sign', run: line },
    duplicate: { mend: 'nothing is to do: your approval stands; to take it back, reject' },
    'needs acceptUncovered': { mend: 'accept it by name, if that is what you mean', run: line },
    'assurance not enough': { mend: 'sign the vote with your key', run: line },
    'bad signature': { mend: 'use the key whose public half the configuration has under that name' },
  };
  return mends[reason];
}
