import { ApplicationFailure } from '@temporalio/common';
import { CancellationScope, isCancellation, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { DestroyOutcome } from '../src/domain/approval/destroy-outcome.ts';
import { PLANS_MAX } from '../src/domain/approval/plan.ts';
import { sayRefusal } from '../src/domain/guard/refusal.ts';
import { destroyWorkflowId } from '../src/domain/names.ts';
import type { Attached } from '../src/domain/outcome.ts';
import { type DestroyRequest, parseDestroyRequest } from '../src/domain/requests.ts';
import { subtopicOf } from '../src/domain/store.ts';
import { announce, askPeople, type SealedPlan } from './approval/ask-people.ts';
import { sealPlan } from './approval/calls.ts';
import { phaseAttribute, searchAttributes } from './attributes.ts';
import { carryOut, rejected } from './destroy/carry-out.ts';
import { tellProposalClosed, tellProposed } from './destroy/guard-talk.ts';
import { type DestroyEnded, openProposal, type Proposal } from './destroy/proposal.ts';
import { learnPolicy } from './heal/calls.ts';
import { attachedTo, startDestroy } from './start-work.ts';

/** Destroys one Store, if people approve this very destroy: plan, seal, ask, and only then lease, last look, request. */
export async function destroyStore(input: unknown): Promise<DestroyOutcome | Attached> {
  const request = checkInput(input);
  const canonicalId = destroyWorkflowId(request.cluster, request.store);
  if (workflowInfo().workflowId !== canonicalId) return attach(request, canonicalId);

  const proposal = openProposal(request);
  return conclude(proposal, await unlessCancelled(() => destroy(proposal)));
}

const OUT_OF_TIME: DestroyEnded = {
  kind: 'expired',
  because: 'the time to approve ran out',
  next: 'ask again when people are there to answer',
};

async function destroy(proposal: Proposal): Promise<DestroyEnded> {
  const admitted = await askForPlace(proposal);
  if (admitted !== null) return admitted;
  let approveByMs: number | null = null;
  for (let number = 1; number <= PLANS_MAX; number += 1) {
    const made = await makePlan(proposal, number, approveByMs);
    if (made.end !== null) return made.end;
    const { sealed } = made;
    // A plan keeps the time of the one before it; reading its evidence may have taken all that was left.
    if (Date.now() > sealed.plan.approveByMs) return OUT_OF_TIME;
    approveByMs = sealed.plan.approveByMs;
    const voted = await vote(proposal, sealed);
    if (voted !== null) return voted;
  }
  return {
    kind: 'evidence kept changing',
    because: `${PLANS_MAX} plans were made, and each time what they rested on changed`,
    next: 'let it come to rest, then ask again',
  };
}

/** Null once the guard has made room for it. */
async function askForPlace(proposal: Proposal): Promise<DestroyEnded | null> {
  const { cluster } = proposal;
  const learned = await learnPolicy(cluster);
  if (!learned.ok) {
    const because = `no worker for cluster ${cluster} answered`;
    return { kind: 'refused', refusal: 'no worker', because, next: 'start a worker that can reach its Cluster Manager' };
  }
  proposal.policy = learned.value.policy;
  return takePlace(proposal);
}

/** Asked again by the same run, the guard takes back what it gave for a plan whose votes are void. */
async function takePlace(proposal: Proposal): Promise<DestroyEnded | null> {
  const answer = await tellProposed(proposal);
  if (answer === null) return { kind: 'refused', refusal: 'guard silent', because: 'the guard did not answer for ten minutes' };
  proposal.admitted = true;
  if (answer.kind === 'welcome') return null;
  const { refusal } = answer;
  const full = refusal.reason === 'proposals full';
  return { kind: 'refused', refusal: full ? 'too many proposals' : 'guard', because: sayRefusal(refusal) };
}

type Made = { readonly end: DestroyEnded } | { readonly end: null; readonly sealed: SealedPlan };

async function makePlan(proposal: Proposal, number: number, approveByMs: number | null): Promise<Made> {
  proposal.show('reading the evidence');
  const { cluster, store, policy } = proposal;
  const { patienceMs } = policy.confirm;
  const sealed = await sealPlan({ cluster, store, action: 'destroy', number, approveByMs, patienceMs }, policy.everyMs);
  switch (sealed.kind) {
    case 'sealed':
      proposal.sealed = sealed;
      proposal.plans = number;
      return { end: null, sealed };
    case 'cleared':
      return { end: { kind: 'cleared', because: 'it is healthy; only a Store with a trusted reading of a fault is destroyed' } };
    case 'no trusted reading':
      return {
        end: {
          kind: 'refused',
          refusal: 'no trusted reading',
          because: sealed.because,
          next: `see what its Cluster Manager says (storekeeper check ${store}), then ask again`,
        },
      };
    case 'cannot be approved here':
      return { end: { kind: 'refused', refusal: 'cannot be approved here', because: sealed.because } };
  }
}

/** Null: the votes are void, and the next plan is due. */
async function vote(proposal: Proposal, sealed: SealedPlan): Promise<DestroyEnded | null> {
  proposal.show('waiting for votes');
  const verdict = await askPeople(proposal, sealed);
  switch (verdict.kind) {
    case 'approved': {
      await announce(
        proposal,
        sealed,
        'decided',
        `approved; to be carried out by ${new Date(verdict.executeByMs).toISOString()}`,
      );
      const carried = await carryOut(proposal, sealed, verdict.executeByMs);
      if (carried.end !== null) return carried.end;
      proposal.executeByMs = null;
      voided(proposal, carried.void);
      return takePlace(proposal);
    }
    case 'rejected':
      return rejected(verdict);
    case 'expired':
      return OUT_OF_TIME;
    case 'cleared':
      return { kind: 'cleared', because: 'it got healthy while votes were collected' };
    case 'taken over':
      return proposal.byHeal
        ? { kind: 'superseded', because: `${verdict.by} has taken over meanwhile` }
        : voided(proposal, verdict.parts.join(', '));
    case 'changed':
      return voided(proposal, verdict.parts.join(', '));
    case 'interrupted':
      throw new Error('nothing interrupts the votes on a destroy');
  }
}

function voided(proposal: Proposal, what: string): null {
  proposal.note(`Plan ${proposal.plans} is void, and its votes with it: what it rested on has changed (${what}).`);
  return null;
}

function checkInput(input: unknown): DestroyRequest {
  const parsed = parseDestroyRequest(input);
  if (!parsed.ok) throw ApplicationFailure.nonRetryable(parsed.error, 'InvalidInput');
  return parsed.value;
}

/** The Web UI offers random ids. The canonical id is the lock, so the work is done under it, and this run says where. */
async function attach(request: DestroyRequest, canonicalId: string): Promise<Attached> {
  const { cluster, store } = request;
  upsertSearchAttributes(searchAttributes({ cluster, store, subtopic: subtopicOf(store), phase: 'attached' }));
  const runId = await startDestroy(request, 'opened by a start under another id');
  const because = runId === null ? 'a destroy of this Store waits for people already' : 'the destroy was opened under its own id';
  return attachedTo(request, canonicalId, because, runId);
}

async function unlessCancelled(body: () => Promise<DestroyEnded>): Promise<DestroyEnded> {
  try {
    return await body();
  } catch (error) {
    if (!isCancellation(error)) throw error;
    return { kind: 'cancelled', because: 'a person cancelled it before anything was sent' };
  }
}

/** Tells the guard and people, and leaves the outcome where a closed run still shows it. */
async function conclude(proposal: Proposal, ended: DestroyEnded): Promise<DestroyOutcome> {
  const { cluster, store, plans, sealed } = proposal;
  await CancellationScope.nonCancellable(async () => {
    proposal.show('closing');
    if (proposal.admitted) await tellProposalClosed(proposal, ended.kind);
    if (sealed !== null) await announce(proposal, sealed, 'ended', `${ended.kind}: ${ended.because}`);
    upsertSearchAttributes(phaseAttribute(ended.kind));
    proposal.showEnd(`ended: ${ended.kind}. ${ended.because}`);
  });
  return { ...ended, cluster, store, plans, planId: sealed?.plan.planId ?? null };
}
