import { describe, expect, test } from 'vitest';
import { MINUTE, T0 } from '../../readings.ts';
import {
  A,
  AFTERMATH,
  approved,
  B,
  C,
  claimOf,
  debtsOf,
  destroyRunOf,
  refused,
  runOf,
  slotsOf,
  startDesk,
  stopped,
  view,
} from '../guard-desk.ts';

const [a1, b1] = [runOf(A), runOf(B)];
const [dA, dB] = [destroyRunOf(A), destroyRunOf(B)];

describe('a destroy that people approved', () => {
  test('gets the lease of its subtopic, and takes a slot when it is let pass; it owes no restart', () => {
    const desk = approved(dA);
    expect(desk.lookDestroy(dA)).toMatchObject({ kind: 'pass' });
    expect([debtsOf(desk), slotsOf(desk)]).toEqual([[], [A]]);
    desk.ended(dA, 'destroy', 'destroy-1', 'done');
    desk.proposalClosed(dA, 'destroyed');
    expect(desk.state).toMatchObject({ leases: [], slots: [], proposals: [], quarantines: [] });
  });

  test('goes where the healer may not act by itself: mode observe binds no quorum', () => {
    const desk = startDesk();
    const observing = { ...view, mode: 'observe' } as const;
    desk.proposed(dA, { view: observing });
    expect(desk.decided(dA, claimOf(dA, 'observe'))).toMatchObject({ kind: 'granted' });
    expect(desk.lookDestroy(dA, 'd', claimOf(dA, 'observe'))).toMatchObject({ kind: 'pass' });
  });

  test.each([
    ['act', 'ask'],
    ['act', 'observe'],
    ['ask', 'observe'],
  ] as const)('does not go once mode %s was tightened to %s', (before, now) => {
    const desk = startDesk();
    desk.proposed(dA, { view: { ...view, mode: before } });
    expect(desk.decided(dA, claimOf(dA, before))).toMatchObject({ kind: 'granted' });
    desk.sweep({}, { view: { ...view, mode: now } });
    expect(desk.lookDestroy(dA, 'd', claimOf(dA, before))).toMatchObject(refused('mode', before));
    expect(desk.decided(dA, claimOf(dA, before))).toMatchObject(refused('mode', now));
  });

  test.each(['observe', 'ask'] as const)('goes on when the mode was loosened from %s', (before) => {
    const desk = startDesk();
    desk.proposed(dA, { view: { ...view, mode: before } });
    desk.sweep({}, { view: { ...view, mode: 'act' } });
    expect(desk.decided(dA, claimOf(dA, before))).toMatchObject({ kind: 'granted' });
    expect(desk.lookDestroy(dA, 'd', claimOf(dA, before))).toMatchObject({ kind: 'pass' });
  });

  test('does not pass while the cluster is paused, whoever approved it', () => {
    const desk = approved(dA);
    desk.pause('alice');
    expect(desk.lookDestroy(dA)).toMatchObject(refused('paused'));
    expect(desk.decided(dA)).toMatchObject(refused('paused'));
  });

  test('reads afresh itself, so what the guard wants confirmed again is nothing to it', () => {
    const desk = approved(dA);
    desk.pause('alice');
    desk.pass(MINUTE);
    desk.resume('alice');
    expect(desk.look(dA, 'destroy', 'd', { streakSinceMs: T0, destroy: claimOf(dA) })).toMatchObject({ kind: 'pass' });
  });

  test('waits for whoever holds the subtopic, and no heal gets it before it', () => {
    const desk = stopped(b1);
    desk.proposed(dA);
    expect(desk.decided(dA)).toMatchObject(refused('subtopic busy', b1.workflowId));
    desk.ended(b1, 'stop', 'stop-1', 'done');
    desk.look(b1, 'restart', 'r');
    desk.ended(b1, 'restart', 'r', 'done');
    desk.closed(b1, 'healed', { debt: 'settled' });
    const b2 = runOf(B, 2);
    desk.opened(b2, { override: ['cooldown'] });
    expect(desk.lease(b2)).toMatchObject(refused('reserved', dA.workflowId));
    expect(desk.decided(dA)).toMatchObject({ kind: 'granted' });
    desk.proposalClosed(dA, 'expired');
    expect(desk.lease(b2)).toMatchObject({ kind: 'granted' });
  });

  test('lets an owed restart go first, of its own Store as of another', () => {
    for (const run of [a1, b1]) {
      const desk = stopped(run);
      desk.proposed(dA);
      desk.found(run);
      desk.pass(AFTERMATH);
      expect(desk.decided(dA)).toMatchObject(refused('debt first'));
      const next = { ...run, runId: 'next' };
      desk.opened(next);
      expect(desk.owedLease(next)).toMatchObject({ kind: 'granted' });
    }
  });

  test('waits for a free slot as a stop does', () => {
    const desk = startDesk();
    desk.sweep({}, { view: { ...view, inFlight: 1 } });
    desk.proposed(dA);
    stopped(runOf(C), desk);
    desk.decided(dA);
    expect(desk.lookDestroy(dA)).toMatchObject(refused('slots taken'));
  });

  test('holds no lease of another Store, and none without having proposed', () => {
    const desk = startDesk();
    expect(desk.decided(dA)).toMatchObject(refused('not proposed'));
    expect(desk.state.leases).toEqual([]);
    desk.proposed(dA);
    desk.decided(dA);
    expect(desk.lookDestroy(dB)).toMatchObject(refused('not the holder'));
  });

  test('passes with the plan that was decided and no other, and not as a stop or restart', () => {
    const desk = approved(dA);
    expect(desk.lookDestroy(dA, 'd', claimOf(dA, 'act', 2))).toMatchObject(refused('not proposed'));
    expect(desk.look(dA, 'destroy', 'd')).toMatchObject(refused('not proposed'));
    expect(desk.look(dA, 'restart', 'r')).toMatchObject(refused('not the holder'));
  });

  test('gives everything back when its votes are void, keeps its place, and is asked about again', () => {
    const desk = approved(dA);
    expect(desk.proposed(dA)).toMatchObject({ kind: 'welcome' });
    expect(desk.state).toMatchObject({ leases: [], proposals: [{ store: A, decided: null }] });
    expect(desk.opened(b1)).toMatchObject({ kind: 'admitted' });
    expect(desk.lease(b1)).toMatchObject({ kind: 'granted' });
  });
});
