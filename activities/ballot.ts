/** The ballot of the calling run, read from the server's own history of it and from nowhere else. */
import { setImmediate as breathe } from 'node:timers/promises';
import { Context, heartbeat } from '@temporalio/activity';
import { type Client, isGrpcServiceError } from '@temporalio/client';
import { type ChainLink, linkOf, requestersFrom } from '../src/approval/chain.ts';
import { type History, originOf } from '../src/approval/history-signals.ts';
import { orderVotes } from '../src/approval/order-votes.ts';
import { workersIn } from '../src/approval/plans-in-history.ts';
import { candidatesFor, votesIn } from '../src/approval/votes-in-history.ts';
import { type ApprovalRules, type Requesters, strictestRules } from '../src/domain/approval/electorate.ts';
import type { Plan } from '../src/domain/approval/plan.ts';
import { type Candidate, tally, type Tally } from '../src/domain/approval/tally.ts';
import type { Run } from '../src/domain/guard/messages.ts';
import { ownRun } from './own-run.ts';

const GRPC_NOT_FOUND = 5;
/** A chain of starts is short: sweep, heal, destroy, and the runs that a person attached by. */
const CHAIN_MAX = 20;
/** Verifying a signature takes a tenth of a millisecond, and a flood brings thousands: others must get their turn. */
const VERIFIED_AT_ONCE = 200;

/**
 * The whole history of the run that this activity belongs to. Throws if the server answers about another run: a
 * fetch by workflow id alone would answer about the latest one.
 */
export async function ownHistory(): Promise<History> {
  const run = ownRun();
  const history = await historyOf(Context.current().client, run);
  if (history === null || originOf(history)?.run.runId !== run.runId) {
    throw new Error(`the server's answer is not the history of run ${run.runId}`);
  }
  return history;
}

async function historyOf(client: Client, { workflowId, runId }: Run): Promise<History | null> {
  try {
    return await client.workflow.getHandle(workflowId, runId).fetchHistory();
  } catch (error) {
    // The SDK fetches histories without translating what the server says.
    const code: number | null = isGrpcServiceError(error) ? error.code : null;
    if (code === GRPC_NOT_FOUND) return null;
    throw error;
  }
}

/** Everybody who asked for this run, by the histories of all that started it. */
export async function requestersOf(history: History, rules: ApprovalRules): Promise<Requesters> {
  const { client } = Context.current();
  const own = linkOf(history);
  const links: (ChainLink | null)[] = [own];
  const known = new Set([ownRun().runId]);
  const waiting = [...(own?.next ?? [])];
  for (let run = waiting.shift(); run !== undefined; run = waiting.shift()) {
    if (known.has(run.runId)) continue;
    known.add(run.runId);
    const found = links.length > CHAIN_MAX ? null : await historyOf(client, run);
    const link = found === null ? null : linkOf(found);
    links.push(link);
    if (links.length <= CHAIN_MAX) waiting.push(...(link?.next ?? []));
  }
  return requestersFrom(links, rules, workersIn(history));
}

/** Nobody is left out of a vote on a restart: who orders it may vote for it. */
export const NOBODY: Requesters = { proven: true, principals: [], keys: [], names: [] };

export interface ReadBallot {
  readonly tally: Tally;
  readonly requesters: Requesters;
  /** The strictest of the rules sealed with the plan and of this worker's own. */
  readonly rules: ApprovalRules;
  readonly countedTo: number;
}

/** Counts the votes on this plan in the history, by the strictest of these rules. */
export async function countBallot(history: History, plan: Plan, views: readonly ApprovalRules[]): Promise<ReadBallot> {
  const rules = strictestRules(views);
  const requesters = plan.action === 'restart' ? NOBODY : await requestersOf(history, rules);
  const votes = votesIn(history);
  const candidates: Candidate[] = plan.action === 'restart' ? orderVotes(plan, rules, history) : [];
  for (let from = 0; from < votes.length; from += VERIFIED_AT_ONCE) {
    candidates.push(...candidatesFor(plan, rules, votes.slice(from, from + VERIFIED_AT_ONCE)));
    heartbeat({ verified: candidates.length });
    await breathe();
  }
  const counted = tally({ plan, rules, requesters, workers: workersIn(history) }, candidates);
  return { tally: counted, requesters, rules, countedTo: Number(history.events?.at(-1)?.eventId ?? 0) };
}
