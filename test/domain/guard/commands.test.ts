import { describe, expect, test } from 'vitest';
import { A, B, C, D, debtsOf, runOf, slotsOf, startDesk, stopped, view } from './guard-desk.ts';
import { MINUTE, T0 } from '../readings.ts';

const [a1, a2, b1, c1, d1] = [runOf(A), runOf(A, 2), runOf(B), runOf(C), runOf(D)];

const leased = () => {
  const desk = startDesk();
  desk.opened(a1);
  desk.lease(a1);
  return desk;
};

describe('a stop', () => {
  test('passes for the holder, leaves a debt and takes a slot', () => {
    const desk = leased();
    expect(desk.look(a1, 'stop', 's')).toEqual({ kind: 'pass', nowMs: T0 });
    expect(desk.state.debts).toMatchObject([{ store: A, holder: a1 }]);
    expect(slotsOf(desk)).toEqual([A]);
  });

  test.each([
    ['nobody holds the subtopic', () => startDesk(), a1],
    ['a sibling’s heal holds it', () => leased(), b1],
    ['another run of the same workflow holds it', () => leased(), a2],
  ])('does not pass while %s', (_, begin, run) => {
    const desk = begin();
    const before = desk.state;
    expect(desk.look(run, 'stop', 's')).toMatchObject({ kind: 'refused', refusal: { reason: 'not the holder' } });
    expect(desk.state).toEqual(before);
  });

  test('passes for the Store of the lease alone', () => {
    expect(leased().look(a1, 'stop', 's', { store: B })).toMatchObject({
      kind: 'refused',
      refusal: { reason: 'not the holder' },
    });
  });

  test('does not pass while the cluster is paused, whatever is overridden', () => {
    const desk = leased();
    desk.pause('alice');
    expect(desk.look(a1, 'stop', 's', { override: ['mode', 'brake', 'cooldown', 'budget'] })).toMatchObject({
      kind: 'refused',
      refusal: { reason: 'paused' },
    });
    expect(debtsOf(desk)).toEqual([]);
  });

  test.each(['observe', 'ask'] as const)('does not pass once the mode is %s, unless the order passes the mode', (mode) => {
    const desk = leased();
    desk.sweep({}, { view: { ...view, mode } });
    expect(desk.look(a1, 'stop', 's')).toMatchObject({ kind: 'refused', refusal: { reason: 'mode' } });
    expect(desk.look(a1, 'stop', 's', { override: ['mode'] })).toMatchObject({ kind: 'pass' });
  });

  test('passes on a canary subtopic while the cluster observes', () => {
    const desk = leased();
    desk.sweep({}, { view: { ...view, mode: 'observe', act: ['p_1_*'] } });
    expect(desk.look(a1, 'stop', 's')).toMatchObject({ kind: 'pass' });
  });

  test('does not pass on evidence from before a resume', () => {
    const desk = leased();
    desk.pause('alice');
    desk.pass(1);
    desk.resume('alice');
    expect(desk.look(a1, 'stop', 's', { streakSinceMs: T0 })).toMatchObject({
      kind: 'refused',
      refusal: { reason: 'confirm again' },
    });
  });

  test('waits for a slot when as many commands as allowed are in flight', () => {
    const desk = leased();
    desk.look(a1, 'stop', 's');
    stopped(c1, desk);
    desk.lease(d1);
    expect(desk.look(d1, 'stop', 's')).toMatchObject({
      kind: 'refused',
      refusal: { reason: 'slots taken', detail: '2 of 2', whenMs: expect.any(Number) },
    });
    desk.ended(a1, 'stop', 's', 'done');
    expect(desk.look(d1, 'stop', 's')).toMatchObject({ kind: 'refused', refusal: { reason: 'slots taken' } });
    desk.look(a1, 'restart', 'r');
    desk.ended(a1, 'restart', 'r', 'done');
    expect(desk.look(d1, 'stop', 's')).toMatchObject({ kind: 'pass' });
    expect(slotsOf(desk)).toEqual([C, D]);
  });
});

describe('the same look again', () => {
  test('passes again and changes nothing', () => {
    const desk = leased();
    desk.look(a1, 'stop', 's');
    const once = desk.state;
    desk.pass(5);
    expect(desk.look(a1, 'stop', 's')).toEqual({ kind: 'pass', nowMs: desk.nowMs });
    expect(desk.state).toEqual(once);
  });

  test('is judged afresh: a pause that came meanwhile forbids the stop, and the debt stays until its end is told', () => {
    const desk = stopped(a1);
    desk.pause('alice');
    expect(desk.look(a1, 'stop', 'stop-1')).toMatchObject({ kind: 'refused', refusal: { reason: 'paused' } });
    expect(debtsOf(desk)).toEqual([A]);
  });

  test('does not pass once the command has ended: nothing is sent twice', () => {
    const desk = stopped(a1);
    desk.ended(a1, 'stop', 'stop-1', 'done');
    expect(desk.look(a1, 'stop', 'stop-1')).toMatchObject({ kind: 'refused' });
  });
});

