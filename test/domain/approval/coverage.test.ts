import { describe, expect, test } from 'vitest';
import { consequenceOf, coverageOf, sayConsequence, siblingsOf } from '../../../src/domain/approval/coverage.ts';
import { faulty, healthy, stale, STORE, storeName, T0, unseen } from '../readings.ts';
import { NEWEST_S, OLDEST_S, OTHER_SIBLING, SIBLING, span } from './ballots.ts';

const sibling = (oldestS: number | null, newestS: number | null) =>
  siblingsOf(STORE, [healthy(T0, { store: SIBLING, oldestS, newestS })]);

describe('a healthy sibling covers a Store', () => {
  test.each([
    ['that holds exactly as much', OLDEST_S, NEWEST_S],
    ['that holds less', OLDEST_S - 1, NEWEST_S + 1],
  ])('%s', (_, oldestS, newestS) => {
    expect(coverageOf(span, sibling(oldestS, newestS))).toBe('covered');
  });
});

describe('no sibling covers', () => {
  test.each([
    ['when it begins after the oldest checkpoint, though before the newest', sibling(OLDEST_S + 1, NEWEST_S + 1)],
    ['when it ends before the newest checkpoint', sibling(OLDEST_S, NEWEST_S - 1)],
    ['when it holds nothing', sibling(null, null)],
    ['when it is faulty', siblingsOf(STORE, [faulty(T0, { store: SIBLING, ...span })])],
    ['when CM does not vouch for it', siblingsOf(STORE, [stale(T0, 0, { store: SIBLING, ...span })])],
    ['when it was not seen', siblingsOf(STORE, [{ ...unseen(T0), store: SIBLING }])],
    ['when there is none', []],
    [
      'when two would only together',
      siblingsOf(STORE, [
        healthy(T0, { store: SIBLING, oldestS: OLDEST_S, newestS: NEWEST_S - 10 }),
        healthy(T0, { store: OTHER_SIBLING, oldestS: OLDEST_S + 10, newestS: NEWEST_S }),
      ]),
    ],
  ])('%s', (_, siblings) => {
    expect(coverageOf(span, siblings)).toBe('uncovered');
  });

  test('a Store of which CM does not say what it holds', () => {
    expect(coverageOf({ oldestS: null, newestS: null }, sibling(0, NEWEST_S))).toBe('uncovered');
    expect(coverageOf({ oldestS: null, newestS: NEWEST_S }, sibling(0, NEWEST_S))).toBe('uncovered');
  });
});

test('siblings are of the same subtopic with another seq, each once, in the order of their names', () => {
  const names = [
    OTHER_SIBLING,
    SIBLING,
    SIBLING,
    STORE,
    storeName('10.0.0.7-7104:p_4223_source-000-0:0000000007'),
    storeName('10.0.0.8-7100:p_9_source-000-0:0000000008'),
  ];
  const found = siblingsOf(
    STORE,
    names.map((store) => healthy(T0, { store })),
  );
  expect(found.map(({ store }) => store)).toEqual([SIBLING, OTHER_SIBLING]);
});

test('the span of a sibling that CM does not vouch for is not shown', () => {
  expect(siblingsOf(STORE, [stale(T0, 0, { store: SIBLING })])).toEqual([{ store: SIBLING, health: 'unknown', span: null }]);
});

describe('the consequence says who is cut off from what', () => {
  test.each([
    ['the cover by name', sibling(OLDEST_S, NEWEST_S), `covered: ${SIBLING} is healthy`],
    [
      'that it is the last Store',
      [],
      'only Store of its subtopic; consumers that still need 2023-11-14T22:13:20Z to 2023-11-15T22:13:20Z will be cut off',
    ],
    ['that no sibling is healthy', siblingsOf(STORE, [faulty(T0, { store: SIBLING })]), 'none of its 1 sibling is healthy'],
    [
      'what the nearest sibling holds',
      sibling(OLDEST_S + 60, NEWEST_S),
      `${SIBLING} is healthy but holds 2023-11-14T22:14:20Z to`,
    ],
  ])('%s', (_, siblings, words) => {
    expect(sayConsequence(consequenceOf(span, siblings))).toContain(words);
  });

  test('that nobody knows, and times that no calendar holds do not break it', () => {
    expect(sayConsequence(consequenceOf({ oldestS: null, newestS: null }, sibling(0, 1)))).toContain(
      'does not say what this Store holds',
    );
    expect(sayConsequence(consequenceOf({ oldestS: 1e300, newestS: 1e300 }, []))).toContain('1e+300');
  });

  test('covered exactly if the plan says so', () => {
    for (const siblings of [[], sibling(OLDEST_S, NEWEST_S), sibling(OLDEST_S + 1, NEWEST_S), sibling(null, null)]) {
      expect(consequenceOf(span, siblings).kind === 'covered').toBe(coverageOf(span, siblings) === 'covered');
    }
  });
});
