/** A cluster of twenty Stores, each alone on its subtopic but for the first two, and sweeps that see some of them fail. */
import { expect } from 'vitest';
import type { GuardView, SweepReply, SweepReport } from '../../../../src/domain/guard/messages.ts';
import type { OutcomeKind } from '../../../../src/domain/outcome.ts';
import { defaultPolicy } from '../../../../src/domain/policy.ts';
import type { StoreName } from '../../../../src/domain/store.ts';
import { storeName } from '../../readings.ts';
import { type Desk, runOf, startDesk, view } from '../guard-desk.ts';

export const ALL: readonly StoreName[] = Array.from({ length: 20 }, (_, index) =>
  storeName(`10.0.2.${index}-7100:p_7${index === 1 ? 0 : index}_source-000-0:${String(index).padStart(10, '0')}`),
);

export function nth(index: number): StoreName {
  const store = ALL[index];
  if (store === undefined) throw new Error(`there are ${ALL.length}`);
  return store;
}

/** Stores that are each on a subtopic of their own. */
export const apart = (count: number): StoreName[] => ALL.slice(1, 1 + count);

export interface Seen {
  readonly faulty?: readonly StoreName[];
  readonly unknown?: number;
  readonly healthy?: readonly StoreName[];
  readonly cutOff?: number;
  readonly view?: GuardView;
  readonly worker?: SweepReport['worker'];
}

export function report(
  { faulty = [], unknown = 0, healthy = [], cutOff = 0, worker, ...more }: Seen,
  nowMs: number,
): SweepReport {
  const say = (diagnosis: 'faulty' | 'healthy') => (store: StoreName) => ({ store, diagnosis, atMs: nowMs, evidenceKey: 'k' });
  const known = faulty.length + cutOff;
  return {
    sweepRun: `sweep@${nowMs}`,
    surveyedMs: nowMs,
    view: more.view ?? view,
    total: ALL.length,
    counts: { healthy: ALL.length - known - unknown, faulty: known, unknown, frozen: 0 },
    stores: [...faulty.map(say('faulty')), ...healthy.map(say('healthy'))],
    cutOff,
    ...(worker === undefined ? {} : { worker }),
  };
}

export function sweep(desk: Desk, seen: Seen): SweepReply {
  return desk.send({ kind: 'swept', message: report(seen, desk.nowMs) }) as SweepReply;
}

/** A guard that two sweeps have reported to: the next one may act. */
export function watched(seen: Seen = {}): Desk {
  const desk = startDesk();
  sweep(desk, seen);
  desk.pass(30_000);
  sweep(desk, seen);
  desk.pass(30_000);
  return desk;
}

/** Sweeps every thirty seconds for so long. */
export function sweepFor(desk: Desk, ms: number, seen: Seen): SweepReply {
  let reply: SweepReply = { open: [], ledger: [], note: null };
  for (let leftMs = ms; leftMs > 0; leftMs -= 30_000) {
    desk.pass(30_000);
    reply = sweep(desk, seen);
  }
  return reply;
}

export const COOLDOWN = defaultPolicy.guard.cooldownMs;
export const six = apart(6);

/** Six of twenty are faulty, and the brake is on. */
export function braked(more: { readonly view?: typeof view } = {}): Desk {
  const desk = watched(more);
  sweep(desk, { faulty: six, ...more });
  expect(desk.state.brake).toMatchObject({ step: 0 });
  return desk;
}

/** Nothing more broke for a cooldown: one at a time may try. */
export function probing(more: { readonly view?: typeof view } = {}): Desk {
  const desk = braked(more);
  sweepFor(desk, COOLDOWN, { faulty: six, ...more });
  expect(desk.state.brake).toMatchObject({ step: 1 });
  return desk;
}

/** A heal of the Store that has sent its stop and its restart. */
export function tries(desk: Desk, store: StoreName): void {
  const run = runOf(store);
  expect(desk.opened(run)).toMatchObject({ kind: 'admitted' });
  expect(desk.lease(run)).toMatchObject({ kind: 'granted' });
  expect(desk.look(run, 'stop', 's')).toMatchObject({ kind: 'pass' });
  desk.ended(run, 'stop', 's', 'done');
  expect(desk.look(run, 'restart', 'r')).toMatchObject({ kind: 'pass' });
  desk.ended(run, 'restart', 'r', 'done');
}

/** The heal of `tries` is over. */
export function ends(desk: Desk, store: StoreName, outcome: OutcomeKind = 'healed'): void {
  desk.closed(runOf(store), outcome, { attempts: 1, debt: 'settled' });
}
