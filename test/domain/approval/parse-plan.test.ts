import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sealed, holdsSeal } from '../../../src/approval/seal.ts';
import { defaultApproval, rulesFor } from '../../../src/domain/approval/approval-policy.ts';
import { parsePlan, parseRules } from '../../../src/domain/approval/parse-plan.ts';
import { makePlan, makeRestartPlan, type Plan } from '../../../src/domain/approval/plan.ts';
import { anyFaulty, anyHealthy, anyUnknown, healthy, STORE, T0 } from '../readings.ts';
import { dead, frame, NEWEST_S, OLDEST_S, OTHER_SIBLING, planOf, rules, SIBLING } from './ballots.ts';

const siblings = [healthy(T0, { store: SIBLING, oldestS: OLDEST_S, newestS: NEWEST_S }), dead({ store: OTHER_SIBLING })];
const destroy = sealed(planOf({}, { reading: dead(), siblings }));
const { siblings: _siblings, coverage: _coverage, ...rest } = destroy;
const restart: Plan = sealed({ ...rest, action: 'restart' });

const overJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value)) as unknown;

describe('a plan comes back from a history as it went in', () => {
  test('of a destroy and of a restart', () => {
    for (const plan of [destroy, restart]) expect(parsePlan(overJson(plan))).toEqual({ ok: true, value: plan });
  });

  test('whatever it was made on, and its seal holds', () => {
    const looks = fc.array(fc.oneof(anyFaulty, anyHealthy, anyUnknown), { maxLength: 4 });
    const world = fc.record({
      own: anyFaulty,
      others: looks,
      number: fc.integer({ min: 1, max: 99 }),
      cm: fc.webUrl(),
      message: fc.string({ unit: 'grapheme', maxLength: 4_000 }),
    });
    fc.assert(
      fc.property(world, ({ own, others, number, cm, message }) => {
        const reading = { ...own(T0), message };
        const { store } = reading;
        const seenOthers = others.map((glimpse, index) => ({
          ...glimpse(T0),
          store: [SIBLING, OTHER_SIBLING][index % 2] ?? SIBLING,
        }));
        const planned = [
          makePlan(frame({ store, number, cm }), { reading, siblings: seenOthers }),
          makeRestartPlan(frame({ store, number, cm }), reading),
        ];
        for (const made of planned) {
          if (made.kind !== 'planned') expect.unreachable(made.kind);
          const plan = sealed<Plan>(made.plan);
          const parsed = parsePlan(overJson(plan));
          expect(parsed).toEqual({ ok: true, value: plan });
          expect(parsed.ok && holdsSeal(parsed.value)).toBe(true);
        }
      }),
      { numRuns: 200 },
    );
  });
});

/** The plan with one value in it put in the place of another. */
function withAt(plan: unknown, path: readonly string[], value: unknown): unknown {
  const [name, ...further] = path;
  if (name === undefined) return value;
  const fields = plan as Readonly<Record<string, unknown>>;
  const changed = withAt(fields[name], further, value);
  if (Array.isArray(plan)) return (plan as unknown[]).with(Number(name), changed);
  return { ...fields, [name]: changed };
}

function pathsOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [
    ...(path.length > 0 ? [path] : []),
    ...Object.entries(value).flatMap(([name, field]) => pathsOf(field, [...path, name])),
  ];
}

