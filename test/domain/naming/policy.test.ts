import { describe, expect, test } from 'vitest';
import { aftermathMs } from '../../../src/domain/command.ts';
import {
  backoffBefore,
  defaultPolicy,
  gapMs,
  modeFor,
  type Policy,
  policyFaults,
  say,
  strictestMode,
} from '../../../src/domain/policy.ts';
import { MINUTE, SECOND, storeName } from '../readings.ts';

const HOUR = 60 * MINUTE;

test('the defaults hold together in production and in development', () => {
  expect(policyFaults(defaultPolicy, 'production')).toEqual([]);
  expect(policyFaults(defaultPolicy, 'development')).toEqual([]);
});

test('the defaults are those of the design, and the first of them is to observe', () => {
  expect(defaultPolicy).toMatchObject({
    mode: 'observe',
    act: [],
    everyMs: 30 * SECOND,
    confirm: { readings: 3, overMs: 90 * SECOND, patienceMs: 30 * MINUTE },
    attempts: 3,
    waitMs: 15 * SECOND,
    verify: { healthyForMs: 5 * MINUTE, withinMs: 15 * MINUTE },
    backoffMs: [2 * MINUTE, 6 * MINUTE, 12 * MINUTE],
    lineageMs: HOUR,
    sendByMs: 60 * SECOND,
    alertAfterMs: 60 * SECOND,
    hopeless: [],
    frozenAfterMs: 15 * MINUTE,
    whenExhausted: 'escalate',
    whenBlocked: 'end',
    guard: { inFlight: 2, proposals: 5, perHour: 10, perDay: 40, cooldownMs: 10 * MINUTE, openPerSweep: 20 },
  });
  expect(defaultPolicy.guard.brake).toEqual({ stores: 5, subtopics: 2, faultyShare: 0.2, unknown: 3, unknownShare: 0.5 });
  expect(aftermathMs(defaultPolicy.sendByMs, defaultPolicy.command.timeoutMs)).toBe(240 * SECOND);
});

const confirm = defaultPolicy.confirm;
const contradictions: readonly (readonly [string, string, Partial<Policy>])[] = [
  ['every below its floor of 10 s', 'every', { everyMs: 9_999 }],
  [
    'healthyFor below its floor of 3 min',
    'policy.verify.healthyFor',
    { verify: { healthyForMs: 3 * MINUTE - 1, withinMs: 15 * MINUTE } },
  ],
  ['a cool-down below its floor of 10 min', 'guard.cooldown', { guard: { ...defaultPolicy.guard, cooldownMs: 10 * MINUTE - 1 } }],
  [
    'a pause between attempts below its floor of 1 min',
    'policy.backoff[1]',
    { backoffMs: [2 * MINUTE, MINUTE - 1, 12 * MINUTE] },
  ],
  ['no pause between attempts at all', 'policy.backoff', { backoffMs: [] }],
  [
    'a within that leaves no room for healthyFor',
    'policy.verify.within',
    { verify: { healthyForMs: 5 * MINUTE, withinMs: 5 * MINUTE } },
  ],
  ['a patience that ends before over', 'policy.confirm.patience', { confirm: { ...confirm, overMs: 30 * MINUTE } }],
  ['a patience too short for the readings', 'policy.confirm.patience', { confirm: { ...confirm, readings: 61 } }],
  ['an alert later than confirm.over', 'policy.alertAfter', { alertAfterMs: 90 * SECOND + 1 }],
  ['a lineage shorter than healthyFor', 'policy.lineage', { lineageMs: 5 * MINUTE - 1 }],
  ['mode act beside a list of canaries', 'act', { mode: 'act', act: ['p_1_*'] }],
  ['a hopeless pattern that is no regular expression', 'policy.hopeless[1]', { hopeless: ['log missing', '('] }],
];

