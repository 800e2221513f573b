import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { materialChange, makePlan, planIdOf, runOfPlanId, type Sight } from '../../../src/domain/approval/plan.ts';
import { anyFaulty, anyHealthy, anyUnknown, healthy, MINUTE, stale, startedAt, STORE, T0, unseen } from '../readings.ts';
import { dead, frame, NEWEST_S, NONCE, OLDEST_S, OTHER_RUN_ID, OTHER_SIBLING, planOf, RUN_ID, SIBLING, span } from './ballots.ts';

const covering = healthy(T0, { store: SIBLING, oldestS: OLDEST_S, newestS: NEWEST_S + 900 });
const covered: Sight = { reading: dead(), siblings: [covering] };

describe('a plan', () => {
  test('holds everything that is voted on', () => {
    expect(planOf({}, covered)).toEqual({
      planId: `${RUN_ID}.1.${NONCE}`,
      action: 'destroy',
      cluster: 'site-1',
      cm: 'http://10.0.0.5:8088',
      store: STORE,
      evidence: { status: 1, message: startedAt('Mon Oct 30 16:31:01 2023'), checkpoints: span, port: 17_001, atMs: T0 },
      siblings: [{ store: SIBLING, health: 'healthy', span: { oldestS: OLDEST_S, newestS: NEWEST_S + 900 } }],
      coverage: 'covered',
      policyDigest: 'p'.repeat(64),
      approval: { quorum: 2, assurance: ['attested', 'signed'] },
      workflowId: `destroy:site-1:${STORE}`,
      runId: RUN_ID,
      nonce: NONCE,
      approveByMs: frame().approveByMs,
      executeWithinMs: 15 * MINUTE,
    });
  });

  test.each([
    ['an untrusted reading', stale(T0, 1), 'cm not fresh'],
    ['a reading that did not come', unseen(T0), 'timed out'],
    ['a reading that says not found', unseen(T0, 'not found'), 'not found'],
    ['a reading of another Store', dead({ store: SIBLING }), SIBLING],
  ])('is not made on %s', (_, reading, because) => {
    const planned = makePlan(frame(), { reading, siblings: [] });
    expect(planned.kind).toBe('read again');
    expect(planned).toHaveProperty('because', expect.stringContaining(because));
  });

  test('is not made for a healthy Store, nor while its siblings are not known', () => {
    expect(makePlan(frame(), { reading: healthy(T0), siblings: [] })).toEqual({ kind: 'cleared' });
    expect(makePlan(frame(), { reading: dead(), siblings: null }).kind).toBe('read again');
  });

  test('is made on trusted-faulty readings alone', () => {
    const looks = fc.oneof(anyHealthy, anyFaulty, anyUnknown);
    fc.assert(
      fc.property(looks, (glimpse) => {
        const reading = glimpse(T0);
        const planned = makePlan(frame({ store: reading.store }), { reading, siblings: [] }).kind;
        const faultyForSure = reading.kind === 'seen' && reading.trusted && reading.status !== 0;
        expect(planned === 'planned').toBe(faultyForSure);
      }),
      { numRuns: 200 },
    );
  });
});

describe('a plan id', () => {
  test('holds the whole run id, and tells it back', () => {
    expect(planIdOf(RUN_ID, 3, NONCE)).toContain(RUN_ID);
    expect(runOfPlanId(planIdOf(RUN_ID, 3, NONCE))).toBe(RUN_ID);
    expect(planIdOf(RUN_ID, 1, NONCE)).not.toBe(planIdOf(OTHER_RUN_ID, 1, NONCE));
  });

  test.each([
    ['the beginning of a run id', RUN_ID.slice(0, 8), 1, NONCE],
    ['no run id', '', 1, NONCE],
    ['a short nonce', RUN_ID, 1, 'ab'],
    ['a nonce of other characters', RUN_ID, 1, 'zz'.repeat(16)],
    ['plan number 0', RUN_ID, 0, NONCE],
    ['a broken number', RUN_ID, 1.5, NONCE],
  ])('is not made with %s', (_, runId, number, nonce) => {
    expect(() => planIdOf(runId, number, nonce)).toThrow('not the parts of a plan id');
  });

  test.each(['', 'x', `${RUN_ID}.1`, `${RUN_ID}.1.${NONCE} `, `${'-'.repeat(36)}.1.${NONCE}`, `${RUN_ID}.01.${NONCE}`])(
    'is not %j',
    (text) => {
      expect(runOfPlanId(text)).toBeNull();
    },
  );
});

