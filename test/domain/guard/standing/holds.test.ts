import { describe, expect, test } from 'vitest';
import { HOLDS_MAX } from '../../../../src/domain/guard/holds.ts';
import { describeGuard } from '../../../../src/domain/guard/describe.ts';
import { newGuard, takeOver } from '../../../../src/domain/guard/state.ts';
import { HOLD_EXAMPLE, parseHold, parseUnhold, UNHOLD_EXAMPLE } from '../../../../src/domain/requests.ts';
import { MINUTE, T0 } from '../../readings.ts';
import { A, AFTERMATH, B, C, claimOf, debtsOf, destroyRunOf, type Desk, runOf, startDesk, stopped } from '../guard-desk.ts';

const [a1, c1] = [runOf(A), runOf(C)];
const HOUR = 60 * MINUTE;
const SUBTOPIC_OF_A = 'p_1_source-000-0';
const held = { kind: 'refused', refusal: { reason: 'held', detail: 'alice: hands off' } };

function holds(desk: Desk, target: string, untilMs: number | null = null): Desk {
  desk.send({ kind: 'hold', hold: { target, by: 'alice', reason: 'hands off', untilMs } });
  return desk;
}

describe.each([
  ['a Store', A],
  ['a subtopic', SUBTOPIC_OF_A],
])('a hold on %s', (_, target) => {
  test('lets nothing begin there, and everything elsewhere', () => {
    const desk = holds(startDesk(), target);
    expect(desk.opened(a1)).toMatchObject(held);
    expect(desk.lease(a1)).toMatchObject(held);
    expect(desk.proposed(destroyRunOf(A))).toMatchObject(held);
    expect(stopped(c1, desk).state.leases).toHaveLength(1);
  });

  test('is passed by no override, and by no vote', () => {
    const desk = holds(startDesk(), target);
    const override = ['mode', 'brake', 'cooldown', 'budget'] as const;
    expect(desk.opened(a1, { order: true, override })).toMatchObject(held);
    expect(desk.lease(a1, { order: true, override, approved: true })).toMatchObject(held);
  });

  test('stops the next command of whoever holds the lease already', () => {
    const desk = startDesk();
    desk.opened(a1);
    desk.lease(a1);
    holds(desk, target);
    expect(desk.look(a1, 'stop', 's')).toMatchObject(held);
    expect(debtsOf(desk)).toEqual([]);
  });

  test('stops a restart that is owed, which stays owed until it is handed over', () => {
    const desk = stopped(a1);
    desk.ended(a1, 'stop', 'stop-1', 'done');
    holds(desk, target);
    expect(desk.look(a1, 'restart', 'r')).toMatchObject(held);
    expect(debtsOf(desk)).toEqual([A]);
    desk.closed(a1, 'handed over', { debt: 'handed over', attempts: 1 });
    expect(debtsOf(desk)).toEqual([]);
  });

  test('does not keep the guard from starting the heal that hands an orphaned debt over', () => {
    const desk = stopped(a1);
    desk.found(a1);
    holds(desk, target);
    desk.pass(AFTERMATH);
    expect(desk.tick()).toEqual([A]);
    const a2 = runOf(A, 2);
    expect(desk.opened(a2)).toMatchObject({ kind: 'admitted', owed: true });
    expect(desk.owedLease(a2)).toMatchObject(held);
  });

  test('stops a destroy that people approved', () => {
    const desk = startDesk();
    const run = destroyRunOf(A);
    desk.proposed(run);
    desk.decided(run);
    holds(desk, target);
    expect(desk.lookDestroy(run, 'd', claimOf(run))).toMatchObject(held);
    expect(desk.decided(run)).toMatchObject(held);
  });

  test('keeps a sweep from opening it, and the ledger says whose hold it is', () => {
    const desk = startDesk();
    desk.sweep({ [A]: 'healthy' });
    desk.pass(MINUTE / 2);
    holds(desk, target);
    const reply = desk.sweep({ [A]: 'faulty', [C]: 'faulty' });
    expect(reply.open).toEqual([C]);
    expect(reply.ledger.find(({ store }) => store === A)?.refusal).toMatchObject(held.refusal);
  });

  test('ends by itself when its time is over, and the guard wakes for that', () => {
    const desk = holds(startDesk(), target, T0 + HOUR);
    expect(desk.wake()).toBe(T0 + HOUR);
    expect(desk.opened(a1)).toMatchObject({ refusal: { reason: 'held', whenMs: T0 + HOUR } });
    desk.pass(HOUR);
    expect(desk.opened(a1)).toMatchObject({ kind: 'admitted' });
    expect(desk.state.holds).toEqual([]);
  });

  test('ends when somebody ends it, and nothing else does', () => {
    const desk = holds(startDesk(), target);
    desk.resume('alice', ['*']);
    desk.send({ kind: 'unhold', target: B });
    expect(desk.opened(a1)).toMatchObject(held);
    desk.send({ kind: 'unhold', target });
    expect(desk.opened(a1)).toMatchObject({ kind: 'admitted' });
  });
});

test('of two holds on a Store, the one that lasts longest tells when asking again makes sense', () => {
  const desk = holds(holds(startDesk(), A, T0 + HOUR), SUBTOPIC_OF_A);
  expect(desk.opened(a1)).toMatchObject({ refusal: { reason: 'held', whenMs: null } });
});

test('a hold said again takes the place of the first; one too many is noted and not kept', () => {
  const desk = holds(holds(startDesk(), A), A, T0 + HOUR);
  expect(desk.state.holds).toMatchObject([{ target: A, untilMs: T0 + HOUR }]);
  for (let index = 0; index < HOLDS_MAX; index += 1) holds(desk, `subtopic-${index}`);
  expect(desk.state.holds).toHaveLength(HOLDS_MAX);
  expect(desk.state.notes[0]?.text).toContain('pause the cluster instead');
});

test('the guard shows its holds, and one of a version that knew none is taken over without', () => {
  expect(describeGuard(holds(startDesk(), A).state, T0)).toContain('**Hands off** 10.0.0.7-7100:p&#95;1');
  const { holds: _holds, proposals: _proposals, ...old } = newGuard('test-1', 'with the schedule', T0);
  expect(takeOver(old)).toEqual(newGuard('test-1', 'with the schedule', T0));
});

describe('a hold as people write it', () => {
  test('is taken as the example shows it', () => {
    expect(parseHold(JSON.parse(HOLD_EXAMPLE))).toMatchObject({ ok: true, value: { by: 'alice', minutes: 60 } });
    expect(parseUnhold(JSON.parse(UNHOLD_EXAMPLE)).ok).toBe(true);
    expect(parseHold({ subtopic: 'p_1_source-000-0' })).toMatchObject({
      ok: true,
      value: { target: 'p_1_source-000-0', by: 'somebody (unnamed)', minutes: null },
    });
  });

  test.each([
    ['nothing', {}],
    ['both', { store: A, subtopic: 'p_1' }],
    ['a wildcard', { store: '*' }],
    ['a wildcard for a subtopic', { subtopic: 'p_*' }],
    ['a list', { subtopic: ['p_1'] }],
    ['a text', 'p_1'],
  ])('with %s for its target is refused with the example', (_, input) => {
    expect(parseHold(input)).toMatchObject({ ok: false, error: expect.stringContaining(HOLD_EXAMPLE) as string });
    expect(parseUnhold(input).ok).toBe(false);
  });
});
