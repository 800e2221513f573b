import { describe, expect, test } from 'vitest';
import { A, AFTERMATH, approved, B, D, destroyRunOf, refused, runOf, slotsOf, startDesk } from '../guard-desk.ts';

const [a1, b1] = [runOf(A), runOf(B)];
const [dA, dD] = [destroyRunOf(A), destroyRunOf(D)];

describe('a destroy that ended', () => {
  test('with an answer that was lost leaves its subtopic alone until it cannot be running any more', () => {
    const desk = approved(dA);
    desk.lookDestroy(dA);
    desk.ended(dA, 'destroy', 'destroy-1', 'unknown');
    desk.proposalClosed(dA, 'unknown');
    desk.opened(b1);
    expect(desk.lease(b1)).toMatchObject(refused('quarantine'));
    desk.pass(AFTERMATH);
    expect(desk.lease(b1)).toMatchObject({ kind: 'granted' });
  });

  test('without a word loses its place and its lease, and its subtopic is left alone', () => {
    const desk = approved(dA);
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
    const desk = approved(dA);
    desk.proposalClosed(dA, 'expired');
    const { state } = desk;
    desk.proposalClosed(dA, 'expired');
    expect(desk.state).toEqual(state);
  });
});

test('who was granted a destroy and died in between is not in anybody’s way', () => {
  const desk = approved(dA);
  desk.found(dA);
  expect(desk.proposed(dD)).toMatchObject({ kind: 'welcome' });
  desk.opened(b1);
  expect(desk.lease(b1)).toMatchObject({ kind: 'granted' });
});
