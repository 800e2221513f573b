import { describe, expect, test } from 'vitest';
import { sealed } from '../../src/approval/seal.ts';
import { signOrder } from '../../src/approval/signature.ts';
import { audit } from '../../src/audit/audit.ts';
import { makeRestartPlan, type RestartPlan } from '../../src/domain/approval/plan.ts';
import { ALICE_PRIVATE } from '../approval/fixed-keys.ts';
import { faulty, MINUTE, STORE, T0 } from '../domain/readings.ts';
import { brokenIn, violationsIn } from './edited.ts';
import { CLUSTER, digestOf, evidence, planOf, rules, RUN, Story } from './story.ts';

const HEAL = `heal:${CLUSTER}:${STORE}`;

function restartPlan(): RestartPlan {
  const { cluster, cm, store, policyDigest, approval, runId, nonce, approveByMs, executeWithinMs } = planOf();
  const frame = {
    cluster,
    cm,
    store,
    policyDigest,
    approval: { ...approval, quorum: 1 },
    workflowId: HEAL,
    runId,
    number: 1,
    nonce,
    approveByMs,
    executeWithinMs,
  };
  const planned = makeRestartPlan(frame, evidence.reading);
  if (planned.kind !== 'planned') throw new Error(planned.kind);
  return sealed(planned.plan);
}

/** A heal in mode `ask`, told up to the place where people are asked. */
class Asked extends Story {
  constructor() {
    super({ plan: restartPlan() });
  }

  opened(input: object = {}, by = 'worker'): this {
    const value = { cluster: CLUSTER, store: STORE, ...input };
    this.add(
      {
        workflowExecutionStartedEventAttributes: {
          workflowId: HEAL,
          originalExecutionRunId: RUN,
          workflowType: { name: 'healStore' },
          input: { payloads: [{ metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from(JSON.stringify(value)) }] },
        },
      },
      { by, atMs: T0 },
    );
    return this.activity('learnPolicy', { cluster: CLUSTER }, { policy: { mode: 'ask', act: [] }, digest: 'c'.repeat(64) });
  }

  confirmed(): this {
    const spec = { kind: 'confirm', confirm: { readings: 3, overMs: 90_000 }, order: null };
    const streak = { readings: 4, coveredMs: 90_000, sinceMs: T0 };
    return this.activity(
      'watchStore',
      { cluster: CLUSTER, store: STORE, spec },
      { kind: 'confirmed', streak, reading: faulty(T0) },
    );
  }

  asked(): this {
    return this.sealed(planOf(), { plan: this.plan, digest: digestOf(this.plan), rules: { ...rules, quorum: 1 } });
  }

  stop(planId: string | null = this.plan.planId): this {
    const input = {
      cluster: CLUSTER,
      store: STORE,
      commandId: `${RUN}:1`,
      sendByMs: 60_000,
      life: { port: 17_001 },
      ...(planId === null ? {} : { planId }),
    };
    return this.activity('stopStore', input, { kind: 'sent', answer: { kind: 'done', detail: '', tookMs: 10 }, evidence });
  }
}

const auditOf = (story: Asked) => audit([story.history()]);
const stopIn = (story: Asked): number => story.last - 2;

describe('a restart that people were asked about', () => {
  test('one vote of the right kind lets it pass, and it is told', () => {
    const story = new Asked().opened().confirmed().asked().vote({ by: 'alice' }).confirmed().lease().stop();
    const report = auditOf(story);
    expect(brokenIn(report)).toEqual([]);
    expect(report.runs[0]?.commands[0]).toMatchObject({
      verb: 'stop',
      restsOn: { kind: 'plan' },
      votes: [{ name: 'alice', counted: true }],
    });
  });

  test('without a plan, or without a vote, it is the mode that forbids the stop, which breaks 13', () => {
    const bare = new Asked().opened().confirmed().lease().stop(null);
    expect(brokenIn(auditOf(bare))).toEqual([`13@${stopIn(bare)}`]);
    const unvoted = new Asked().opened().confirmed().asked().confirmed().lease().stop();
    expect(brokenIn(auditOf(unvoted))).toEqual([`13@${stopIn(unvoted)}`]);
  });

  test('a rejection breaks 13 at its event', () => {
    const story = new Asked().opened().confirmed().asked().vote({ by: 'alice' }).vote({ by: 'bob', verdict: 'reject' });
    const rejected = story.last;
    expect(brokenIn(auditOf(story.confirmed().lease().stop()))).toEqual([`13@${rejected}`]);
  });

  test('the fault must be confirmed again after the vote, and before the approval lapses', () => {
    const stale = new Asked().opened().confirmed().asked().vote({ by: 'alice' }).lease().stop();
    expect(brokenIn(auditOf(stale))).toEqual([`13@${stopIn(stale)}`]);
    const late = new Asked()
      .opened()
      .confirmed()
      .asked()
      .vote({ by: 'alice' })
      .activity('tellGuard', {}, {}, { atMs: T0 + 20 * MINUTE });
    late.confirmed().lease().stop();
    expect(brokenIn(auditOf(late))).toEqual([`13@${stopIn(late)}`]);
  });

  test('whoever ordered it may vote for it, by their token or by their signature, and a stranger may not', () => {
    const order = { orderer: 'alice', at: new Date(T0).toISOString() };
    const statement = {
      action: 'heal',
      cluster: CLUSTER,
      store: STORE,
      reason: 'stuck',
      override: [],
      restartHealthy: false,
    } as const;
    const signature = signOrder({ ...statement, ...order }, ALICE_PRIVATE);
    const attested = new Asked().opened({ reason: 'stuck' }, 'alice').confirmed().asked().confirmed().lease().stop();
    expect(brokenIn(auditOf(attested))).toEqual([]);
    const signed = new Asked()
      .opened({ reason: 'stuck', ...order, signature }, 'courier')
      .confirmed()
      .asked()
      .confirmed()
      .lease()
      .stop();
    expect(brokenIn(auditOf(signed))).toEqual([]);
    const stranger = new Asked().opened({ reason: 'stuck' }, 'mallory').confirmed().asked().confirmed().lease().stop();
    expect(
      violationsIn(auditOf(stranger))
        .map(({ what }) => what)
        .join(),
    ).toContain('0 of 1 approvals');
  });
});
