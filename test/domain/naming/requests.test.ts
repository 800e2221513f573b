import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  CLUSTER_EXAMPLE,
  DESTROY_EXAMPLE,
  HEAL_EXAMPLE,
  HEAL_ORDER_EXAMPLE,
  ORDER_EXAMPLE,
  parseClusterRequest,
  parseDestroyRequest,
  parseHealRequest,
  parseOrder,
  parseResume,
  PAUSE_EXAMPLE,
  readPause,
  RESUME_EXAMPLE,
} from '../../../src/domain/requests.ts';
import { STORE } from '../readings.ts';

const heal = { cluster: 'hangzhou-1', store: STORE };
const ordered = { ...heal, reason: 'the reader is stuck' };

test('every example is itself accepted: it can be pasted as it stands', () => {
  expect(parseClusterRequest(JSON.parse(CLUSTER_EXAMPLE)).ok).toBe(true);
  expect(parseHealRequest(JSON.parse(HEAL_EXAMPLE))).toMatchObject({ ok: true, value: { order: null } });
  expect(parseHealRequest(JSON.parse(HEAL_ORDER_EXAMPLE))).toMatchObject({ ok: true, value: { order: { override: [] } } });
  expect(parseOrder(JSON.parse(ORDER_EXAMPLE)).ok).toBe(true);
  expect(parseDestroyRequest(JSON.parse(DESTROY_EXAMPLE)).ok).toBe(true);
  expect(parseResume(JSON.parse(RESUME_EXAMPLE)).ok).toBe(true);
  expect(readPause(JSON.parse(PAUSE_EXAMPLE))).toEqual({ by: 'alice', reason: 'OMS upgrade', minutes: 60 });
});

test('a start without a reason is a request like the sweep’s; with one it is an order', () => {
  expect(parseHealRequest(heal)).toEqual({ ok: true, value: { ...heal, order: null } });
  expect(parseHealRequest({ ...ordered, reason: '  stuck ', override: ['mode', 'cooldown'], restartHealthy: true })).toEqual({
    ok: true,
    value: { ...heal, order: { reason: 'stuck', override: ['mode', 'cooldown'], restartHealthy: true } },
  });
});

describe('every bad start of a heal begins with a right example and names the fault', () => {
  const bad: readonly (readonly [unknown, string, string])[] = [
    [undefined, HEAL_EXAMPLE, 'no input'],
    [null, HEAL_EXAMPLE, 'not an object'],
    [STORE, HEAL_EXAMPLE, 'not an object'],
    [[heal], HEAL_EXAMPLE, 'not an object'],
    [{}, HEAL_EXAMPLE, "a cluster's name"],
    [{ store: STORE }, HEAL_EXAMPLE, "a cluster's name"],
    [{ cluster: ['hangzhou-1'], store: STORE }, HEAL_EXAMPLE, 'not a list'],
    [{ cluster: 'hangzhou-1' }, HEAL_EXAMPLE, 'a Store name must be one string'],
    [{ cluster: 'hangzhou-1', store: '*' }, HEAL_EXAMPLE, 'wildcard'],
    [{ cluster: 'hangzhou-1', store: [STORE] }, HEAL_EXAMPLE, 'not a list'],
    [{ ...heal, force: true }, HEAL_EXAMPLE, 'unknown field "force"'],
    [
      JSON.parse(`{"cluster": "hangzhou-1", "store": "${STORE}", "__proto__": {"reason": "x"}}`),
      HEAL_EXAMPLE,
      'unknown field "__proto__"',
    ],
    [JSON.parse(`{"cluster": "hangzhou-1", "store": "${STORE}", "constructor": 1}`), HEAL_EXAMPLE, 'unknown field "constructor"'],
    [{ ...heal, override: ['mode'] }, HEAL_ORDER_EXAMPLE, 'an order without a reason'],
    [{ ...heal, restartHealthy: true }, HEAL_ORDER_EXAMPLE, 'an order without a reason'],
    [{ ...heal, reason: '  ' }, HEAL_ORDER_EXAMPLE, 'an order without a reason'],
    [{ ...heal, reason: ['x'] }, HEAL_ORDER_EXAMPLE, 'an order without a reason'],
    [{ ...heal, reason: undefined }, HEAL_ORDER_EXAMPLE, 'an order without a reason'],
    [{ ...heal, reason: 'x'.repeat(501) }, HEAL_ORDER_EXAMPLE, '501 characters'],
    [{ ...ordered, override: 'mode' }, HEAL_ORDER_EXAMPLE, '"override" must be a list'],
    [{ ...ordered, override: ['lease'] }, HEAL_ORDER_EXAMPLE, 'cannot be passed'],
    [{ ...ordered, override: ['__proto__'] }, HEAL_ORDER_EXAMPLE, 'cannot be passed'],
    [{ ...ordered, override: [['mode']] }, HEAL_ORDER_EXAMPLE, 'cannot be passed'],
    [{ ...ordered, override: [undefined] }, HEAL_ORDER_EXAMPLE, 'cannot be passed'],
    [{ ...ordered, restartHealthy: 'yes' }, HEAL_ORDER_EXAMPLE, 'true or false'],
  ];
  test.each(bad)('%j', (input, example, fault) => {
    const parsed = parseHealRequest(input);
    if (parsed.ok) expect.unreachable('accepted');
    expect(parsed.error.startsWith(`Give one JSON object such as ${example}.`)).toBe(true);
    expect(parsed.error).toContain(fault);
  });
});

