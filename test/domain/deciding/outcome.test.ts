import { expect, test } from 'vitest';
import { type OutcomeKind, outcomeTraits } from '../../../src/domain/outcome.ts';

/** The design's table of outcomes, row by row. */
const table: readonly (readonly [OutcomeKind, 'open' | 'final', string])[] = [
  ['recovered', 'open', 'nobody'],
  ['healed', 'open', 'nobody'],
  ['would act', 'open', 'nobody'],
  ['blocked', 'open', 'nobody'],
  ['observer blind', 'open', 'observer'],
  ['guard silent', 'open', 'observer'],
  ['superseded', 'final', 'nobody'],
  ['not proven', 'final', 'warning'],
  ['flapping', 'final', 'warning'],
  ['escalated', 'final', 'person'],
  ['permanent', 'final', 'person'],
  ['handed over', 'final', 'person at once'],
  ['declined', 'final', 'nobody'],
  ['cancelled', 'final', 'nobody'],
];

test.each(table)('%s is %s and needs %s', (kind, life, needs) => {
  expect(outcomeTraits[kind]).toEqual({ life, needs });
});

test('no outcome is without a row in the table', () => {
  expect(Object.keys(outcomeTraits).toSorted()).toEqual(table.map(([kind]) => kind).toSorted());
});
