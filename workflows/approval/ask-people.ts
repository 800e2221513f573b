/** Puts one plan before people and waits: for a quorum, for a no, for the evidence to change, for the time to run out. */
import { condition, setHandler, sleep } from '@temporalio/workflow';
import type { PlanNotice } from '../../src/domain/activities.ts';
import type { PlanWatch, Sealed } from '../../src/domain/approval/contract.ts';
import type { CountedVote, Tally } from '../../src/domain/approval/tally.ts';
import { sayTally } from '../../src/domain/approval/tally.ts';
import { voteExample } from '../../src/domain/approval/vote.ts';
import type { Run } from '../../src/domain/guard/messages.ts';
import { desk, settle } from '../heal/calls.ts';
import { approveSignal, rejectSignal } from '../messages.ts';
import { countVotes, watchPlan } from './calls.ts';

export type SealedPlan = Extract<Sealed, { kind: 'sealed' }>;

/** Votes arrive here. What they say is read from the history by an activity, so they are only counted. */
export interface BallotBox {
  arrived: number;
  counted: number;
  /** How often was counted. */
  counts: number;
}

/** Handlers never throw, whatever was sent: a throwing handler wedges its workflow for ever. */
export function openBallotBox(): BallotBox {
  const box = { arrived: 0, counted: 0, counts: 0 };
  const take = (): void => {
    box.arrived += 1;
  };
  setHandler(approveSignal, take, {
    description: `Approve the plan shown under User Metadata: ${voteExample('replaced by a newer Store')}`,
  });
  setHandler(rejectSignal, take, { description: `Reject it, or take your approval back: ${voteExample('it is still needed')}` });
  return box;
}

export interface Asker {
  readonly run: Run;
  readonly box: BallotBox;
  /** Shows where the count stands. */
  readonly showTally: (tally: Tally) => void;
  /** Whether something came that is more than a vote; the asking then ends as `interrupted`. */
  readonly isInterrupted: () => boolean;
}

export type Verdict =
  | { readonly kind: 'approved'; readonly executeByMs: number }
  | { readonly kind: 'rejected'; readonly by: CountedVote; readonly withdrawn: boolean }
  | { readonly kind: 'expired' }
  | { readonly kind: 'interrupted' }
  | Exclude<PlanWatch, { kind: 'elapsed' }>;

/** Votes come in bursts, and a flood must not buy a count for each: ten thousand signals are what a run may get. */
const BURST_MS = 1_000;
const BURST_IN_A_FLOOD_MS = 15_000;
const FLOOD_COUNTS = 50;

export async function askPeople(asker: Asker, sealed: SealedPlan): Promise<Verdict> {
  const { plan, everyMs } = sealed;
  const reminders = remindersOf(sealed);
  const watching = watchPlan({ plan, everyMs, untilMs: plan.approveByMs });
  let latest: Tally | null = null;
  await announce(asker, sealed, 'asked', `${sealed.needed} needed`);
  try {
    for (;;) {
      if (asker.isInterrupted()) return { kind: 'interrupted' };
      if (asker.box.arrived > asker.box.counted) {
        latest = (await count(asker, sealed)) ?? latest;
        const decided = latest === null ? null : decisionOf(latest);
        if (decided !== null) return decided;
      }
      const seen = watching.result();
      if (seen !== null && seen.kind !== 'elapsed') return seen;
      if (Date.now() > plan.approveByMs) return { kind: 'expired' };
      const due = reminders.find(({ atMs }) => atMs <= Date.now());
      if (due !== undefined) {
        reminders.splice(reminders.indexOf(due), 1);
        await announce(asker, sealed, due.event, latest === null ? 'no votes yet' : sayTally(latest));
      }
      const nextMs = Math.min(plan.approveByMs + 1, ...reminders.map(({ atMs }) => atMs));
      await condition(() => hasNews(asker, watching.result()), Math.max(1, nextMs - Date.now()), {
        summary: `votes on plan ${plan.planId}`,
      });
    }
  } finally {
    await watching.end();
  }
}

function hasNews({ box, isInterrupted }: Asker, seen: PlanWatch | null): boolean {
  return box.arrived > box.counted || isInterrupted() || (seen !== null && seen.kind !== 'elapsed');
}

/** Counts what has arrived once the burst is over. Null if it could not be counted now; then it is tried again. */
export async function count({ box, showTally }: Asker, { plan, rules }: SealedPlan): Promise<Tally | null> {
  await sleep(box.counts < FLOOD_COUNTS ? BURST_MS : BURST_IN_A_FLOOD_MS, { summary: 'votes come in bursts' });
  box.counts += 1;
  const { arrived } = box;
  const result = await countVotes({ plan, rules });
  if (result === null) return null;
  box.counted = arrived;
  showTally(result.tally);
  return result.tally;
}

export function decisionOf(tally: Tally): Extract<Verdict, { kind: 'approved' | 'rejected' }> | null {
  const { state } = tally;
  switch (state.kind) {
    case 'open':
      return null;
    case 'approved':
      return { kind: 'approved', executeByMs: state.executeByMs };
    case 'rejected':
      return { kind: 'rejected', by: state.by, withdrawn: state.withdrawn };
  }
}

interface Reminder {
  readonly atMs: number;
  readonly event: PlanNotice['event'];
}

/** By the whole time to approve: a plan that takes another's place keeps its clock. */
function remindersOf({ plan, rules }: SealedPlan): Reminder[] {
  const leftAt = (share: number): number => plan.approveByMs - share * rules.approveWithinMs;
  const all: Reminder[] = [
    { atMs: leftAt(0.5), event: 'half of the time is over' },
    { atMs: leftAt(0.1), event: 'a tenth of the time is left' },
  ];
  return all.filter(({ atMs }) => atMs > Date.now());
}

/** People are told; that they could not be told is no reason to stop asking. */
export async function announce(
  { run }: Pick<Asker, 'run'>,
  { plan }: Pick<SealedPlan, 'plan'>,
  event: PlanNotice['event'],
  because: string,
): Promise<void> {
  const { cluster, store, action, planId, approveByMs } = plan;
  const notice: PlanNotice = { cluster, store, event, action, planId, approveByMs, because, run };
  await settle(desk(`tell people: ${action} of ${store}, ${event}`).announce(notice));
}
