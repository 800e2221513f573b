import { describe, expect, test } from 'vitest';
import { A, B, runOf, startDesk, stopped } from './guard-desk.ts';
import { MINUTE } from '../readings.ts';

const a1 = runOf(A);
const a2 = runOf(A, 2);
const HOUR = 60 * MINUTE;

test('a heal that the guard knows nothing against is admitted, and its incident is open from then on', () => {
  const desk = startDesk();
  expect(desk.opened(a1)).toEqual({ kind: 'admitted', attempts: 0, owed: false, nowMs: desk.nowMs });
  expect(desk.state.stores).toMatchObject([{ store: A, openRun: a1 }]);
  expect([desk.state.leases, desk.state.debts, desk.state.slots]).toEqual([[], [], []]);
});

test('a heal that opens twice has opened once', () => {
  const desk = startDesk();
  const first = desk.opened(a1);
  const once = desk.state;
  expect([desk.opened(a1), desk.state]).toEqual([first, once]);
});

test('a paused cluster admits nobody, an order included; a pause cannot be passed', () => {
  const desk = startDesk();
  desk.pause('alice');
  const refused = { kind: 'refused', refusal: { reason: 'paused', whenMs: null } };
  expect(desk.opened(a1)).toMatchObject(refused);
  expect(desk.opened(a1, { order: true, override: ['mode', 'brake', 'cooldown', 'budget'] })).toMatchObject(refused);
  expect(desk.state.stores).toEqual([]);
});

describe('after an incident that ended open', () => {
  const recovered = () => {
    const desk = startDesk();
    desk.opened(a1);
    desk.closed(a1, 'recovered');
    return desk;
  };

  test('the Store cools down for ten minutes', () => {
    const desk = recovered();
    desk.pass(10 * MINUTE - 1);
    expect(desk.opened(a2)).toMatchObject({
      kind: 'refused',
      refusal: { reason: 'cooling down', detail: 'recovered', whenMs: desk.nowMs + 1 },
    });
    desk.pass(1);
    expect(desk.opened(a2)).toMatchObject({ kind: 'admitted' });
  });

  test('an order passes the cool-down only by naming it', () => {
    expect(recovered().opened(a2, { order: true })).toMatchObject({ kind: 'refused', refusal: { reason: 'cooling down' } });
    expect(recovered().opened(a2, { order: true, override: ['cooldown'] })).toMatchObject({ kind: 'admitted' });
  });
});

test.each(['superseded', 'not proven', 'flapping', 'escalated', 'permanent', 'handed over', 'declined', 'cancelled'] as const)(
  'after %s only an order opens the Store again',
  (outcome) => {
    const desk = startDesk();
    desk.opened(a1);
    desk.closed(a1, outcome);
    desk.pass(7 * 24 * HOUR);
    expect(desk.opened(a2)).toMatchObject({ kind: 'refused', refusal: { reason: 'final', detail: outcome, whenMs: null } });
    expect(desk.opened(a2, { order: true })).toMatchObject({ kind: 'admitted' });
  },
);

describe('attempts are counted per Store until it was healthy for lineage', () => {
  const afterTwoAttempts = () => {
    const desk = startDesk();
    desk.opened(a1);
    desk.closed(a1, 'healed', { attempts: 2 });
    return desk;
  };

  test('the next heal of the same lineage learns of them', () => {
    const desk = afterTwoAttempts();
    desk.pass(59 * MINUTE);
    expect(desk.opened(a2)).toMatchObject({ kind: 'admitted', attempts: 2 });
  });

  test('an hour of health forgives them', () => {
    const desk = afterTwoAttempts();
    desk.pass(60 * MINUTE);
    expect(desk.opened(a2)).toMatchObject({ kind: 'admitted', attempts: 0 });
  });

  test('time without health forgives nothing', () => {
    const desk = startDesk();
    desk.opened(a1);
    desk.closed(a1, 'escalated', { attempts: 3 });
    desk.pass(48 * HOUR);
    expect(desk.opened(a2, { order: true })).toMatchObject({ kind: 'admitted', attempts: 3 });
  });

  test('health from before the attempts does not forgive them', () => {
    const desk = startDesk();
    desk.opened(a1);
    desk.closed(a1, 'healed', { attempts: 1 });
    desk.pass(2 * HOUR);
    desk.opened(a2);
    desk.closed(a2, 'escalated', { attempts: 3 });
    desk.pass(2 * HOUR);
    expect(desk.opened(runOf(A, 3), { order: true })).toMatchObject({ kind: 'admitted', attempts: 3 });
  });
});

describe('a restart that is owed', () => {
  const orphaned = () => {
    const desk = stopped(a1);
    desk.ended(a1, 'stop', 'stop-1', 'done');
    desk.found(a1);
    return desk;
  };

  test('is told to whoever opens the Store, and is that run’s from then on', () => {
    const desk = orphaned();
    expect(desk.state.debts).toMatchObject([{ store: A, holder: null }]);
    expect(desk.opened(a2)).toMatchObject({ kind: 'admitted', owed: true });
    expect(desk.state.debts).toMatchObject([{ store: A, holder: a2 }]);
  });

  test('opens a paused cluster, a cooling Store and a closed incident', () => {
    const paused = orphaned();
    paused.pause('alice');
    expect(paused.opened(a2)).toMatchObject({ kind: 'admitted', owed: true });
    const final = stopped(a1);
    final.closed(a1, 'escalated', { debt: 'open' });
    expect(final.opened(a2)).toMatchObject({ kind: 'admitted', owed: true });
  });

  test('is taken up on a heal’s own word, which knows what it sent', () => {
    const desk = startDesk('found missing');
    expect(desk.opened(a1, { owesRestart: true })).toMatchObject({ kind: 'admitted', owed: true });
    expect(desk.state.debts).toMatchObject([{ store: A, holder: a1 }]);
  });

  test('is nothing to a sibling', () => {
    expect(orphaned().opened(runOf(B))).toMatchObject({ kind: 'admitted', owed: false });
  });
});
