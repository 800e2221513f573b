import type { ApprovalRules } from '../domain/approval/electorate.ts';
import type { RestartPlan } from '../domain/approval/plan.ts';
import type { Candidate } from '../domain/approval/tally.ts';
import { healWorkflowId } from '../domain/names.ts';
import { type Asking, ordersIn, signerOf, startOf } from './chain.ts';
import { type History, originOf } from './history-signals.ts';

/**
 * The orders of a heal as votes on its restart: who orders it, if they may vote, has said what they think. How an
 * order proves who gave it is how a vote does: by the principal of its event, or by a signature over its own words.
 * An order is for the Store that it was given for, in the run that it was given to: it votes on no plan of another.
 */
export function orderVotes(plan: RestartPlan, rules: ApprovalRules, history: History): Candidate[] {
  const origin = originOf(history);
  // A run's id is its own; the workflow's must be the one that a heal of this Store has.
  if (origin?.run.runId !== plan.runId || plan.workflowId !== healWorkflowId(plan.cluster, plan.store)) return [];
  const start = startOf(origin);
  // A run that a workflow started, or that a reset made, was started by nobody whose vote this could be.
  const own = origin.parent === null && origin.continuedFrom === null && origin.resets.length === 0;
  return [
    ...(own ? asVote(plan, rules, start, 1, 'direct') : []),
    ...ordersIn(history, origin).flatMap(({ asking, eventId, origin: from }) => asVote(plan, rules, asking, eventId, from)),
  ];
}

function asVote(
  plan: RestartPlan,
  rules: ApprovalRules,
  asking: Asking,
  eventId: number,
  origin: Candidate['origin'],
): Candidate[] {
  const { proof, principal, takenMs, statement } = asking;
  if (statement?.action !== 'heal' || statement.cluster !== plan.cluster) return [];
  const { orderer = null, at = null, signature = null } = proof;
  const signer = signerOf(asking, rules);
  const vote = {
    planId: plan.planId,
    store: statement.store,
    reason: statement.reason,
    acceptUncovered: false,
    approver: orderer === null ? null : orderer.normalize('NFC'),
    at,
    signature,
  };
  return [
    {
      eventId,
      atMs: takenMs,
      verdict: 'approve',
      origin,
      principal,
      parsed: { ok: true, vote },
      signature: signature === null ? { kind: 'none' } : signer === null ? { kind: 'invalid' } : { kind: 'valid', key: signer },
    },
  ];
}
