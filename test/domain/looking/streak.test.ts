import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diagnose, type Reading } from '../../../src/domain/reading.ts';
import { emptyStreak, foldStreak, isConfirmed, isForeignHand, type Streak } from '../../../src/domain/streak.ts';
import {
  anyFaulty,
  anyHealthy,
  anyLooks,
  anyUnknown,
  EVERY,
  faulty,
  healthy,
  SECOND,
  stale,
  startedAt,
  T0,
  unseen,
} from '../readings.ts';

const fold = (readings: readonly Reading[], from: Streak = emptyStreak): Streak =>
  readings.reduce((streak, reading) => foldStreak(streak, reading, EVERY), from);

const confirm = { readings: 3, overMs: 90 * SECOND };

test('trusted-faulty readings are counted, and the time between them is covered', () => {
  const streak = fold([faulty(T0), faulty(T0 + EVERY), faulty(T0 + 2 * EVERY)]);
  expect(streak).toMatchObject({ readings: 3, sinceMs: T0, coveredMs: 2 * EVERY, foreignRestarts: 0 });
});

test('a streak is confirmed by count and by time together', () => {
  const after = (n: number): Streak => fold(Array.from({ length: n }, (_, i) => faulty(T0 + i * EVERY)));
  expect([1, 2, 3, 4].map((n) => isConfirmed(after(n), confirm))).toEqual([false, false, false, true]);
  const quick = fold([0, 1, 2, 3, 4].map((i) => faulty(T0 + i * SECOND)));
  expect(isConfirmed(quick, confirm)).toBe(false);
  const slow = fold([faulty(T0), faulty(T0 + 3 * EVERY)]);
  expect(slow.coveredMs).toBe(90 * SECOND);
  expect(isConfirmed(slow, confirm)).toBe(false);
});

test('unknown freezes a streak: time spent not knowing is not covered, and nothing is lost', () => {
  const before = fold([faulty(T0), faulty(T0 + EVERY)]);
  const unknown = fold([unseen(T0 + 2 * EVERY), stale(T0 + 3 * EVERY, 0), stale(T0 + 4 * EVERY, 1)], before);
  expect(unknown).toMatchObject({ readings: 2, sinceMs: T0, coveredMs: EVERY });
  const after = fold([faulty(T0 + 5 * EVERY), faulty(T0 + 6 * EVERY)], unknown);
  expect(after).toMatchObject({ readings: 4, sinceMs: T0, coveredMs: 2 * EVERY });
});

test('a streak whose last look is unknown is not confirmed, however long it is', () => {
  const long = fold(Array.from({ length: 9 }, (_, i) => faulty(T0 + i * EVERY)));
  expect(isConfirmed(long, confirm)).toBe(true);
  const blind = foldStreak(long, unseen(T0 + 9 * EVERY), EVERY);
  expect(isConfirmed(blind, confirm)).toBe(false);
  expect(isConfirmed(foldStreak(blind, faulty(T0 + 10 * EVERY), EVERY), confirm)).toBe(true);
});

test('a healthy reading ends a streak', () => {
  expect(fold([faulty(T0), faulty(T0 + EVERY), healthy(T0 + 2 * EVERY)])).toMatchObject({
    readings: 0,
    sinceMs: null,
    coveredMs: 0,
  });
  expect(fold([faulty(T0), healthy(T0 + EVERY), faulty(T0 + 2 * EVERY)])).toMatchObject({
    readings: 1,
    sinceMs: T0 + 2 * EVERY,
    coveredMs: 0,
  });
});

describe('a hole of more than three intervals', () => {
  const before = fold([faulty(T0), faulty(T0 + EVERY)]);
  const endOf = T0 + EVERY;

  test('starts a streak again', () => {
    const after = foldStreak(before, faulty(endOf + 3 * EVERY + 1), EVERY);
    expect(after).toMatchObject({ readings: 1, sinceMs: endOf + 3 * EVERY + 1, coveredMs: 0 });
  });

  test('is not yet one at three intervals', () => {
    expect(foldStreak(before, faulty(endOf + 3 * EVERY), EVERY)).toMatchObject({
      readings: 3,
      sinceMs: T0,
      coveredMs: 4 * EVERY,
    });
  });

  test('is not one while somebody looked, though nothing was known', () => {
    const looked = fold(
      [1, 2, 3, 4, 5].map((i) => unseen(endOf + i * EVERY)),
      before,
    );
    expect(foldStreak(looked, faulty(endOf + 6 * EVERY), EVERY)).toMatchObject({ readings: 3, sinceMs: T0 });
  });

  test('that ends in an unknown look is still one when the next look is trusted', () => {
    const blind = fold([unseen(endOf + 10 * EVERY), unseen(endOf + 11 * EVERY)], before);
    expect(blind).toMatchObject({ readings: 2, sinceMs: T0 });
    expect(foldStreak(blind, faulty(endOf + 12 * EVERY), EVERY)).toMatchObject({
      readings: 1,
      sinceMs: endOf + 12 * EVERY,
      coveredMs: 0,
    });
  });
});

