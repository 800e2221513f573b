import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseVote, VOTE_BYTES_MAX, voteExample } from '../../../src/domain/approval/vote.ts';
import { type VoteRefusalReason, voteRefusalWords } from '../../../src/domain/approval/vote-refusal.ts';
import { STORE } from '../readings.ts';
import { payloadOf, planOf } from './ballots.ts';

const plan = planOf();
const good = payloadOf(plan);
const SIGNATURE = `${'A'.repeat(86)}==`;
const refusalOf = (payload: unknown): [string, string] => {
  const parsed = parseVote(payload);
  return parsed.ok ? ['taken', ''] : [parsed.reason, parsed.detail];
};

describe('a vote', () => {
  test('is one object with the plan, the Store and a reason', () => {
    expect(parseVote({ planId: plan.planId, store: STORE, reason: ' replaced ' })).toEqual({
      ok: true,
      vote: {
        planId: plan.planId,
        store: STORE,
        reason: ' replaced ',
        acceptUncovered: false,
        approver: null,
        at: null,
        signature: null,
      },
    });
  });

  test('may name its approver and be signed', () => {
    const said = { approver: 'alice', at: '2026-01-05T03:00:00Z', signature: SIGNATURE };
    expect(parseVote({ ...good, ...said })).toMatchObject({ ok: true, vote: { ...said, acceptUncovered: true } });
  });

  test('as it is shown to be pasted is taken', () => {
    expect(parseVote(JSON.parse(voteExample('replaced', plan.planId, plan.store))).ok).toBe(true);
  });

  test('names its approver in one way, however the letters are composed', () => {
    const [composed, decomposed] = ['é'.normalize('NFC'), 'é'.normalize('NFD')].map((approver) =>
      parseVote({ ...good, approver }),
    );
    expect(composed).toEqual(decomposed);
  });

  test('of the longest kind stays far below the size that is read', () => {
    const longest = {
      ...good,
      planId: 'x'.repeat(120),
      reason: '\u0001'.repeat(500),
      approver: '\u0001'.repeat(80),
      at: '2026-01-05T03:00:00.123Z',
      signature: SIGNATURE,
    };
    expect(parseVote(longest).ok).toBe(true);
    expect(Buffer.byteLength(JSON.stringify(longest))).toBeLessThan(VOTE_BYTES_MAX * 0.6);
  });
});

describe('what is no vote is refused, with what was expected', () => {
  const million = 'x'.repeat(1 << 20);
  test.each<[string, unknown, string]>([
    ['nothing', undefined, 'nothing came instead of an object such as {"planId"'],
    ['null', null, 'null came'],
    ['a number', 7, 'a number came'],
    ['the JSON as a text', JSON.stringify(good), 'a string came'],
    ['a list of one vote', [good], 'a list came'],
    ['binary data', new Uint8Array(1 << 20), 'binary data came'],
    ['a misspelt field', { ...good, acceptUncoverd: true }, 'unknown field "acceptUncoverd"'],
    ['a verdict inside, which the signal already is', { ...good, verdict: 'approve' }, 'unknown field "verdict"'],
    ['a long unknown field', { ...good, [million]: 1 }, '…'],
    ['a field __proto__', JSON.parse(`{"__proto__": {"planId": "x"}, "store": "${STORE}"}`), '__proto__'],
    ['a field constructor', { ...good, constructor: 'x' }, 'constructor'],
    ['no plan id', { ...good, planId: undefined }, '"planId"'],
    ['an empty plan id', { ...good, planId: '' }, '"planId"'],
    ['a plan id of a MiB', { ...good, planId: million }, '"planId"'],
    ['no Store', { ...good, store: undefined }, '"store"'],
    ['a wildcard', { ...good, store: '*' }, 'wildcard'],
    ['a list of Stores', { ...good, store: [STORE] }, 'a list'],
    ['a Store of a MiB', { ...good, store: million }, '"store"'],
    ['a reason that is no text', { ...good, reason: 5 }, '"reason"'],
    ['a reason of null', { ...good, reason: null }, '"reason"'],
    ['a reason of a MiB', { ...good, reason: million }, 'at most 500'],
    ['a reason with a lone surrogate', { ...good, reason: 'a\ud800' }, '"reason"'],
    ['acceptUncovered as text', { ...good, acceptUncovered: 'true' }, '"acceptUncovered"'],
    ['acceptUncovered as 1', { ...good, acceptUncovered: 1 }, '"acceptUncovered"'],
    ['acceptUncovered as null', { ...good, acceptUncovered: null }, '"acceptUncovered"'],
    ['an empty approver', { ...good, approver: ' ' }, '"approver"'],
    ['an approver of a MiB', { ...good, approver: million }, '"approver"'],
    ['an approver that is an object', { ...good, approver: { name: 'alice' } }, '"approver"'],
    ['a time without zone', { ...good, at: '2026-01-05T03:00:00' }, '"at"'],
    ['a time that no calendar holds', { ...good, at: '2026-13-05T03:00:00Z' }, '"at"'],
    ['a time as a number', { ...good, at: 1 }, '"at"'],
    ['a short signature', { ...good, signature: 'AAAA', approver: 'alice', at: '2026-01-05T03:00:00Z' }, '"signature"'],
    ['a signature in another spelling of its base64', { ...good, signature: `${'A'.repeat(85)}B==` }, '"signature"'],
    ['a signature without a name', { ...good, signature: SIGNATURE, at: '2026-01-05T03:00:00Z' }, 'needs "approver" and "at"'],
    ['a signature without a time', { ...good, signature: SIGNATURE, approver: 'alice' }, 'needs "approver" and "at"'],
  ])('%s', (_, payload, detail) => {
    const [reason, said] = refusalOf(payload);
    expect(reason).toBe('malformed');
    expect(said).toContain(detail);
    expect(said.length).toBeLessThan(400);
  });

  test.each([
    ['no reason', { ...good, reason: undefined }],
    ['an empty reason', { ...good, reason: '' }],
    ['a blank reason', { ...good, reason: ' \n' }],
  ])('%s', (_, payload) => {
    expect(refusalOf(payload)[0]).toBe('no reason');
  });

  test('fields of a prototype were not sent', () => {
    expect(refusalOf(Object.create(good))[0]).toBe('malformed');
  });

  test('and whatever else is sent, nothing throws', () => {
    const fields = fc.record(
      {
        planId: fc.anything(),
        store: fc.anything(),
        reason: fc.anything(),
        acceptUncovered: fc.anything(),
        approver: fc.anything(),
        at: fc.anything(),
        signature: fc.anything(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(
        fc.oneof(fc.anything({ withNullPrototype: true, withSparseArray: true, withTypedArray: true, withBigInt: true }), fields),
        (payload) => {
          expect(parseVote(payload)).toHaveProperty('ok');
        },
      ),
    );
  });
});

describe('every reason to refuse a vote is explained in both languages', () => {
  const reasons = Object.entries(voteRefusalWords) as [VoteRefusalReason, { en: string; zh: string }][];
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
