import { describe, expect, test } from 'vitest';
import { A, AFTERMATH, approved, claimOf, destroyRunOf, refused, slotsOf } from '../guard-desk.ts';

const dA = destroyRunOf(A);
const PLAN_2 = claimOf(dA, 'act', 2);

describe('a destroy that people approved', () => {
  test.each(['done', 'refused', 'unknown'] as const)('is let pass once for a plan: after an end of %s nothing more', (ended) => {
    const desk = approved(dA);
    desk.lookDestroy(dA, 'first');
    desk.ended(dA, 'destroy', 'first', ended);
    expect(desk.lookDestroy(dA, 'second')).toMatchObject(refused('sent before', 'first'));
    expect(desk.lookDestroy(dA, 'first')).toMatchObject(refused('not the holder'));
  });

  test('is not let pass again while nobody has said what became of the first', () => {
    const desk = approved(dA);
    desk.lookDestroy(dA, 'first');
    expect(desk.lookDestroy(dA, 'second')).toMatchObject(refused('sent before'));
    // The very same question may come twice: its answer was lost on the way.
    expect(desk.lookDestroy(dA, 'first')).toMatchObject({ kind: 'pass' });
  });

  test('is let pass again where the first was provably never sent', () => {
    const desk = approved(dA);
    desk.lookDestroy(dA, 'first');
    desk.ended(dA, 'destroy', 'first', 'never sent');
    expect(slotsOf(desk)).toEqual([]);
    expect(desk.lookDestroy(dA, 'second')).toMatchObject({ kind: 'pass' });
  });

  test.each(['done', 'refused', 'unknown', null] as const)(
    'gets no second request by asking for a place and a lease anew, where the first ended as %s',
    (ended) => {
      const desk = approved(dA);
      desk.lookDestroy(dA, 'first');
      if (ended !== null) desk.ended(dA, 'destroy', 'first', ended);
      desk.proposed(dA);
      desk.pass(AFTERMATH);
      expect(desk.decided(dA)).toMatchObject({ kind: 'granted' });
      expect(desk.lookDestroy(dA, 'second')).toMatchObject(refused('sent before', 'first'));
      expect(desk.lookDestroy(dA, 'first')).toMatchObject(refused('sent before', 'first'));
    },
  );

  test('gets none under another plan either, and none under the first again after that', () => {
    const desk = approved(dA);
    desk.lookDestroy(dA, 'first');
    desk.ended(dA, 'destroy', 'first', 'unknown');
    expect(desk.decided(dA, PLAN_2)).toMatchObject({ kind: 'granted' });
    expect(desk.lookDestroy(dA, 'second', PLAN_2)).toMatchObject(refused('sent before', 'first'));
    desk.decided(dA);
    expect(desk.lookDestroy(dA, 'third')).toMatchObject(refused('sent before', 'first'));
  });

  test('is let pass under its next plan where the first was provably never sent, however late that is told', () => {
    const desk = approved(dA);
    desk.lookDestroy(dA, 'first');
    desk.proposed(dA);
    desk.ended(dA, 'destroy', 'first', 'never sent');
    desk.pass(AFTERMATH);
    expect(desk.decided(dA, PLAN_2)).toMatchObject({ kind: 'granted' });
    expect(desk.lookDestroy(dA, 'second', PLAN_2)).toMatchObject({ kind: 'pass' });
  });

  test('is not let pass again because some other command was never sent, or some other run’s', () => {
    const desk = approved(dA);
    desk.lookDestroy(dA, 'first');
    desk.ended(dA, 'destroy', 'zeroth', 'never sent');
    desk.ended(dA, 'stop', 'first', 'never sent');
    desk.ended(destroyRunOf(A, 2), 'destroy', 'first', 'never sent');
    expect(desk.lookDestroy(dA, 'second')).toMatchObject(refused('sent before', 'first'));
  });
});
