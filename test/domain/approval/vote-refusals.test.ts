import { describe, expect, test } from 'vitest';
import type { ApprovalRules } from '../../../src/domain/approval/electorate.ts';
import { sayVoteRefusal, voteRefusalWords } from '../../../src/domain/approval/vote-refusal.ts';
import {
  attested,
  candidate,
  count,
  jwt,
  KEYS,
  NONCE,
  noRequester,
  oneIsEnough,
  OTHER_RUN_ID,
  reasonsOf,
  RUN_ID,
  SIBLING,
  signed,
  type Sent,
} from './ballots.ts';

const [keyA1, , keyB] = KEYS;

/** Each of these is one vote by bob, who could decide alone; one thing is wrong with it. */
describe('refused, and said so', () => {
  const { plan } = oneIsEnough;
  const only = (assurance: ApprovalRules['assurance']) => ({ ...oneIsEnough, rules: { ...oneIsEnough.rules, assurance } });
  const bobAsked = { ...oneIsEnough, requesters: { ...noRequester, principals: [jwt('bob@site')] } };
  const bob = (sent: Sent = {}) => attested(plan, 'bob', sent);
  const otherRun = `${OTHER_RUN_ID}.1.${NONCE}`;

  test.each([
    ['malformed: a payload that is no vote', 'malformed', oneIsEnough, bob({ payload: 'yes' })],
    ['no reason', 'no reason', oneIsEnough, bob({ said: { reason: '' } })],
    ['wrong run: a vote from another run', 'wrong run', oneIsEnough, bob({ said: { planId: otherRun } })],
    ['wrong plan: the plan before this one', 'wrong plan', oneIsEnough, bob({ said: { planId: `${RUN_ID}.2.${NONCE}` } })],
    ['wrong plan: another nonce', 'wrong plan', oneIsEnough, bob({ said: { planId: `${RUN_ID}.1.${'f'.repeat(32)}` } })],
    ['wrong plan: only the beginning of its id', 'wrong plan', oneIsEnough, bob({ said: { planId: RUN_ID } })],
    ['wrong plan: a blank after it', 'wrong plan', oneIsEnough, bob({ said: { planId: `${plan.planId} ` } })],
    ['wrong store: a sibling', 'wrong store', oneIsEnough, bob({ said: { store: SIBLING } })],
    [
      'wrong store: the port alone differs',
      'wrong store',
      oneIsEnough,
      bob({ said: { store: plan.store.replace('-7100', '-7104') } }),
    ],
    ['replayed by a reset', 'replayed by reset', oneIsEnough, bob({ origin: 'replayed by reset' })],
    [
      'replayed by a reset, though signed',
      'replayed by reset',
      oneIsEnough,
      signed(plan, 'bob', keyB, { origin: 'replayed by reset' }),
    ],
    ['late by a millisecond', 'late', oneIsEnough, bob({ atMs: plan.approveByMs + 1 })],
    ['unauthorised: the server knows who it is, and it is no approver', 'unauthorised', oneIsEnough, attested(plan, 'mallory')],
    [
      'unauthorised: who types the name of an approver beside it',
      'unauthorised',
      oneIsEnough,
      attested(plan, 'mallory', { said: { approver: 'bob' } }),
    ],
    [
      'unauthorised: the same name by another kind of principal',
      'unauthorised',
      oneIsEnough,
      candidate(plan, { principal: { type: 'users', name: 'bob@site' } }),
    ],
    ['unauthorised: a principal in other letters', 'unauthorised', oneIsEnough, candidate(plan, { principal: jwt('Bob@site') })],
    ['unknown approver: no principal and no name', 'unknown approver', oneIsEnough, candidate(plan)],
    [
      'unknown approver: a name that nobody has',
      'unknown approver',
      oneIsEnough,
      candidate(plan, { said: { approver: 'mallory' } }),
    ],
    ['unknown approver: a Cyrillic о in the name', 'unknown approver', oneIsEnough, signed(plan, 'b\u043eb', keyB)],
    ['unknown approver: another case', 'unknown approver', oneIsEnough, signed(plan, 'Bob', keyB)],
    ['unknown approver: a prototype key', 'unknown approver', oneIsEnough, signed(plan, '__proto__', keyB)],
    [
      'unknown approver: another prototype key',
      'unknown approver',
      only(['declared']),
      candidate(plan, { said: { approver: 'constructor' } }),
    ],
    ['another name than the one that was attested', 'another name', oneIsEnough, bob({ said: { approver: 'alice' } })],
    ['the requester, by the same principal', 'requester', bobAsked, bob()],
    ['the requester, by another proof of the same person', 'requester', bobAsked, signed(plan, 'bob', keyB)],
    [
      'the requester, by the key of the order',
      'requester',
      { ...oneIsEnough, requesters: { ...noRequester, keys: [keyB ?? ''] } },
      bob(),
    ],
    ['the requester, by the name alone', 'requester', { ...oneIsEnough, requesters: { ...noRequester, names: ['bob'] } }, bob()],
    ['the worker', 'worker', oneIsEnough, attested(plan, 'worker')],
    ['the worker, though it is an approver too', 'worker', { ...oneIsEnough, workers: [jwt('bob@site')] }, bob()],
    ['a workflow', 'worker', oneIsEnough, bob({ origin: 'sent by a workflow' })],
    ['needs acceptUncovered', 'needs acceptUncovered', oneIsEnough, bob({ said: { acceptUncovered: undefined } })],
    [
      'assurance not enough: a declared name in production',
      'assurance not enough',
      oneIsEnough,
      candidate(plan, { said: { approver: 'bob' } }),
    ],
    ['assurance not enough: attested where only signed counts', 'assurance not enough', only(['signed']), bob()],
    [
      'assurance not enough: signed where only attested counts',
      'assurance not enough',
      only(['attested']),
      signed(plan, 'bob', keyB),
    ],
    [
      'assurance not enough: what the plan was not sealed with',
      'assurance not enough',
      only(['declared']),
      candidate(plan, { said: { approver: 'bob' } }),
    ],
    ['bad signature', 'bad signature', oneIsEnough, signed(plan, 'bob', keyB, { signature: { kind: 'invalid' } })],
    [
      'bad signature, though the principal is right',
      'bad signature',
      oneIsEnough,
      signed(plan, 'bob', keyB, { signature: { kind: 'invalid' }, principal: jwt('bob@site') }),
    ],
    ["bad signature: by another approver's key", 'bad signature', oneIsEnough, signed(plan, 'bob', keyA1)],
    [
      'bad signature: found valid by a key that is no longer configured',
      'bad signature',
      oneIsEnough,
      signed(plan, 'bob', `ed25519:${'Z'.repeat(42)}A=`),
    ],
    [
      'bad signature: nobody looked at it',
      'bad signature',
      oneIsEnough,
      signed(plan, 'bob', keyB, { signature: { kind: 'none' } }),
    ],
  ] as const)('%s', (_, reason, ballot, vote) => {
    const result = count(ballot, [vote]);
    expect(result.state).toEqual({ kind: 'open', missing: 1 });
    expect(result.approvals).toEqual([]);
    expect(result.refused).toEqual([
      { reason, count: 1, latest: [expect.objectContaining({ eventId: 10, reason, verdict: 'approve' })] },
    ]);
  });

  test('and the same vote without what is wrong decides', () => {
    expect(count(oneIsEnough, [bob()]).state.kind).toBe('approved');
    expect(count(oneIsEnough, [signed(plan, 'bob', keyB)]).state.kind).toBe('approved');
  });

  test('a payload that is too large is refused as such', () => {
    const vote = { ...bob(), parsed: { ok: false as const, reason: 'payload too large' as const, detail: '1048576 bytes' } };
    expect(reasonsOf(count(oneIsEnough, [vote]))).toEqual(['payload too large']);
  });

  test('a refusal is said with what exactly was wrong', () => {
    expect(sayVoteRefusal('late', 'bob')).toBe(`${voteRefusalWords.late.en} (bob)`);
    expect(sayVoteRefusal('late', '')).toBe(voteRefusalWords.late.en);
  });
});

describe('who carried a signed vote', () => {
  const { plan } = oneIsEnough;
  test.each([
    ['is nobody to the configuration', jwt('shared-token@site')],
    ['is the worker', jwt('worker@site')],
    ['is another approver', jwt('alice@site')],
  ])('does not matter: it %s', (_, principal) => {
    expect(count(oneIsEnough, [signed(plan, 'bob', keyB, { principal })]).approvals).toMatchObject([
      { name: 'bob', assurance: 'signed' },
    ]);
  });
});