describe('a contradiction is refused with its path', () => {
  test.each(contradictions)('%s', (_, path, patch) => {
    const faults = policyFaults({ ...defaultPolicy, ...patch }, 'production');
    expect(faults.map((fault) => fault.path)).toEqual([path]);
    expect(faults[0]?.message).not.toBe('');
  });

  test('all of them at once, not only the first', () => {
    const faults = policyFaults({ ...defaultPolicy, everyMs: 1, lineageMs: 1, backoffMs: [], hopeless: ['['] }, 'production');
    expect(faults.map((fault) => fault.path).toSorted()).toEqual([
      'every',
      'policy.backoff',
      'policy.hopeless[0]',
      'policy.lineage',
    ]);
  });

  test.each<[string, Partial<Policy>]>([
    ['every at 10 s', { everyMs: 10 * SECOND }],
    ['healthyFor at 3 min', { verify: { healthyForMs: 3 * MINUTE, withinMs: 15 * MINUTE } }],
    ['a single pause of 1 min', { backoffMs: [MINUTE] }],
    ['an alert at confirm.over', { alertAfterMs: 90 * SECOND }],
    ['canaries beside observe', { mode: 'observe', act: ['p_1_*'] }],
  ])('%s stands', (_, patch) => {
    expect(policyFaults({ ...defaultPolicy, ...patch }, 'production')).toEqual([]);
  });

  test('with OMS’s own HA a fault is confirmed for 14 min, and the pauses between attempts are 10 min at least', () => {
    const faults = policyFaults({ ...defaultPolicy, ha: true }, 'production');
    expect(faults.map((fault) => fault.path)).toEqual(['policy.confirm.over', 'policy.backoff[0]', 'policy.backoff[1]']);
    const settled = {
      ...defaultPolicy,
      ha: true,
      backoffMs: [10 * MINUTE],
      confirm: { ...defaultPolicy.confirm, overMs: 14 * MINUTE },
    };
    expect(policyFaults(settled, 'production')).toEqual([]);
  });

  test('development lowers the floors to seconds, and no further', () => {
    const quick: Policy = {
      ...defaultPolicy,
      everyMs: SECOND,
      confirm: { readings: 2, overMs: SECOND, patienceMs: MINUTE },
      alertAfterMs: SECOND,
      verify: { healthyForMs: SECOND, withinMs: 5 * SECOND },
      backoffMs: [0],
      guard: { ...defaultPolicy.guard, cooldownMs: 0 },
    };
    expect(policyFaults(quick, 'development')).toEqual([]);
    expect(policyFaults({ ...quick, everyMs: 999 }, 'development').map((fault) => fault.path)).toEqual(['every']);
    expect(policyFaults(quick, 'production').map((fault) => fault.path)).toEqual(
      expect.arrayContaining(['every', 'policy.verify.healthyFor', 'guard.cooldown', 'policy.backoff[0]']),
    );
  });
});

test('a canary acts while its cluster observes; its pattern must match the whole subtopic', () => {
  const policy = { mode: 'observe', act: ['p_4223_*', 'exact', 'a.c'] } as const;
  const modeOf = (subtopic: string): string => modeFor(policy, storeName(`10.0.0.7-7100:${subtopic}:0000000007`));
  expect([modeOf('p_4223_source-000-0'), modeOf('exact'), modeOf('a.c')]).toEqual(['act', 'act', 'act']);
  expect([modeOf('xp_4223_source'), modeOf('p_4223'), modeOf('exactly'), modeOf('abc')]).toEqual([
    'observe',
    'observe',
    'observe',
    'observe',
  ]);
});

test('of several views of the mode the strictest counts, and without any it observes', () => {
  expect(strictestMode(['act', 'ask', 'act'])).toBe('ask');
  expect(strictestMode(['act', 'observe', 'ask'])).toBe('observe');
  expect(strictestMode(['act'])).toBe('act');
  expect(strictestMode([])).toBe('observe');
});

test('the last pause listed holds for all attempts that follow', () => {
  expect([0, 1, 2, 3, 4, 99].map((made) => backoffBefore(defaultPolicy, made))).toEqual(
    [2, 2, 6, 12, 12, 12].map((minutes) => minutes * MINUTE),
  );
});

test('a gap is three intervals without a sweep, and a minute at least', () => {
  expect([gapMs(10 * SECOND), gapMs(20 * SECOND), gapMs(30 * SECOND)]).toEqual([MINUTE, MINUTE, 90 * SECOND]);
});

test.each([
  [0, '0s'],
  [250, '250ms'],
  [90_000, '90s'],
  [300_000, '5m'],
  [3_600_000, '1h'],
  [5_400_000, '90m'],
])('%i ms is said as %s', (ms, text) => {
  expect(say(ms)).toBe(text);
});
