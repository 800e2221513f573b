import { describe, expect, test } from 'vitest';
import { guardViewOf, newGuard, takeOver } from '../../../src/domain/guard/state.ts';
import { describeGuard } from '../../../src/domain/guard/describe.ts';
import { defaultPolicy } from '../../../src/domain/policy.ts';
import { MINUTE, storeName, T0 } from '../readings.ts';
import {
  A,
  AFTERMATH,
  B,
  C,
  claimOf,
  D,
  debtsOf,
  destroyRunOf,
  type Desk,
  runOf,
  slotsOf,
  startDesk,
  stopped,
  view,
} from './guard-desk.ts';

const [a1, b1] = [runOf(A), runOf(B)];
const [dA, dB, dC, dD] = [destroyRunOf(A), destroyRunOf(B), destroyRunOf(C), destroyRunOf(D)];
const refused = (reason: string, detail?: string) => ({
  kind: 'refused',
  refusal: { reason, ...(detail === undefined ? {} : { detail: expect.stringContaining(detail) as unknown }) },
});

/** A destroy that people have approved, and that holds its lease. */
function approved(run = dA, desk: Desk = startDesk()): Desk {
  expect(desk.proposed(run)).toMatchObject({ kind: 'welcome' });
  expect(desk.decided(run)).toMatchObject({ kind: 'granted' });
  return desk;
}

describe('a destroy that waits for people', () => {
  test('holds neither lease nor slot: a heal of its very Store goes on', () => {
    const desk = startDesk();
    desk.proposed(dA);
    expect(desk.state).toMatchObject({ leases: [], slots: [], proposals: [{ store: A, run: dA, decided: null }] });
    expect(stopped(a1, desk).state.leases).toHaveLength(1);
  });

  test('finds as many places as the cluster has, and learns how many there are when it finds none', () => {
    const desk = startDesk();
    const two = { ...view, proposals: 2 };
    desk.proposed(dA, { view: two });
    desk.proposed(dC, { view: two });
    expect(desk.proposed(dD, { view: two })).toMatchObject(refused('proposals full', '2 of 2'));
    desk.proposalClosed(dA, 'rejected');
    expect(desk.proposed(dD, { view: two })).toMatchObject({ kind: 'welcome' });
  });

  test('finds five places where the asker comes from a version that knew no destroy', () => {
    const { proposals: _proposals, ...old } = guardViewOf({ ...defaultPolicy, mode: 'act' });
    const desk = startDesk();
    const more = [5, 6].map((seq) => destroyRunOf(storeName(`10.0.0.9-7100:p_${seq}_source-000-0:000000000${seq}`)));
    const answers = [dA, dB, dC, dD, ...more].map((run) => desk.proposed(run, { view: old }));
    expect(answers.slice(0, 5).map(({ kind }) => kind)).toEqual(Array.from({ length: 5 }, () => 'welcome'));
    expect(answers[5]).toMatchObject(refused('proposals full', '5 of 5'));
  });

  test('is looked after before one is turned away for it: who died keeps no place', () => {
    const desk = startDesk();
    desk.proposed(dA, { view: { ...view, proposals: 1 } });
    const asks = { kind: 'proposed', message: { askId: 'q', run: dC, store: C, view } } as const;
    expect(desk.matter(asks)).toEqual([dA.runId]);
    desk.found(dA);
    expect(desk.proposed(dC)).toMatchObject({ kind: 'welcome' });
  });

  test('is turned away while the cluster is paused, and when the same Store waits for people already', () => {
    const desk = startDesk();
    desk.proposed(dA);
    expect(desk.proposed(destroyRunOf(A, 2))).toMatchObject(refused('already open', 'destroy:test-1'));
    desk.pause('alice');
    expect(desk.proposed(dC)).toMatchObject(refused('paused', 'alice'));
  });

  test('asks twice and has one place, also while paused: its votes are open', () => {
    const desk = startDesk();
    desk.proposed(dA);
    desk.pause('alice');
    expect(desk.proposed(dA)).toMatchObject({ kind: 'welcome' });
    expect(desk.state.proposals).toHaveLength(1);
  });
});

describe('a destroy that people approved', () => {
  test('gets the lease of its subtopic, and takes a slot when it is let pass; it owes no restart', () => {
    const desk = approved();
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
    const desk = approved();
    desk.pause('alice');
    expect(desk.lookDestroy(dA)).toMatchObject(refused('paused'));
    expect(desk.decided(dA)).toMatchObject(refused('paused'));
  });

  test('reads afresh itself, so what the guard wants confirmed again is nothing to it', () => {
    const desk = approved();
    desk.pause('alice');
    desk.pass(MINUTE);
    desk.resume('alice');
    expect(desk.look(dA, 'destroy', 'd', { streakSinceMs: T0, destroy: claimOf(dA) })).toMatchObject({ kind: 'pass' });
  });

  test('waits for whoever holds the subtopic, and nobody gets it before it', () => {
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
    const desk = approved();
    expect(desk.lookDestroy(dA, 'd', claimOf(dA, 'act', 2))).toMatchObject(refused('not proposed'));
    expect(desk.look(dA, 'destroy', 'd')).toMatchObject(refused('not proposed'));
    expect(desk.look(dA, 'restart', 'r')).toMatchObject(refused('not the holder'));
  });

  test.each(['done', 'refused', 'unknown'] as const)('is let pass once for a plan: after an end of %s nothing more', (ended) => {
    const desk = approved();
    desk.lookDestroy(dA, 'first');
    desk.ended(dA, 'destroy', 'first', ended);
    expect(desk.lookDestroy(dA, 'second')).toMatchObject(refused('sent before', 'first'));
    expect(desk.lookDestroy(dA, 'first')).toMatchObject(refused('not the holder'));
  });

  test('is not let pass again while nobody has said what became of the first', () => {
    const desk = approved();
    desk.lookDestroy(dA, 'first');
    expect(desk.lookDestroy(dA, 'second')).toMatchObject(refused('sent before'));
    // The very same question may come twice: its answer was lost on the way.
    expect(desk.lookDestroy(dA, 'first')).toMatchObject({ kind: 'pass' });
  });

  test('is let pass again where the first was provably never sent', () => {
    const desk = approved();
    desk.lookDestroy(dA, 'first');
    desk.ended(dA, 'destroy', 'first', 'never sent');
    expect(slotsOf(desk)).toEqual([]);
    expect(desk.lookDestroy(dA, 'second')).toMatchObject({ kind: 'pass' });
  });

  test('gives everything back when its votes are void, keeps its place, and is asked about again', () => {
    const desk = approved();
    expect(desk.proposed(dA)).toMatchObject({ kind: 'welcome' });
    expect(desk.state).toMatchObject({ leases: [], proposals: [{ store: A, decided: null }] });
    expect(desk.opened(b1)).toMatchObject({ kind: 'admitted' });
    expect(desk.lease(b1)).toMatchObject({ kind: 'granted' });
  });
});

