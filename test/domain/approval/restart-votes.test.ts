/** What differs where people vote on a restart: see tally-properties.test.ts for what does not. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeRestartPlan, type PlanFrame, type RestartPlan } from '../../../src/domain/approval/plan.ts';
import { tally, type Candidate, type Tally } from '../../../src/domain/approval/tally.ts';
import type { Requesters } from '../../../src/domain/approval/electorate.ts';
import { parseVote, type Vote } from '../../../src/domain/approval/vote.ts';
import { anyFaulty, anyHealthy, anyUnknown, healthy, stale, T0, unseen } from '../readings.ts';
import {
  ballotOf,
  candidate,
  dead,
  frame,
  jwt,
  KEYS,
  OTHER_RUN_ID,
  planOf,
  reasonsOf,
  rules,
  RUN_ID,
  SIBLING,
} from './ballots.ts';

function restartOf(patch: Partial<PlanFrame> = {}): RestartPlan {
  const made = makeRestartPlan(frame(patch), dead());
  if (made.kind !== 'planned') throw new Error(made.kind);
  return made.plan;
}

const plan = restartOf();
const destroy = planOf();
/** As it is counted for restarts: nobody is left out for having asked. */
const nobody: Requesters = { proven: true, principals: [], keys: [], names: [] };
const count = (votes: readonly Candidate[], on: RestartPlan = plan): Tally =>
  tally(ballotOf({ plan: on, requesters: nobody }), votes);

type Said = Partial<Record<keyof Vote, unknown>>;
const vote = (name: string, said: Said = {}, more: Partial<Candidate> = {}): Candidate => ({
  ...candidate(destroy, { principal: jwt(`${name}@site`), ...more }),
  parsed: parseVote({ planId: plan.planId, store: plan.store, reason: 'yes', ...said }),
});

describe('a plan of a restart', () => {
  test('holds all that a destroy’s does but what a destroy alone would lose', () => {
    const { siblings: _siblings, coverage: _coverage, ...rest } = destroy;
    expect(plan).toEqual({ ...rest, action: 'restart' });
  });

  test('is made on trusted-faulty readings of this very Store alone', () => {
    fc.assert(
      fc.property(fc.oneof(anyHealthy, anyFaulty, anyUnknown), (glimpse) => {
        const reading = glimpse(T0);
        const planned = makeRestartPlan(frame({ store: reading.store }), reading).kind;
        expect(planned === 'planned').toBe(reading.kind === 'seen' && reading.trusted && reading.status !== 0);
      }),
      { numRuns: 200 },
    );
    expect(makeRestartPlan(frame(), healthy(T0))).toEqual({ kind: 'cleared' });
    for (const reading of [stale(T0, 1), unseen(T0), dead({ store: SIBLING })]) {
      expect(makeRestartPlan(frame(), reading).kind).toBe('read again');
    }
  });
});

describe('votes on a restart', () => {
  test('need not accept that anything is uncovered, and may', () => {
    expect(count([vote('alice', {}, { eventId: 1 }), vote('bob', { acceptUncovered: true }, { eventId: 2 })]).state.kind).toBe(
      'approved',
    );
  });

  test('count where one is enough, also by who asked for it', () => {
    const one = restartOf({ approval: { quorum: 1, assurance: ['attested'] } });
    const ballot = ballotOf({ plan: one, rules: { ...rules, quorum: 1 }, requesters: nobody });
    expect(tally(ballot, [vote('alice', { planId: one.planId })]).state.kind).toBe('approved');
  });

  test('on the destroy of the same evidence, in another run or for another Store, are none', () => {
    const other = restartOf({ runId: OTHER_RUN_ID });
    const strays = [vote('alice', { planId: other.planId }), vote('bob', { store: SIBLING }, { eventId: 11 })];
    expect(reasonsOf(count(strays))).toEqual(['wrong run', 'wrong store']);
    expect(reasonsOf(count([vote('alice', { planId: `${RUN_ID}.2.${'0'.repeat(32)}` })]))).toEqual(['wrong plan']);
  });

  test('are counted as those on a covered destroy are, whoever sends what in which order', () => {
    const sender = fc.constantFrom('alice', 'alice-admin', 'bob', 'zhangwei', 'mallory', 'worker');
    const sent = fc.record({
      name: sender,
      verdict: fc.constantFrom('approve' as const, 'approve' as const, 'reject' as const),
      late: fc.boolean(),
      origin: fc.constantFrom('direct' as const, 'direct' as const, 'replayed by reset' as const, 'sent by a workflow' as const),
      said: fc.constantFrom<Said>({}, {}, { reason: '' }, { approver: 'bob' }, { store: SIBLING }, { acceptUncovered: true }),
    });
    const cover = healthy(T0, { store: SIBLING, oldestS: 0, newestS: 2_000_000_000 });
    const covered = planOf({}, { reading: dead(), siblings: [cover] });
    fc.assert(
      fc.property(fc.array(sent, { maxLength: 15 }), (row) => {
        const votes = row.map(({ name, verdict, late, origin, said }, index) =>
          vote(name, said, { eventId: index + 1, verdict, origin, ...(late ? { atMs: plan.approveByMs + 1 } : {}) }),
        );
        expect(count(votes)).toEqual(tally(ballotOf({ plan: covered, requesters: nobody }), votes));
      }),
      { numRuns: 300 },
    );
  });
});

