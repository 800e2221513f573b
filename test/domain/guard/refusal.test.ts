import { describe, expect, test } from 'vitest';
import { type RefusalReason, refusalWords, sayRefusal } from '../../../src/domain/guard/refusal.ts';

const reasons = Object.entries(refusalWords) as [RefusalReason, { en: string; zh: string }][];

describe('every reason is explained to the operator in both languages', () => {
  test.each(reasons)('%s', (_, { en, zh }) => {
    expect(en).toMatch(/^[a-z][\x20-\x7e]{8,}$/);
    expect(zh).toMatch(/[\u4e00-\u9fff]{4,}/);
    expect(zh).not.toMatch(/[,;!?]/);
  });

  test('and no two of them in the same words', () => {
    expect(new Set(reasons.map(([, { en }]) => en)).size).toBe(reasons.length);
    expect(new Set(reasons.map(([, { zh }]) => zh)).size).toBe(reasons.length);
  });
});

test('a refusal is said with who or what exactly, if that is known', () => {
  expect(sayRefusal({ reason: 'paused', detail: 'alice: upgrade', whenMs: null })).toBe('the cluster is paused (alice: upgrade)');
  expect(sayRefusal({ reason: 'observing', detail: '', whenMs: null })).toBe(refusalWords.observing.en);
});
