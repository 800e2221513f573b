import type { Command } from 'commander';
import { acting } from '../program/call.ts';
import { vote, voteVerb } from '../vote/vote.ts';
import type { VoteOptions } from '../vote/wish.ts';

export function registerApprove(program: Command): void {
  voteVerb(program, 'approve', 'approve one plan: see it in full, name its Store, say why').action(
    acting<VoteOptions>((call) => vote(call, 'approve')),
  );
}
