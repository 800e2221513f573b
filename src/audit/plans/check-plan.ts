/** Invariants 7 and 8: what people approved is what was sent, in time, and once. */
import { policyDigest } from '../../approval/digest.ts';
import type { ApprovalRules } from '../../domain/approval/electorate.ts';
import type { Plan } from '../../domain/approval/plan.ts';
import { mayHaveHappened, type Command } from '../history/commands.ts';
import { fieldsOf, listOf, textOf, type Fields } from '../history/fields.ts';
import type { RunRecord } from '../history/run-record.ts';
import type { CommandAudit, EvidenceShown } from '../report.ts';
import { askersOf } from '../votes/askers.ts';
import { type Claimed, countVotes, type Count } from '../votes/count.ts';
import { type JudgedVote, votesOn } from '../votes/judge-vote.ts';
import { rulesIn } from '../votes/rules.ts';
import type { Finding } from '../checks/finding.ts';
import { sentBetween, say } from '../checks/last-look.ts';
import type { OrderSeen } from '../checks/orders.ts';
import { checkPlanClock, checkSeal, checkUnchanged, digestOrNull, numberFor } from './check-seal.ts';
import { planShape, type SealedPlan, sealedPlansIn } from './sealed-plans.ts';

export interface PlanView {
  readonly record: RunRecord;
  readonly known: ReadonlyMap<string, RunRecord>;
  readonly orders: readonly OrderSeen[];
  readonly configured: ApprovalRules | null;
  /** Votes as they were judged, by the event of their plan: verifying a flood of signatures takes seconds. */
  readonly judged: Map<number, readonly JudgedVote[]>;
}

export interface PlanChecked {
  readonly ground: NonNullable<CommandAudit['restsOn']>;
  readonly votes: CommandAudit['votes'];
  readonly clocks: CommandAudit['clocks'];
  /** The event of the vote that decided it. */
  readonly decidedId: number | null;
  readonly plan: string | null;
  readonly policy: string;
  readonly rules: string;
}

/** Null where there is no plan that could be checked; that is then among the violations. */
export function checkPlan(finding: Finding, view: PlanView, command: Command, seen: EvidenceShown | null): PlanChecked | null {
  const invariant = numberFor(command);
  const { scheduledId } = command.activity;
  const plans = sealedPlansIn(view.record).filter(({ eventId }) => eventId < scheduledId);
  const sealed = plans.findLast(({ plan }) => plan['planId'] === command.planId);
  if (sealed === undefined) {
    finding.broken(
      invariant,
      scheduledId,
      `no plan ${command.planId ?? ''} was sealed in this run before it`.replace('  ', ' '),
      command,
    );
    return null;
  }
  const twin = plans.find((other) => other !== sealed && other.plan['planId'] === command.planId);
  if (twin !== undefined) {
    finding.broken(invariant, twin.eventId, `the plan was sealed at event ${sealed.eventId}, too: one of them lies`, command);
  }
  const newer = plans.find(({ eventId }) => eventId > sealed.eventId);
  if (newer !== undefined) {
    finding.broken(
      invariant,
      scheduledId,
      `the plan of event ${newer.eventId} had taken the place of this one, and its votes were void`,
      command,
    );
  }
  const [plan, rules] = [planShape(sealed.plan), rulesIn(sealed.rules)];
  if (plan === null || rules === null) {
    finding.broken(invariant, sealed.eventId, 'what was sealed is no whole plan with its rules', command);
    return null;
  }
  const digest = digestOrNull(plan);
  checkSeal(finding, view.record, command, sealed, plan, digest);
  checkPlanClock(finding, command, plans, sealed, plan);
  if (seen !== null && plan.action === 'destroy') checkUnchanged(finding, command, plan, seen);
  const count = countFor(view, command, { sealed, plan, rules, digest: digest ?? '' });
  checkCount(finding, view, command, count);
  checkProof(finding, command, digest);
  return {
    ground: {
      kind: 'plan',
      eventId: sealed.eventId,
      planId: plan.planId,
      coverage: plan.action === 'destroy' ? plan.coverage : null,
    },
    votes: count.shown,
    clocks: count.clocks,
    decidedId: count.decidedId,
    plan: digest,
    policy: plan.policyDigest,
    rules: policyDigest(sealed.rules),
  };
}

interface Whole {
  readonly sealed: SealedPlan;
  readonly plan: Plan;
  readonly rules: ApprovalRules;
  readonly digest: string;
}

function countFor(
  { record, known, orders, configured, judged }: PlanView,
  command: Command,
  { sealed, plan, rules, digest }: Whole,
): Count {
  const claimed = claimsOf([sealed.requesters, fieldsOf(command.report?.['proof'])['requesters']]);
  const before = orders.filter(({ eventId }) => eventId < command.activity.scheduledId);
  const ballot = { record, plan, digest, sealedId: sealed.eventId, rules, configured };
  const votes = judged.get(sealed.eventId) ?? votesOn(ballot);
  judged.set(sealed.eventId, votes);
  return countVotes(ballot, votes, askersOf(record, known, rules), claimed, before, command.activity.scheduledId);
}

