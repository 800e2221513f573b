import { describe, expect, test } from 'vitest';
import { A, B, C, D, type Desk, reportOf, runOf, startDesk, stopped, view } from './guard-desk.ts';
import { EVERY, MINUTE, storeName, T0 } from '../readings.ts';
import type { SweepReply } from '../../../src/domain/guard/messages.ts';

const [a1, c1] = [runOf(A), runOf(C)];
const DAY = 24 * 60 * MINUTE;
const why = (reply: SweepReply, store = A): string | undefined =>
  reply.ledger.find((entry) => entry.store === store)?.refusal?.reason;

/** A guard whose first sweep has been made, so that the next one may open. */
const swept = (): Desk => {
  const desk = startDesk();
  desk.sweep();
  desk.pass(EVERY);
  return desk;
};

test('faulty Stores are opened, and every suspect has its line in the ledger', () => {
  const reply = swept().sweep({ [A]: 'faulty', [C]: 'faulty' });
  expect(reply).toEqual({
    open: [A, C],
    note: null,
    warnings: [],
    ledger: [A, C].map((store) => ({ store, verdict: 'open', refusal: null })),
  });
});

test('unknown and healthy Stores are never opened', () => {
  expect(swept().sweep({ [A]: 'unknown', [C]: 'healthy' })).toEqual({ open: [], ledger: [], note: null, warnings: [] });
});

describe('the first sweep only observes', () => {
  const observes = (reply: SweepReply): void => {
    expect(reply.open).toEqual([]);
    expect(why(reply)).toBe('observing');
    expect(reply.note).not.toBeNull();
  };

  test('of a guard', () => observes(startDesk().sweep({ [A]: 'faulty' })));

  test('after a gap of three intervals', () => {
    const desk = swept();
    desk.sweep();
    desk.pass(3 * EVERY);
    expect(desk.sweep({ [A]: 'faulty' }).open).toEqual([A]);
    desk.pass(3 * EVERY + 1);
    observes(desk.sweep({ [A]: 'faulty' }));
    desk.pass(EVERY);
    expect(desk.sweep({ [A]: 'faulty' }).open).toEqual([A]);
  });

  test('after a resume, though sweeps went on while it was paused', () => {
    const desk = swept();
    desk.pause('alice');
    for (let i = 0; i < 5; i += 1, desk.pass(EVERY)) expect(desk.sweep({ [A]: 'faulty' }).open).toEqual([]);
    desk.resume('alice');
    desk.pass(EVERY);
    observes(desk.sweep({ [A]: 'faulty' }));
    desk.pass(EVERY);
    expect(desk.sweep({ [A]: 'faulty' }).open).toEqual([A]);
  });

  test('after a resume that came while it was reading', () => {
    const desk = swept();
    desk.pause('alice');
    desk.pass(5);
    desk.resume('alice');
    observes(desk.sweep({ [A]: 'faulty' }, { surveyedMs: desk.nowMs - 1 }));
    desk.pass(EVERY);
    observes(desk.sweep({ [A]: 'faulty' }));
  });

  test('after a pause that ran out', () => {
    const desk = swept();
    desk.pause('alice', desk.nowMs + MINUTE);
    desk.sweep();
    desk.pass(MINUTE + EVERY);
    observes(desk.sweep({ [A]: 'faulty' }));
  });
});

test('the same report again gets the same answer and changes nothing; an older one is ignored', () => {
  const desk = swept();
  const report = reportOf({ [A]: 'faulty', [C]: 'faulty' }, desk.nowMs);
  const first = desk.send({ kind: 'swept', message: report });
  const once = desk.state;
  desk.pass(5);
  expect(desk.send({ kind: 'swept', message: report })).toEqual(first);
  expect(desk.state).toEqual(once);
  const older = desk.send({ kind: 'swept', message: reportOf({ [D]: 'faulty' }, report.surveyedMs - 1) });
  expect(older).toMatchObject({ open: [], ledger: [], note: expect.any(String) });
  expect(desk.state).toEqual(once);
});

