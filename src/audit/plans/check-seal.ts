/** Invariant 7: the plan is whole, of this very run and Store, and made on a reading that allows it. */
import { planDigest } from '../../approval/digest.ts';
import { holdsSeal } from '../../approval/seal.ts';
import type { Plan } from '../../domain/approval/plan.ts';
import type { Finding } from '../checks/finding.ts';
import { say } from '../checks/last-look.ts';
import type { Command } from '../history/commands.ts';
import { evidenceIn, withoutTime } from '../history/evidence.ts';
import { fieldsOf, numberOf, textOf } from '../history/fields.ts';
import type { RunRecord } from '../history/run-record.ts';
import type { EvidenceShown } from '../report.ts';
import { coverageIn, type SealedPlan } from './sealed-plans.ts';

type DestroyPlan = Extract<Plan, { action: 'destroy' }>;

/** A stop in mode `ask` has no people who approve a destroy: without its vote it is the mode that forbids it. */
export function numberFor({ verb }: Command): number {
  return verb === 'destroy' ? 7 : 13;
}

/** Null for a plan that has no canonical JSON. */
export function digestOrNull(plan: Plan): string | null {
  try {
    return planDigest(plan);
  } catch {
    return null;
  }
}

export function checkSeal(
  finding: Finding,
  record: RunRecord,
  command: Command,
  { eventId, digest: said, evidence }: SealedPlan,
  plan: Plan,
  digest: string | null,
): void {
  const broken = (what: string): void => finding.broken(numberFor(command), eventId, what, command);
  if (digest === null || !isWhole(plan))
    broken('the id of the plan is not the one that its content makes: something in it was changed');
  if (said !== digest) broken('the digest beside the plan is not that of the plan');
  if (plan.runId !== command.runId || plan.workflowId !== record.run.workflowId) {
    broken(`the plan is of ${plan.workflowId}, run ${plan.runId}, and was carried out by run ${command.runId}`);
  }
  if (plan.action !== (command.verb === 'destroy' ? 'destroy' : 'restart')) broken(`the plan is to ${plan.action}`);
  if (plan.store !== command.store || plan.cluster !== command.cluster)
    broken(`the plan is about ${plan.store} in ${plan.cluster}`);
  if (plan.action === 'destroy' && coverageIn(plan) !== plan.coverage) {
    broken(`the plan says ${plan.coverage}, and by the siblings in it the Store is ${coverageIn(plan)}`);
  }
  const seen = evidenceIn(evidence, eventId);
  if (seen === null) finding.notShown(command, 'the reading that the plan was made on');
  else if (seen.diagnosis !== 'faulty')
    finding.broken(1, eventId, `the plan was made on a reading that is ${seen.diagnosis}`, command);
  else if (
    seen.status !== plan.evidence.status ||
    seen.message !== plan.evidence.message ||
    seen.newestS !== plan.evidence.checkpoints.newestS
  ) {
    broken('the evidence in the plan is not the reading it was made on');
  }
}

function isWhole(plan: Plan): boolean {
  try {
    return holdsSeal(plan);
  } catch {
    return false;
  }
}

/** The time to approve begins with the first plan of the run, and no later plan has more of it. */
export function checkPlanClock(
  finding: Finding,
  command: Command,
  plans: readonly SealedPlan[],
  sealed: SealedPlan,
  plan: Plan,
): void {
  const latestMs = Math.max(
    ...plans
      .filter(({ eventId }) => eventId <= sealed.eventId)
      .map(({ atMs, rules }) => atMs + (numberOf(fieldsOf(rules)['approveWithinMs']) ?? 0)),
  );
  if (plan.approveByMs <= latestMs) return;
  finding.broken(
    numberFor(command),
    sealed.eventId,
    `the plan gives ${say(plan.approveByMs - latestMs)} more to approve than its rules`,
    command,
  );
}

/** What the votes were given on must be what the last look saw, of the Store and of its siblings. */
export function checkUnchanged(finding: Finding, command: Command, plan: DestroyPlan, seen: EvidenceShown): void {
  const { evidence } = plan;
  const siblings = fieldsOf(command.report?.['proof'])['siblings'];
  if (!Array.isArray(siblings)) finding.notShown(command, 'that the siblings were those of the plan at the last look');
  const parts = [
    ...(Array.isArray(siblings) ? siblingParts(plan, siblings) : []),
    ...(seen.status === evidence.status ? [] : ['status']),
    ...(withoutTime(seen.message) === withoutTime(evidence.message) ? [] : ['message']),
    ...(seen.newestS === evidence.checkpoints.newestS ? [] : ['newest checkpoint']),
  ];
  if (parts.length > 0)
    finding.broken(7, seen.eventId, `the evidence was not that of the plan any more: ${parts.join(', ')}`, command);
}

/** Names and cover. A sibling that CM did not vouch for has not stopped covering, nor begun to. */
function siblingParts(plan: DestroyPlan, readings: readonly unknown[]): string[] {
  const seq = (name: string): string => name.split(':').at(-1) ?? '';
  const seen = readings.map(fieldsOf).filter((reading) => seq(textOf(reading['store'])) !== seq(plan.store));
  const names = (stores: readonly string[]): string => stores.toSorted((a, b) => (a < b ? -1 : 1)).join(' ');
  const now = seen.map((reading) => ({
    health:
      reading['kind'] === 'seen' && reading['trusted'] === true ? (reading['status'] === 0 ? 'healthy' : 'faulty') : 'unknown',
    span: reading['checkpoints'],
  }));
  return [
    ...(names(seen.map((reading) => textOf(reading['store']))) === names(plan.siblings.map(({ store }) => store))
      ? []
      : ['siblings']),
    ...(coverageIn(plan, now) === plan.coverage ? [] : ['coverage']),
  ];
}
