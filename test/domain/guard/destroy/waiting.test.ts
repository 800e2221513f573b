import { describe, expect, test } from 'vitest';
import { describeGuard } from '../../../../src/domain/guard/describe.ts';
import { guardViewOf, newGuard, takeOver } from '../../../../src/domain/guard/state.ts';
import { defaultPolicy } from '../../../../src/domain/policy.ts';
import { storeName, T0 } from '../../readings.ts';
import { A, approved, B, C, D, destroyRunOf, refused, reportOf, runOf, startDesk, stopped, view } from '../guard-desk.ts';

const [a1, b1] = [runOf(A), runOf(B)];
const [dA, dB, dC, dD] = [destroyRunOf(A), destroyRunOf(B), destroyRunOf(C), destroyRunOf(D)];

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

test('a guard of a version that knew no destroy is taken over with no proposals', () => {
  const { proposals: _proposals, ...old } = newGuard('test-1', 'with the schedule', T0);
  expect(takeOver(old)).toEqual(newGuard('test-1', 'with the schedule', T0));
});

test('the guard shows who waits for people, and for whom a subtopic is kept', () => {
  const desk = startDesk();
  desk.proposed(dC);
  approved(dA, desk);
  const text = describeGuard(desk.state, T0);
  expect(text).toContain('waits for people since');
  expect(text).toContain('is approved, and its subtopic is kept for it since');
});

test('a sweep looks after everybody who waits for people; a lease, after those alone who are decided', () => {
  const desk = startDesk();
  desk.proposed(dC);
  approved(dA, desk);
  const asks = { askId: 'q', streakSinceMs: T0, order: false, override: [], owed: false };
  expect(desk.matter({ kind: 'lease requested', message: { ...asks, run: b1, store: B } })).toEqual([dA.runId]);
  expect(desk.matter({ kind: 'lease requested', message: { ...asks, run: runOf(C), store: C } })).toEqual([]);
  expect(desk.matter({ kind: 'swept', message: reportOf({}, T0 + 1) })).toEqual([dA.runId, dC.runId]);
});
