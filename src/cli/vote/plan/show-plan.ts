import { plainLine } from '../../../cluster-manager/wire.ts';
import type { PlannedSibling } from '../../../domain/approval/coverage.ts';
import type { Plan } from '../../../domain/approval/plan.ts';
import { sayTally, type Tally } from '../../../domain/approval/tally.ts';
import { consequenceOfPlan, sayAssurance, type OpenPlan, type PlanView } from '../../../domain/approval/view.ts';
import { sayVoteRefusal } from '../../../domain/approval/vote-refusal.ts';
import { say as sayDuration } from '../../../domain/policy.ts';
import { utc } from '../../../domain/utc.ts';
import type { Screen } from '../../screen/screen.ts';
import { ago, ahead } from '../../screen/times.ts';
import { wrap } from '../../screen/wrap.ts';

export type ShownOn = Pick<Screen, 'columns' | 'paintSaid'>;

/** Everything that a voter has to know. What people and CM said stands on one line, and moves no cursor. */
export function showPlan(
  view: PlanView,
  { plan, digest, needed, tally, warnings }: OpenPlan,
  { columns, paintSaid }: ShownOn,
  nowMs: number,
): string[] {
  const line = (label: string, text: string): string[] => wrap(label, text, columns);
  const { evidence } = plan;
  return [
    'Plan:',
    `  ${plan.planId}`,
    ...line('Digest:', digest),
    ...line('Action:', paintSaid('bold', sayAction(plan))),
    ...line('Store:', plan.store),
    ...line('Cluster:', `${plan.cluster}, Cluster Manager ${plainLine(plan.cm)}`),
    ...line('Evidence:', `read ${ago(evidence.atMs, nowMs)} (${utc(evidence.atMs)}): ${sayEvidence(plan)}`),
    ...siblingLines(plan, line),
    ...line('Means:', plainLine(consequenceOfPlan(plan), 600)),
    ...line('Because:', `"${plainLine(view.reason, 500)}"`),
    ...line('Votes:', `${sayVotes(tally, needed)}; counted: ${plan.approval.assurance.map(sayAssurance).join(' or ')}`),
    ...voteLines(tally, nowMs, line),
    ...line('Clocks:', sayClocks(view, plan, nowMs)),
    ...line('Now:', plainLine(view.phase)),
    ...warnings.flatMap((warning) => line('Mind:', plainLine(warning, 600))),
    ...view.notes.flatMap((note) => line('Note:', plainLine(note, 600))),
  ];
}

export function sayAction({ action }: Plan): string {
  return action === 'destroy' ? 'DESTROY this Store for good' : 'stop and restart this Store';
}

export function sayEvidence({ evidence: { status, checkpoints, port, message } }: Plan): string {
  return [
    `status ${status}`,
    `holds ${checkpoint(checkpoints.oldestS)} to ${checkpoint(checkpoints.newestS)}`,
    ...(port === null ? [] : [`port ${port}`]),
    `"${plainLine(message, 400)}"`,
  ].join(', ');
}

export function sayVotes(tally: Tally | null, needed: number): string {
  return plainLine(tally === null ? `0 of ${needed} approvals` : sayTally(tally), 600);
}

export function sayClocks({ executeByMs }: Pick<PlanView, 'executeByMs'>, plan: Plan, nowMs: number): string {
  if (executeByMs !== null) return `decided; to be carried out by ${utc(executeByMs)} (${left(executeByMs, nowMs)})`;
  const { approveByMs, executeWithinMs } = plan;
  return `approve by ${utc(approveByMs)} (${left(approveByMs, nowMs)}); carried out within ${sayDuration(executeWithinMs)} of the deciding vote`;
}

export function left(untilMs: number, nowMs: number): string {
  return untilMs <= nowMs ? 'time is over' : ahead(untilMs, nowMs);
}

type Line = (label: string, text: string) => string[];

function siblingLines(plan: Plan, line: Line): string[] {
  if (plan.action === 'restart') return [];
  if (plan.siblings.length === 0) return line('Siblings:', 'none');
  return plan.siblings.flatMap((sibling, index) => line(index === 0 ? 'Siblings:' : '', saySibling(sibling)));
}

function saySibling({ store, health, span }: PlannedSibling): string {
  const holds = span === null ? '' : `, holds ${checkpoint(span.oldestS)} to ${checkpoint(span.newestS)}`;
  return `${store}: ${health}${holds}`;
}

function voteLines(tally: Tally | null, nowMs: number, line: Line): string[] {
  if (tally === null) return [];
  return [
    ...tally.approvals.flatMap(({ name, assurance, atMs, reason }) =>
      line('', `approved by ${plainLine(name)} (${sayAssurance(assurance)}) ${ago(atMs, nowMs)}: ${plainLine(reason, 500)}`),
    ),
    ...(tally.refusedCount === 0 ? [] : line('', `not counted: ${tally.refusedCount}`)),
    ...tally.refused.flatMap(({ latest }) =>
      latest.flatMap(({ verdict, atMs, reason, detail }) =>
        line('', `not counted: ${verdict} ${ago(atMs, nowMs)}, ${plainLine(sayVoteRefusal(reason, detail), 400)}`),
      ),
    ),
  ];
}

function checkpoint(timeS: number | null): string {
  return timeS === null ? 'unknown' : utc(timeS * 1_000);
}
