/** Invariants 2, 5 and 11: why each stop and restart was sent, and that no Store was left stopped without a word. */
import { signalsIn } from '../../approval/history-signals.ts';
import { mayHaveHappened, type Command } from '../history/commands.ts';
import { diagnosisOf, isKept } from '../history/evidence.ts';
import { fieldsOf, numberOf, textOf } from '../history/fields.ts';
import { type ActivityRecord, type RunRecord, runIdAt, valueOf } from '../history/run-record.ts';
import type { Ground } from '../report.ts';
import type { Finding } from './finding.ts';
import type { OrderSeen } from './orders.ts';

type Streak = Extract<Ground, { kind: 'streak' }>;

/** What happened in a run, as far as stops and restarts depend on it. */
type Happening =
  | { readonly kind: 'confirmed'; readonly streak: Streak; readonly ordered: boolean; readonly fault: string | null }
  | { readonly kind: 'order' }
  | { readonly kind: 'owed' }
  | { readonly kind: 'looked'; readonly healthy: boolean; readonly raw: boolean; readonly answered: boolean }
  | { readonly kind: 'handed over' }
  | { readonly kind: 'closed'; readonly debt: string }
  | { readonly kind: 'command'; readonly command: Command };

type At = Happening & { readonly eventId: number };

/** What stands between two happenings. */
interface Standing {
  confirmed: Extract<At, { kind: 'confirmed' }> | null;
  order: number | null;
  debt: { readonly eventId: number; readonly kind: 'stop' | 'debt' } | null;
  /** Whether CM's answer was kept since the last restart; `no answer` where it was asked and gave none. */
  kept: 'yes' | 'no answer' | 'no';
}

/** Walks through the run once. Gives what each stop and restart rested on. */
export function checkDebts(
  finding: Finding,
  record: RunRecord,
  commands: readonly Command[],
  orders: readonly OrderSeen[],
): ReadonlyMap<Command, Ground> {
  const grounds = new Map<Command, Ground>();
  const standing: Standing = { confirmed: null, order: null, debt: null, kept: 'no' };
  for (const at of happeningsOf(record, commands, orders)) {
    switch (at.kind) {
      case 'confirmed':
        standing.confirmed = at;
        break;
      case 'order':
        standing.order = at.eventId;
        break;
      case 'owed':
        standing.debt = { eventId: at.eventId, kind: 'debt' };
        break;
      case 'looked':
        if (at.healthy) standing.debt = null;
        if (at.raw) standing.kept = 'yes';
        else if (!at.answered && standing.kept === 'no') standing.kept = 'no answer';
        break;
      case 'handed over':
        standing.debt = null;
        break;
      case 'closed':
        checkClosed(finding, standing, at);
        break;
      case 'command': {
        const { command } = at;
        const ground =
          command.verb === 'stop' ? onStop(finding, standing, command, orders) : onRestart(finding, standing, command);
        if (ground !== null) grounds.set(command, ground);
        break;
      }
    }
  }
  if (standing.debt !== null) leaveOpen(finding, record, standing.debt);
  return grounds;
}

function onStop(finding: Finding, standing: Standing, command: Command, orders: readonly OrderSeen[]): Ground | null {
  const { scheduledId } = command.activity;
  const { confirmed, debt } = standing;
  if (debt !== null) {
    finding.broken(5, scheduledId, `another stop was sent before the restart that was owed since event ${debt.eventId}`, command);
  }
  const order = orders.findLast(({ eventId }) => eventId < scheduledId) ?? null;
  if (confirmed === null) finding.broken(2, scheduledId, 'no confirmed streak of this Store stands before this stop', command);
  else if (confirmed.fault !== null) {
    finding.broken(2, scheduledId, `the streak of event ${confirmed.eventId} was not confirmed: ${confirmed.fault}`, command);
  } else if (confirmed.ordered && order === null) {
    finding.broken(2, scheduledId, 'it was confirmed as for an order, and nobody ordered it', command);
  }
  if (mayHaveHappened(command)) standing.debt = { eventId: scheduledId, kind: 'stop' };
  const evidence = fieldsOf(command.report?.['evidence']);
  if (isKept(evidence['raw'])) standing.kept = 'yes';
  standing.confirmed = null;
  return confirmed?.ordered === true && order !== null ? { kind: 'order', eventId: order.eventId } : (confirmed?.streak ?? null);
}

function onRestart(finding: Finding, standing: Standing, command: Command): Ground | null {
  const { scheduledId } = command.activity;
  const { debt, order, kept } = standing;
  const ground: Ground | null = debt ?? (order === null ? null : { kind: 'order', eventId: order });
  if (ground === null) {
    finding.broken(2, scheduledId, 'no stop of this lineage, no owed debt and no order stands before this restart', command);
  }
  if (kept === 'no') finding.broken(11, scheduledId, "CM's whole answer is not in the history before this restart", command);
  if (kept === 'no answer') finding.notShown(command, 'error details: CM gave no answer that could be kept before it');
  if (mayHaveHappened(command)) {
    standing.debt = null;
    standing.order = null;
    standing.kept = 'no';
  }
  return ground;
}

