/** What a workflow that waits for votes shows of itself: to the Web UI, to the command line, to the board. */
import { escapeMarkdown } from '../incident.ts';
import type { StoreName } from '../store.ts';
import { consequenceOf, sayConsequence } from './coverage.ts';
import type { Assurance } from './electorate.ts';
import type { Plan } from './plan.ts';
import type { Tally } from './tally.ts';
import { sayVoteRefusal } from './vote-refusal.ts';

/** Where a destroy stands; also the value of StorekeeperPhase, which ends as the outcome. */
export type DestroyPhase =
  | 'opening'
  | 'reading the evidence'
  | 'waiting for votes'
  | 'waiting for the guard'
  | 'destroying'
  | 'reading back'
  | 'closing';

/** The phase of a heal that waits for a vote, as everybody looks for it. */
export const WAITING_FOR_A_VOTE = 'waiting for a vote';

/** A plan as people vote on it. */
export interface OpenPlan {
  readonly plan: Plan;
  readonly digest: string;
  readonly needed: number;
  readonly tally: Tally | null;
  readonly warnings: readonly string[];
}

export interface PlanView {
  readonly cluster: string;
  readonly store: StoreName;
  /** A phase while it runs, the outcome afterwards. */
  readonly phase: string;
  /** Why it was asked for, in the words of whoever asked. */
  readonly reason: string;
  /** The newest plan; null before the first one, and in a heal that asks nobody. */
  readonly open: OpenPlan | null;
  /** When the approval runs out, epoch milliseconds; null while it is not decided. */
  readonly executeByMs: number | null;
  readonly notes: readonly string[];
}

/** The vote to paste, complete: whoever copies it has typed no name by mistake, and has it before their eyes. */
export function voteToPaste({ planId, store, ...plan }: Plan, reason = 'say here why'): string {
  const accept = plan.action === 'destroy' && plan.coverage === 'uncovered' ? ', "acceptUncovered": true' : '';
  return `{"planId": "${planId}", "store": "${store}", "reason": "${reason}"${accept}}`;
}

export function consequenceOfPlan(plan: Plan): string {
  return plan.action === 'destroy'
    ? sayConsequence(consequenceOf(plan.evidence.checkpoints, plan.siblings))
    : 'its reader is stopped and started again; consumers wait for a minute or two';
}

/** How sure it is who voted, as it stands beside a name. A declared one proves nothing, and never looks otherwise. */
export function sayAssurance(assurance: Assurance): string {
  return assurance === 'declared' ? 'DECLARED ONLY, proven by nothing' : assurance;
}

const REFUSED_SHOWN = 3;

/** The view as Markdown for the Web UI's current details. What people and CM said is escaped: the page shows raw HTML. */
export function describePlan(view: PlanView): string {
  const { open } = view;
  return [
    `- **Store**: ${escapeMarkdown(view.store)} of cluster ${escapeMarkdown(view.cluster)}`,
    `- **Now**: ${escapeMarkdown(view.phase)}`,
    `- **Asked for because**: ${escapeMarkdown(view.reason)}`,
    ...(open === null ? [] : describeOpen(open)),
    ...(view.executeByMs === null ? [] : [`- **Decided**: it must be carried out by ${time(view.executeByMs)}`]),
    ...view.notes.map((note) => `- ${escapeMarkdown(note)}`),
  ].join('\n');
}

function describeOpen({ plan, needed, tally, warnings }: OpenPlan): string[] {
  const { evidence } = plan;
  const wanted = plan.approval.assurance.map(sayAssurance).join(' or ');
  return [
    `- **Plan** ${plan.planId}`,
    `- **What**: ${plan.action === 'destroy' ? 'DESTROY this Store for good' : 'stop and restart this Store'} at ${escapeMarkdown(plan.cm)}`,
    `- **Evidence** of ${time(evidence.atMs)}: status ${evidence.status}, newest checkpoint ${checkpoint(evidence.checkpoints.newestS)}, oldest ${checkpoint(evidence.checkpoints.oldestS)}, "${escapeMarkdown(evidence.message.trim())}"`,
    ...(plan.action === 'destroy' ? plan.siblings : []).map(
      (sibling) =>
        `- **Sibling** ${escapeMarkdown(sibling.store)}: ${sibling.health}${sibling.span === null ? '' : `, holds ${checkpoint(sibling.span.oldestS)} to ${checkpoint(sibling.span.newestS)}`}`,
    ),
    `- **Consequence**: ${escapeMarkdown(consequenceOfPlan(plan))}`,
    `- **Approve by** ${time(plan.approveByMs)}; ${needed} ${needed === 1 ? 'approval' : 'approvals'} needed (${wanted}), one rejection ends it`,
    ...warnings.map((warning) => `- **Mind**: ${escapeMarkdown(warning)}`),
    ...describeTally(tally),
    '- **To vote**: copy the next line first (the dialog hides this page), then More Actions, Send a Signal, approve or reject, paste it as Data, and say in it why.',
    '',
    '```',
    voteToPaste(plan),
    '```',
    '',
  ];
}

function describeTally(tally: Tally | null): string[] {
  if (tally === null) return ['- **Votes**: none yet'];
  const { state, approvals, refused, refusedCount, needed } = tally;
  return [
    `- **Votes**: ${approvals.length} of ${needed}`,
    ...approvals.map(
      (vote) => `- approved by ${escapeMarkdown(vote.name)} (${sayAssurance(vote.assurance)}): ${escapeMarkdown(vote.reason)}`,
    ),
    ...(state.kind === 'rejected'
      ? [
          `- **${state.withdrawn ? 'Withdrawn' : 'Rejected'}** by ${escapeMarkdown(state.by.name)}: ${escapeMarkdown(state.by.reason)}`,
        ]
      : []),
    ...(refusedCount === 0 ? [] : [`- **Not counted**: ${refusedCount}`]),
    ...refused.flatMap(({ latest }) =>
      latest
        .slice(-REFUSED_SHOWN)
        .map(
          (vote) =>
            `- not counted: ${vote.verdict} at ${time(vote.atMs)}, ${escapeMarkdown(sayVoteRefusal(vote.reason, vote.detail))}`,
        ),
    ),
  ];
}

function time(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? String(ms) : date.toISOString().replace(/\.\d+Z$/, 'Z');
}

function checkpoint(timeS: number | null): string {
  return timeS === null ? 'unknown' : time(timeS * 1000);
}
