import { describe, expect, test } from 'vitest';
import { healthy, MINUTE, T0 } from '../readings.ts';
import {
  attested,
  ballotOf,
  candidate,
  count,
  dead,
  HOUR,
  jwt,
  KEYS,
  NEWEST_S,
  noRequester,
  OLDEST_S,
  oneIsEnough,
  payloadOf,
  planOf,
  reasonsOf,
  rules,
  SIBLING,
  signed,
} from './ballots.ts';

const plan = planOf();
const ballot = ballotOf();
const [keyA1, keyA2, keyB] = KEYS;

describe('the quorum', () => {
  test('is reached by distinct approvers, and the vote that reached it decides', () => {
    const votes = [attested(plan, 'alice', { eventId: 10 }), attested(plan, 'bob', { eventId: 20, atMs: T0 + 2 * MINUTE })];
    expect(count(ballot, votes.slice(0, 1)).state).toEqual({ kind: 'open', missing: 1 });
    expect(count(ballot, votes)).toMatchObject({
      needed: 2,
      refusedCount: 0,
      state: { kind: 'approved', deciding: { name: 'bob', assurance: 'attested', eventId: 20 }, executeByMs: T0 + 17 * MINUTE },
    });
  });

  test('may be made of an attested and a signed vote', () => {
    const result = count(ballot, [attested(plan, 'alice', { eventId: 10 }), signed(plan, 'bob', keyB, { eventId: 11 })]);
    expect(result.state.kind).toBe('approved');
    expect(result.approvals.map(({ assurance }) => assurance)).toEqual(['attested', 'signed']);
  });

  test('is decided by its last vote in the order of events, whatever order they are given in', () => {
    const votes = [
      signed(plan, '张伟', KEYS[3], { eventId: 30 }),
      attested(plan, 'bob', { eventId: 20 }),
      attested(plan, 'alice', { eventId: 10 }),
    ];
    expect(count(ballot, votes).state).toMatchObject({ kind: 'approved', deciding: { eventId: 20 } });
  });

  test('is the larger of the plan and the rules of now', () => {
    expect(count({ ...ballot, rules: { ...rules, quorum: 3 } }, []).needed).toBe(3);
    expect(count(ballotOf({ plan: planOf({ approval: { quorum: 3, assurance: ['signed'] } }) }), []).needed).toBe(3);
  });

  test('rises by one when it is not proven who ordered', () => {
    const unproven = { ...ballot, requesters: { ...noRequester, proven: false } };
    const votes = [
      attested(plan, 'alice', { eventId: 1 }),
      attested(plan, 'bob', { eventId: 2 }),
      attested(plan, 'zhangwei', { eventId: 3 }),
    ];
    expect(count(unproven, votes.slice(0, 2)).state).toEqual({ kind: 'open', missing: 1 });
    expect(count(unproven, votes).state.kind).toBe('approved');
  });

  test('of the time to execute is the shorter one of the plan and the rules of now', () => {
    const result = count({ ...oneIsEnough, rules: { ...oneIsEnough.rules, executeWithinMs: MINUTE } }, [
      attested(oneIsEnough.plan, 'bob', { atMs: T0 }),
    ]);
    expect(result.state).toMatchObject({ executeByMs: T0 + MINUTE });
  });

  test('counts a vote that came at the very end of the time to approve', () => {
    expect(count(oneIsEnough, [attested(oneIsEnough.plan, 'bob', { atMs: plan.approveByMs })]).state.kind).toBe('approved');
  });
});

describe('one person counts once', () => {
  test.each([
    ['by two signals', [attested(plan, 'alice'), attested(plan, 'alice')]],
    ['by two principals', [attested(plan, 'alice'), attested(plan, 'alice-admin')]],
    ['by two keys', [signed(plan, 'alice', keyA1), signed(plan, 'alice', keyA2)]],
    ['by a principal and a key', [attested(plan, 'alice'), signed(plan, 'alice', keyA1)]],
    ['by a key and a principal', [signed(plan, 'alice', keyA2), attested(plan, 'alice-admin')]],
  ])('%s', (_, votes) => {
    const result = count(
      ballot,
      votes.map((vote, index) => ({ ...vote, eventId: index + 1 })),
    );
    expect(result.state).toEqual({ kind: 'open', missing: 1 });
    expect(reasonsOf(result)).toEqual(['duplicate']);
  });

  test('and one event counts once, however often it is given', () => {
    expect(
      count(
        ballot,
        Array.from({ length: 9 }, () => attested(plan, 'alice')),
      ),
    ).toMatchObject({ state: { missing: 1 }, refusedCount: 0 });
  });
});

