import { describe, expect, test } from 'vitest';
import { audit } from '../../src/audit/audit.ts';
import type { AuditReport } from '../../src/audit/report.ts';
import { signOrder } from '../../src/approval/signature.ts';
import { ALICE_KEY, ALICE_PRIVATE, BOB_PRIVATE } from '../approval/fixed-keys.ts';
import { STORE, T0 } from '../domain/readings.ts';
import { CLUSTER, planOf, rules, signedWords, Story } from './story.ts';
import { approved, auditOf, begun, done, scheduledIn, whyIn } from './destroy-stories.ts';
import { brokenIn } from './edited.ts';

describe('a destroy that people approved', () => {
  test('by attested votes, nothing is broken, and everything that it rested on is told', () => {
    const story = done(approved());
    const report = auditOf(story);
    expect(brokenIn(report)).toEqual([]);
    const [command] = report.runs[0]?.commands ?? [];
    expect(command).toMatchObject({
      verb: 'destroy',
      store: STORE,
      answer: 'done',
      restsOn: { kind: 'plan', eventId: 4, planId: story.plan.planId, coverage: 'uncovered' },
      evidence: { diagnosis: 'faulty', raw: true },
      lease: { eventId: 10 },
      votes: [
        { eventId: 5, name: 'alice', assurance: 'attested', principal: { type: 'jwt', name: 'alice@site' }, counted: true },
        { eventId: 6, name: 'bob', counted: true },
      ],
      clocks: { needed: 2, approveByMs: story.plan.approveByMs },
      digests: {
        policy: 'a'.repeat(64),
        plan: expect.stringMatching(/^[0-9a-f]{64}$/),
        rules: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    });
  });

  test('by signed votes on a server that stamps nobody, one more is needed than the quorum, unless the order is signed', () => {
    const unsigned = done(
      new Story({ stamped: false }).started().sealed().signedVote('alice', ALICE_PRIVATE).signedVote('bob', BOB_PRIVATE),
    );
    expect(brokenIn(auditOf(unsigned))).toEqual([`7@${scheduledIn(unsigned)}`]);
    expect(whyIn(auditOf(unsigned))).toContain('2 of 3 approvals');
  });

  test('a signed order tells who asked, and its signer cannot approve', () => {
    const order = { orderer: 'alice', at: new Date(T0).toISOString() };
    const statement = {
      action: 'destroy',
      cluster: CLUSTER,
      store: STORE,
      reason: 'replaced',
      override: [],
      restartHealthy: false,
    } as const;
    const signature = signOrder({ ...statement, ...order }, ALICE_PRIVATE);
    const story = done(
      new Story({ stamped: false })
        .started('nobody', {}, { ...order, signature })
        .sealed()
        .signedVote('alice', ALICE_PRIVATE)
        .signedVote('bob', BOB_PRIVATE),
    );
    expect(whyIn(auditOf(story))).toContain('1 of 2 approvals');
    expect(whyIn(auditOf(story))).toContain('asked for it');
  });

  test('what a server without principals cannot tell is said, and never called fine', () => {
    const story = done(new Story({ stamped: false }).started().sealed().signedVote('alice', ALICE_PRIVATE));
    const { commands, notShown } = auditOf(story).runs[0] ?? {};
    expect(notShown?.join()).toContain('stamps no principals');
    expect(commands?.[0]?.notShown.join()).toContain('who asked for it');
  });
});

describe('votes that do not count', () => {
  const second = (add: (story: Story) => Story): { report: AuditReport; story: Story } => {
    const story = done(add(begun().vote({ by: 'alice' })));
    return { report: auditOf(story), story };
  };

  test.each<[string, (story: Story) => Story]>([
    ['no second vote at all', (story) => story],
    ['the same person again', (story) => story.vote({ by: 'alice' })],
    ['the same person by key and by token', (story) => story.signedVote('alice', ALICE_PRIVATE, { by: 'courier' })],
    ['a forged signature', (story) => story.signedVote('bob', ALICE_PRIVATE, { by: 'bob' })],
    ['a signature over other words', (story) => story.signedVote('bob', BOB_PRIVATE, { patch: { reason: 'another' } })],
    ['a signature of a rejection', (story) => story.vote({ value: signedWords(story.plan, 'bob', BOB_PRIVATE, 'reject') })],
    ['a typed name', (story) => story.vote({ value: { approver: 'bob' } })],
    ['a stranger', (story) => story.vote({ by: 'mallory' })],
    ['a stranger in the name of an approver', (story) => story.vote({ by: 'mallory', value: { approver: 'bob' } })],
    ['the worker', (story) => story.vote({ by: 'worker' })],
    ['a workflow', (story) => story.vote({ by: 'bob', fromWorkflow: true })],
    ['after the time to approve', (story) => story.vote({ by: 'bob', atMs: story.plan.approveByMs + 1 })],
    ['on another plan', (story) => story.vote({ by: 'bob', value: { planId: planOf({ nonce: 'ff'.repeat(16) }).planId } })],
    [
      'about another Store',
      (story) => story.vote({ by: 'bob', value: { store: '10.0.0.7-7100:p_4223_source-000-0:0000000008' } }),
    ],
    ['without accepting that nothing covers it', (story) => story.vote({ by: 'bob', value: { acceptUncovered: false } })],
    ['without a reason', (story) => story.vote({ by: 'bob', value: { reason: ' ' } })],
    [
      'an update is no signal',
      (story) => story.add({ workflowExecutionUpdateAcceptedEventAttributes: { protocolInstanceId: 'approve' } }, { by: 'bob' }),
    ],
  ])('%s: the quorum is missing, which breaks 7 at the destroy', (_name, add) => {
    const { report, story } = second(add);
    expect(brokenIn(report)).toContain(`7@${scheduledIn(story)}`);
    expect(whyIn(report)).toContain('1 of 2 approvals');
  });

  test('of whoever asked for it', () => {
    const story = done(new Story().started('alice').sealed().vote({ by: 'alice' }).vote({ by: 'bob' }));
    expect(brokenIn(auditOf(story))).toEqual([`7@${scheduledIn(story)}`]);
    expect(whyIn(auditOf(story))).toContain('asked for it');
  });

  test('of one person too few, where it was asked for with the token of a worker, which anybody may hold', () => {
    const story = done(new Story().started('worker').sealed().vote({ by: 'alice' }).vote({ by: 'bob' }));
    expect(whyIn(auditOf(story))).toContain('2 of 3 approvals');
    const three = done(new Story().started('worker').sealed().vote({ by: 'alice' }).vote({ by: 'bob' }).vote({ by: 'carol' }));
    expect(brokenIn(auditOf(three))).toEqual([]);
  });

  test('of a worker that is an approver, too', () => {
    const withWorker = {
      ...rules,
      approvers: [...rules.approvers, { name: 'robot', principals: [{ type: 'jwt', name: 'worker@site' }], keys: [] }],
    };
    const story = new Story().started();
    done(story.sealed(story.plan, { rules: withWorker }).vote({ by: 'alice' }).vote({ by: 'worker' }));
    expect(brokenIn(auditOf(story))).toEqual([`7@${scheduledIn(story)}`]);
    expect(whyIn(auditOf(story))).toContain("worker's credentials");
  });

  test('of one person with two names that share a key', () => {
    const twice = { ...rules, approvers: [...rules.approvers, { name: 'alice2', principals: [], keys: [ALICE_KEY] }] };
    const story = new Story().started();
    done(story.sealed(story.plan, { rules: twice }).signedVote('alice', ALICE_PRIVATE).signedVote('alice2', ALICE_PRIVATE));
    expect(brokenIn(auditOf(story))).toEqual([`7@${scheduledIn(story)}`]);
    expect(whyIn(auditOf(story))).toContain('the same person as at event 5');
  });

  test('before the plan was sealed', () => {
    const story = done(new Story().started().vote({ by: 'bob' }).sealed().vote({ by: 'alice' }));
    expect(brokenIn(auditOf(story))).toEqual([`7@${scheduledIn(story)}`]);
  });

  test('after the destroy had been scheduled', () => {
    const story = begun().vote({ by: 'alice' }).lease().destroy({ open: true });
    const scheduled = story.last;
    story.vote({ by: 'bob' });
    expect(brokenIn(auditOf(story))).toEqual([`7@${scheduled}`]);
  });

  test("of an approver, or by a key, that the auditor's own configuration does not have", () => {
    const story = done(approved());
    const given = (approvers: typeof rules.approvers): string[] =>
      brokenIn(audit([story.history()], { configured: new Map([[CLUSTER, { ...rules, approvers }]]) }));
    expect(given(rules.approvers)).toEqual([]);
    expect(given(rules.approvers.slice(0, 1))).toEqual([`7@${scheduledIn(story)}`]);
    const moved = rules.approvers.map((approver) => ({ ...approver, principals: [{ type: 'jwt', name: 'else@site' }] }));
    expect(given(moved)).toEqual([`7@${scheduledIn(story)}`]);
    const signed = done(begun().signedVote('alice', ALICE_PRIVATE, { by: 'courier' }).vote({ by: 'bob' }));
    const keyless = rules.approvers.map((approver) => ({ ...approver, keys: [] }));
    expect(brokenIn(audit([signed.history()], { configured: new Map([[CLUSTER, { ...rules, approvers: keyless }]]) }))).toEqual([
      `7@${scheduledIn(signed)}`,
    ]);
  });

  test('a declared name counts only where the rules say so, and is then marked as declared', () => {
    const loose = { ...rules, assurance: ['declared'] };
    const plan = planOf({}, ['declared']);
    const story = new Story({ stamped: false, plan }).started();
    done(
      story
        .sealed(plan, { rules: loose })
        .vote({ value: { approver: 'alice' } })
        .vote({ value: { approver: 'bob' } }),
    );
    const report = auditOf(story);
    expect(brokenIn(report)).toEqual([]);
    expect(report.runs[0]?.commands[0]?.votes.map(({ assurance }) => assurance)).toEqual(['declared', 'declared']);
    expect(report.runs[0]?.commands[0]?.notShown.join()).toContain("no vote is the worker's");
  });
});
