import { describe, expect, test } from 'vitest';
import { budgetLeft } from '../../../../src/domain/guard/budgets.ts';
import { MINUTE } from '../../readings.ts';
import { approved, type Desk, destroyRunOf, refused, runOf, view } from '../guard-desk.ts';
import { apart, ends, nth, sweep, tries, watched } from './stormy.ts';

const HOUR = 60 * MINUTE;
const tight = { ...view, inFlight: 50, budget: { perHour: 2, perDay: 3 } };

/** One stop of the Store that passed, and its restart. */
function restarts(desk: Desk, index: number): void {
  tries(desk, nth(index));
  ends(desk, nth(index));
}

const spentTwo = (): Desk => {
  const desk = watched({ view: tight });
  restarts(desk, 1);
  desk.pass(10 * MINUTE);
  restarts(desk, 2);
  return desk;
};

describe('the budget of an hour', () => {
  test('is spent by stops that pass; the next one is refused until the oldest is an hour old, to the millisecond', () => {
    const desk = spentTwo();
    const firstMs = desk.nowMs - 10 * MINUTE;
    desk.opened(runOf(nth(3)));
    expect(desk.lease(runOf(nth(3)))).toMatchObject({
      kind: 'refused',
      refusal: { reason: 'budget', detail: '2 restarts of 2 in an hour', whenMs: firstMs + HOUR },
    });
    desk.pass(50 * MINUTE - 1);
    expect(desk.lease(runOf(nth(3)))).toMatchObject(refused('budget'));
    desk.pass(1);
    expect(desk.lease(runOf(nth(3)))).toMatchObject({ kind: 'granted' });
  });

  test('is looked at once more before the stop', () => {
    const desk = watched({ view: tight });
    for (const index of [1, 2, 3]) {
      desk.opened(runOf(nth(index)));
      expect(desk.lease(runOf(nth(index)))).toMatchObject({ kind: 'granted' });
    }
    expect(desk.look(runOf(nth(1)), 'stop', 's')).toMatchObject({ kind: 'pass' });
    expect(desk.look(runOf(nth(2)), 'stop', 's')).toMatchObject({ kind: 'pass' });
    expect(desk.look(runOf(nth(3)), 'stop', 's')).toMatchObject(refused('budget'));
    expect(desk.state.debts).toHaveLength(2);
  });

  test('is not spent twice by one look that comes twice', () => {
    const desk = watched({ view: tight });
    desk.opened(runOf(nth(1)));
    desk.lease(runOf(nth(1)));
    for (let times = 0; times < 3; times += 1) expect(desk.look(runOf(nth(1)), 'stop', 's')).toMatchObject({ kind: 'pass' });
    expect(desk.state.spent.restarts).toHaveLength(1);
  });

  test.each([
    ['never sent', 0],
    ['refused', 1],
    ['unknown', 1],
    ['done', 1],
  ] as const)('for a stop that was %s has spent %i', (ended, spent) => {
    const desk = watched({ view: tight });
    desk.opened(runOf(nth(1)));
    desk.lease(runOf(nth(1)));
    desk.look(runOf(nth(1)), 'stop', 's');
    for (let times = 0; times < 2; times += 1) desk.ended(runOf(nth(1)), 'stop', 's', ended);
    expect(desk.state.spent.restarts).toHaveLength(spent);
  });

  test('does not hold for a restart that is owed', () => {
    const desk = watched({ view: tight });
    const run = runOf(nth(3));
    desk.opened(run);
    desk.lease(run);
    desk.look(run, 'stop', 's');
    desk.ended(run, 'stop', 's', 'done');
    restarts(desk, 1);
    expect(desk.look(run, 'restart', 'r')).toMatchObject({ kind: 'pass' });
    expect(desk.state.spent.restarts).toHaveLength(2);
  });

  test('is passed by an order that names it, which is kept', () => {
    const desk = spentTwo();
    const run = runOf(nth(3));
    desk.opened(run, { order: true, override: ['budget'] });
    desk.lease(run, { order: true, override: ['budget'] });
    expect(desk.look(run, 'stop', 's', { override: ['budget'] })).toMatchObject({ kind: 'pass' });
    expect(desk.state.acts[0]?.text).toContain('2 restarts of 2 in an hour');
  });

  test('keeps a sweep from opening what could not be restarted', () => {
    const desk = spentTwo();
    desk.pass(30_000);
    sweep(desk, { view: tight });
    desk.pass(30_000);
    const reply = sweep(desk, { faulty: apart(4).slice(2), view: tight });
    expect(reply.open).toEqual([]);
    expect(reply.ledger.map(({ refusal }) => refusal?.reason)).toEqual(['budget', 'budget']);
  });
});

test('the budget of a day holds when that of the hour is free again', () => {
  const desk = spentTwo();
  desk.pass(2 * HOUR);
  restarts(desk, 3);
  desk.pass(2 * HOUR);
  desk.opened(runOf(nth(4)));
  expect(desk.lease(runOf(nth(4)))).toMatchObject(refused('budget', '3 restarts of 3 in a day'));
  expect(budgetLeft(desk.state, 'restarts', desk.nowMs)).toEqual({ hour: 2, day: 0 });
  desk.pass(21 * HOUR);
  expect(desk.lease(runOf(nth(4)))).toMatchObject({ kind: 'granted' });
});

test('destroys are counted apart from restarts', () => {
  const desk = spentTwo();
  const run = destroyRunOf(nth(5));
  approved(run, desk);
  expect(desk.lookDestroy(run)).toMatchObject({ kind: 'pass' });
  expect(desk.state.spent).toMatchObject({ restarts: [expect.any(Number), expect.any(Number)], destroys: [desk.nowMs] });
});

test('what is older than a day is forgotten', () => {
  const desk = spentTwo();
  desk.pass(24 * HOUR);
  desk.tick();
  expect(desk.state.spent.restarts).toEqual([]);
});

test('a budget of nothing lets nothing pass, and names no time', () => {
  const desk = watched({ view: { ...tight, budget: { perHour: 0, perDay: 0 } } });
  desk.opened(runOf(nth(1)));
  expect(desk.lease(runOf(nth(1)))).toMatchObject({ refusal: { reason: 'budget', whenMs: null } });
});
