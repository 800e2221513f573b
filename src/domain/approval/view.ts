/** What a workflow that waits for votes shows of itself: to the Web UI, to the command line, to the board. */
import { escapeMarkdown } from '../incident.ts';
import { sayCheckpoint } from '../reading.ts';
import type { StoreName } from '../store.ts';
import { utc } from '../utc.ts';
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
  | 'waiting to try again'
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

/**
 * The vote to paste, complete but for what only the voter knows: without a reason it does not count, so that nobody
 * votes by pasting blindly. A line for each field, since the page cuts long ones off.
 */
export function voteToPaste({ planId, store, approval, ...plan }: Plan, reason = ''): string {
  const vote = {
    planId,
    store,
    reason,
    ...(approval.assurance.includes('declared') ? { approver: 'your name' } : {}),
    ...(plan.action === 'destroy' && plan.coverage === 'uncovered' ? { acceptUncovered: true } : {}),
  };
  return JSON.stringify(vote, null, 1);
}

/** What a voter can do now, and how. A browser cannot sign; what is over asks for nothing. */
function howToVote({ phase, executeByMs }: PlanView, plan: Plan): string[] {
  const asked = phase === ('waiting for votes' satisfies DestroyPhase) || phase === WAITING_FOR_A_VOTE;
  const undecided = executeByMs === null;
  if (isOver(phase) || (undecided && !asked)) return [];
  const { assurance } = plan.approval;
  const verbs = undecided ? 'approve (or reject)' : 'reject';
  const what = undecided ? 'To vote' : 'To take an approval back';
  const terminal = `at a terminal: storekeeper ${verbs} ${escapeMarkdown(plan.planId)} --key FILE --as NAME`;
  if (assurance.every((level) => level === 'signed')) {
    return [`- **${what}**, ${terminal}. A vote from this page carries no signature, and signatures are what counts.`];
  }
  return [
    `- **${what}**: copy what stands below first (the dialog hides this page), then More Actions, Send a Signal, ${undecided ? 'approve or reject' : 'reject'}, leave the encoding, paste it over whatever stands under Data, and say in "reason" why.${assurance.includes('signed') ? ` Or ${terminal}.` : ''}`,
    '',
    '```',
    voteToPaste(plan),
    '```',
    '',
  ];
}

/** An outcome stands where the phase stood. */
function isOver(phase: string): boolean {
  return phase.startsWith('ended: ');
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

/**
 * Of each list so many characters are shown, so that neither many Stores nor a flood of votes hides what to paste.
 * The Web UI carries all of it in an address, and proxies cut long ones off.
 */
const LIST_LENGTH_MAX = 2_000;

/**
 * The view as Markdown for the Web UI's current details, of less than 30,000 characters, and a tenth of that as a
 * rule. What people and CM said is escaped: the page shows raw HTML.
 */
export function describePlan(view: PlanView): string {
  const { open } = view;
  return [
    `- **Store**: ${escapeMarkdown(view.store)} of cluster ${escapeMarkdown(view.cluster)}`,
    `- **Now**: ${escapeMarkdown(view.phase)}`,
    ...(view.executeByMs === null || isOver(view.phase)
      ? []
      : [`- **Decided**: it must be carried out by ${utc(view.executeByMs)}`]),
    `- **Asked for because**: ${escapeMarkdown(view.reason)}`,
    ...(open === null ? [] : [...describeOpen(open), ...howToVote(view, open.plan)]),
    ...bounded(
      view.notes.map((note) => `- ${escapeMarkdown(note)}`),
      'notes',
    ),
  ].join('\n');
}

/** The first lines of a list, one at least, and how many more there are. */
function bounded(lines: readonly string[], what: string): string[] {
  let length = 0;
  const shown = lines.filter((line, index) => (length += line.length) <= LIST_LENGTH_MAX || index === 0);
  const left = lines.length - shown.length;
  return left === 0 ? shown : [...shown, `- … and ${left} more ${what}`];
}

function describeOpen({ plan, needed, tally, warnings }: OpenPlan): string[] {
  const { evidence } = plan;
  const wanted = plan.approval.assurance.map(sayAssurance).join(' or ');
  return [
    `- **Plan** ${escapeMarkdown(plan.planId)}`,
    `- **What**: ${plan.action === 'destroy' ? 'DESTROY this Store for good' : 'stop and restart this Store'} at ${escapeMarkdown(plan.cm)}`,
    `- **Evidence** of ${utc(evidence.atMs)}: status ${evidence.status}, newest checkpoint ${sayCheckpoint(evidence.checkpoints.newestS)}, oldest ${sayCheckpoint(evidence.checkpoints.oldestS)}, "${escapeMarkdown(evidence.message.trim())}"`,
    ...bounded(describeSiblings(plan), 'siblings'),
    `- **Consequence**: ${escapeMarkdown(consequenceOfPlan(plan))}`,
    `- **Approve by** ${utc(plan.approveByMs)}; ${needed} ${needed === 1 ? 'approval' : 'approvals'} needed (${wanted}), one rejection ends it`,
    ...bounded(
      warnings.map((warning) => `- **Mind**: ${escapeMarkdown(warning)}`),
      'warnings',
    ),
    ...describeTally(tally),
  ];
}

/** The healthy ones first: they are what consumers are left with. */
function describeSiblings(plan: Plan): string[] {
  const siblings = plan.action === 'destroy' ? plan.siblings : [];
  return siblings
    .toSorted((a, b) => Number(b.health === 'healthy') - Number(a.health === 'healthy'))
    .map(({ store, health, span }) => {
      const held = span === null ? '' : `, holds ${sayCheckpoint(span.oldestS)} to ${sayCheckpoint(span.newestS)}`;
      return `- **Sibling** ${escapeMarkdown(store)}: ${health}${held}`;
    });
}

function describeTally(tally: Tally | null): string[] {
  if (tally === null) return ['- **Votes**: none yet (press R to see this page fresh)'];
  const { state, approvals, refused, refusedCount, needed } = tally;
  return [
    `- **Votes**: ${approvals.length} of ${needed} (press R to see this page fresh)`,
    ...bounded(
      approvals.map(
        (vote) => `- approved by ${escapeMarkdown(vote.name)} (${sayAssurance(vote.assurance)}): ${escapeMarkdown(vote.reason)}`,
      ),
      'approvals',
    ),
    ...(state.kind === 'rejected'
      ? [
          `- **${state.withdrawn ? 'Withdrawn' : 'Rejected'}** by ${escapeMarkdown(state.by.name)}: ${escapeMarkdown(state.by.reason)}`,
        ]
      : []),
    ...(refusedCount === 0 ? [] : [`- **Votes that do not count**: ${refusedCount}`]),
    ...bounded(describeRefused(refused), 'votes that were kept'),
  ];
}

/** The latest of each kind first, then the others: who voted just now looks for their own. */
function describeRefused(refused: Tally['refused']): string[] {
  return refused
    .flatMap(({ latest }) => latest.toReversed().map((vote, age) => ({ vote, age })))
    .toSorted((a, b) => a.age - b.age || b.vote.eventId - a.vote.eventId)
    .map(({ vote: { verdict, atMs, reason, detail } }) => {
      return `- ${verdict} at ${utc(atMs)}, ${escapeMarkdown(sayVoteRefusal(reason, detail))}`;
    });
}