describe('every field of another kind is refused', () => {
  const cases = [destroy, restart].flatMap((plan) =>
    pathsOf(plan).map((path) => [plan.action, path.join('.'), plan, path] as const),
  );
  test.each(cases)('in a %s: %s', (_, __, plan, path) => {
    const wrong = [undefined, true, [[]], { strange: 1 }, Number.NaN, Number.POSITIVE_INFINITY];
    for (const value of wrong) expect(parsePlan(withAt(plan, path, value)), JSON.stringify(value)).toMatchObject({ ok: false });
    const { [path.at(-1) ?? '']: __left, ...less } = path
      .slice(0, -1)
      .reduce<Record<string, unknown>>(
        (fields, name) => fields[name] as Record<string, unknown>,
        plan as unknown as Record<string, unknown>,
      );
    // Of a list, leaving one out makes another list, which is for the seal to notice.
    if (!/^\d+$/.test(path.at(-1) ?? '')) expect(parsePlan(withAt(plan, path.slice(0, -1), less))).toMatchObject({ ok: false });
  });

  test.each<[string, object]>([
    ['a field more', { more: 1 }],
    ['a field more that is not set', { more: undefined }],
    ['another action', { action: 'stop' }],
    ['no action', { action: undefined }],
    ['the action of a list', { action: ['destroy'] }],
    ['a Store with a wildcard', { store: '*' }],
    ['a Store with a blank', { store: `${STORE} ` }],
    ['an empty Store', { store: '' }],
    ['a sibling that is no Store', { siblings: [{ store: 'x', health: 'healthy', span: null }] }],
    ['a sibling of strange health', { siblings: [{ store: SIBLING, health: 'fine', span: null }] }],
    ['strange coverage', { coverage: 'half' }],
    ['a quorum of nobody', { approval: { quorum: 0, assurance: [] } }],
    ['half a person as quorum', { approval: { quorum: 1.5, assurance: [] } }],
    ['a strange assurance', { approval: { quorum: 2, assurance: ['trusted'] } }],
    ['no time to execute', { executeWithinMs: 0 }],
    ['less than no time to execute', { executeWithinMs: -1 }],
    ['a text without end', { cm: 'x'.repeat(20_001) }],
    ['times as text', { approveByMs: String(T0) }],
  ])('%s', (_, wrong) => {
    expect(parsePlan({ ...destroy, ...wrong })).toMatchObject({ ok: false });
  });

  test('what a restart does not have', () => {
    expect(parsePlan({ ...destroy, action: 'restart' })).toMatchObject({ ok: false });
    expect(parsePlan({ ...restart, action: 'destroy' })).toMatchObject({ ok: false });
  });

  test.each(['__proto__', 'constructor', 'toString', 'prototype'])('a field named %s, also one level down', (name) => {
    const text = JSON.stringify(destroy);
    const outer = JSON.parse(text.replace('{', `{"${name}": {"x": 1}, `)) as unknown;
    const inner = JSON.parse(text.replace('"evidence":{', `"evidence":{"${name}": {"x": 1}, `)) as unknown;
    expect(parsePlan(outer)).toMatchObject({ ok: false });
    expect(parsePlan(inner)).toMatchObject({ ok: false });
  });

  test('a plan that comes in the place of a prototype', () => {
    expect(parsePlan(JSON.parse(`{"__proto__": ${JSON.stringify(destroy)}}`))).toMatchObject({ ok: false });
  });

  test('anything else, with a sentence and no exception', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        for (const parsed of [parsePlan(value), parseRules(value)]) {
          if (parsed.ok) expect.unreachable('accepted');
          expect(parsed.error).toMatch(/^(not a plan|no rules of approval): /);
          expect(parsed.error.length).toBeLessThan(1_000);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('the rules beside a plan', () => {
  test('come back as they were, with nothing where nothing was given', () => {
    expect(parseRules(overJson(rules))).toEqual({ ok: true, value: rules });
    expect(parseRules({ ...rules, approvers: [{ name: 'alice' }] })).toEqual({
      ok: true,
      value: { ...rules, approvers: [{ name: 'alice', principals: [], keys: [] }] },
    });
  });

  test('are those of the action: a restart has a quorum of its own, and nothing else of the policy is in them', () => {
    const approval = { ...defaultApproval, quorum: 3, restartQuorum: 2, approvers: rules.approvers };
    expect(rulesFor(approval, 'destroy').quorum).toBe(3);
    expect(rulesFor(approval, 'restart').quorum).toBe(2);
    for (const action of ['destroy', 'restart'] as const) {
      expect(parseRules(overJson(rulesFor(approval, action)))).toEqual({ ok: true, value: rulesFor(approval, action) });
      expect(rulesFor(defaultApproval, action).approvers).toEqual([]);
    }
  });

  test.each<[string, object]>([
    ['no quorum', { quorum: undefined }],
    ['a quorum of nobody', { quorum: 0 }],
    ['a strange assurance', { assurance: ['attested', ''] }],
    ['a field more', { restartQuorum: 1 }],
    ['an approver without a name', { approvers: [{ keys: [] }] }],
    ['an approver with a field more', { approvers: [{ name: 'alice', admin: true }] }],
    ['half a principal', { approvers: [{ name: 'alice', principals: [{ type: 'jwt' }] }] }],
    ['times as text', { executeWithinMs: '15m' }],
  ])('with %s are none', (_, wrong) => {
    expect(parseRules({ ...rules, ...wrong })).toMatchObject({ ok: false });
  });
});