describe('a suspect is not opened', () => {
  test('while its incident is open', () => {
    const desk = swept();
    desk.opened(a1);
    expect(why(desk.sweep({ [A]: 'faulty' }))).toBe('already open');
  });

  test('while the cluster is paused', () => {
    const desk = swept();
    desk.pause('alice');
    expect(why(desk.sweep({ [A]: 'faulty' }))).toBe('paused');
  });

  test('while it cools down', () => {
    const desk = swept();
    desk.opened(a1);
    desk.closed(a1, 'recovered');
    expect(why(desk.sweep({ [A]: 'faulty' }))).toBe('cooling down');
    while (desk.nowMs < T0 + EVERY + 10 * MINUTE) {
      desk.pass(EVERY);
      desk.sweep({ [A]: 'faulty' });
    }
    expect(why(desk.sweep({ [A]: 'faulty' }))).toBeUndefined();
  });

  test('while another Store of its subtopic is being healed', () => {
    const desk = swept();
    desk.opened(runOf(B));
    desk.lease(runOf(B));
    expect(why(desk.sweep({ [A]: 'faulty' }))).toBe('subtopic busy');
  });

  test('while its subtopic is in quarantine', () => {
    const desk = swept();
    stopped(runOf(B), desk);
    desk.found(runOf(B));
    expect(why(desk.sweep({ [A]: 'faulty' }))).toBe('quarantine');
  });

  test('when the sweep is full: the oldest faults go first', () => {
    const desk = swept();
    const few = { ...view, openPerSweep: 2 };
    desk.sweep({ [D]: 'faulty' }, { view: { ...few, openPerSweep: 0 } });
    desk.pass(EVERY);
    desk.sweep({ [C]: 'faulty', [D]: 'faulty' }, { view: { ...few, openPerSweep: 0 } });
    desk.pass(EVERY);
    const reply = desk.sweep({ [A]: 'faulty', [C]: 'faulty', [D]: 'faulty' }, { view: few });
    expect(reply.open).toEqual([D, C]);
    expect(why(reply, A)).toBe('sweep full');
  });

  test('when it cannot be remembered, and that is said', () => {
    const desk = swept();
    const many = Object.fromEntries(
      Array.from({ length: 601 }, (_, i) => [`10.0.0.7-7100:p_${i}:0000000001`, 'faulty'] as const),
    );
    const reply = desk.sweep(many);
    expect(desk.state.stores).toHaveLength(600);
    desk.pass(EVERY);
    const last = storeName('10.0.0.7-7100:p_600:0000000001');
    expect(why(desk.sweep({ [last]: 'faulty' }), last)).toBe('memory full');
    expect(desk.opened(runOf(A))).toMatchObject({ kind: 'refused', refusal: { reason: 'memory full' } });
    desk.closed(runOf(A), 'blocked');
    expect(desk.state.stores).toHaveLength(600);
    expect([reply.open.length, reply.ledger.length]).toEqual([20, 200]);
  });
});

describe('after a final outcome', () => {
  test('a Store is not opened until it was healthy for lineage', () => {
    const desk = swept();
    desk.opened(a1);
    desk.closed(a1, 'escalated', { attempts: 3 });
    const at = (diagnosis: 'healthy' | 'faulty' | 'unknown', ms: number) => {
      for (let passed = 0; passed < ms; passed += EVERY) {
        desk.pass(EVERY);
        desk.sweep({ [A]: diagnosis });
      }
      desk.pass(EVERY);
      return why(desk.sweep({ [A]: 'faulty' }));
    };
    expect(at('faulty', MINUTE)).toBe('final');
    expect(at('healthy', 59 * MINUTE)).toBe('final');
    expect(at('unknown', 120 * MINUTE)).toBe('final');
    expect(at('healthy', 61 * MINUTE)).toBeUndefined();
    expect(desk.opened(runOf(A, 2))).toMatchObject({ kind: 'admitted', attempts: 0 });
  });
});

describe('a would act', () => {
  const said = (evidenceKey: string, mode: 'observe' | 'act' = 'observe') => {
    const desk = startDesk();
    const observing = { ...view, mode: 'observe' } as const;
    desk.sweep({}, { view: observing });
    desk.opened(a1);
    desk.closed(a1, 'would act', { evidenceKey });
    desk.pass(EVERY);
    return why(desk.sweep({ [A]: 'faulty' }, { view: { ...view, mode } }));
  };
  test('is not said again while nothing has changed', () => expect(said('k')).toBe('said already'));
  test('is said again when the evidence changes', () => expect(said('other')).toBeUndefined());
  test('is acted upon when the mode changes', () => expect(said('k', 'act')).toBeUndefined());
});

describe('what a sweep says is remembered', () => {
  test('a Store is forgotten once it is healthy and nothing is held against it', () => {
    const desk = swept();
    desk.sweep({ [A]: 'faulty' });
    expect(desk.state.stores).toHaveLength(1);
    desk.pass(EVERY);
    desk.sweep({ [A]: 'unknown' });
    expect(desk.state.stores).toMatchObject([{ store: A, firstFaultyMs: T0 + EVERY }]);
    desk.pass(EVERY);
    desk.sweep({ [A]: 'healthy' });
    expect(desk.state.stores).toEqual([]);
  });

  test('a Store that is in no report for a week is forgotten, one that stays unknown is not', () => {
    const desk = swept();
    for (const run of [a1, c1]) {
      desk.opened(run);
      desk.closed(run, 'escalated');
    }
    for (let day = 0; day < 8; day += 1) {
      desk.pass(DAY);
      desk.sweep({ [C]: 'unknown' });
    }
    expect(desk.state.stores.map((memory) => memory.store)).toEqual([C]);
  });

  test('an open incident is never forgotten', () => {
    const desk = swept();
    desk.opened(a1);
    desk.pass(30 * DAY);
    desk.sweep();
    expect(desk.state.stores).toMatchObject([{ store: A, openRun: a1 }]);
  });
});
