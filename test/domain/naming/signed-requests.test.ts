/** What a destroy is started with, and who says that they ordered it or a heal. */
import { describe, expect, test } from 'vitest';
import {
  DESTROY_EXAMPLE,
  HEAL_ORDER_EXAMPLE,
  ORDER_EXAMPLE,
  parseDestroyRequest,
  parseHealRequest,
  parseOrder,
} from '../../../src/domain/requests.ts';
import { STORE } from '../readings.ts';

const heal = { cluster: 'hangzhou-1', store: STORE };
const ordered = { ...heal, reason: 'the reader is stuck' };
const destroy = { ...heal, reason: 'replaced by a newer Store' };
const proof = { orderer: 'alice', at: '2026-01-05T03:00:00Z', signature: `${'A'.repeat(86)}==` };

test('a destroy is a person’s order: it names one Store and says why, in the words that were signed', () => {
  expect(parseDestroyRequest(destroy)).toEqual({ ok: true, value: destroy });
  expect(parseDestroyRequest({ ...destroy, reason: '  replaced ' })).toEqual({
    ok: true,
    value: { ...heal, reason: 'replaced' },
  });
  expect(parseDestroyRequest({ ...destroy, ...proof })).toEqual({ ok: true, value: { ...destroy, ...proof } });
});

test('an order keeps who gave it, when, and their signature, and nothing of what was left out', () => {
  const { reason } = destroy;
  const order = { reason, override: [], restartHealthy: false };
  expect(parseOrder({ reason, ...proof })).toEqual({ ok: true, value: { ...order, ...proof } });
  expect(parseHealRequest({ ...heal, reason, ...proof })).toEqual({
    ok: true,
    value: { ...heal, order: { ...order, ...proof } },
  });
  for (const some of [{ orderer: 'alice' }, { at: proof.at }, { orderer: '张伟', at: '2026-01-05T03:00:00.123Z' }]) {
    expect(parseOrder({ reason, ...some })).toEqual({ ok: true, value: { ...order, ...some } });
    expect(parseDestroyRequest({ ...destroy, ...some })).toEqual({ ok: true, value: { ...destroy, ...some } });
  }
  const unset = { ...destroy, orderer: undefined, at: undefined, signature: undefined };
  expect(Object.keys((parseDestroyRequest(unset) as { value: object }).value)).toEqual(['cluster', 'store', 'reason']);
});

describe('a signature without what it is over, or a name or time that is none, is refused in every order', () => {
  const bad: readonly (readonly [object, string])[] = [
    [{ signature: proof.signature }, 'a signature needs "orderer" and "at" beside it'],
    [{ signature: proof.signature, at: proof.at }, 'a signature needs "orderer" and "at" beside it'],
    [{ signature: proof.signature, orderer: 'alice' }, 'a signature needs "orderer" and "at" beside it'],
    [{ ...proof, signature: 7 }, '"signature" must be a short text'],
    [{ ...proof, signature: '' }, '"signature" must be a short text'],
    [{ ...proof, signature: 'A'.repeat(201) }, '"signature" must be a short text'],
    [{ ...proof, signature: null }, '"signature" must be a short text'],
    [{ orderer: ['alice'] }, '"orderer" must be a short text'],
    [{ orderer: ' ' }, '"orderer" must be a short text'],
    [{ orderer: null }, '"orderer" must be a short text'],
    [{ orderer: { toString: 'alice' } }, '"orderer" must be a short text'],
    [{ orderer: 'x'.repeat(201) }, '"orderer" must be a short text'],
    [{ at: Date.parse(proof.at) }, '"at" must be a short text'],
    [{ at: 'yesterday' }, '"at" must be a time'],
    [{ at: '2026-01-05' }, '"at" must be a time'],
    [{ at: '2026-01-05 03:00:00Z' }, '"at" must be a time'],
    // Another time on each worker, by the zone of its machine.
    [{ at: '2026-01-05T03:00:00' }, '"at" must be a time'],
    [{ at: '2026-01-05T03:00:00+08:00' }, '"at" must be a time'],
    [{ at: '2026-13-05T03:00:00Z' }, '"at" must be a time'],
    [{ ...proof, approver: 'alice' }, 'unknown field "approver"'],
    [{ ...proof, key: 'ed25519:x' }, 'unknown field "key"'],
  ];
  test.each(bad)('%j', (wrong, fault) => {
    for (const [parsed, example] of [
      [parseDestroyRequest({ ...destroy, ...wrong }), DESTROY_EXAMPLE],
      [parseOrder({ reason: 'stuck', ...wrong }), ORDER_EXAMPLE],
      [parseHealRequest({ ...ordered, ...wrong }), HEAL_ORDER_EXAMPLE],
    ] as const) {
      if (parsed.ok) expect.unreachable('accepted');
      expect(parsed.error).toContain(fault);
      // A field that is unknown is complained about beside the plainest example of that input.
      if (!fault.startsWith('unknown')) expect(parsed.error.startsWith(`Give one JSON object such as ${example}.`)).toBe(true);
    }
  });

  test('a name or a signature alone does not make a heal an order: it must say why', () => {
    for (const some of [{ orderer: 'alice' }, { at: proof.at }, proof])
      expect(parseHealRequest({ ...heal, ...some })).toMatchObject({
        ok: false,
        error: expect.stringContaining('an order without a reason'),
      });
  });
});

describe('every bad start of a destroy begins with a right example and names the fault', () => {
  const bad: readonly (readonly [unknown, string])[] = [
    [undefined, 'no input'],
    [null, 'not an object'],
    [STORE, 'not an object'],
    [[destroy], 'not an object'],
    [{}, "a cluster's name"],
    [{ ...destroy, cluster: '' }, "a cluster's name"],
    [{ ...destroy, store: '' }, 'the Store name is empty'],
    [{ ...destroy, store: '*' }, 'wildcard'],
    [{ ...destroy, store: undefined }, 'must be one string'],
    [{ ...destroy, store: [STORE] }, 'not a list'],
    [{ ...destroy, store: `${STORE},${STORE}` }, 'comma'],
    [{ ...destroy, store: `${STORE}\n` }, 'blank'],
    [{ ...destroy, store: `${STORE}0` }, 'seq of ten digits'],
    [heal, 'an order without a reason'],
    [{ ...destroy, reason: ' ' }, 'an order without a reason'],
    [{ ...destroy, reason: ['x'] }, 'an order without a reason'],
    [{ ...destroy, reason: 'x'.repeat(501) }, '501 characters'],
    [{ ...destroy, override: ['mode'] }, 'unknown field "override"'],
    [{ ...destroy, acceptUncovered: true }, 'unknown field "acceptUncovered"'],
    [{ ...destroy, force: true }, 'unknown field "force"'],
    [JSON.parse(JSON.stringify(destroy).replace('{', '{"__proto__": {"orderer": "alice"}, ')), 'unknown field "__proto__"'],
    [JSON.parse(`{"__proto__": ${JSON.stringify(destroy)}}`), "a cluster's name"],
  ];
  test.each(bad)('%j', (input, fault) => {
    const parsed = parseDestroyRequest(input);
    if (parsed.ok) expect.unreachable('accepted');
    expect(parsed.error.startsWith(`Give one JSON object such as ${DESTROY_EXAMPLE}.`)).toBe(true);
    expect(parsed.error).toContain(fault);
  });
});
