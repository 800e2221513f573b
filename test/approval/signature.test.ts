import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { digestOf, planDigest } from '../../src/approval/digest.ts';
import {
  ORDER_FRESH_MS,
  signOrder,
  signVote,
  verifyOrder,
  verifyVote,
  type OrderStatement,
  type VoteStatement,
} from '../../src/approval/signature.ts';
import { SIBLING, planOf } from '../domain/approval/ballots.ts';
import { STORE } from '../domain/readings.ts';
import { ALICE_KEY, ALICE_PRIVATE, BOB_KEY, publicKeyFrom } from './fixed-keys.ts';

const alice = publicKeyFrom(ALICE_KEY);
const AT = '2026-01-05T03:00:00Z';
const vote: VoteStatement = {
  planDigest: 'd'.repeat(64),
  verdict: 'approve',
  approver: 'alice',
  store: STORE,
  acceptUncovered: true,
  reason: 'replaced by 0000000008, 已确认',
  at: AT,
};
const order: OrderStatement = {
  action: 'destroy',
  cluster: 'site-1',
  store: STORE,
  reason: 'replaced',
  override: [],
  restartHealthy: false,
  orderer: 'alice',
  at: AT,
};
const takenMs = Date.parse(AT);

describe('a signed vote', () => {
  test('of known words by a known key is this, byte for byte', () => {
    expect(signVote(vote, ALICE_PRIVATE)).toBe(
      'HPJ+hYiq1ftdbRjQbu1vh/Ml71zyhSiNvFn/6G9ZJVwB/mqZbTeo93E8SJ3jDUNoeMuMnRO3eAwbrKQPupSKDA==',
    );
  });

  test('holds for its key alone', () => {
    const signature = signVote(vote, ALICE_PRIVATE);
    expect(verifyVote(vote, signature, alice)).toBe(true);
    expect(verifyVote(vote, signature, publicKeyFrom(BOB_KEY))).toBe(false);
  });

  test.each<[keyof VoteStatement, unknown]>([
    ['planDigest', planDigest(planOf())],
    ['verdict', 'reject'],
    ['approver', 'bob'],
    ['store', SIBLING],
    ['acceptUncovered', false],
    ['reason', 'replaced by 0000000008, 已确认 '],
    ['at', '2026-01-05T03:00:01Z'],
  ])('does not hold with another %s', (field, value) => {
    const signature = signVote(vote, ALICE_PRIVATE);
    expect(verifyVote({ ...vote, [field]: value }, signature, alice)).toBe(false);
  });

  test('holds however its approver is composed, and whatever else came beside it', () => {
    const signature = signVote({ ...vote, approver: 'José'.normalize('NFD') }, ALICE_PRIVATE);
    expect(verifyVote({ ...vote, approver: 'José'.normalize('NFC') }, signature, alice)).toBe(true);
    const further = { ...vote, signature: 'x' };
    expect(verifyVote(further, signVote(vote, ALICE_PRIVATE), alice)).toBe(true);
  });

  test('does not hold when one bit of it is another', () => {
    const bytes = Buffer.from(signVote(vote, ALICE_PRIVATE), 'base64');
    for (let index = 0; index < bytes.length; index += 1) {
      const turned = Buffer.from(bytes);
      turned[index] = (turned[index] ?? 0) ^ 1;
      expect(verifyVote(vote, turned.toString('base64'), alice), `byte ${index}`).toBe(false);
    }
  });

  test('has one spelling: what decodes to the same bytes is not the same signature', () => {
    const signature = signVote(vote, ALICE_PRIVATE);
    for (const other of [
      signature.replace('==', ''),
      ` ${signature}`,
      `${signature}\n`,
      signature.replaceAll('+', '-').replaceAll('/', '_').replace('==', ''),
    ]) {
      expect(verifyVote(vote, other, alice), other).toBe(false);
    }
  });

  test.each(['', 'x', 'A'.repeat(88), `${'A'.repeat(86)}==`, '\ud800'])('%j is no signature, and nothing throws', (signature) => {
    expect(verifyVote(vote, signature, alice)).toBe(false);
  });

  test('of words that have no canonical JSON does not hold, and is not made', () => {
    const broken = { ...vote, reason: '\ud800' };
    expect(verifyVote(broken, signVote(vote, ALICE_PRIVATE), alice)).toBe(false);
    expect(() => signVote(broken, ALICE_PRIVATE)).toThrow('lone surrogate');
  });

  test('is neither made nor verified with a key of another kind', () => {
    const ed448 = generateKeyPairSync('ed448');
    expect(() => signVote(vote, ed448.privateKey)).toThrow('Ed25519');
    expect(verifyVote(vote, signVote(vote, ALICE_PRIVATE), ed448.publicKey)).toBe(false);
  });
});

describe('a signed order', () => {
  const signature = signOrder(order, ALICE_PRIVATE);

  test('of known words by a known key is this, byte for byte', () => {
    expect(signature).toBe('VD1ZQ68Fxv84X5IfzJkSQPG45kRgiUjUA1kxl2pY4CKEvkjdBqEQmPwm9kHxJs7mfeMa1hZ38aJyayKihKIOBA==');
  });

  test('holds for what it says, while it is fresh', () => {
    for (const offsetMs of [0, ORDER_FRESH_MS, -ORDER_FRESH_MS]) {
      expect(verifyOrder(order, signature, alice, takenMs + offsetMs)).toEqual({ ok: true, value: order });
    }
  });

  test.each([ORDER_FRESH_MS + 1, -ORDER_FRESH_MS - 1, Infinity, Number.NaN])(
    'is stale when sent %d ms after it was signed',
    (offsetMs) => {
      const verified = verifyOrder(order, signature, alice, takenMs + offsetMs);
      expect(verified).toEqual({ ok: false, error: expect.stringContaining('give it anew') as string });
    },
  );

  test.each<[keyof OrderStatement, unknown]>([
    ['action', 'heal'],
    ['cluster', 'site-2'],
    ['store', SIBLING],
    ['reason', 'other'],
    ['override', ['mode']],
    ['restartHealthy', true],
    ['orderer', 'bob'],
    ['at', '2026-01-05T03:00:01Z'],
  ])('does not hold with another %s', (field, value) => {
    expect(verifyOrder({ ...order, [field]: value }, signature, alice, takenMs).ok).toBe(false);
  });

  test('is not a vote, nor a vote an order: their purposes differ', () => {
    expect(digestOf('vote', order)).not.toBe(digestOf('order', order));
  });
});
