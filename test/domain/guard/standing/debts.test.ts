import { describe, expect, test } from 'vitest';
import { MINUTE, T0 } from '../../readings.ts';
import { A, AFTERMATH, B, C, type Desk, reportOf, runOf, startDesk, stopped } from '../guard-desk.ts';

const [a1, a2, b1, c1] = [runOf(A), runOf(A, 2), runOf(B), runOf(C)];

/** A debt that nobody living answers for, with nothing in its way. */
const orphaned = (): Desk => {
  const desk = stopped(a1);
  desk.ended(a1, 'stop', 'stop-1', 'done');
  desk.found(a1);
  return desk;
};

test('a stop that looks again after another run has settled what is owed is owed for anew', () => {
  const desk = stopped(a1);
  // Its run is gone, which nobody has told the guard yet; its command may still look, and be sent.
  desk.opened(a2);
  desk.closed(a2, 'recovered', { debt: 'settled' });
  expect(desk.state.debts).toEqual([]);
  expect(desk.look(a1, 'stop', 'stop-1')).toMatchObject({ kind: 'pass' });
  expect(desk.state.debts).toMatchObject([{ store: A, holder: a1, stopId: 'stop-1' }]);
});

describe('a debt without a living holder', () => {
  test('is paid by a heal that the guard itself starts', () => {
    expect(orphaned().tick()).toEqual([A]);
  });

  test('is paid while the cluster is paused and no sweep runs', () => {
    const desk = orphaned();
    desk.pause('alice');
    desk.pass(24 * 60 * MINUTE);
    expect(desk.tick()).toEqual([A]);
  });

  test('waits for the quarantine, and the guard wakes for it then', () => {
    const desk = stopped(a1);
    desk.pass(MINUTE);
    desk.found(a1);
    expect(desk.tick()).toEqual([]);
    expect(desk.wake()).toBe(T0 + AFTERMATH);
    desk.pass(3 * MINUTE);
    expect(desk.tick()).toEqual([A]);
  });

  test('is offered again after a minute, should the heal not take it', () => {
    const desk = orphaned();
    desk.tick();
    expect(desk.tick()).toEqual([]);
    expect(desk.wake()).toBe(T0 + MINUTE);
    desk.pass(MINUTE);
    expect(desk.tick()).toEqual([A]);
  });

  test('is not offered while somebody living has taken it up', () => {
    const desk = orphaned();
    desk.tick();
    desk.opened(a2);
    desk.pass(MINUTE);
    expect(desk.tick()).toEqual([]);
  });

  test('waits for a living holder of its subtopic, and the guard does not wake for it without end', () => {
    const desk = startDesk('found missing');
    for (const run of [a1, b1]) desk.opened(run, { owesRestart: true });
    desk.pass(AFTERMATH);
    desk.owedLease(b1);
    desk.found(a1);
    expect(desk.matter({ kind: 'tick' })).toEqual([b1.runId]);
    expect(desk.tick()).toEqual([]);
    expect(desk.wake()).toBeGreaterThan(desk.nowMs);
    desk.pass(MINUTE);
    desk.found(b1);
    expect(desk.tick()).toEqual([A, B]);
  });

  test('has the holder in its way looked after, though that one owes nothing itself', () => {
    const desk = startDesk('found missing');
    for (const run of [a1, b1]) desk.opened(run, { owesRestart: true });
    desk.pass(AFTERMATH);
    desk.owedLease(b1);
    desk.look(b1, 'restart', 'r');
    desk.ended(b1, 'restart', 'r', 'done');
    desk.found(a1);
    expect(desk.matter({ kind: 'tick' })).toEqual([b1.runId]);
    desk.tick();
    expect(desk.matter({ kind: 'tick' })).toEqual([]);
    desk.pass(MINUTE);
    expect(desk.matter({ kind: 'tick' })).toEqual([b1.runId]);
    desk.found(b1);
    expect(desk.tick()).toEqual([A]);
  });
});

