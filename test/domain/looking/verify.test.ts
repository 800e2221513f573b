import { describe, expect, test } from 'vitest';
import type { Reading } from '../../../src/domain/reading.ts';
import { watchDeadlineMs } from '../../../src/domain/watch.ts';
import { EVERY, faulty, healthy, MINUTE, SECOND, stale, T0, unseen } from '../readings.ts';
import { BEFORE_S, lookEvery, verifySpec, watch, type Watched } from './watching.ts';

const verify = (look: (atMs: number, sinceStartMs: number) => Reading, spec: Parameters<typeof watch>[0] = verifySpec): Watched =>
  watch(spec, lookEvery(look));

test('healthy and past its old checkpoint for five minutes is verified, and not a look earlier', () => {
  const { done, afterMs } = verify((ms) => healthy(ms));
  expect(done).toMatchObject({ kind: 'verified', goodMs: 5 * MINUTE });
  expect(afterMs).toBe(5 * MINUTE);
});

describe('a zombie: status 0 after the restart, dead a little later', () => {
  test.each([43, 127, 299])('dying after %i s the attempt has failed, and is never called healed', (diesAfterS) => {
    const { done, afterMs } = verify((ms, since) =>
      since < diesAfterS * SECOND ? healthy(ms) : faulty(ms, { newestS: BEFORE_S + 60 }),
    );
    expect(done).toMatchObject({ kind: 'failed', cameUp: true, reading: { checkpoints: { newestS: BEFORE_S + 60 } } });
    // The streak has to be confirmed first, so that one bad look is not a death.
    expect(afterMs).toBe(Math.ceil((diesAfterS * SECOND) / EVERY) * EVERY + 90 * SECOND);
  });

  test('that never moved on is just as dead', () => {
    expect(verify((ms, since) => (since < 127 * SECOND ? healthy(ms, { newestS: BEFORE_S }) : faulty(ms))).done).toMatchObject({
      kind: 'failed',
      cameUp: true,
    });
  });

  test('with CM blind in between is still found', () => {
    const { done } = verify((ms, since) => {
      if (since < 43 * SECOND) return healthy(ms);
      return since < 5 * MINUTE ? stale(ms, 0) : faulty(ms);
    });
    expect(done).toMatchObject({ kind: 'failed', cameUp: true });
  });
});

test('one that never comes up has until the end of within, and then the attempt has failed', () => {
  const { done, afterMs } = verify((ms) => faulty(ms));
  expect(done).toMatchObject({ kind: 'failed', cameUp: false });
  expect(afterMs).toBe(15 * MINUTE);
});

test('one that comes up late is verified all the same', () => {
  const { done, afterMs } = verify((ms, since) => (since < 9 * MINUTE ? faulty(ms) : healthy(ms)));
  expect(done).toMatchObject({ kind: 'verified' });
  expect(afterMs).toBe(14 * MINUTE);
});

test('a healthyFor begun before within may finish after it', () => {
  const { done, afterMs } = verify((ms, since) => (since < 14 * MINUTE ? faulty(ms) : healthy(ms)));
  expect(done).toMatchObject({ kind: 'verified' });
  expect(afterMs).toBe(19 * MINUTE);
});

test('a healthyFor that breaks after within is not proven: it neither healed nor surely failed', () => {
  const { done, afterMs } = verify((ms, since) => (since < 14 * MINUTE || since >= 16 * MINUTE ? faulty(ms) : healthy(ms)));
  expect(done).toMatchObject({ kind: 'not proven' });
  expect(afterMs).toBe(16 * MINUTE);
});