function checkClosed(finding: Finding, { debt }: Standing, { debt: said, eventId }: Extract<At, { kind: 'closed' }>): void {
  if (debt === null || said === 'open') return;
  const what = `the guard was told that the debt is ${said === '' ? 'no more' : said}, and nothing settled the stop or debt of event ${debt.eventId}`;
  finding.broken(5, eventId, what);
}

/** A run that is open, or was cut off, has not left its debt unpaid: the guard knows of it, or will. */
function leaveOpen(finding: Finding, { ended, activities }: RunRecord, debt: { readonly eventId: number }): void {
  const closed = activities.findLast(
    ({ type, input, scheduledId }) => type === 'tellGuard' && input['signal'] === 'closed' && scheduledId > debt.eventId,
  );
  const toldOpen = fieldsOf(closed?.input['message'])['debt'] === 'open';
  if (closed !== undefined && !toldOpen) return;
  if (ended?.how.startsWith('completed') === true && !toldOpen) {
    finding.broken(5, ended.eventId, `the run ended without a word about the restart that is owed since event ${debt.eventId}`);
    return;
  }
  const how =
    ended === null ? 'the run is still open' : toldOpen ? 'it was left to the guard to pay' : `the run was cut off: ${ended.how}`;
  finding.openDebts.push({ eventId: debt.eventId, what: how });
}

function happeningsOf(record: RunRecord, commands: readonly Command[], orders: readonly OrderSeen[]): At[] {
  const answers = signalsIn(record.history, ['guardAnswer']).flatMap(({ eventId, payloads }): At[] => {
    const { answer, runId } = fieldsOf(valueOf(payloads));
    const { kind, owed } = fieldsOf(answer);
    return kind === 'admitted' && owed === true && runId === runIdAt(record, eventId) ? [{ kind: 'owed', eventId }] : [];
  });
  return [
    ...record.activities.flatMap((activity) => happeningOf(activity)),
    ...answers,
    ...orders.map(({ eventId }): At => ({ kind: 'order', eventId })),
    ...commands
      .filter(({ verb }) => verb !== 'destroy')
      .map((command): At => ({ kind: 'command', command, eventId: command.activity.scheduledId })),
  ].toSorted((a, b) => a.eventId - b.eventId);
}

function happeningOf({ type, input, result, end, scheduledId, closedId }: ActivityRecord): At[] {
  if (type === 'tellGuard' && input['signal'] === 'closed') {
    return [{ kind: 'closed', debt: textOf(fieldsOf(input['message'])['debt']), eventId: scheduledId }];
  }
  if (end !== 'completed' || closedId === null) return [];
  const { kind, reading, raw, cameUp } = fieldsOf(result);
  switch (type) {
    case 'handOver':
      return [{ kind: 'handed over', eventId: closedId }];
    case 'readStore':
      return [
        {
          kind: 'looked',
          healthy: diagnosisOf(reading) === 'healthy',
          raw: isKept(raw),
          answered: fieldsOf(reading)['kind'] === 'seen',
          eventId: closedId,
        },
      ];
    case 'watchStore':
      return kind === 'confirmed'
        ? [confirmationOf(input, result, closedId)]
        : [
            {
              kind: 'looked',
              healthy: diagnosisOf(reading) === 'healthy' || cameUp === true,
              raw: false,
              answered: true,
              eventId: closedId,
            },
          ];
    default:
      return [];
  }
}

/** Whether the streak is as long as its own thresholds want, counted in trusted-faulty readings. */
function confirmationOf(input: ActivityRecord['input'], result: unknown, eventId: number): At {
  const { streak, reading } = fieldsOf(result);
  const { readings, coveredMs, sinceMs } = fieldsOf(streak);
  const spec = fieldsOf(input['spec']);
  const wanted = fieldsOf(spec['confirm']);
  const order = spec['order'];
  const ordered = order !== null && order !== undefined;
  const counted = { readings: numberOf(readings) ?? 0, coveredMs: numberOf(coveredMs) ?? 0, sinceMs: numberOf(sinceMs) };
  const need = ordered
    ? { readings: 1, overMs: 0 }
    : { readings: numberOf(wanted['readings']) ?? Infinity, overMs: numberOf(wanted['overMs']) ?? Infinity };
  const diagnosis = diagnosisOf(reading);
  const healthyByOrder = diagnosis === 'healthy' && fieldsOf(order)['restartHealthy'] === true;
  const short = counted.readings < need.readings || counted.coveredMs < need.overMs;
  const fault =
    spec['kind'] !== 'confirm'
      ? 'that watch was not to confirm anything'
      : healthyByOrder
        ? null
        : diagnosis !== 'faulty'
          ? `its last reading was ${diagnosis}`
          : short
            ? `${counted.readings} readings over ${counted.coveredMs} ms, and ${need.readings} over ${need.overMs} ms are wanted`
            : null;
  return { kind: 'confirmed', streak: { kind: 'streak', eventId, ...counted }, ordered, fault, eventId };
}
