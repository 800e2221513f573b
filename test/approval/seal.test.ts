import { describe, expect, test } from 'vitest';
import { planDigest } from '../../src/approval/digest.ts';
import { holdsSeal, sealed } from '../../src/approval/seal.ts';
import { makeRestartPlan, type Plan, type RestartPlan, runOfPlanId } from '../../src/domain/approval/plan.ts';
import { dead, frame, NEWEST_S, NONCE, OLDEST_S, OTHER_RUN_ID, planOf, RUN_ID, SIBLING } from '../domain/approval/ballots.ts';
import { healthy, T0 } from '../domain/readings.ts';

function restartPlan(): RestartPlan {
  const planned = makeRestartPlan(frame(), dead());
  if (planned.kind !== 'planned') throw new Error(planned.kind);
  return planned.plan;
}

const covering = healthy(T0, { store: SIBLING, oldestS: OLDEST_S, newestS: NEWEST_S + 900 });
const destroy = sealed(planOf({}, { reading: dead(), siblings: [covering] }));
const restart = sealed(restartPlan());

/** Every leaf of a value changed, removed, and every object given a field more: one change in each. */
function changesOf(value: unknown, path: string): readonly (readonly [string, unknown])[] {
  if (Array.isArray(value)) {
    const items = value as unknown[];
    return [
      [`${path}: one less`, items.slice(1)],
      [`${path}: one twice`, [...items, items[0]]],
      ...items.flatMap((item, index) =>
        changesOf(item, `${path}[${index}]`).map(([at, changed]) => [at, items.with(index, changed)] as const),
      ),
    ];
  }
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value);
    return [
      [`${path}: a field more`, { ...value, more: 1 }],
      ...fields.flatMap(([name, field]) => [
        [`${path}.${name}: left out`, Object.fromEntries(fields.filter(([other]) => other !== name))] as const,
        ...changesOf(field, `${path}.${name}`).map(([at, changed]) => [at, { ...value, [name]: changed }] as const),
      ]),
    ];
  }
  if (typeof value === 'number') return [[path, value + 1]];
  return typeof value === 'string' ? [[path, `${value} `]] : [[path, 'something']];
}

describe('a sealed plan', () => {
  test('names its run and number, and holds its seal', () => {
    for (const [plan, number] of [
      [destroy, 1],
      [restart, 1],
      [sealed(planOf({ number: 3 })), 3],
      [sealed(planOf({ number: 12 })), 12],
    ] as const) {
      expect(plan.planId).toMatch(new RegExp(`^${RUN_ID}\\.${number}\\.[0-9a-f]{32}$`));
      expect(runOfPlanId(plan.planId)).toBe(RUN_ID);
      expect(holdsSeal(plan)).toBe(true);
    }
  });

  test('holds it also after it went through a history, and is sealed the same again', () => {
    for (const plan of [destroy, restart]) {
      expect(holdsSeal(JSON.parse(JSON.stringify(plan)) as Plan)).toBe(true);
      expect(sealed(plan)).toEqual(plan);
    }
  });

  test('is not the one that was not sealed', () => {
    expect(holdsSeal(planOf())).toBe(false);
    expect(destroy.planId).not.toContain(NONCE);
  });

  // Both were computed by another program, from the words of src/approval/digest.ts alone.
  test('of these very contents has this id: what is voted on today is understood tomorrow', () => {
    expect(destroy.planId).toBe(`${RUN_ID}.1.dcbcd116d2b38bc72e9b88a1a3dafe94`);
    expect(restart.planId).toBe(`${RUN_ID}.1.c33e3edb1f5711c506e52ca3d54ccf2e`);
  });
});

describe('the seal is broken by any one change', () => {
  test.each([...changesOf(destroy, 'destroy'), ...changesOf(restart, 'restart')])('%s', (_, changed) => {
    expect(holdsSeal(changed as Plan)).toBe(false);
  });

  test('also where the new content is given the old seal, or the old content another number', () => {
    const [run = '', , seal = ''] = destroy.planId.split('.');
    for (const number of ['2', '01', '1e0', '1.0', ' 1', '0', '-1', '']) {
      expect(holdsSeal({ ...destroy, planId: `${run}.${number}.${seal}` }), number).toBe(false);
    }
    expect(holdsSeal({ ...destroy, planId: `${run}.1.${seal.toUpperCase()}` })).toBe(false);
    expect(holdsSeal({ ...destroy, planId: `${run}.1.${seal}00` })).toBe(false);
    expect(holdsSeal({ ...destroy, planId: `${run}.1.${seal.slice(0, 16)}` })).toBe(false);
  });

  test('and a plan of another run has another id, whichever of both run ids is changed', () => {
    expect(sealed(planOf({ runId: OTHER_RUN_ID })).planId).not.toBe(sealed(planOf()).planId);
    expect(holdsSeal({ ...destroy, planId: destroy.planId.replace(RUN_ID, OTHER_RUN_ID) })).toBe(false);
    expect(holdsSeal({ ...destroy, runId: OTHER_RUN_ID, planId: destroy.planId.replace(RUN_ID, OTHER_RUN_ID) })).toBe(false);
  });
});

test('a destroy and a restart on the same evidence have neither id nor digest in common', () => {
  const { siblings: _, coverage: __, ...rest } = destroy;
  const disguised = sealed({ ...rest, action: 'restart' });
  expect(disguised.planId).not.toBe(destroy.planId);
  expect(planDigest(disguised)).not.toBe(planDigest({ ...destroy, planId: disguised.planId }));
  expect(holdsSeal({ ...restart, action: 'destroy', siblings: [], coverage: 'uncovered' })).toBe(false);
});

test.each<[string, Partial<Plan>]>([
  ['no plan id', { planId: 'x' }],
  ['an empty plan id', { planId: '' }],
  ['a run id that is none', { runId: 'x' }],
  ['a run id that is none, also in its plan id', { runId: 'x', planId: 'x.1.00112233445566778899aabbccddeeff' }],
  ['half a character', { cm: '\ud800' }],
  ['a number that is none', { approveByMs: Number.NaN }],
])('a plan from a history with %s holds no seal, and nothing throws', (_, wrong) => {
  expect(holdsSeal({ ...destroy, ...wrong })).toBe(false);
});