describe('a standing checkpoint', () => {
  test.each([
    ['the one before the stop', BEFORE_S],
    ['an older one', BEFORE_S - 5],
    ['none at all', null],
  ])('(%s) under status 0 is not proven', (_, newestS) => {
    const { done, afterMs } = verify((ms) => healthy(ms, { newestS }));
    expect(done).toMatchObject({ kind: 'not proven', because: expect.stringContaining(String(BEFORE_S)) });
    expect(afterMs).toBe(15 * MINUTE);
  });

  test('that moves on at last is good from then on', () => {
    const { done, afterMs } = verify((ms, since) => healthy(ms, { newestS: since < 4 * MINUTE ? BEFORE_S : BEFORE_S + 1 }));
    expect(done).toMatchObject({ kind: 'verified' });
    expect(afterMs).toBe(9 * MINUTE);
  });

  test('counts from the restart where there was none before the stop', () => {
    const spec = { ...verifySpec, newestBeforeS: null };
    const startS = Math.floor(T0 / 1000);
    expect(verify((ms) => healthy(ms, { newestS: startS }), spec).done).toMatchObject({ kind: 'not proven' });
    expect(verify((ms) => healthy(ms, { newestS: startS + 1 }), spec).done).toMatchObject({ kind: 'verified' });
  });
});

describe('unknown readings', () => {
  test('freeze the good time: it neither grows nor is lost', () => {
    const { done, afterMs } = verify((ms, since) => (since > 2 * MINUTE && since < 6 * MINUTE ? unseen(ms) : healthy(ms)));
    expect(done).toMatchObject({ kind: 'verified', goodMs: 5 * MINUTE });
    // Two minutes before, three after; the four in which nobody knew count for nothing.
    expect(afterMs).toBe(9 * MINUTE);
  });

  test('to the end of within leave the observer blind', () => {
    const { done, afterMs } = verify((ms) => stale(ms, 0));
    expect(done).toMatchObject({ kind: 'blind', because: 'unknown: cm not fresh' });
    expect(afterMs).toBe(15 * MINUTE);
  });

  test('at the end of within leave it blind though a fault was seen before', () => {
    expect(verify((ms, since) => (since < 14 * MINUTE ? faulty(ms) : unseen(ms))).done).toMatchObject({ kind: 'blind' });
  });

  test('after a good beginning are waited for, yet not for ever', () => {
    const { done, afterMs } = verify((ms, since) =>
      since < 12 * MINUTE ? faulty(ms) : since <= 14 * MINUTE ? healthy(ms) : unseen(ms),
    );
    expect(done).toMatchObject({ kind: 'blind' });
    expect(afterMs).toBe(25 * MINUTE);
    expect(afterMs).toBeLessThanOrEqual(watchDeadlineMs(verifySpec, 0));
  });

  test('do not make a fault of a few bad looks', () => {
    const { done } = verify((ms, since) => {
      if (since < 2 * MINUTE) return healthy(ms);
      return since <= 3 * MINUTE ? faulty(ms) : healthy(ms);
    });
    expect(done).toMatchObject({ kind: 'verified' });
  });
});

describe('a foreign hand after our restart', () => {
  test('begins the good time again', () => {
    const { done, afterMs } = verify((ms, since) => healthy(ms, { port: since < 2 * MINUTE ? 17_001 : 17_002 }));
    expect(done).toMatchObject({ kind: 'verified' });
    expect(afterMs).toBeGreaterThan(7 * MINUTE - 1);
  });

  test('three times is flapping', () => {
    expect(verify((ms, since) => healthy(ms, { port: 17_000 + Math.floor(since / (2 * MINUTE)) })).done).toMatchObject({
      kind: 'flapping',
    });
  });

  test('our own restart is none: the first reading says what to compare with', () => {
    const { done } = verify((ms) => healthy(ms, { port: 17_099 }));
    expect(done).toMatchObject({ kind: 'verified' });
  });

  test('nor is it one where CM shows the life before our stop a little longer', () => {
    const lifeBefore = { port: 17_001, startedAt: null };
    const { done, afterMs, state } = verify(
      (ms, since) => (since < MINUTE ? faulty(ms, { port: 17_001, message: '' }) : healthy(ms, { port: 17_002, message: '' })),
      { ...verifySpec, lifeBefore },
    );
    expect([done?.kind, afterMs, state.streak.foreignRestarts]).toEqual(['verified', 6 * MINUTE, 0]);
  });
});

test('time in which nobody looked is not good time', () => {
  const { done, state } = watch(verifySpec, [healthy(T0), healthy(T0 + EVERY), healthy(T0 + 6 * MINUTE)]);
  expect(done).toBeNull();
  expect(state.goodMs).toBe(EVERY);
});
