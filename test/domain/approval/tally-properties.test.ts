import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { REFUSED_KEPT, type Candidate } from '../../../src/domain/approval/tally.ts';
import { voteRefusalWords } from '../../../src/domain/approval/vote-refusal.ts';
import { MINUTE, T0 } from '../readings.ts';
import {
  attested,
  ballotOf,
  candidate,
  count,
  jwt,
  KEYS,
  NONCE,
  noRequester,
  OTHER_RUN_ID,
  planOf,
  rules,
  SIBLING,
  signed,
  type Sent,
} from './ballots.ts';

const plan = planOf();
const ballot = ballotOf();
const LATE = { atMs: plan.approveByMs + 1 };

/** Votes of a small world: who it is if it counts, and what it says. `null` is nobody: it never counts. */
interface Kind {
  readonly by: string | null;
  readonly verdict: 'approve' | 'reject';
  readonly late: boolean;
  readonly vote: Candidate;
}

const kind = (by: string | null, vote: Candidate, late = false): Kind => ({ by, verdict: vote.verdict, late, vote });
const no = (sent: Sent = {}): Sent => ({ ...sent, verdict: 'reject' });

const counting: readonly Kind[] = [
  kind('alice', attested(plan, 'alice')),
  kind('alice', signed(plan, 'alice', KEYS[1])),
  kind('bob', attested(plan, 'bob')),
  kind('bob', attested(plan, 'bob', LATE), true),
  kind('alice', attested(plan, 'alice', no())),
  kind('张伟', attested(plan, 'zhangwei', no(LATE)), true),
];
const neverCounting: readonly Kind[] = [
  kind(null, attested(plan, 'worker')),
  kind(null, attested(plan, 'mallory', no())),
  kind(null, attested(plan, 'bob', { origin: 'replayed by reset' })),
  kind(null, signed(plan, 'bob', KEYS[2], { said: { planId: `${OTHER_RUN_ID}.1.${NONCE}` } })),
];

type Said = { readonly kind: 'open'; readonly missing: number } | { readonly kind: 'approved' } | { readonly kind: 'rejected' };

/** The same count, written down the way one would tell it: walk through, remember names. */
function told(votes: readonly Kind[]): Said {
  const names = new Set<string>();
  for (const { by, verdict, late } of votes) {
    if (by === null) continue;
    const standing = names.size >= 2;
    if (verdict === 'reject' && (standing || !late)) return { kind: 'rejected' };
    if (verdict === 'approve' && !late) names.add(by);
  }
  return names.size >= 2 ? { kind: 'approved' } : { kind: 'open', missing: 2 - names.size };
}

const numbered = (votes: readonly Candidate[]): Candidate[] => votes.map((vote, index) => ({ ...vote, eventId: index + 1 }));

test('every row of up to five votes of a small world is counted as one would tell it', () => {
  const kinds = [...counting, ...neverCounting.slice(0, 2)];
  let rows: Kind[][] = [[]];
  let seen = 0;
  for (let length = 0; length <= 5; length += 1) {
    for (const row of rows) {
      seen += 1;
      const { state } = count(ballot, numbered(row.map(({ vote }) => vote)));
      const expected = told(row);
      if (
        state.kind !== expected.kind ||
        (state.kind === 'open' && expected.kind === 'open' && state.missing !== expected.missing)
      ) {
        throw new Error(
          `${row.map(({ by, verdict, late }) => `${by} ${verdict}${late ? ' late' : ''}`).join(', ')}: ${JSON.stringify(state)}, not ${JSON.stringify(expected)}`,
        );
      }
    }
    rows = length === 5 ? [] : rows.flatMap((row) => kinds.map((next) => [...row, next]));
  }
  expect(seen).toBe(1 + 8 + 8 ** 2 + 8 ** 3 + 8 ** 4 + 8 ** 5);
});

const anyKind = fc.constantFrom(...counting, ...neverCounting);
const anyRow = fc.array(anyKind, { maxLength: 12 }).map((row) => numbered(row.map(({ vote }) => vote)));