describe('a foreign hand', () => {
  const before = fold([faulty(T0), faulty(T0 + EVERY)]);
  const again = startedAt('Tue Oct 31 09:00:00 2023');

  test.each([
    ['another port', { port: 17_002 }],
    ['another start time', { message: again }],
    ['both', { port: 17_002, message: again }],
  ])('shows as %s, and starts the streak again', (_, told) => {
    expect(foldStreak(before, faulty(T0 + 2 * EVERY, told), EVERY)).toMatchObject({
      readings: 1,
      sinceMs: T0 + 2 * EVERY,
      coveredMs: 0,
      foreignRestarts: 1,
    });
  });

  test.each([
    ['no port', { port: null }],
    ['no start time', { message: 'DRC_501: log missing' }],
  ])('is not seen in a reading that shows %s, and what was known is kept', (_, told) => {
    const after = foldStreak(before, faulty(T0 + 2 * EVERY, told), EVERY);
    expect(after).toMatchObject({ readings: 3, foreignRestarts: 0, life: before.life });
    expect(foldStreak(after, faulty(T0 + 3 * EVERY, { port: 17_002 }), EVERY).foreignRestarts).toBe(1);
  });

  test('is not believed of a reading that CM does not vouch for', () => {
    expect(foldStreak(before, stale(T0 + 2 * EVERY, 1, { port: 17_002 }), EVERY)).toMatchObject({
      readings: 2,
      foreignRestarts: 0,
      life: before.life,
    });
  });

  test('is counted through health and holes: it belongs to the incident', () => {
    const restarts = fold([
      faulty(T0),
      healthy(T0 + EVERY, { port: 17_002 }),
      faulty(T0 + 20 * EVERY, { port: 17_002 }),
      faulty(T0 + 21 * EVERY, { port: 17_003 }),
      faulty(T0 + 22 * EVERY, { port: 17_004 }),
    ]);
    expect(restarts).toMatchObject({ readings: 1, foreignRestarts: 3 });
  });

  test('cannot be told when nothing was known before', () => {
    expect(isForeignHand({ port: null, startedAt: null }, { port: 1, startedAt: 'x' })).toBe(false);
    expect(isForeignHand({ port: 1, startedAt: 'x' }, { port: null, startedAt: null })).toBe(false);
    expect(fold([faulty(T0)]).foreignRestarts).toBe(0);
  });
});

test('an unknown look never changes the readings, the beginning or the covered time of a streak', () => {
  const anyLook = fc.oneof(anyFaulty, anyFaulty, anyHealthy, anyUnknown);
  fc.assert(
    fc.property(anyLooks(anyLook), anyUnknown, fc.nat(20 * EVERY), (looks, unknown, laterMs) => {
      const before = fold(looks);
      const after = foldStreak(before, unknown((looks.at(-1)?.atMs ?? T0) + laterMs), EVERY);
      for (const part of ['readings', 'sinceMs', 'coveredMs', 'life', 'foreignRestarts'] as const)
        expect(after[part]).toEqual(before[part]);
      expect(isConfirmed(after, { readings: 0, overMs: 0 })).toBe(false);
    }),
  );
});

/** The streak, told another way: by what lies between each trusted look and the trusted one before it. */
function countedByHand(looks: readonly Reading[]): { readings: number; sinceMs: number | null; coveredMs: number } {
  let readings = 0;
  let sinceMs: number | null = null;
  let coveredMs = 0;
  let lastMs: number | null = null;
  for (const [index, look] of looks.entries()) {
    const kind = diagnose(look).kind;
    if (kind === 'unknown') continue;
    const before = looks.slice(0, index);
    const trusted = before.findLastIndex((other) => diagnose(other).kind !== 'unknown');
    const since = looks.slice(Math.max(trusted, 0), index + 1);
    const hole = trusted >= 0 && since.some((other, i) => i > 0 && other.atMs - (since[i - 1]?.atMs ?? 0) > 3 * EVERY);
    if (kind === 'healthy' || hole) [readings, sinceMs, coveredMs] = [0, null, 0];
    if (kind === 'faulty') {
      const next = lastMs !== null && trusted === index - 1 && readings > 0;
      coveredMs += next ? look.atMs - (lastMs ?? 0) : 0;
      readings += 1;
      sinceMs ??= look.atMs;
    }
    lastMs = look.atMs;
  }
  return { readings, sinceMs, coveredMs };
}

test('a streak is what a person would count on the list of looks', () => {
  const plain = fc.constantFrom(
    (ms: number) => faulty(ms),
    (ms: number) => faulty(ms),
    (ms: number) => healthy(ms),
    (ms: number) => unseen(ms),
  );
  fc.assert(
    fc.property(anyLooks(plain), (looks) => {
      const { readings, sinceMs, coveredMs } = fold(looks);
      expect({ readings, sinceMs, coveredMs }).toEqual(countedByHand(looks));
    }),
    { numRuns: 300 },
  );
});