function claimsOf(requesters: readonly unknown[]): Claimed {
  const said = requesters.map(fieldsOf).filter((each) => Object.keys(each).length > 0);
  return { proven: said.length > 0 && said.every(({ proven }) => proven === true), askers: said.flatMap(claimedAskers) };
}

function claimedAskers({ principals, keys, names }: Fields): Claimed['askers'] {
  return [
    ...listOf(principals).map((each) => {
      const { type, name } = fieldsOf(each);
      return { principal: { type: textOf(type), name: textOf(name) }, key: null, name: null };
    }),
    ...listOf(keys).map((key) => ({ principal: null, key: textOf(key), name: null })),
    ...listOf(names).map((name) => ({ principal: null, key: null, name: textOf(name) })),
  ];
}

function checkCount(finding: Finding, { record, known }: PlanView, command: Command, count: Count): void {
  const { clocks, approvals, rejectedBy, rejectedLater, shown } = count;
  const { scheduledId, scheduledMs } = command.activity;
  const broken = (eventId: number, what: string): void => finding.broken(numberFor(command), eventId, what, command);
  if (clocks.decidedMs === null) {
    const refused = shown.filter(({ counted, verdict }) => !counted && verdict === 'approve');
    const why = refused.slice(0, 5).map(({ eventId, because }) => `event ${eventId} (${because})`);
    const what = `${approvals} of ${clocks.needed} approvals stood when it was decided on`;
    broken(scheduledId, why.length === 0 ? what : `${what}; not counted: ${why.join(', ')}`);
  }
  if (rejectedBy !== null) broken(rejectedBy.eventId, `${rejectedBy.name} had rejected the plan before it was carried out`);
  if (rejectedLater !== null) finding.notShown(command, `whether it was sent before the rejection of event ${rejectedLater}`);
  if (command.verb !== 'destroy') return;
  if (clocks.executeByMs !== null) checkExecuteBy(finding, command, clocks.executeByMs, scheduledMs);
  checkChain(finding, record, known, command, shown);
}

function checkExecuteBy(finding: Finding, command: Command, executeByMs: number, scheduledMs: number): void {
  const { scheduledId, closedId, heartbeatMs } = command.activity;
  const { earliestMs, latestMs } = sentBetween(command);
  if (scheduledMs > executeByMs) {
    finding.broken(
      7,
      scheduledId,
      `it was scheduled ${say(scheduledMs - executeByMs)} after the time to act on the approval`,
      command,
    );
  } else if (earliestMs > executeByMs || (latestMs !== null && heartbeatMs > 0 && latestMs > executeByMs + heartbeatMs)) {
    finding.broken(7, closedId ?? scheduledId, 'it was sent after the time to act on the approval', command);
  } else if (latestMs === null || latestMs > executeByMs) {
    finding.notShown(command, 'that it was sent within the time to act on the approval');
  }
}

/** Who asked is only known as far as histories are given and the server says who did what. */
function checkChain(
  finding: Finding,
  record: RunRecord,
  known: ReadonlyMap<string, RunRecord>,
  command: Command,
  shown: Count['shown'],
): void {
  const { missing, askers } = askersOf(record, known, {
    assurance: [],
    quorum: 1,
    approvers: [],
    approveWithinMs: 0,
    executeWithinMs: 0,
  });
  for (const run of missing)
    finding.notShown(command, `who asked for it by ${run.workflowId}, run ${run.runId}: give its history, too`);
  if (askers.some(({ principal }) => principal === null))
    finding.notShown(command, 'who asked for it, as far as no signature tells: the server stamped no principal');
  if (record.workers.length === 0 && shown.some(({ counted, assurance }) => counted && assurance !== 'signed')) {
    finding.notShown(command, "that no vote is the worker's: the server stamped no principal");
  }
}

/** The activity's own account of what it verified: it proves nothing, and it must not say otherwise. */
function checkProof(finding: Finding, command: Command, digest: string | null): void {
  if (command.verb !== 'destroy' || command.report === null) return;
  const proof = fieldsOf(command.report['proof']);
  const eventId = command.activity.closedId ?? command.activity.scheduledId;
  if (Object.keys(proof).length === 0) finding.broken(7, eventId, 'it was sent without an account of what was verified', command);
  else if (proof['digest'] !== digest)
    finding.broken(7, eventId, 'what was verified before it is another plan than the one sealed', command);
}

/** Invariant 8, over all that was given: one request for each plan, sent or perhaps sent. */
export function checkOncePerPlan(finding: Finding, commands: readonly Command[]): void {
  const first = new Map<string, Command>();
  for (const command of commands) {
    if (command.verb !== 'destroy') continue;
    const planId = command.planId ?? '';
    const earlier = first.get(planId);
    if (earlier === undefined) first.set(planId, command);
    else {
      const what = `a destroy for this plan ${mayHaveHappened(earlier) ? 'may have been' : 'was'} sent at event ${earlier.activity.scheduledId} already`;
      finding.broken(8, command.activity.scheduledId, what, command);
    }
  }
}
