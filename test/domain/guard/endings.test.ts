import { describe, expect, test } from 'vitest';
import { A, AFTERMATH, B, debtsOf, runOf, slotsOf, startDesk, stopped } from './guard-desk.ts';
import { MINUTE, T0 } from '../readings.ts';

const [a1, a2, b1] = [runOf(A), runOf(A, 2), runOf(B)];
const memory = (desk: ReturnType<typeof startDesk>) => desk.state.stores.find((other) => other.store === A);

describe('a heal that closes', () => {
  test('gives its lease and slot back, and its outcome is remembered', () => {
    const desk = stopped(a1);
    desk.ended(a1, 'stop', 'stop-1', 'done');
    desk.look(a1, 'restart', 'r');
    desk.ended(a1, 'restart', 'r', 'done');
    desk.closed(a1, 'healed', { attempts: 1, debt: 'settled' });
    expect([desk.state.leases, desk.state.slots, desk.state.debts, desk.state.quarantines]).toEqual([[], [], [], []]);
    expect(memory(desk)).toMatchObject({ attempts: 1, openRun: null, healthySinceMs: T0, last: { outcome: 'healed' } });
  });

  test.each([
    ['settled', []],
    ['handed over', []],
    ['open', [A]],
    ['none', [A]],
  ] as const)('with its debt %s leaves %j owed', (debt, owed) => {
    const desk = stopped(a1);
    desk.ended(a1, 'stop', 'stop-1', 'done');
    desk.closed(a1, 'cancelled', { debt });
    expect(debtsOf(desk)).toEqual(owed);
    expect(desk.state.debts.every((left) => left.holder === null)).toBe(true);
  });

  test('settles no debt but its own', () => {
    const desk = stopped(a1);
    desk.ended(a1, 'stop', 'stop-1', 'done');
    desk.closed(b1, 'healed', { debt: 'settled' });
    desk.closed(a2, 'healed', { debt: 'settled' });
    expect(desk.state.debts).toMatchObject([{ store: A, holder: a1 }]);
    expect(desk.state.leases).toHaveLength(1);
  });

  test('twice has closed once', () => {
    const desk = stopped(a1);
    desk.closed(a1, 'escalated', { attempts: 3, debt: 'handed over' });
    const once = desk.state;
    desk.pass(MINUTE);
    desk.closed(a1, 'escalated', { attempts: 3, debt: 'handed over' });
    expect(desk.state).toEqual(once);
  });

  test('late does not end the incident that was opened after it', () => {
    const desk = startDesk();
    desk.opened(a1);
    desk.closed(a1, 'recovered');
    desk.pass(10 * MINUTE);
    desk.opened(a2);
    desk.closed(a1, 'recovered');
    expect(memory(desk)).toMatchObject({ openRun: a2 });
  });

  test('after it was turned away leaves what the last incident came to', () => {
    const desk = startDesk();
    desk.opened(a1);
    desk.closed(a1, 'escalated', { attempts: 3 });
    desk.opened(a2);
    desk.closed(a2, 'blocked');
    expect(memory(desk)).toMatchObject({ attempts: 3, last: { outcome: 'escalated' } });
  });

  test('with a command whose answer was lost leaves its subtopic alone until that cannot run any more', () => {
    const desk = stopped(a1);
    desk.ended(a1, 'stop', 'stop-1', 'unknown');
    desk.pass(MINUTE);
    desk.closed(a1, 'guard silent', { debt: 'open' });
    expect(desk.state.quarantines).toMatchObject([{ untilMs: T0 + AFTERMATH }]);
    expect(desk.state.slots).toMatchObject([{ untilMs: T0 + AFTERMATH }]);
    expect(desk.state.debts).toMatchObject([{ holder: null, payFromMs: T0 + AFTERMATH }]);
  });

  test('blocked opens again at the guard’s time; recovered after the cool-down; would act at once', () => {
    const after = (outcome: 'blocked' | 'recovered' | 'would act', whenMs: number | null) => {
      const desk = startDesk();
      desk.opened(a1);
      desk.closed(a1, outcome, { whenMs });
      return memory(desk)?.last?.notBeforeMs;
    };
    expect(after('blocked', T0 + 7)).toBe(T0 + 7);
    expect(after('blocked', null)).toBe(T0);
    expect(after('recovered', null)).toBe(T0 + 10 * MINUTE);
    expect(after('would act', null)).toBe(T0);
  });
});

describe('a heal that died without a word', () => {
  test('loses its lease at once when no command was let pass for it', () => {
    const desk = startDesk();
    desk.opened(a1);
    desk.lease(a1);
    desk.found(a1);
    expect([desk.state.leases, desk.state.quarantines]).toEqual([[], []]);
    desk.opened(b1);
    expect(desk.lease(b1)).toMatchObject({ kind: 'granted' });
    expect(memory(desk)).toMatchObject({
      openRun: null,
      attempts: 0,
      last: { outcome: 'terminated', notBeforeMs: T0 + 10 * MINUTE },
    });
  });

  test.each([
    ['not reported ended', null, 1],
    ['of unknown end', 'unknown', 1],
  ] as const)('with a stop %s is followed by a quarantine of 240 s, and its slot stays taken', (_, ended, attempts) => {
    const desk = stopped(a1);
    if (ended !== null) desk.ended(a1, 'stop', 'stop-1', ended);
    desk.pass(MINUTE);
    desk.found(a1);
    expect(desk.state.quarantines).toMatchObject([{ untilMs: T0 + AFTERMATH }]);
    expect(slotsOf(desk)).toEqual([A]);
    expect(memory(desk)).toMatchObject({ attempts });
    desk.pass(3 * MINUTE - 1);
    expect(desk.owedLease(a2)).toMatchObject({ kind: 'refused', refusal: { reason: 'quarantine' } });
    desk.pass(1);
    expect(desk.owedLease(a2)).toMatchObject({ kind: 'granted' });
    expect(slotsOf(desk)).toEqual([]);
  });

  test.each(['done', 'refused', 'never sent'] as const)('with a stop that was reported %s leaves no quarantine', (ended) => {
    const desk = stopped(a1);
    desk.ended(a1, 'stop', 'stop-1', ended);
    desk.found(a1);
    expect([desk.state.quarantines, desk.state.slots]).toEqual([[], []]);
    expect(debtsOf(desk)).toEqual(ended === 'done' ? [A] : []);
  });

  test('found dead twice has died once', () => {
    const desk = stopped(a1);
    desk.found(a1);
    const once = desk.state;
    desk.found(a1, a1);
    expect(desk.state).toEqual(once);
  });

  test('leaves the living alone: another run of its workflow keeps what it holds', () => {
    const desk = stopped(a2);
    const before = desk.state;
    desk.found(a1, b1);
    expect(desk.state).toEqual(before);
  });

  test('is believed when its last word comes after all: what was final stays final', () => {
    const desk = stopped(a1);
    desk.ended(a1, 'stop', 'stop-1', 'refused');
    desk.found(a1);
    desk.closed(a1, 'escalated', { attempts: 3, debt: 'none' });
    expect(memory(desk)).toMatchObject({ attempts: expect.any(Number), last: { outcome: 'escalated' } });
    expect(desk.opened(a2)).toMatchObject({ kind: 'refused', refusal: { reason: 'final' } });
  });
});
