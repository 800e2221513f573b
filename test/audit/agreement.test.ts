/** The audit and the product count votes by different code from the same words; where they differ, one of them is wrong. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { linkOf, requestersFrom } from '../../src/approval/chain.ts';
import { workersIn } from '../../src/approval/plans-in-history.ts';
import { candidatesFor, votesIn } from '../../src/approval/votes-in-history.ts';
import { audit } from '../../src/audit/audit.ts';
import type { Assurance } from '../../src/domain/approval/electorate.ts';
import { tally } from '../../src/domain/approval/tally.ts';
import { ALICE_PRIVATE, BOB_PRIVATE } from '../approval/fixed-keys.ts';
import { MINUTE } from '../domain/readings.ts';
import { planOf, rules, signedWords, Story } from './story.ts';

const somebody = fc.constantFrom('alice', 'bob', 'bob', 'carol', 'carol', 'mallory', 'worker', undefined);
const rarely = fc.integer({ max: 9, min: 0 }).map((dice) => dice === 0);

const anyVote = fc.record({
  verdict: rarely.map((no) => (no ? ('reject' as const) : ('approve' as const))),
  by: somebody,
  typed: fc.oneof(
    { weight: 6, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constantFrom('alice', 'bob', 'carol', 'Alice', 'nobody') },
  ),
  signed: fc.constantFrom(undefined, undefined, 'alice' as const, 'bob' as const, 'forged' as const),
  afterMs: fc.constantFrom(100, 100, 100, 100, 100, 90 * MINUTE, 5 * 60 * MINUTE),
  accept: rarely.map((not) => !not),
  otherPlan: rarely,
  fromWorkflow: rarely,
});

const anyStory = fc.record({
  stamped: fc.boolean(),
  by: fc.constantFrom('operator', 'alice', 'worker'),
  quorum: fc.constantFrom(1, 2, 2, 3),
  assurance: fc.constantFrom<Assurance[]>(
    ['attested', 'signed'],
    ['attested'],
    ['signed'],
    ['declared'],
    ['attested', 'signed', 'declared'],
  ),
  votes: fc.array(anyVote, { maxLength: 7 }),
});

type Told = typeof anyStory extends fc.Arbitrary<infer T> ? T : never;

function told({ stamped, by, quorum, assurance, votes }: Told) {
  const own = { ...rules, quorum, assurance };
  const plan = planOf({ approval: { quorum, assurance } });
  const story = new Story({ stamped, plan }).started(by).sealed(plan, { rules: own });
  let atMs = plan.evidence.atMs + 1_000;
  for (const { verdict, by: sender, typed, signed, afterMs, accept, otherPlan, fromWorkflow } of votes) {
    atMs += afterMs;
    const approver = signed === 'forged' ? 'alice' : signed;
    const key = signed === 'alice' ? ALICE_PRIVATE : BOB_PRIVATE;
    const words =
      approver === undefined ? (typed === undefined ? {} : { approver: typed }) : signedWords(plan, approver, key, verdict);
    const value = {
      acceptUncovered: accept,
      ...words,
      ...(otherPlan ? { planId: planOf({ nonce: 'ff'.repeat(16) }).planId } : {}),
    };
    story.vote({ verdict, value, atMs, fromWorkflow, ...(sender === undefined ? {} : { by: sender }) });
  }
  const history = story.lease().destroy().history();
  const ballot = {
    plan,
    rules: own,
    requesters: requestersFrom([linkOf(history)], own, workersIn(history)),
    workers: workersIn(history),
  };
  return { history, counted: tally({ ...ballot, beforeEventId: story.last - 2 }, candidatesFor(plan, own, votesIn(history))) };
}

test('product and audit agree on every ballot: whether it was approved, by how many, and when it was decided', () => {
  let approved = 0;
  fc.assert(
    fc.property(anyStory, (story) => {
      const { history, counted } = told(story);
      const [command] = audit([history]).runs[0]?.commands ?? [];
      const rejected = audit([history]).runs[0]?.violations.some(({ what }) => what.includes('had rejected')) ?? false;
      const { state, needed } = counted;
      if (state.kind === 'approved') approved += 1;
      expect(command?.clocks?.needed).toBe(needed);
      expect(rejected).toBe(state.kind === 'rejected');
      // A rejection ends the count of the product; the audit goes on, and finds the rejection.
      if (state.kind === 'rejected') return;
      expect(command?.clocks?.decidedMs ?? null).toBe(state.kind === 'approved' ? state.deciding.atMs : null);
      expect(command?.clocks?.executeByMs ?? null).toBe(state.kind === 'approved' ? state.executeByMs : null);
      const names = command?.votes.filter((vote) => vote.counted && vote.verdict === 'approve').map(({ name }) => name);
      expect(names).toEqual(counted.approvals.map(({ name }) => name));
    }),
    { numRuns: 500 },
  );
  expect(approved).toBeGreaterThan(20);
}, 60_000);