describe('a name that only looks like an approver’s is nobody’s', () => {
  const declared = { ...rules, assurance: ['declared' as const], quorum: 1 };
  const open = restartOf({ approval: { quorum: 1, assurance: ['declared'] } });
  const typed = (approver: string): Tally =>
    tally(ballotOf({ plan: open, rules: declared, requesters: nobody }), [
      { ...vote('x', { approver, planId: open.planId }), principal: null },
    ]);

  test.each([
    ['Cyrillic а', '\u0430lice'],
    ['fullwidth', 'ａｌｉｃｅ'],
    ['a capital', 'Alice'],
    ['a digit', 'a1ice'],
    ['an invisible character', 'al\u200bice'],
    ['a joiner', 'alice\u2060'],
    ['written backwards and turned', '\u202eecila'],
    ['a blank more', 'alice '],
    ['a mark on it', 'alicé'],
    ['mathematical letters', '\u{1d41a}lice'],
    ['a radical of a Chinese name', '张⼈'],
    ['__proto__', '__proto__'],
    ['constructor', 'constructor'],
    ['toString', 'toString'],
  ])('%s', (_, name) => {
    expect(reasonsOf(typed(name))).toEqual(['unknown approver']);
  });

  test('but the same name in another form of Unicode is the same', () => {
    const named = { ...declared, approvers: [{ name: 'Zo\u00eb' }] };
    const ballot = ballotOf({ plan: open, rules: named, requesters: nobody });
    const votes = ['Zoe\u0308', 'Zo\u00eb'].map((approver, index) => ({
      ...vote('x', { approver, planId: open.planId }, { eventId: index + 1 }),
      principal: null,
    }));
    expect(tally(ballot, votes)).toMatchObject({ approvals: [{ name: 'Zo\u00eb' }], refused: [{ reason: 'duplicate' }] });
  });

  test('and neither is a principal that does, nor a key of the right person under the wrong name', () => {
    const principals = ['alice@site ', '\u0430lice@site', 'ALICE@site', 'alice@site\u200b', '__proto__'];
    const votes = principals.map((name, index) => vote('x', {}, { eventId: index + 1, principal: jwt(name) }));
    const otherKind = vote('alice', {}, { eventId: 9, principal: { type: 'JWT', name: 'alice@site' } });
    expect(count([...votes, otherKind])).toMatchObject({ approvals: [], refused: [{ reason: 'unauthorised', count: 6 }] });
    const signature = `${'A'.repeat(86)}==`;
    const signed = { approver: 'bob', at: '2026-01-05T03:00:00Z', signature };
    const foreign = vote('alice', signed, { signature: { kind: 'valid', key: KEYS[0] ?? '' } });
    expect(reasonsOf(count([foreign]))).toEqual(['bad signature']);
  });
});

test('a payload of a MiB, with or without the fields of a vote, is counted as none and kept as a few words', () => {
  const huge = 'x'.repeat(1 << 20);
  const payloads: unknown[] = [
    huge,
    { ...destroy, planId: huge },
    { planId: plan.planId, store: plan.store, reason: huge },
    { planId: plan.planId, store: huge, reason: 'x' },
    { planId: plan.planId, store: plan.store, reason: 'x', approver: huge },
    { planId: plan.planId, store: plan.store, reason: 'x', [huge]: 1 },
    Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`field ${index}`, index])),
    JSON.parse(`{"__proto__": {"planId": "${plan.planId}", "store": "${plan.store}", "reason": "x"}}`),
  ];
  const votes = payloads.map((payload, index) => ({ ...vote('alice', {}, { eventId: index + 1 }), parsed: parseVote(payload) }));
  const result = count(votes);
  expect(result).toMatchObject({ approvals: [], refusedCount: payloads.length, state: { kind: 'open', missing: 2 } });
  expect(JSON.stringify(result).length).toBeLessThan(3_000);
});
