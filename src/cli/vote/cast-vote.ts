import { planDigest } from '../../approval/digest.ts';
import { signVote } from '../../approval/signature.ts';
import type { Verdict } from '../../domain/approval/vote.ts';
import { CommandError } from '../program/command-error.ts';
import { EXIT } from '../program/exit-codes.ts';
import type { Temporal } from '../reach/open-temporal.ts';
import type { Signer } from './person/signer.ts';
import type { FoundPlan } from './plan/find-plan.ts';

export interface Ballot {
  readonly verdict: Verdict;
  readonly reason: string;
  readonly acceptUncovered: boolean;
  readonly signer: Signer | null;
}

/** The payload of the signal, as `parseVote` reads it. */
export interface VotePayload {
  readonly planId: string;
  readonly store: string;
  readonly reason: string;
  readonly acceptUncovered?: boolean;
  readonly approver?: string;
  /** This clock's time, to the millisecond: also what tells this vote from any other. */
  readonly at: string;
  readonly signature?: string;
}

/** The vote as it is sent; signed over the digest that was computed here from the plan that was shown. */
export function votePayload({ open: { plan } }: Pick<FoundPlan, 'open'>, ballot: Ballot, nowMs: number): VotePayload {
  const { verdict, reason, acceptUncovered, signer } = ballot;
  const { planId, store } = plan;
  const at = new Date(nowMs).toISOString();
  const said = { planId, store, reason, ...(acceptUncovered ? { acceptUncovered } : {}), at };
  if (signer === null) return said;
  const { name: approver, key } = signer;
  if (key === null) return { ...said, approver };
  const statement = { planDigest: planDigest(plan), verdict, approver, store, acceptUncovered, reason, at };
  return { ...said, approver, signature: signVote(statement, key) };
}

/** To that very run: a later one under the same id has another plan. Throws CommandError if the run has ended. */
export async function sendVote(
  { client }: Temporal,
  { run: { workflowId, runId }, open }: FoundPlan,
  verdict: Verdict,
  payload: VotePayload,
): Promise<void> {
  const { WorkflowNotFoundError } = await import('@temporalio/client');
  const { approveSignal, rejectSignal } = await import('../../../workflows/messages.ts');
  try {
    await client.workflow.getHandle(workflowId, runId).signal(verdict === 'approve' ? approveSignal : rejectSignal, payload);
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    throw new CommandError('plan-over', EXIT.refused, {
      what: `Nothing was sent: plan ${open.plan.planId} is not open any more`,
      why: 'its run ended while you were looking at it',
      mend: 'see what is open',
      run: 'storekeeper plans',
    });
  }
}