describe('a rejection ends the plan', () => {
  const approve = attested(plan, 'alice', { eventId: 1 });
  const decide = attested(plan, 'bob', { eventId: 2 });

  test('before, between and after approvals', () => {
    for (const eventId of [0, 1.5, 3]) {
      const reject = attested(plan, 'zhangwei', { eventId, verdict: 'reject' });
      expect(count(ballot, [approve, decide, reject]).state).toMatchObject({
        kind: 'rejected',
        by: { name: '张伟', eventId },
        withdrawn: eventId === 3,
      });
    }
  });

  test('by who approved: it is withdrawn', () => {
    const withdraw = attested(plan, 'alice', { eventId: 3, verdict: 'reject' });
    expect(count(ballot, [approve, decide, withdraw]).state).toMatchObject({
      kind: 'rejected',
      by: { name: 'alice' },
      withdrawn: true,
    });
  });

  test('also after the time to approve, as long as the quorum stands', () => {
    const late = attested(plan, 'alice', { eventId: 3, verdict: 'reject', atMs: plan.approveByMs + 1 });
    expect(count(ballot, [approve, decide, late]).state.kind).toBe('rejected');
    const withoutQuorum = count(ballot, [approve, late]);
    expect(withoutQuorum.state).toEqual({ kind: 'open', missing: 1 });
    expect(reasonsOf(withoutQuorum)).toEqual(['late']);
  });

  test('for good: no later approval brings it back', () => {
    const reject = attested(plan, 'bob', { eventId: 2, verdict: 'reject' });
    const more = ['alice', 'bob', 'zhangwei'].map((name, index) => attested(plan, name, { eventId: 5 + index }));
    const result = count(ballot, [reject, ...more]);
    expect(result.state).toMatchObject({ kind: 'rejected', by: { eventId: 2 } });
    expect(reasonsOf(result)).toEqual(['already ended']);
  });

  test('also by whoever asked for the destroy: it can only prevent one', () => {
    const requesters = { ...noRequester, principals: [jwt('alice@site')] };
    expect(count({ ...ballot, requesters }, [{ ...approve, verdict: 'reject' }]).state).toMatchObject({
      kind: 'rejected',
      by: { name: 'alice' },
    });
  });

  test('without acceptUncovered: nothing is accepted by it', () => {
    expect(count(ballot, [attested(plan, 'bob', { verdict: 'reject', said: { acceptUncovered: false } })]).state.kind).toBe(
      'rejected',
    );
  });

  test('but not by somebody who may not vote', () => {
    for (const reject of [
      attested(plan, 'mallory', { verdict: 'reject' }),
      candidate(plan, { verdict: 'reject', said: { approver: 'bob' } }),
      attested(plan, 'worker', { verdict: 'reject' }),
    ]) {
      expect(count(ballot, [reject]).state.kind).toBe('open');
    }
  });

  test('and what came after the request was sent is not looked at', () => {
    const withdraw = attested(plan, 'alice', { eventId: 3, verdict: 'reject' });
    expect(count({ ...ballot, beforeEventId: 3 }, [approve, decide, withdraw]).state.kind).toBe('approved');
    expect(count({ ...ballot, beforeEventId: 2 }, [approve, decide, withdraw]).state.kind).toBe('open');
  });
});

test('a covered plan needs no acceptUncovered', () => {
  const covered = planOf(
    { approval: { quorum: 1, assurance: ['attested'] } },
    { reading: dead(), siblings: [healthy(T0, { store: SIBLING, oldestS: OLDEST_S, newestS: NEWEST_S })] },
  );
  const result = count(ballotOf({ plan: covered, rules: { ...rules, quorum: 1 } }), [
    attested(covered, 'bob', { said: { acceptUncovered: false } }),
  ]);
  expect(result.state.kind).toBe('approved');
});

test('declared names count where the plan and the rules say so, and raise no quorum', () => {
  const declared = {
    plan: planOf({ approval: { quorum: 1, assurance: ['declared'] } }),
    rules: { ...rules, quorum: 1, assurance: ['declared' as const] },
  };
  const ballot = ballotOf({ ...declared, requesters: { ...noRequester, proven: false } });
  expect(count(ballot, [candidate(declared.plan, { said: { approver: 'bob' } })])).toMatchObject({
    needed: 1,
    state: { deciding: { assurance: 'declared' } },
  });
});

test('a name that is composed otherwise in the configuration is the same person', () => {
  const named = { ...rules, approvers: [{ name: 'José'.normalize('NFD'), keys: [keyB ?? ''] }] };
  const ballot = { ...oneIsEnough, rules: { ...named, quorum: 1 } };
  expect(count(ballot, [signed(ballot.plan, 'José'.normalize('NFC'), keyB)]).state.kind).toBe('approved');
});

test('whoever two entries of the configuration would answer for is nobody', () => {
  const twice = {
    ...rules,
    approvers: [...rules.approvers, { name: 'bob2', principals: [jwt('bob@site')] }, { name: 'bob', keys: [keyA1 ?? ''] }],
  };
  const result = count({ ...ballot, rules: twice }, [
    attested(plan, 'bob', { eventId: 1 }),
    signed(plan, 'bob', keyB, { eventId: 2 }),
  ]);
  expect(result.approvals).toEqual([]);
});

test('the time to approve is the plan, not the time of counting', () => {
  expect(payloadOf(plan)).not.toHaveProperty('at');
  expect(count(oneIsEnough, [attested(oneIsEnough.plan, 'bob', { atMs: T0 - HOUR })]).state.kind).toBe('approved');
});