describe('a debt with a holder', () => {
  test('has its holder looked after once per aftermath, also while no sweep runs', () => {
    const desk = stopped(a1);
    expect(desk.wake()).toBe(T0 + AFTERMATH);
    desk.pass(AFTERMATH - 1);
    expect(desk.matter({ kind: 'tick' })).toEqual([]);
    desk.pass(1);
    expect(desk.matter({ kind: 'tick' })).toEqual([a1.runId]);
    desk.tick();
    expect(desk.wake()).toBe(T0 + 2 * AFTERMATH);
    expect(desk.matter({ kind: 'tick' })).toEqual([]);
    expect(desk.state.debts).toMatchObject([{ store: A, holder: a1, sinceMs: T0 }]);
  });
});

test('a guard that owes nothing and is not paused wakes for nothing', () => {
  const desk = startDesk();
  expect(desk.wake()).toBeNull();
  desk.opened(a1);
  desk.lease(a1);
  expect(desk.wake()).toBeNull();
});

describe('the runs whose being alive decides', () => {
  const busy = (): Desk => {
    const desk = stopped(a1);
    stopped(c1, desk);
    return desk;
  };
  const ask = { askId: 'q', order: false, override: [] };
  const request = (run: typeof a1, store = B) =>
    ({ kind: 'lease requested', message: { ...ask, run, store, streakSinceMs: T0, owed: false } }) as const;

  test('for a lease are the holders of that subtopic, without the asker', () => {
    expect(busy().matter(request(b1))).toEqual([a1.runId]);
    expect(busy().matter(request(a1, A))).toEqual([]);
    expect(busy().matter(request(a2, A))).toEqual([a1.runId]);
  });

  test('for an opening are its subtopic’s holders of leases and debts', () => {
    const { view } = busy().state;
    const opened = { kind: 'opened', message: { ...ask, run: b1, store: B, view, owesRestart: false } } as const;
    expect(busy().matter(opened)).toEqual([a1.runId]);
    const desk = orphaned();
    desk.opened(a2);
    expect(desk.matter(opened)).toEqual([a2.runId]);
  });

  test('for a look is whoever else holds the lease', () => {
    const look = (run: typeof a1) =>
      ({ kind: 'look', message: { run, store: A, verb: 'stop', commandId: 's', streakSinceMs: T0, override: [] } }) as const;
    expect(busy().matter(look(a2))).toEqual([a1.runId]);
    expect(busy().matter(look(a1))).toEqual([]);
  });

  test('for a sweep are all of them, open incidents too, and for its repeat nobody', () => {
    const desk = busy();
    desk.opened(b1);
    const report = reportOf({}, desk.nowMs);
    expect(desk.matter({ kind: 'swept', message: report })).toEqual([a1.runId, b1.runId, c1.runId]);
    desk.send({ kind: 'swept', message: report });
    expect(desk.matter({ kind: 'swept', message: report })).toEqual([]);
  });

  test('for a closing is another run whose incident is still open', () => {
    const desk = busy();
    const closed = (run: typeof a1) =>
      ({
        kind: 'closed',
        message: { run, store: A, outcome: 'healed', attempts: 1, evidenceKey: '', debt: 'settled', whenMs: null },
      }) as const;
    expect(desk.matter(closed(a2))).toEqual([a1.runId]);
    expect(desk.matter(closed(a1))).toEqual([]);
  });

  test('are nobody for what people say', () => {
    const desk = busy();
    expect(desk.matter({ kind: 'pause', pause: { by: 'alice', reason: '', untilMs: null } })).toEqual([]);
    expect(desk.matter({ kind: 'resume', by: 'alice', of: [] })).toEqual([]);
    expect(desk.matter({ kind: 'runs described', dead: [a1] })).toEqual([]);
    expect(desk.matter({ kind: 'not understood', text: '' })).toEqual([]);
  });
});
