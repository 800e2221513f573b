/** From the deciding vote to the outcome: lease, one request, read back. */
import { CancellationScope, proxyActivities, sleep } from '@temporalio/workflow';
import type { DestroyActivities, DestroyInput, DestroyReport } from '../../src/domain/approval/contract.ts';
import { sayRefusal, type Refusal } from '../../src/domain/guard/refusal.ts';
import { destroyQueue } from '../../src/domain/names.ts';
import { diagnose } from '../../src/domain/reading.ts';
import { sayReading } from '../../src/domain/watch.ts';
import { count, decisionOf, type SealedPlan } from '../approval/ask-people.ts';
import { commandLimitMs, onceOnly, readStore, reported, type Unreported } from '../heal/calls.ts';
import { tellCommandEnded } from '../guard-line.ts';
import { askDestroyLease, tellProposed } from './guard-talk.ts';
import { type DestroyEnded, type Proposal, untilVote } from './proposal.ts';

type Reported = DestroyReport | Unreported;

/** The votes are void, and people must be asked on what is true now. */
export type CarriedOut = { readonly end: DestroyEnded } | { readonly end: null; readonly void: string };

/** Each try costs some thirty events of history, and what is in the way may be there for hours. */
const AGAIN_MS = 5_000;
const AGAIN_MAX_MS = 60_000;

/** Tries until the approval runs out. Only what was provably never sent is tried again. */
export async function carryOut(proposal: Proposal, sealed: SealedPlan, executeByMs: number): Promise<CarriedOut> {
  proposal.executeByMs = executeByMs;
  let last = 'it was never tried';
  let againMs = AGAIN_MS;
  while (Date.now() < executeByMs) {
    let refusal: Refusal | null = null;
    const leased = await lease(proposal, sealed);
    if (leased.kind === 'end') return leased;
    if (leased.kind === 'leased') {
      proposal.show('destroying');
      const report = await sendDestroy(proposal, sealed, executeByMs);
      if (report.kind === 'sent') return { end: await readBack(proposal, report) };
      last = `${report.because}: ${report.detail}`;
      proposal.note(`Not sent: ${last}`);
      const after = afterNotSent(report);
      if (after !== null) return after;
      refusal = report.refusal;
      proposal.show('waiting to try again');
    } else {
      refusal = leased.refusal;
      last = sayRefusal(refusal);
      proposal.note(`The guard: ${last}`);
    }
    const withdrawn = await waitAgain(proposal, sealed, againAtMs(refusal, againMs, executeByMs), last);
    if (withdrawn !== null) return { end: withdrawn };
    againMs = Math.min(2 * againMs, AGAIN_MAX_MS);
  }
  return { end: (await whyVotesEnded(proposal, sealed)) ?? expired(last) };
}

function expired(last: string): DestroyEnded {
  return {
    kind: 'expired',
    because: `it was approved, and the time to carry it out ran over: ${last}`,
    next: 'mend that, then ask again',
  };
}

/** A person may lift a pause or a hold before its time, so no refusal is believed for longer than `AGAIN_MAX_MS`. */
function againAtMs(refusal: Refusal | null, againMs: number, executeByMs: number): number {
  const whenMs = Math.min(refusal?.whenMs ?? 0, Date.now() + AGAIN_MAX_MS);
  return Math.min(Math.max(Date.now() + againMs, whenMs), executeByMs);
}

/** Votes that come meanwhile are counted, and lead to no try before its time: a flood of them must not buy tries. */
async function waitAgain(proposal: Proposal, sealed: SealedPlan, atMs: number, why: string): Promise<DestroyEnded | null> {
  while (Date.now() < atMs) {
    await untilVote(proposal, atMs - Date.now(), `waits: ${why}`);
    const withdrawn = await whyVotesEnded(proposal, sealed);
    if (withdrawn !== null) return withdrawn;
  }
  return null;
}

type Leased =
  | { readonly kind: 'leased' }
  | { readonly kind: 'not yet'; readonly refusal: Refusal }
  | { readonly kind: 'end'; readonly end: DestroyEnded };

async function lease(proposal: Proposal, sealed: SealedPlan): Promise<Leased> {
  proposal.show('waiting for the guard');
  const answer = await askDestroyLease(proposal, sealed);
  if (answer === null)
    return {
      kind: 'end',
      end: { kind: 'refused', refusal: 'guard silent', because: 'the guard did not answer for ten minutes' },
    };
  if (answer.kind === 'granted') return { kind: 'leased' };
  const { refusal } = answer;
  if (refusal.reason === 'mode') return { kind: 'end', end: { kind: 'refused', refusal: 'guard', because: sayRefusal(refusal) } };
  // A guard that is new knows of no proposal: it is told of this one, which may find no place there.
  if (refusal.reason === 'not proposed') await tellProposed(proposal);
  return { kind: 'not yet', refusal };
}

