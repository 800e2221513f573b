/** Plans, electorates and votes for tests, each with one thing changed at a time. */
import type { ApprovalRules, Principal, Requesters } from '../../../src/domain/approval/electorate.ts';
import { makePlan, type DestroyPlan, type Plan, type PlanFrame, type Sight } from '../../../src/domain/approval/plan.ts';
import { tally, type Ballot, type Candidate, type Tally } from '../../../src/domain/approval/tally.ts';
import type { Vote } from '../../../src/domain/approval/vote.ts';
import { parseVote } from '../../../src/domain/approval/vote.ts';
import { faulty, MINUTE, STORE, storeName, T0 } from '../readings.ts';

export const RUN_ID = '01a210e0-fc11-7ee0-9647-d9f39c0d3b61';
export const OTHER_RUN_ID = 'dfc9df77-2fc6-4c54-9973-4486db981dec';
export const NONCE = '00112233445566778899aabbccddeeff';
export const HOUR = 60 * MINUTE;
export const OLDEST_S = 1_700_000_000;
export const NEWEST_S = 1_700_086_400;
export const SIBLING = storeName('10.0.0.8-7100:p_4223_source-000-0:0000000008');
export const OTHER_SIBLING = storeName('10.0.0.9-7100:p_4223_source-000-0:0000000009');

export const span = { oldestS: OLDEST_S, newestS: NEWEST_S };

export function frame(patch: Partial<PlanFrame> = {}): PlanFrame {
  return {
    cluster: 'site-1',
    cm: 'http://10.0.0.5:8088',
    store: STORE,
    policyDigest: 'p'.repeat(64),
    approval: { quorum: 2, assurance: ['attested', 'signed'] },
    workflowId: `destroy:site-1:${STORE}`,
    runId: RUN_ID,
    number: 1,
    nonce: NONCE,
    approveByMs: T0 + 4 * HOUR,
    executeWithinMs: 15 * MINUTE,
    ...patch,
  };
}

export const dead = (patch: Parameters<typeof faulty>[1] = {}, atMs = T0) => faulty(atMs, { ...span, ...patch });

export function planOf(patch: Partial<PlanFrame> = {}, sight: Sight = { reading: dead(), siblings: [] }): DestroyPlan {
  const planned = makePlan(frame(patch), sight);
  if (planned.kind !== 'planned') throw new Error(`no plan: ${planned.kind}`);
  return planned.plan;
}

export const KEYS = ['A', 'B', 'C', 'D'].map((letter) => `ed25519:${letter.repeat(43)}=`.replace(/.=$/, 'A='));

export const jwt = (name: string): Principal => ({ type: 'jwt', name });

export const rules: ApprovalRules = {
  assurance: ['attested', 'signed'],
  quorum: 2,
  approvers: [
    { name: 'alice', principals: [jwt('alice@site'), jwt('alice-admin@site')], keys: [KEYS[0] ?? '', KEYS[1] ?? ''] },
    { name: 'bob', principals: [jwt('bob@site')], keys: [KEYS[2] ?? ''] },
    { name: '张伟', principals: [jwt('zhangwei@site')], keys: [KEYS[3] ?? ''] },
  ],
  approveWithinMs: 4 * HOUR,
  executeWithinMs: 15 * MINUTE,
};

export const noRequester: Requesters = { proven: true, principals: [jwt('operator@site')], keys: [], names: ['operator'] };

export function ballotOf(patch: Partial<Ballot> = {}): Ballot {
  return { plan: planOf(), rules, requesters: noRequester, workers: [jwt('worker@site')], ...patch };
}

/** A ballot that one approval decides. */
export const oneIsEnough: Ballot = ballotOf({
  plan: planOf({ approval: { quorum: 1, assurance: ['attested', 'signed'] } }),
  rules: { ...rules, quorum: 1 },
});

type Said = Partial<Record<keyof Vote, unknown>> & Readonly<Record<string, unknown>>;

export function payloadOf(plan: Plan, said: Said = {}): Record<string, unknown> {
  return { planId: plan.planId, store: plan.store, reason: 'replaced', acceptUncovered: true, ...said };
}

export interface Sent extends Partial<Omit<Candidate, 'parsed'>> {
  readonly said?: Said;
  readonly payload?: unknown;
}

export function candidate(plan: Plan, sent: Sent = {}): Candidate {
  const { said, payload = payloadOf(plan, said), ...rest } = sent;
  return {
    eventId: 10,
    atMs: T0 + MINUTE,
    verdict: 'approve',
    origin: 'direct',
    principal: null,
    signature: { kind: 'none' },
    ...rest,
    parsed: parseVote(payload),
  };
}

const SIGNATURE = `${'A'.repeat(86)}==`;

/** Votes that count, by these ways of proving who sent them. */
export function attested(plan: Plan, name: string, sent: Sent = {}): Candidate {
  return candidate(plan, { principal: jwt(`${name}@site`), ...sent });
}

export function signed(plan: Plan, approver: string, key: string | undefined, sent: Sent = {}): Candidate {
  const said = { approver, at: '2026-01-05T03:00:00Z', signature: SIGNATURE, ...sent.said };
  return candidate(plan, { signature: { kind: 'valid', key: key ?? '' }, ...sent, said });
}

export function count(ballot: Ballot, votes: readonly Candidate[]): Tally {
  return tally(ballot, votes);
}

export const reasonsOf = (result: Tally): string[] => result.refused.map(({ reason }) => reason);