describe('a restart', () => {
  test('passes for the debtor that holds the lease, through pause and mode', () => {
    const desk = stopped(a1);
    desk.ended(a1, 'stop', 'stop-1', 'done');
    desk.pause('alice');
    desk.sweep({}, { view: { ...view, mode: 'observe' } });
    expect(desk.look(a1, 'restart', 'r')).toMatchObject({ kind: 'pass' });
  });

  test('does not pass where none is owed', () => {
    expect(leased().look(a1, 'restart', 'r')).toMatchObject({ kind: 'refused', refusal: { reason: 'not the holder' } });
  });

  test('does not pass for a debtor without the lease', () => {
    const desk = stopped(a1);
    desk.ended(a1, 'stop', 'stop-1', 'done');
    desk.found(a1);
    desk.opened(a2);
    expect(desk.look(a2, 'restart', 'r')).toMatchObject({ kind: 'refused', refusal: { reason: 'not the holder' } });
    desk.owedLease(a2);
    expect(desk.look(a2, 'restart', 'r')).toMatchObject({ kind: 'pass' });
  });

  test('passes the cap: what is owed does not wait for a slot', () => {
    const desk = stopped(a1);
    desk.ended(a1, 'stop', 'stop-1', 'done');
    desk.closed(a1, 'blocked', { debt: 'open' });
    stopped(c1, desk);
    stopped(d1, desk);
    desk.opened(a2);
    desk.owedLease(a2);
    expect(desk.look(a2, 'restart', 'r')).toMatchObject({ kind: 'pass' });
    expect(slotsOf(desk)).toEqual([A, C, D]);
  });
});

describe('how a command ended', () => {
  test.each(['never sent', 'refused'] as const)('a stop that was %s owes nothing and gives its slot back', (ended) => {
    const desk = stopped(a1);
    desk.ended(a1, 'stop', 'stop-1', ended);
    expect([debtsOf(desk), slotsOf(desk)]).toEqual([[], []]);
  });

  test.each(['done', 'unknown'] as const)('a stop that is %s owes a restart and keeps its slot', (ended) => {
    const desk = stopped(a1);
    desk.ended(a1, 'stop', 'stop-1', ended);
    expect([debtsOf(desk), slotsOf(desk)]).toEqual([[A], [A]]);
  });

  test.each([
    ['done', [], []],
    ['refused', [A], []],
    ['unknown', [A], [A]],
    ['never sent', [A], [A]],
  ] as const)('after a restart that is %s these are owed: %j, and these in flight: %j', (ended, owed, inFlight) => {
    const desk = stopped(a1);
    desk.ended(a1, 'stop', 'stop-1', 'done');
    desk.look(a1, 'restart', 'r');
    desk.ended(a1, 'restart', 'r', ended);
    expect([debtsOf(desk), slotsOf(desk)]).toEqual([owed, inFlight]);
  });

  test('is told once: the first word stands', () => {
    const desk = stopped(a1);
    desk.ended(a1, 'stop', 'stop-1', 'done');
    const once = desk.state;
    desk.ended(a1, 'stop', 'stop-1', 'done');
    desk.ended(a1, 'stop', 'stop-1', 'refused');
    expect(desk.state).toEqual(once);
  });

  test('is believed of the command that was let pass, from the run it was let pass for', () => {
    const desk = stopped(a1);
    const before = desk.state;
    desk.ended(a1, 'stop', 'another', 'refused');
    desk.ended(a2, 'stop', 'stop-1', 'refused');
    desk.ended(b1, 'stop', 'stop-1', 'refused');
    expect(desk.state).toEqual(before);
  });

  test('a second stop that comes to nothing does not settle what the first one owes', () => {
    const desk = stopped(a1);
    desk.ended(a1, 'stop', 'stop-1', 'done');
    desk.look(a1, 'restart', 'r');
    desk.ended(a1, 'restart', 'r', 'unknown');
    expect(desk.look(a1, 'stop', 'stop-2')).toMatchObject({ kind: 'pass' });
    desk.ended(a1, 'stop', 'stop-2', 'refused');
    expect(debtsOf(desk)).toEqual([A]);
  });
});

test('a look tells the guard’s time: from then on the sender measures by it', () => {
  const desk = stopped(a1);
  desk.pass(3 * MINUTE);
  expect(desk.look(a1, 'stop', 'stop-1')).toEqual({ kind: 'pass', nowMs: T0 + 3 * MINUTE });
});