/** A vote that came after the decision can only be a withdrawal. */
async function whyVotesEnded(proposal: Proposal, sealed: SealedPlan): Promise<DestroyEnded | null> {
  if (proposal.box.arrived <= proposal.box.counted) return null;
  const tally = await count(proposal, sealed);
  const decision = tally === null ? null : decisionOf(tally);
  return decision?.kind === 'rejected' ? rejected(decision) : null;
}

export function rejected({ by, withdrawn }: { by: { name: string; reason: string }; withdrawn: boolean }): DestroyEnded {
  return { kind: 'rejected', because: `${withdrawn ? 'its approval was taken back' : 'rejected'} by ${by.name}: ${by.reason}` };
}

/** One attempt. Who cancels waits for its answer: what may have been sent must be read back. */
async function sendDestroy(proposal: Proposal, { plan }: SealedPlan, executeByMs: number): Promise<Reported> {
  const { cluster, store, policy, reason } = proposal;
  proposal.tries += 1;
  const commandId = `${plan.planId}#${proposal.tries}`;
  const input: DestroyInput = { cluster, store, planId: plan.planId, commandId, sendByMs: policy.sendByMs, why: reason };
  const queue = destroyQueue(cluster);
  const { destroyStore } = proxyActivities<DestroyActivities>({
    taskQueue: queue,
    scheduleToStartTimeout: Math.max(1_000, executeByMs - Date.now()),
    ...onceOnly(policy),
    summary: `DESTROY ${store}: ${reason}`,
  });
  const noWorker = `no worker polls ${queue}; start one by: storekeeper worker --only destroy`;
  const report = await reported(() => destroyStore(input), noWorker);
  await tellCommandEnded(proposal, 'destroy', commandId, report);
  return report;
}

/** What ends it, or voids the votes. Null: the way may be clear in a moment. */
function afterNotSent(report: Extract<Reported, { kind: 'not sent' }>): CarriedOut | null {
  const { because, detail, refusal } = report;
  switch (because) {
    case 'the evidence changed':
      return { end: null, void: detail };
    case 'it is healthy now':
      return { end: { kind: 'cleared', because: 'it was healthy at the last look before the request' } };
    case 'the plan does not hold':
      return { end: { kind: 'refused', refusal: 'the plan does not hold', because: detail } };
    case 'sent before':
      return { end: { kind: 'unknown', because: `a request for this plan may have been sent already, ${detail}` } };
    case 'guard refused':
      return refusal?.reason === 'mode' ? { end: { kind: 'refused', refusal: 'guard', because: detail } } : null;
    case 'mode':
    case 'it could not be verified':
    case 'the votes do not stand':
    case 'too long ago':
    case 'the reading is unknown':
    case 'guard silent':
    case 'too late':
    case 'unreachable':
      return null;
  }
}

const LOOK_AGAIN_MS = 1_000;
const LOOK_AGAIN_MAX_MS = 60_000;

/** Reads what came of the request. A lost answer is never sent again: what cannot be read stays unknown. */
async function readBack(proposal: Proposal, { answer, scheduledMs }: Extract<Reported, { kind: 'sent' }>): Promise<DestroyEnded> {
  proposal.show('reading back');
  if (answer.kind === 'refused') return { kind: 'refused', refusal: 'Cluster Manager', because: answer.detail };
  return CancellationScope.nonCancellable(async () => {
    if (answer.kind === 'unknown') {
      const stillMs = Math.max(0, scheduledMs + commandLimitMs(proposal.policy) - Date.now());
      await sleep(stillMs, { summary: 'the answer to the destroy was lost; until it cannot be running any more' });
    }
    let last = 'nobody could look';
    let there = false;
    // As long as two commands could take: a Cluster Manager that answers before it is done is still at it then.
    const untilMs = Date.now() + 2 * proposal.policy.command.timeoutMs;
    for (let pauseMs = LOOK_AGAIN_MS; Date.now() < untilMs; pauseMs = Math.min(2 * pauseMs, LOOK_AGAIN_MAX_MS)) {
      await sleep(pauseMs, { summary: 'before it is looked for' });
      const now = await readStore(proposal, 'is it gone');
      if (!now.ok) continue;
      const { reading } = now.value;
      if (reading.kind === 'unseen' && reading.because === 'not found') return gone(answer.kind);
      // What is not trusted is evidence of nothing, so it takes back nothing that was seen.
      const isUnknown = diagnose(reading).kind === 'unknown';
      if (there && isUnknown) continue;
      there = !isUnknown;
      last = sayReading(reading);
    }
    const said = answer.kind === 'done' ? 'the Cluster Manager said it was done' : 'the answer was lost';
    return {
      kind: 'unknown',
      because: `${said}, and ${there ? 'it was still there afterwards' : 'nobody could see what came of it'}: ${last}`,
      next: `look at it by hand (storekeeper check ${proposal.store}); the request is not sent again under this approval`,
    };
  });
}

function gone(answer: 'done' | 'unknown'): DestroyEnded {
  return { kind: 'destroyed', because: answer === 'done' ? 'it is gone' : 'the answer was lost, and it is gone' };
}
