import { describe, expect, test } from 'vitest';
import { MINUTE, T0 } from '../../readings.ts';
import { A, runOf, startDesk } from '../guard-desk.ts';

const a1 = runOf(A);
const names = (desk: ReturnType<typeof startDesk>): string[] => desk.state.pauses.map((pause) => pause.by);

test('pauses are kept by name, and a person’s newest word replaces the older', () => {
  const desk = startDesk();
  desk.pause('alice');
  desk.pause('bob', T0 + MINUTE);
  desk.pause('alice', T0 + 5 * MINUTE);
  expect(desk.state.pauses).toMatchObject([
    { by: 'bob', untilMs: T0 + MINUTE },
    { by: 'alice', untilMs: T0 + 5 * MINUTE },
  ]);
});

test('the same pause twice is one pause', () => {
  const desk = startDesk();
  desk.pause('alice');
  const once = desk.state;
  desk.pause('alice');
  expect(desk.state).toEqual(once);
});

describe('a resume', () => {
  const paused = () => {
    const desk = startDesk();
    for (const by of ['alice', 'bob', 'carol']) desk.pause(by);
    desk.pass(MINUTE);
    return desk;
  };

  test('ends one’s own pause; others stay', () => {
    const desk = paused();
    desk.resume('alice');
    expect(names(desk)).toEqual(['bob', 'carol']);
    desk.resume('dave');
    expect(names(desk)).toEqual(['bob', 'carol']);
    expect(desk.opened(a1)).toMatchObject({
      kind: 'refused',
      refusal: { reason: 'paused', detail: 'bob: upgrade; carol: upgrade' },
    });
  });

  test('ends other people’s pauses by name, or all of them', () => {
    const some = paused();
    some.resume('alice', ['bob']);
    expect(names(some)).toEqual(['carol']);
    const all = paused();
    all.resume('dave', ['*']);
    expect(names(all)).toEqual([]);
  });

  test('twice is one resume: only the one that ends the last pause makes evidence stale', () => {
    const desk = paused();
    desk.resume('alice', ['*']);
    const { freshFromMs } = desk.state;
    expect(freshFromMs).toBe(desk.nowMs);
    desk.pass(MINUTE);
    desk.resume('alice', ['*']);
    expect(desk.state.freshFromMs).toBe(freshFromMs);
  });

  test('of one pause among several leaves the cluster paused and its evidence as it was', () => {
    const desk = paused();
    desk.resume('alice');
    expect(desk.state.freshFromMs).toBe(T0);
  });
});

describe('a pause with an end', () => {
  test('ends by itself: the guard wakes for it, and what was read before is stale', () => {
    const desk = startDesk();
    desk.pause('alice', T0 + MINUTE);
    expect(desk.wake()).toBe(T0 + MINUTE);
    desk.pass(MINUTE);
    desk.tick();
    expect([desk.state.pauses, desk.state.freshFromMs, desk.wake()]).toEqual([[], T0 + MINUTE, null]);
  });

  test('is still in force a moment before', () => {
    const desk = startDesk();
    desk.pause('alice', T0 + MINUTE);
    desk.pass(MINUTE - 1);
    desk.tick();
    expect(names(desk)).toEqual(['alice']);
    expect(desk.opened(a1)).toMatchObject({ kind: 'refused', refusal: { reason: 'paused', whenMs: T0 + MINUTE } });
  });
});

test('pausing forgets nothing: what was open, held and remembered is there on resume', () => {
  const desk = startDesk();
  desk.opened(a1);
  desk.lease(a1);
  const { stores, leases } = desk.state;
  desk.pause('alice');
  desk.resume('alice');
  expect(desk.state).toMatchObject({ stores, leases });
});

test('what people sent and nobody understood is shown, newest first, and bounded', () => {
  const desk = startDesk();
  for (let i = 0; i < 50; i += 1) desk.send({ kind: 'not understood', text: `signal ${i}` });
  expect(desk.state.notes).toHaveLength(20);
  expect(desk.state.notes[0]).toEqual({ atMs: T0, text: 'signal 49' });
});
