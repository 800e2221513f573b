/**
 * A plan: what is to be destroyed, on what evidence, and by when. It is made once, sealed by its digest, shown,
 * voted on, and compared with the world again before anything is sent. Nothing in it is optional, so two plans
 * that mean the same have the same canonical JSON.
 */
import { diagnose, messageWithoutTime, type CheckpointSpan, type Reading } from '../reading.ts';
import type { StoreName } from '../store.ts';
import { coverageOf, siblingsOf, type Coverage, type PlannedSibling } from './coverage.ts';
import type { Assurance } from './electorate.ts';

export interface PlanEvidence {
  readonly status: number;
  readonly message: string;
  readonly checkpoints: CheckpointSpan;
  readonly port: number | null;
  readonly atMs: number;
}

export interface DestroyPlan {
  /** Made by `planIdOf`: holds the whole run id, since a reset repeats everything else that a run made up. */
  readonly planId: string;
  readonly action: 'destroy';
  readonly cluster: string;
  /** The address the request will go to: the same name behind another CM is another Store. */
  readonly cm: string;
  readonly store: StoreName;
  readonly evidence: PlanEvidence;
  readonly siblings: readonly PlannedSibling[];
  readonly coverage: Coverage;
  readonly policyDigest: string;
  readonly approval: { readonly quorum: number; readonly assurance: readonly Assurance[] };
  readonly workflowId: string;
  readonly runId: string;
  readonly nonce: string;
  /** By the server's clock, epoch milliseconds: an approval after it is late. */
  readonly approveByMs: number;
  /** How long after the deciding vote the request may still be sent. */
  readonly executeWithinMs: number;
}

/** A restart that people are asked about (mode `ask`): the same bonds, and nothing that a destroy alone would lose. */
export interface RestartPlan extends Omit<DestroyPlan, 'action' | 'siblings' | 'coverage'> {
  readonly action: 'restart';
}

/** Whatever people vote on. */
export type Plan = DestroyPlan | RestartPlan;

/** At most so many plans are made in one run; after that its evidence `kept changing`. */
export const PLANS_MAX = 3;

const RUN_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const NONCE = /^[0-9a-f]{16,64}$/;
const PLAN_ID = /^([0-9a-f-]{36})\.([1-9]\d?)\.([0-9a-f]{16,64})$/;

/**
 * `{run id}.{number of the plan in its run}.{nonce}`. Attested votes name the plan by this id alone, so the nonce
 * is in it: it should come from real randomness (an activity), and then no two plans ever share an id. Throws on
 * anything but a run id in its full length and a nonce of 16 to 64 hexadecimal digits: that is a fault of ours.
 */
export function planIdOf(runId: string, number: number, nonce: string): string {
  const planId = `${runId}.${number}.${nonce}`;
  if (!RUN_ID.test(runId) || !NONCE.test(nonce) || !PLAN_ID.test(planId))
    throw new Error(`not the parts of a plan id: ${planId}`);
  return planId;
}

/** The run that a plan id belongs to; null if the text is no plan id. */
export function runOfPlanId(planId: string): string | null {
  const runId = PLAN_ID.exec(planId)?.[1];
  return runId !== undefined && RUN_ID.test(runId) ? runId : null;
}

/** What was seen just now. `siblings` is null when not even their names could be learned. */
export interface Sight {
  readonly reading: Reading;
  readonly siblings: readonly Reading[] | null;
}

export interface PlanFrame {
  readonly cluster: string;
  readonly cm: string;
  readonly store: StoreName;
  readonly policyDigest: string;
  readonly approval: DestroyPlan['approval'];
  readonly workflowId: string;
  readonly runId: string;
  /** The first plan of a run is number 1. */
  readonly number: number;
  readonly nonce: string;
  readonly approveByMs: number;
  readonly executeWithinMs: number;
}

export type Planned =
  | { readonly kind: 'planned'; readonly plan: DestroyPlan }
  | { readonly kind: 'cleared' }
  | { readonly kind: 'read again'; readonly because: string };

