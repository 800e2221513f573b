import type { Command } from 'commander';
import { acting } from '../program/call.ts';
import { vote, voteVerb } from '../vote/vote.ts';
import type { VoteOptions } from '../vote/wish.ts';

export function registerReject(program: Command): void {
  voteVerb(program, 'reject', 'reject one plan, or take your approval back: one rejection ends it').action(
    acting<VoteOptions>((call) => vote(call, 'reject')),
  );
}
