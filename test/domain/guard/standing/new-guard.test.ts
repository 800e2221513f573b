import { describe, expect, test } from 'vitest';
import { NEW_GUARD_PAUSE } from '../../../../src/domain/guard/state.ts';
import { MINUTE, T0 } from '../../readings.ts';
import { A, AFTERMATH, B, C, runOf, startDesk, view } from '../guard-desk.ts';

const [a1, b1, c1] = [runOf(A), runOf(B), runOf(C)];

test('a guard made with the schedule is not paused, and nothing is in quarantine', () => {
  expect(startDesk().state).toMatchObject({ pauses: [], quarantineAll: null, freshFromMs: T0 });
});

describe('a guard that was found missing', () => {
  test('begins paused, and says by whom and why', () => {
    const { state } = startDesk('found missing');
    expect(state.pauses).toEqual([
      { by: NEW_GUARD_PAUSE, reason: expect.stringContaining('resume'), sinceMs: T0, untilMs: null },
    ]);
  });

  test('quarantines every subtopic for 240 s, for owed restarts as well', () => {
    const desk = startDesk('found missing');
    for (const run of [a1, c1]) desk.opened(run, { owesRestart: true });
    desk.pass(AFTERMATH - 1);
    for (const run of [a1, c1])
      expect(desk.owedLease(run)).toMatchObject({ kind: 'refused', refusal: { reason: 'quarantine', whenMs: T0 + AFTERMATH } });
    desk.pass(1);
    for (const run of [a1, c1]) expect(desk.owedLease(run)).toMatchObject({ kind: 'granted' });
  });

  test('quarantines for as long as a command of this cluster may really take', () => {
    for (const aftermathMs of [9 * MINUTE, 10_000]) {
      const desk = startDesk('found missing');
      desk.opened(a1, { owesRestart: true, view: { ...view, aftermathMs } });
      expect(desk.state.quarantineAll).toEqual({ untilMs: T0 + aftermathMs });
    }
  });

  test('grants nothing but owed restarts until a person resumes it', () => {
    const desk = startDesk('found missing');
    desk.pass(24 * 60 * MINUTE);
    expect(desk.opened(b1)).toMatchObject({ kind: 'refused', refusal: { reason: 'paused' } });
    expect(desk.lease(b1)).toMatchObject({ kind: 'refused', refusal: { reason: 'paused' } });
    expect(desk.sweep({ [C]: 'faulty' }).open).toEqual([]);
    desk.opened(a1, { owesRestart: true });
    desk.owedLease(a1);
    expect(desk.look(a1, 'stop', 's')).toMatchObject({ kind: 'refused', refusal: { reason: 'paused' } });
    expect(desk.look(a1, 'restart', 'r')).toMatchObject({ kind: 'pass' });
  });

  test('acts after a person’s resume, on nothing from before it', () => {
    const desk = startDesk('found missing');
    desk.pass(10 * MINUTE);
    desk.resume('alice');
    expect(desk.state.pauses).toEqual([]);
    desk.opened(a1);
    expect(desk.lease(a1, { streakSinceMs: desk.nowMs - 1 })).toMatchObject({
      kind: 'refused',
      refusal: { reason: 'confirm again' },
    });
    expect(desk.lease(a1)).toMatchObject({ kind: 'granted' });
  });

  test('stays in quarantine though it is resumed at once', () => {
    const desk = startDesk('found missing');
    desk.resume('alice');
    desk.opened(a1);
    expect(desk.lease(a1)).toMatchObject({ kind: 'refused', refusal: { reason: 'quarantine' } });
  });
});
