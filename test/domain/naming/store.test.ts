import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  parseClusterName,
  parseStoreName,
  sameStoreButForPort,
  STORE_NAME_EXAMPLE,
  type StoreName,
  storeNameParts,
  subtopicOf,
} from '../../../src/domain/store.ts';
import { storeName } from '../readings.ts';

const documented = [
  ['10.0.0.7-7100:p_4223_source-000-0:0000000007', '10.0.0.7', 7100, 'p_4223_source-000-0', '0000000007'],
  [
    '10.0.16.126-7100:ORACLE_np_56el1g1jvrs0_56el4eyvwvxc-1-0:0000000001',
    '10.0.16.126',
    7100,
    'ORACLE_np_56el1g1jvrs0_56el4eyvwvxc-1-0',
    '0000000001',
  ],
  ['oms-host-2.example-7104:OB_ORACLE_np_x-1-0:0001000001', 'oms-host-2.example', 7104, 'OB_ORACLE_np_x-1-0', '0001000001'],
] as const;

test.each(documented)('%s is taken apart into host, port, subtopic and seq', (text, host, port, subtopic, seq) => {
  expect(storeNameParts(storeName(text))).toEqual({ host, port, subtopic, seq });
  expect(subtopicOf(storeName(text))).toBe(subtopic);
});

describe('what is not one full name is refused with what is wrong and an example', () => {
  const bad: readonly (readonly [unknown, string])[] = [
    [undefined, 'not undefined'],
    [null, 'not null'],
    [7, 'not number'],
    [{}, 'not object'],
    [[], 'not a list'],
    [[STORE_NAME_EXAMPLE], 'not a list'],
    [{ toString: () => STORE_NAME_EXAMPLE }, 'not object'],
    ['', 'is empty'],
    [' \t', 'is empty'],
    ['*', 'wildcard'],
    ['10.0.0.7-7100:p_4223_*:0000000007', 'wildcard'],
    ['10.0.0.?-7100:p:0000000007', 'wildcard'],
    ['10.0.0.7-7100:p%:0000000007', 'wildcard'],
    [`${STORE_NAME_EXAMPLE},${STORE_NAME_EXAMPLE}`, 'comma'],
    [`${STORE_NAME_EXAMPLE};${STORE_NAME_EXAMPLE}`, 'semicolon'],
    [`${STORE_NAME_EXAMPLE}\n`, 'blank'],
    [` ${STORE_NAME_EXAMPLE}`, 'blank'],
    [`${STORE_NAME_EXAMPLE}\u00a0`, 'blank'],
    [`${STORE_NAME_EXAMPLE}\u0000`, 'is not {host}'],
    [`${STORE_NAME_EXAMPLE}.tmp`, 'is not {host}'],
    [`${STORE_NAME_EXAMPLE}&crawler=x`, 'is not {host}'],
    ['10.0.0.7-7100:p_4223_source-000-0', 'is not {host}'],
    ['10.0.0.7:p_4223_source-000-0:0000000007', 'is not {host}'],
    ['10.0.0.7-7100::0000000007', 'is not {host}'],
    ['-7100:p:0000000007', 'is not {host}'],
    ['10.0.0.7-7100:p:7', 'is not {host}'],
    ['10.0.0.7-7100:p:00000000070', 'is not {host}'],
    ['10.0.0.7-7100:p.0000000007', 'is not {host}'],
    ['10.0.0.7-7100:p:a:0000000007', 'is not {host}'],
    ['10.0.0.7-71００:p:0000000007', 'is not {host}'],
    ['10.0.0.7-0:p:0000000007', 'ports go from 1 to 65535'],
    ['10.0.0.7-65536:p:0000000007', 'ports go from 1 to 65535'],
    [`10.0.0.7-7100:${'p'.repeat(200)}:0000000007`, 'at most 180'],
  ];
  test.each(bad)('%j', (text, fault) => {
    const parsed = parseStoreName(text);
    expect(parsed.ok).toBe(false);
    if (parsed.ok) return;
    expect(parsed.error).toContain(fault);
    expect(parsed.error).toContain(STORE_NAME_EXAMPLE);
    expect(parsed.error.length).toBeLessThan(400);
  });
});

const word = fc.stringMatching(/^[A-Za-z0-9_.-]{0,12}$/);
const nearlyAName = fc
  .tuple(
    fc.oneof(word, fc.constantFrom('10.0.0.7', 'a-b', '*', '')),
    fc.oneof(fc.integer({ min: -1, max: 70_000 }).map(String), fc.constantFrom('', '007100', '71x')),
    fc.oneof(word, fc.constantFrom('p_1', 'p:1', 'p 1', 'p*', 'p,q')),
    fc.oneof(fc.stringMatching(/^\d{8,12}$/), fc.constantFrom('0000000007', '0000000007\n', '0000000007.tmp')),
    fc.constantFrom('', '', '', ' ', ',', '\n'),
  )
  .map(([host, port, subtopic, seq, tail]) => `${host}-${port}:${subtopic}:${seq}${tail}`);

test('exactly the names that can be taken apart are accepted, and their parts make the name again', () => {
  let accepted = 0;
  fc.assert(
    fc.property(fc.oneof({ weight: 6, arbitrary: nearlyAName }, fc.string(), fc.constant(STORE_NAME_EXAMPLE)), (text) => {
      const parsed = parseStoreName(text);
      if (!parsed.ok) {
        expect(() => storeNameParts(text as StoreName)).toThrow('not a Store name');
        return;
      }
      accepted += 1;
      const { host, port, subtopic, seq } = storeNameParts(parsed.value);
      const [, portText = ''] = /-(\d+):/.exec(text) ?? [];
      expect(`${host}-${portText}:${subtopic}:${seq}`).toBe(text);
      expect(port).toBe(Number(portText));
      expect([port >= 1, port <= 65_535, text.length <= 180]).toEqual([true, true, true]);
      expect(text).not.toMatch(/[\s,;*?%]/);
    }),
    { numRuns: 2_000 },
  );
  expect(accepted).toBeGreaterThan(100);
});

test('an answer under another port is about the same Store; any other difference is not', () => {
  const asked = storeName('10.0.0.7-7100:p_1:0000000007');
  expect(sameStoreButForPort(asked, storeName('10.0.0.7-7104:p_1:0000000007'))).toBe(true);
  expect(sameStoreButForPort(asked, storeName('10.0.0.8-7100:p_1:0000000007'))).toBe(false);
  expect(sameStoreButForPort(asked, storeName('10.0.0.7-7100:p_2:0000000007'))).toBe(false);
  expect(sameStoreButForPort(asked, storeName('10.0.0.7-7100:p_1:0001000001'))).toBe(false);
});

test.each(['hangzhou-1', 'a', 'A.b_c-1', 'x'.repeat(40)])('%s is a name for a cluster', (text) => {
  expect(parseClusterName(text)).toEqual({ ok: true, value: text });
});

test.each([undefined, null, 7, [], {}, '', ' ', '-a', '.a', 'a b', 'a:b', 'a/b', 'ä', 'a\n', 'x'.repeat(41), ['a']])(
  '%j is none, and the refusal shows one',
  (text) => {
    expect(parseClusterName(text)).toMatchObject({ ok: false, error: expect.stringContaining('hangzhou-1') });
  },
);
