import { describe, expect, test } from 'vitest';
import type { OutcomeKind } from '../../../../src/domain/outcome.ts';
import { MINUTE } from '../../readings.ts';
import { refused, runOf, view } from '../guard-desk.ts';
import { apart, COOLDOWN, ends, nth, probing, six, sweep, sweepFor, tries, watched } from './stormy.ts';

const wide = { ...view, inFlight: 10 };

describe('once nothing more has broken', () => {
  test('one is opened, and no other may try beside it', () => {
    const desk = probing();
    expect(sweepFor(desk, 30_000, { faulty: six }).open).toEqual([nth(1)]);
    tries(desk, nth(1));
    desk.opened(runOf(nth(2)));
    expect(desk.lease(runOf(nth(2)))).toMatchObject(refused('brake', '1 at a time'));
    expect(sweepFor(desk, 30_000, { faulty: six }).open).toEqual([]);
  });

  test('one, two and four that are healed end it; what is broken then does not trip it again, and one Store more does', () => {
    const more = { view: wide };
    const desk = watched(more);
    sweep(desk, { faulty: apart(13), ...more });
    sweepFor(desk, COOLDOWN, { faulty: apart(13), ...more });
    tries(desk, nth(1));
    ends(desk, nth(1));
    expect(desk.state.brake).toMatchObject({ step: 2, passed: 0 });
    for (const index of [2, 3]) tries(desk, nth(index));
    expect(desk.lease(runOf(nth(4)))).toMatchObject(refused('brake', '2 at a time'));
    for (const index of [2, 3]) ends(desk, nth(index));
    expect(desk.state.brake).toMatchObject({ step: 3, passed: 0 });
    for (const index of [4, 5, 6, 7]) tries(desk, nth(index));
    for (const index of [4, 5, 6]) ends(desk, nth(index));
    expect(desk.state.brake).toMatchObject({ step: 3, passed: 3 });
    ends(desk, nth(7));
    expect(desk.state.brake).toBeNull();
    const left = apart(13).slice(7);
    desk.pass(30_000);
    expect(sweep(desk, { faulty: left, ...more }).open).toHaveLength(left.length);
    expect(desk.state.brake).toBeNull();
    desk.pass(30_000);
    // One that was healed and died again is as much a Store more as one that never failed.
    sweep(desk, { faulty: [...left, nth(1)], ...more });
    expect(desk.state.brake).not.toBeNull();
  });

  test('no more may try than commands may be in flight', () => {
    const desk = probing();
    for (const index of [1, 2, 3]) {
      tries(desk, nth(index));
      ends(desk, nth(index));
    }
    expect(desk.state.brake).toMatchObject({ step: 3 });
    for (const index of [4, 5]) tries(desk, nth(index));
    desk.opened(runOf(nth(6)));
    expect(desk.lease(runOf(nth(6)))).toMatchObject(refused('brake', '2 at a time'));
  });

  test.each<OutcomeKind>(['escalated', 'permanent', 'not proven', 'flapping', 'handed over'])(
    'one that ends as %s puts it on again',
    (outcome) => {
      const desk = probing();
      tries(desk, nth(1));
      desk.pass(MINUTE);
      ends(desk, nth(1), outcome);
      expect(desk.state.brake).toMatchObject({ step: 0, grewMs: desk.nowMs, because: `a restart of ${nth(1)} did not help` });
    },
  );

  test.each<OutcomeKind>(['recovered', 'blocked', 'superseded', 'observer blind', 'cancelled'])(
    'one that ends as %s tells nothing, and another may try',
    (outcome) => {
      const desk = probing();
      tries(desk, nth(1));
      ends(desk, nth(1), outcome);
      expect(desk.state.brake).toMatchObject({ step: 1, passed: 0 });
      tries(desk, nth(2));
    },
  );

  test('one that wants a second stop has not been healed by its first: the stop does not pass', () => {
    const desk = probing();
    tries(desk, nth(1));
    desk.pass(MINUTE);
    expect(desk.look(runOf(nth(1)), 'stop', 's2')).toMatchObject(refused('brake', 'did not help'));
    expect(desk.state.brake).toMatchObject({ step: 0, grewMs: desk.nowMs });
    expect(desk.state.debts).toEqual([]);
  });

  test('one that dies with its command sent puts it on again, and one that dies before does not', () => {
    const before = probing();
    before.opened(runOf(nth(1)));
    before.lease(runOf(nth(1)));
    before.found(runOf(nth(1)));
    expect(before.state.brake).toMatchObject({ step: 1 });
    const after = probing();
    tries(after, nth(1));
    after.found(runOf(nth(1)));
    expect(after.state.brake).toMatchObject({ step: 0 });
  });
});