/** A plan rests on a trusted-faulty reading. Healthy needs none, and `unknown` is evidence of nothing. */
export function makePlan(frame: PlanFrame, sight: Sight): Planned {
  const seen = look(frame.store, sight);
  if (seen.kind !== 'faulty') return seen;
  const { cluster, cm, store, policyDigest, approval, workflowId, runId, nonce, approveByMs, executeWithinMs } = frame;
  const { evidence, siblings } = seen;
  const plan: DestroyPlan = {
    planId: planIdOf(runId, frame.number, nonce),
    action: 'destroy',
    cluster,
    cm,
    store,
    evidence,
    siblings,
    coverage: coverageOf(evidence.checkpoints, siblings),
    policyDigest,
    approval,
    workflowId,
    runId,
    nonce,
    approveByMs,
    executeWithinMs,
  };
  return { kind: 'planned', plan };
}

export type RestartPlanned =
  | { readonly kind: 'planned'; readonly plan: RestartPlan }
  | Exclude<Planned, { readonly kind: 'planned' }>;

/** What people are asked in mode `ask`. Siblings are no part of it: a restart takes nothing from a consumer for good. */
export function makeRestartPlan(frame: PlanFrame, reading: Reading): RestartPlanned {
  const planned = makePlan(frame, { reading, siblings: [] });
  if (planned.kind !== 'planned') return planned;
  const { siblings: _siblings, coverage: _coverage, ...plan } = planned.plan;
  return { kind: 'planned', plan: { ...plan, action: 'restart' } };
}

type Look =
  | { readonly kind: 'faulty'; readonly evidence: PlanEvidence; readonly siblings: readonly PlannedSibling[] }
  | { readonly kind: 'cleared' }
  | { readonly kind: 'read again'; readonly because: string };

function look(store: StoreName, { reading, siblings }: Sight): Look {
  if (reading.store !== store) return { kind: 'read again', because: `the reading is about ${reading.store}` };
  const diagnosis = diagnose(reading);
  if (reading.kind === 'unseen' || diagnosis.kind === 'unknown') {
    return { kind: 'read again', because: diagnosis.kind === 'unknown' ? diagnosis.because : 'not seen' };
  }
  if (diagnosis.kind === 'healthy') return { kind: 'cleared' };
  if (siblings === null) return { kind: 'read again', because: 'its siblings are not known' };
  const { status, message, checkpoints, port, atMs } = reading;
  return {
    kind: 'faulty',
    evidence: { status, message, checkpoints, port, atMs },
    siblings: siblingsOf(store, siblings),
  };
}

/** The parts of a plan's evidence whose change voids its votes. */
export type MaterialPart = 'status' | 'message' | 'newest checkpoint' | 'siblings' | 'coverage';

export type Change =
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'changed'; readonly parts: readonly MaterialPart[] }
  | { readonly kind: 'cleared' }
  | { readonly kind: 'read again'; readonly because: string };

/**
 * Whether the votes on this plan still stand, given what is seen now. Not material: the time stamp in the message,
 * the port, the Store's oldest checkpoint as long as coverage stays, and everything about siblings but their names
 * and whether they cover.
 * A covered plan whose cover cannot be seen just now is read again: an unknown sibling has not stopped covering.
 */
export function materialChange(plan: DestroyPlan, now: Sight): Change {
  const seen = look(plan.store, now);
  if (seen.kind !== 'faulty') return seen;
  const coverage = coverageOf(seen.evidence.checkpoints, seen.siblings);
  const parts: MaterialPart[] = [];
  if (seen.evidence.status !== plan.evidence.status) parts.push('status');
  if (messageWithoutTime(seen.evidence.message) !== messageWithoutTime(plan.evidence.message)) parts.push('message');
  if (seen.evidence.checkpoints.newestS !== plan.evidence.checkpoints.newestS) parts.push('newest checkpoint');
  if (namesOf(seen.siblings) !== namesOf(plan.siblings)) parts.push('siblings');
  if (parts.length === 0 && plan.coverage === 'covered' && coverage === 'uncovered') {
    const unseen = seen.siblings.find((sibling) => sibling.health === 'unknown');
    if (unseen !== undefined) return { kind: 'read again', because: `its sibling ${unseen.store} could not be seen` };
  }
  if (coverage !== plan.coverage) parts.push('coverage');
  return parts.length === 0 ? { kind: 'unchanged' } : { kind: 'changed', parts };
}

function namesOf(siblings: readonly PlannedSibling[]): string {
  return siblings
    .map((sibling) => sibling.store)
    .toSorted((a, b) => (a < b ? -1 : 1))
    .join(' ');
}
