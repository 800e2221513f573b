/** Orders of people in a heal's history. */
import { signalsIn } from '../../approval/history-signals.ts';
import { listOf, textOf, type Fields, fieldsOf } from '../history/fields.ts';
import { type RunRecord, valueOf } from '../history/run-record.ts';

export interface OrderSeen {
  readonly eventId: number;
  readonly atMs: number;
  readonly reason: string;
  readonly override: readonly string[];
  readonly restartHealthy: boolean;
  readonly fields: Fields;
}

/** A start with a reason is an order, and so is each signal `order` that gives one. */
export function ordersOf(record: RunRecord): OrderSeen[] {
  if (record.origin.workflowType !== 'healStore') return [];
  const signals = signalsIn(record.history, ['order']).map(({ eventId, atMs, payloads }) =>
    orderIn(fieldsOf(valueOf(payloads)), eventId, atMs),
  );
  return [orderIn(record.input, 1, record.origin.startedMs), ...signals].flatMap((order) => order ?? []);
}

function orderIn(fields: Fields, eventId: number, atMs: number): OrderSeen | null {
  const reason = textOf(fields['reason']).trim();
  if (reason === '') return null;
  return {
    eventId,
    atMs,
    reason,
    override: listOf(fields['override']).filter((name): name is string => typeof name === 'string'),
    restartHealthy: fields['restartHealthy'] === true,
    fields,
  };
}
