import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { digestOf, planDigest, policyDigest, sealedBytes } from '../../src/approval/digest.ts';
import type { DestroyPlan } from '../../src/domain/approval/plan.ts';
import { healthy, T0 } from '../domain/readings.ts';
import { dead, NEWEST_S, OLDEST_S, OTHER_RUN_ID, planOf, SIBLING } from '../domain/approval/ballots.ts';

const plan = planOf({}, { reading: dead(), siblings: [healthy(T0, { store: SIBLING, oldestS: OLDEST_S, newestS: NEWEST_S })] });

test('the digest is SHA-256 over the purpose, a line feed and the canonical JSON', () => {
  const text = 'storekeeper/policy/1\n{"a":[1],"b":"é"}';
  expect(Buffer.from(sealedBytes('policy', { b: 'é', a: [1] })).toString()).toBe(text);
  expect(policyDigest({ b: 'é', a: [1] })).toBe(createHash('sha256').update(text, 'utf8').digest('hex'));
});

test('the digest of a known plan never changes: plans that people signed must stay verifiable', () => {
  expect(planDigest(plan)).toBe('f7247c217cd42f5848ba9c2b4511272615016a6997b376d125b0f9206e059a51');
});

test('the same value for another purpose has another digest', () => {
  const digests = (['destroy-plan', 'policy', 'vote', 'order'] as const).map((kind) => digestOf(kind, plan));
  expect(new Set(digests).size).toBe(4);
});

describe('another digest comes of another', () => {
  const changes: Partial<Record<keyof DestroyPlan, unknown>> = {
    planId: plan.planId.replace(/.$/, '0'),
    action: 'stop',
    cluster: 'site-2',
    cm: 'http://10.0.0.6:8088',
    store: SIBLING,
    evidence: { ...plan.evidence, status: 2 },
    siblings: [],
    coverage: 'uncovered',
    policyDigest: 'q'.repeat(64),
    approval: { quorum: 1, assurance: ['attested', 'signed'] },
    workflowId: 'destroy:site-2',
    runId: OTHER_RUN_ID,
    nonce: 'ff'.repeat(16),
    approveByMs: plan.approveByMs + 1,
    executeWithinMs: plan.executeWithinMs + 1,
  };
  test.each(Object.keys(plan) as (keyof DestroyPlan)[])('%s', (field) => {
    expect(changes).toHaveProperty(field);
    expect(planDigest({ ...plan, [field]: changes[field] })).not.toBe(planDigest(plan));
  });
});

test('a plan that went through JSON, in whatever order of members, has the same digest', () => {
  const shuffled = fc.shuffledSubarray(Object.entries(plan), { minLength: Object.keys(plan).length });
  fc.assert(
    fc.property(shuffled, (entries) => {
      expect(planDigest(JSON.parse(JSON.stringify(Object.fromEntries(entries))) as DestroyPlan)).toBe(planDigest(plan));
    }),
  );
});
