import { describe, expect, test } from 'vitest';
import { A, AFTERMATH, B, C, runOf, startDesk, stopped, view } from './guard-desk.ts';
import { MINUTE, T0 } from '../readings.ts';

const [a1, a2, b1, c1] = [runOf(A), runOf(A, 2), runOf(B), runOf(C)];

/** A guard that a heal has told of a cluster in mode act. */
const acting = () => {
  const desk = startDesk();
  desk.opened(a1);
  return desk;
};

test('a lease locks the subtopic: a sibling waits, another subtopic does not', () => {
  const desk = acting();
  expect(desk.lease(a1)).toMatchObject({ kind: 'granted' });
  expect(desk.lease(b1)).toMatchObject({
    kind: 'refused',
    refusal: { reason: 'subtopic busy', detail: a1.workflowId, whenMs: expect.any(Number) },
  });
  expect(desk.lease(c1)).toMatchObject({ kind: 'granted' });
  expect(desk.state.leases.map((lease) => lease.store)).toEqual([A, C]);
});

test('a lease is the run’s and not the workflow id’s: after a reset the new run does not hold it', () => {
  const desk = acting();
  desk.lease(a1);
  expect(desk.lease(a2)).toMatchObject({ kind: 'refused', refusal: { reason: 'subtopic busy' } });
});

test('asked for twice it is granted once, and no clock ends it', () => {
  const desk = acting();
  desk.lease(a1);
  const [before] = desk.state.leases;
  desk.pass(48 * 60 * MINUTE);
  expect(desk.lease(a1)).toMatchObject({ kind: 'granted' });
  expect(desk.state.leases).toEqual([{ ...before, progressMs: desk.nowMs }]);
  expect(desk.lease(b1)).toMatchObject({ kind: 'refused' });
});

describe('no lease is granted', () => {
  test('while the cluster is paused', () => {
    const desk = acting();
    desk.pause('alice', T0 + 5 * MINUTE);
    expect(desk.lease(a1, { order: true, override: ['mode'] })).toMatchObject({
      kind: 'refused',
      refusal: { reason: 'paused', detail: 'alice: upgrade', whenMs: T0 + 5 * MINUTE },
    });
  });

  test.each(['observe', 'ask'] as const)('in mode %s, unless an order passes the mode', (mode) => {
    const desk = startDesk();
    desk.sweep({}, { view: { ...view, mode } });
    expect(desk.lease(a1, { order: true })).toMatchObject({ kind: 'refused', refusal: { reason: 'mode', detail: mode } });
    expect(desk.lease(a1, { order: true, override: ['mode'] })).toMatchObject({ kind: 'granted' });
  });

  test('by default: a guard that was told nothing observes', () => {
    expect(startDesk().state.view.mode).toBe('observe');
  });

  test('on evidence from before a resume', () => {
    const desk = acting();
    desk.pause('alice');
    desk.pass(MINUTE);
    desk.resume('alice');
    expect(desk.lease(a1, { streakSinceMs: desk.nowMs - 1 })).toMatchObject({
      kind: 'refused',
      refusal: { reason: 'confirm again' },
    });
    expect(desk.lease(a1, { streakSinceMs: desk.nowMs })).toMatchObject({ kind: 'granted' });
  });

  test('on evidence from before a gap', () => {
    const desk = startDesk();
    desk.sweep();
    desk.pass(90_001);
    desk.sweep();
    expect(desk.lease(a1, { streakSinceMs: desk.nowMs - 1 })).toMatchObject({
      kind: 'refused',
      refusal: { reason: 'confirm again' },
    });
    expect(desk.lease(a1)).toMatchObject({ kind: 'granted' });
  });

  test('on evidence from before this guard', () => {
    expect(startDesk().lease(a1, { streakSinceMs: T0 - 1 })).toMatchObject({ kind: 'refused', refusal: { reason: 'mode' } });
    const desk = acting();
    expect(desk.lease(a1, { streakSinceMs: T0 - 1 })).toMatchObject({ kind: 'refused', refusal: { reason: 'confirm again' } });
  });

  test('while a command may still be running for a dead holder', () => {
    const desk = stopped(a1);
    desk.found(a1);
    for (const run of [a2, b1])
      expect(desk.owedLease(run)).toMatchObject({ kind: 'refused', refusal: { reason: 'quarantine', whenMs: T0 + AFTERMATH } });
    expect(desk.lease(b1)).toMatchObject({ kind: 'refused', refusal: { reason: 'quarantine' } });
    desk.opened(c1);
    expect(desk.lease(c1)).toMatchObject({ kind: 'granted' });
  });

  test('to a sibling of a Store to which a restart is owed', () => {
    const desk = stopped(a1);
    desk.ended(a1, 'stop', 'stop-1', 'done');
    desk.found(a1);
    expect(desk.lease(b1)).toMatchObject({ kind: 'refused', refusal: { reason: 'debt first', detail: A } });
  });

  test('after an incident that is closed for good, to a heal that only paid its debt', () => {
    const desk = stopped(a1);
    desk.ended(a1, 'stop', 'stop-1', 'done');
    desk.closed(a1, 'escalated', { debt: 'open' });
    desk.opened(a2);
    expect(desk.lease(a2)).toMatchObject({ kind: 'refused', refusal: { reason: 'final', detail: 'escalated' } });
    expect(desk.lease(a2, { order: true })).toMatchObject({ kind: 'granted' });
  });
});

describe('the lease for an owed restart', () => {
  const owing = () => {
    const desk = stopped(a1);
    desk.ended(a1, 'stop', 'stop-1', 'done');
    desk.found(a1);
    desk.opened(a2);
    return desk;
  };

  test('passes mode, pause and a closed incident', () => {
    const desk = owing();
    desk.pause('alice');
    desk.sweep({}, { view: { ...view, mode: 'observe' } });
    expect(desk.owedLease(a2)).toMatchObject({ kind: 'granted' });
  });

  test('never passes a living holder', () => {
    const desk = owing();
    desk.owedLease(a2);
    expect(desk.owedLease(b1)).toMatchObject({ kind: 'refused', refusal: { reason: 'subtopic busy' } });
  });

  test('goes to a debtor alone: who asks for one owes from then on', () => {
    const desk = startDesk();
    expect(desk.owedLease(b1)).toMatchObject({ kind: 'granted' });
    expect(desk.state.debts).toMatchObject([{ store: B, holder: b1 }]);
    desk.found(b1);
    expect(desk.tick()).toEqual([B]);
  });

  test('lets no stop pass that the rules forbid', () => {
    const desk = owing();
    desk.pause('alice');
    desk.owedLease(a2);
    expect(desk.look(a2, 'stop', 's')).toMatchObject({ kind: 'refused', refusal: { reason: 'paused' } });
    expect(desk.look(a2, 'restart', 'r')).toMatchObject({ kind: 'pass' });
  });
});
