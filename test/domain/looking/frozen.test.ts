import { expect, test } from 'vitest';
import { foldStanding, isFrozen, type Standing } from '../../../src/domain/frozen.ts';
import type { SeenReading } from '../../../src/domain/reading.ts';
import { EVERY, faulty, healthy, MINUTE, stale, T0 } from '../readings.ts';

const follow = (...readings: readonly SeenReading[]): Standing | undefined =>
  readings.reduce<Standing | undefined>((standing, reading) => foldStanding(standing, reading), undefined);

test('a green Store whose newest checkpoint stands still for `after` is frozen, and not a moment before', () => {
  const standing = follow(...[0, 1, 2, 3].map((i) => healthy(T0 + i * EVERY, { newestS: 5 })));
  expect(standing).toEqual({ newestS: 5, sinceMs: T0 });
  expect(isFrozen(standing, T0 + 15 * MINUTE - 1, 15 * MINUTE)).toBe(false);
  expect(isFrozen(standing, T0 + 15 * MINUTE, 15 * MINUTE)).toBe(true);
});

test('a checkpoint that moves is followed anew', () => {
  expect(follow(healthy(T0, { newestS: 5 }), healthy(T0 + EVERY, { newestS: 6 }))).toEqual({ newestS: 6, sinceMs: T0 + EVERY });
  expect(follow(healthy(T0, { newestS: 5 }), healthy(T0 + EVERY, { newestS: null }))).toEqual({
    newestS: null,
    sinceMs: T0 + EVERY,
  });
});

test('frozen is said of green Stores only', () => {
  const standing = follow(healthy(T0, { newestS: 5 }), faulty(T0 + EVERY, { newestS: 5 }));
  expect(standing).toBeUndefined();
  expect(isFrozen(standing, T0 + 60 * MINUTE, 15 * MINUTE)).toBe(false);
});

test('a reading that CM does not vouch for leaves what was known', () => {
  const before = follow(healthy(T0, { newestS: 5 }));
  expect(foldStanding(before, stale(T0 + EVERY, 0, { newestS: 9 }))).toEqual(before);
  expect(foldStanding(before, stale(T0 + EVERY, 1, { newestS: 9 }))).toEqual(before);
  expect(foldStanding(undefined, stale(T0, 0))).toBeUndefined();
});