describe('votes stand', () => {
  const plan = planOf({}, covered);
  test.each<[string, Sight]>([
    ['when nothing changed', covered],
    [
      'when the same message has another time stamp',
      { ...covered, reading: dead({ message: startedAt('Tue Oct 31 09:00:00 2023') }) },
    ],
    ['when the port changed', { ...covered, reading: dead({ port: 17_002 }) }],
    ['when a later look saw the same', { ...covered, reading: dead({}, T0 + MINUTE) }],
    [
      "when the sibling's newest checkpoint moved",
      { ...covered, siblings: [{ ...covering, checkpoints: { oldestS: OLDEST_S, newestS: NEWEST_S + 9_000 } }] },
    ],
    ['when another Store with the same seq is listed: it is the Store itself', { ...covered, siblings: [covering, dead()] }],
  ])('%s', (_, now) => {
    expect(materialChange(plan, now)).toEqual({ kind: 'unchanged' });
  });
});

describe('votes are void', () => {
  const plan = planOf({}, covered);
  test.each<[string, Sight, readonly string[]]>([
    ['when its status changed', { ...covered, reading: { ...dead(), status: 2 } }, ['status']],
    ['when its message changed', { ...covered, reading: dead({ message: '[Mon Oct 30 16:31:01 2023] disk full' }) }, ['message']],
    ['when its newest checkpoint moved', { ...covered, reading: dead({ newestS: NEWEST_S + 1 }) }, ['newest checkpoint']],
    ['when its newest checkpoint is gone', { ...covered, reading: dead({ newestS: null }) }, ['newest checkpoint', 'coverage']],
    [
      'when a sibling came',
      {
        ...covered,
        siblings: [covering, unseen(T0)].map((reading, index) => (index === 1 ? { ...reading, store: OTHER_SIBLING } : reading)),
      },
      ['siblings'],
    ],
    ['when its sibling went', { ...covered, siblings: [] }, ['siblings', 'coverage']],
    ['when its sibling died', { ...covered, siblings: [dead({ store: SIBLING })] }, ['coverage']],
    [
      'when its sibling dropped what covered it',
      { ...covered, siblings: [{ ...covering, checkpoints: { oldestS: OLDEST_S + 1, newestS: NEWEST_S } }] },
      ['coverage'],
    ],
    [
      'when everything changed',
      { reading: { ...dead({ newestS: 1, message: 'x' }), status: 9 }, siblings: [] },
      ['status', 'message', 'newest checkpoint', 'siblings', 'coverage'],
    ],
  ])('%s', (_, now, parts) => {
    expect(materialChange(plan, now)).toEqual({ kind: 'changed', parts });
  });

  test('when a plan without cover gets one', () => {
    const bare = planOf({}, { reading: dead(), siblings: [{ ...covering, status: 1 }] });
    expect(bare.coverage).toBe('uncovered');
    expect(materialChange(bare, covered)).toEqual({ kind: 'changed', parts: ['coverage'] });
  });
});

describe('nothing is decided', () => {
  const plan = planOf({}, covered);
  test('on an unknown reading: it is read again', () => {
    fc.assert(
      fc.property(anyUnknown, (glimpse) => {
        expect(materialChange(plan, { ...covered, reading: glimpse(T0) }).kind).toBe('read again');
      }),
    );
  });

  test('while its cover cannot be seen: an unknown sibling has not stopped covering', () => {
    const blind = { ...unseen(T0), store: SIBLING };
    expect(materialChange(plan, { ...covered, siblings: [blind] })).toEqual({
      kind: 'read again',
      because: expect.stringContaining(SIBLING) as string,
    });
    expect(materialChange(plan, { ...covered, siblings: null }).kind).toBe('read again');
  });

  test('against a change that is seen: that the cover is unknown does not hide it', () => {
    const blind = { ...unseen(T0), store: SIBLING };
    expect(materialChange(plan, { reading: dead({ newestS: NEWEST_S + 1 }), siblings: [blind] }).kind).toBe('changed');
  });

  test('a healthy Store clears the plan', () => {
    expect(materialChange(plan, { ...covered, reading: healthy(T0) })).toEqual({ kind: 'cleared' });
  });
});
