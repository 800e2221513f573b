import { plainLine } from '../../cluster-manager/wire.ts';
import { type BudgetClass, budgetLeft } from '../../domain/guard/budgets.ts';
import { sayRefusal } from '../../domain/guard/refusal.ts';
import type { GuardState, StoreMemory } from '../../domain/guard/state.ts';
import { modeFor, say as sayDuration } from '../../domain/policy.ts';
import type { ScheduleView } from '../../temporal/schedules.ts';
import type { Screen } from '../screen/screen.ts';
import { table } from '../screen/table.ts';
import { ago, ahead, span } from '../screen/times.ts';
import type { ClusterStatus } from './cluster-status.ts';

type View = Pick<Screen, 'columns' | 'paint'>;

/** One cluster for people: what needs them first, then who does what, then why not. */
export function showStatus({ name, guard, schedule, trouble }: ClusterStatus, view: View, nowMs: number): string[] {
  const { paint } = view;
  return [
    paint('bold', name) + (guard === null ? '' : `  mode ${modeWords(guard)}`),
    ...trouble.map(
      ({ message, run }) => `  ${paint('red', '!')} ${plainLine(message, 400)}${run === undefined ? '' : ` (${run})`}`,
    ),
    ...(guard === null ? [] : [`  ${sweepLine(guard, nowMs)}`]),
    `  ${scheduleLine(schedule, nowMs)}`,
    ...(guard === null ? [] : guardLines(guard, view, nowMs)),
    '',
  ];
}

function modeWords({ view, stores }: GuardState): string {
  // What was said in another mode than today's tells nothing any more.
  const isHeld = ({ store, last, healthySinceMs }: StoreMemory): boolean =>
    last?.outcome === 'would act' && healthySinceMs === null && modeFor(view, store) !== 'act';
  const held = stores.filter(isHeld).length;
  const would = held === 0 ? '' : `, observing only: ${held} ${held === 1 ? 'Store' : 'Stores'} would have been restarted`;
  return `${view.mode}${view.act.length === 0 ? '' : `, but act on ${view.act.join(', ')}`}${would}`;
}

function sweepLine({ lastSweep }: GuardState, nowMs: number): string {
  if (lastSweep === null) return 'no sweep has reported yet';
  const { total, counts, cutOff } = lastSweep.summary;
  const cut = cutOff > 0 ? `, ${cutOff} more suspects than could be reported` : '';
  const note = lastSweep.reply.note === null ? '' : ` (${lastSweep.reply.note})`;
  return `${total} Stores: ${counts.healthy} healthy, ${counts.faulty} faulty, ${counts.unknown} unknown, ${counts.frozen} frozen${cut}; read ${ago(lastSweep.surveyedMs, nowMs)}${note}`;
}

function scheduleLine(schedule: ScheduleView | null, nowMs: number): string {
  if (schedule === null) return 'schedule missing: nobody starts sweeps';
  if (schedule.paused) return `schedule paused, open heals go on: ${plainLine(schedule.note) || 'no note'}`;
  const every = schedule.everyMs === null ? '' : ` every ${sayDuration(schedule.everyMs)}`;
  return `sweeps${every}${schedule.nextMs === null ? '' : `, next ${ahead(schedule.nextMs, nowMs)}`}`;
}

/** Left out while nothing was spent: then it tells nothing. */
function budgetLine(guard: GuardState, nowMs: number): string[] {
  const { restarts, destroys } = guard.spent;
  const say = (budget: BudgetClass): string => {
    const { hour, day } = budgetLeft(guard, budget, nowMs);
    return `${hour} ${budget} this hour, ${day} today`;
  };
  const used: BudgetClass[] = [
    ...(restarts.length > 0 ? ['restarts' as const] : []),
    ...(destroys.length > 0 ? ['destroys' as const] : []),
  ];
  return used.length === 0 ? [] : [`  budget left: ${used.map(say).join('; ')}`];
}

function guardLines(guard: GuardState, { columns, paint }: View, nowMs: number): string[] {
  const open = guard.stores.filter((store) => store.openRun !== null);
  const refused = guard.ledger.flatMap(({ store, refusal }) => (refusal === null ? [] : [{ store, refusal }]));
  return [
    ...guard.pauses.map(
      ({ by, reason, sinceMs, untilMs }) =>
        `  ${paint('yellow', 'paused')} by ${plainLine(by)} ${ago(sinceMs, nowMs)}${untilMs === null ? '' : `, ends ${ahead(untilMs, nowMs)}`}: ${plainLine(reason)}`,
    ),
    ...guard.holds.map(
      ({ target, by, reason, sinceMs, untilMs }) =>
        `  ${paint('yellow', 'hands off')} ${plainLine(target)}, by ${plainLine(by)} ${ago(sinceMs, nowMs)}${untilMs === null ? '' : `, ends ${ahead(untilMs, nowMs)}`}: ${plainLine(reason)}`,
    ),
    ...guard.proposals.map(
      ({ store, sinceMs, decided }) =>
        `  destroy of ${store} ${decided === null ? 'waits for people (storekeeper plans)' : 'is approved, and goes as soon as it can'}, for ${span(nowMs - sinceMs)}`,
    ),
    ...open.map(
      ({ store, attempts, firstFaultyMs }) =>
        `  healing ${store}, attempts so far ${attempts}${firstFaultyMs === null ? '' : `, faulty for ${span(nowMs - firstFaultyMs)}`}`,
    ),
    ...guard.debts.map(
      ({ store, sinceMs, holder }) =>
        `  owed: restart to ${store}, for ${span(nowMs - sinceMs)}${holder === null ? ', by nobody living' : ''}`,
    ),
    ...guard.leases.map(
      ({ subtopic, holder, sinceMs }) => `  held: ${subtopic} by ${holder.workflowId}, for ${span(nowMs - sinceMs)}`,
    ),
    ...(guard.quarantineAll === null
      ? []
      : [`  left alone: every subtopic, ends ${ahead(guard.quarantineAll.untilMs, nowMs)} (the guard is new)`]),
    ...guard.quarantines.map(
      ({ subtopic, untilMs, because }) => `  left alone: ${subtopic}, ends ${ahead(untilMs, nowMs)} (${plainLine(because)})`,
    ),
    ...(guard.slots.length === 0 ? [] : [`  commands in flight: ${guard.slots.length} of ${guard.view.inFlight}`]),
    ...budgetLine(guard, nowMs),
    ...guard.acts.slice(0, 3).map(({ atMs, text }) => `  ${ago(atMs, nowMs)}: ${plainLine(text, 400)}`),
    ...guard.notes.slice(0, 3).map(({ atMs, text }) => `  not understood ${ago(atMs, nowMs)}: ${plainLine(text)}`),
    ...(refused.length === 0
      ? []
      : table(
          ['  NOT OPENED', 'ASK AGAIN', 'WHY'],
          refused.map(({ store, refusal }) => [
            { text: `  ${store}` },
            { text: refusal.whenMs === null ? '-' : ahead(refusal.whenMs, nowMs) },
            { text: plainLine(sayRefusal(refusal)) },
          ]),
          columns,
          paint,
        )),
  ];
}