test.each(['pause', 'lease', 'hold', 'quarantine', 'unknown', 'debt'])('an order cannot pass a %s', (name) => {
  expect(parseOrder({ reason: 'x', override: [name] })).toMatchObject({ ok: false });
});

test.each([
  [undefined, 'no input'],
  ['x', 'not an object'],
  [[], 'not an object'],
  [{}, 'an order without a reason'],
  [{ reason: 'x', store: STORE }, 'unknown field "store"'],
  [{ reason: 'x', override: { mode: true } }, 'must be a list'],
])('a bad order by signal begins with the example of an order: %j', (input, fault) => {
  const parsed = parseOrder(input);
  if (parsed.ok) expect.unreachable('accepted');
  expect(parsed.error.startsWith(`Give one JSON object such as ${ORDER_EXAMPLE}.`)).toBe(true);
  expect(parsed.error).toContain(fault);
});

test.each([
  [undefined, 'no input'],
  [[], 'not an object'],
  ['hangzhou-1', 'not an object'],
  [{}, "a cluster's name"],
  [{ cluster: 'a b' }, "a cluster's name"],
  [{ cluster: 'hangzhou-1', beginning: 'x' }, 'unknown field "beginning"'],
  [JSON.parse('{"cluster": "hangzhou-1", "__proto__": 1}'), 'unknown field "__proto__"'],
])('a bad input that names a cluster begins with an example: %j', (input, fault) => {
  const parsed = parseClusterRequest(input);
  if (parsed.ok) expect.unreachable('accepted');
  expect(parsed.error.startsWith(`Give one JSON object such as ${CLUSTER_EXAMPLE}.`)).toBe(true);
  expect(parsed.error).toContain(fault);
});

test('a field that its caller knows may stand beside the cluster', () => {
  expect(parseClusterRequest({ cluster: 'hangzhou-1', beginning: 'x' }, ['beginning'])).toEqual({
    ok: true,
    value: { cluster: 'hangzhou-1' },
  });
});

describe('a pause is taken however badly it is written', () => {
  const open = { by: 'somebody (unnamed)', reason: 'no reason given', minutes: null };
  test.each([
    undefined,
    null,
    'stop!',
    7,
    [],
    ['alice'],
    {},
    { by: 7, reason: [], minutes: '60' },
    { by: ' ', reason: '', minutes: -1 },
  ])('%j', (input) => {
    expect(readPause(input)).toEqual(open);
  });
  test.each([0, -5, Number.NaN, Number.POSITIVE_INFINITY, 1e15, 1e300, '60', null])(
    'minutes: %s is a pause without an end',
    (minutes) => {
      expect(readPause({ by: 'alice', minutes }).minutes).toBeNull();
    },
  );
  test('the end of the longest pause can still be shown as a date', () => {
    const { minutes } = readPause({ by: 'alice', minutes: 366 * 24 * 60 });
    expect(new Date(Date.UTC(2026, 0, 1) + (minutes ?? Number.NaN) * 60_000).toISOString()).toBe('2027-01-02T00:00:00.000Z');
  });
  test('long names and reasons are cut', () => {
    expect(readPause({ by: 'x'.repeat(5_000), reason: 'y'.repeat(5_000) })).toEqual({
      by: 'x'.repeat(200),
      reason: 'y'.repeat(200),
      minutes: null,
    });
  });
});

test('a resume says who, and may name whose pauses end', () => {
  expect(parseResume({ by: ' alice ' })).toEqual({ ok: true, value: { by: 'alice', of: [] } });
  expect(parseResume({ by: 'alice', of: '*' })).toEqual({ ok: true, value: { by: 'alice', of: ['*'] } });
  expect(parseResume({ by: 'alice', of: ['bob', 'carol'] })).toEqual({ ok: true, value: { by: 'alice', of: ['bob', 'carol'] } });
});

test.each([
  undefined,
  null,
  [],
  'alice',
  {},
  { by: '' },
  { by: ['alice'] },
  { of: '*' },
  { by: 'alice', of: [7] },
  { by: 'alice', of: {} },
])('a resume that does not say who, or of whom, is refused with an example: %j', (input) => {
  const parsed = parseResume(input);
  if (parsed.ok) expect.unreachable('accepted');
  expect(parsed.error.startsWith(`Give one JSON object such as ${RESUME_EXAMPLE}.`)).toBe(true);
});

test('nothing that can be sent as JSON makes a parser throw, and each refusal begins with an example', () => {
  const parsers = [parseHealRequest, parseOrder, parseDestroyRequest, parseClusterRequest, parseResume];
  const field = fc.oneof(fc.jsonValue(), fc.constantFrom(STORE, 'hangzhou-1', 'mode', ['mode'], true));
  const fields = fc.dictionary(
    fc.constantFrom(
      'cluster',
      'store',
      'reason',
      'override',
      'restartHealthy',
      'orderer',
      'at',
      'signature',
      'by',
      'of',
      '__proto__',
      'x',
    ),
    field,
  );
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), fields), (input) => {
      expect(typeof readPause(input).by).toBe('string');
      for (const parse of parsers) {
        const parsed = parse(input);
        if (!parsed.ok) expect(parsed.error).toMatch(/^Give one JSON object such as \{"[a-z]+": .*\}\. What came: /s);
      }
    }),
    { numRuns: 500 },
  );
});