describe('a destroy that ended', () => {
  test('with an answer that was lost leaves its subtopic alone until it cannot be running any more', () => {
    const desk = approved();
    desk.lookDestroy(dA);
    desk.ended(dA, 'destroy', 'destroy-1', 'unknown');
    desk.proposalClosed(dA, 'unknown');
    desk.opened(b1);
    expect(desk.lease(b1)).toMatchObject(refused('quarantine'));
    desk.pass(AFTERMATH);
    expect(desk.lease(b1)).toMatchObject({ kind: 'granted' });
  });

  test('without a word loses its place and its lease, and its subtopic is left alone', () => {
    const desk = approved();
    desk.lookDestroy(dA);
    desk.found(dA);
    expect(desk.state).toMatchObject({ leases: [], proposals: [], debts: [] });
    desk.opened(b1);
    expect(desk.lease(b1)).toMatchObject(refused('quarantine', 'destroy'));
    desk.pass(AFTERMATH);
    expect(desk.lease(b1)).toMatchObject({ kind: 'granted' });
    expect(slotsOf(desk)).toEqual([]);
  });

  test('as destroyed is not remembered as a Store; with any other end the memory stands', () => {
    for (const [outcome, remembered] of [
      ['destroyed', false],
      ['rejected', true],
    ] as const) {
      const desk = startDesk();
      desk.opened(a1);
      desk.closed(a1, 'escalated', { attempts: 3 });
      desk.proposed(dA);
      desk.proposalClosed(dA, outcome);
      expect(desk.state.stores.some((memory) => memory.store === A)).toBe(remembered);
    }
  });

  test('is heard once: said again, nothing changes', () => {
    const desk = approved();
    desk.proposalClosed(dA, 'expired');
    const { state } = desk;
    desk.proposalClosed(dA, 'expired');
    expect(desk.state).toEqual(state);
  });
});

describe('mode ask', () => {
  const asking = { ...view, mode: 'ask' } as const;

  test('lets a heal act that people said yes to, and no other', () => {
    const desk = startDesk();
    desk.opened(a1, { view: asking });
    expect(desk.lease(a1)).toMatchObject(refused('mode', 'ask'));
    expect(desk.lease(a1, { approved: true })).toMatchObject({ kind: 'granted' });
    expect(desk.look(a1, 'stop', 's')).toMatchObject(refused('mode', 'ask'));
    expect(desk.look(a1, 'stop', 's', { approved: true })).toMatchObject({ kind: 'pass' });
  });

  test('tightened to observe stops what people said yes to', () => {
    const desk = startDesk();
    desk.opened(a1, { view: asking });
    desk.lease(a1, { approved: true });
    desk.sweep({}, { view: { ...view, mode: 'observe' } });
    expect(desk.look(a1, 'stop', 's', { approved: true })).toMatchObject(refused('mode', 'observe'));
  });
});

test('a sweep looks after everybody who waits for people; a lease, after those alone who are decided', () => {
  const desk = startDesk();
  desk.proposed(dC);
  approved(dA, desk);
  const asks = { askId: 'q', streakSinceMs: T0, order: false, override: [], owed: false };
  expect(desk.matter({ kind: 'lease requested', message: { ...asks, run: b1, store: B } })).toEqual([dA.runId]);
  expect(desk.matter({ kind: 'lease requested', message: { ...asks, run: runOf(C), store: C } })).toEqual([]);
  const { lastSweep: _none, ...rest } = desk.state;
  expect(rest.proposals.map(({ run }) => run.runId).toSorted()).toEqual([dA.runId, dC.runId]);
});

test('the guard shows who waits for people, and for whom a subtopic is kept', () => {
  const desk = startDesk();
  desk.proposed(dC);
  approved(dA, desk);
  const text = describeGuard(desk.state, T0);
  expect(text).toContain('waits for people since');
  expect(text).toContain('is approved, and its subtopic is kept for it since');
});

test('a guard of a version that knew no destroy is taken over with no proposals', () => {
  const { proposals: _proposals, ...old } = newGuard('test-1', 'with the schedule', T0);
  expect(takeOver(old)).toEqual(newGuard('test-1', 'with the schedule', T0));
});

test('who was granted a destroy and died in between is not in anybody’s way', () => {
  const desk = approved();
  desk.found(dA);
  expect(desk.proposed(dD)).toMatchObject({ kind: 'welcome' });
  desk.opened(b1);
  expect(desk.lease(b1)).toMatchObject({ kind: 'granted' });
});