describe('the count', () => {
  test('does not depend on the order in which events are handed over, nor on events handed over twice', () => {
    const shuffled = anyRow.chain((row) =>
      fc.tuple(fc.constant(row), fc.shuffledSubarray([...row, ...row], { minLength: row.length * 2 })),
    );
    fc.assert(
      fc.property(shuffled, ([row, again]) => {
        expect(count(ballot, again)).toEqual(count(ballot, row));
      }),
    );
  });

  test('is not moved by votes that do not count, wherever they stand', () => {
    const mixed = fc.array(anyKind, { maxLength: 15 });
    fc.assert(
      fc.property(mixed, (row) => {
        const all = numbered(row.map(({ vote }) => vote));
        const good = all.filter((_, index) => row[index]?.by !== null);
        expect(count(ballot, all).state).toEqual(count(ballot, good).state);
      }),
    );
  });

  test('of refused and counted votes is the number of votes', () => {
    fc.assert(
      fc.property(anyRow, (row) => {
        const { refusedCount, approvals, state, refused } = count(ballot, row);
        expect(refusedCount + approvals.length + (state.kind === 'rejected' ? 1 : 0)).toBe(row.length);
        expect(refused.reduce((sum, { count }) => sum + count, 0)).toBe(refusedCount);
      }),
    );
  });

  test('never reaches a quorum without as many distinct approvers, none of them a requester', () => {
    const senders = ['alice', 'alice-admin', 'bob', 'zhangwei', 'mallory', 'worker', 'operator'];
    const anyVote = fc.record({
      name: fc.constantFrom(...senders),
      verdict: fc.constantFrom('approve' as const, 'approve' as const, 'reject' as const),
    });
    const people = new Map([
      ['alice', 'alice'],
      ['alice-admin', 'alice'],
      ['bob', 'bob'],
      ['zhangwei', '张伟'],
    ]);
    const world = fc.record({
      row: fc.array(anyVote, { maxLength: 20 }),
      requester: fc.constantFrom(...senders),
      proven: fc.boolean(),
      quorum: fc.integer({ min: 1, max: 4 }),
    });
    fc.assert(
      fc.property(world, ({ row, requester, proven, quorum }) => {
        const asked = ballotOf({
          rules: { ...rules, quorum },
          requesters: { ...noRequester, proven, principals: [jwt(`${requester}@site`)] },
        });
        const { state, approvals } = count(asked, numbered(row.map(({ name, verdict }) => attested(plan, name, { verdict }))));
        const distinct = new Set(row.flatMap(({ name, verdict }) => (verdict === 'approve' ? (people.get(name) ?? []) : [])));
        distinct.delete(people.get(requester) ?? '');
        expect(approvals.length).toBeLessThanOrEqual(distinct.size);
        expect(approvals.map(({ name }) => name)).not.toContain(people.get(requester));
        if (state.kind === 'approved') expect(distinct.size).toBeGreaterThanOrEqual(Math.max(quorum, 2) + (proven ? 0 : 1));
        if (row.some(({ name, verdict }) => verdict === 'reject' && people.has(name))) expect(state.kind).not.toBe('approved');
      }),
      { numRuns: 500 },
    );
  });

  test('survives any payload, and counts none of them', () => {
    fc.assert(
      fc.property(fc.array(fc.anything(), { maxLength: 20 }), (payloads) => {
        const row = numbered(payloads.map((payload) => attested(plan, 'bob', { payload: payload ?? null })));
        expect(count(ballot, row).approvals).toEqual([]);
      }),
    );
  });
});

describe('a flood of votes', () => {
  const FLOOD = 20_000;
  const junk: readonly Candidate[] = [
    candidate(plan, { payload: 'x'.repeat(1 << 20) }),
    attested(plan, 'mallory'),
    attested(plan, 'alice'),
    attested(plan, 'bob', { said: { store: SIBLING } }),
    signed(plan, 'bob', KEYS[2], { signature: { kind: 'invalid' } }),
    candidate(plan, { said: { approver: 'b\u043eb' } }),
  ];
  const flood = numbered(Array.from({ length: FLOOD }, (_, index) => junk[index % junk.length] ?? candidate(plan)));

  test('is counted in time, and what is kept of it is small', () => {
    const began = performance.now();
    const result = count(ballot, flood);
    expect(performance.now() - began).toBeLessThan(3_000);
    expect(result.refusedCount).toBe(FLOOD - 1);
    expect(result.state).toEqual({ kind: 'open', missing: 1 });
    for (const { latest } of result.refused) expect(latest.length).toBeLessThanOrEqual(REFUSED_KEPT);
    expect(result.refused.length).toBeLessThanOrEqual(Object.keys(voteRefusalWords).length);
    expect(JSON.stringify(result).length).toBeLessThan(10_000);
  });

  test('hides neither the vote that counts nor another kind of refusal', () => {
    const lone = attested(plan, 'zhangwei', { eventId: FLOOD / 2 + 0.5, said: { reason: '' } });
    const result = count(ballot, [...flood, lone, attested(plan, 'bob', { eventId: FLOOD + 1, atMs: T0 + MINUTE })]);
    expect(result.state).toMatchObject({ kind: 'approved', deciding: { name: 'bob' } });
    expect(result.refused).toContainEqual(expect.objectContaining({ reason: 'no reason', count: 1 }));
  });
});
