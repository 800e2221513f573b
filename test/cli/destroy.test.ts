import { createPrivateKey, createPublicKey } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startOf } from '../../src/approval/chain.ts';
import { originOf } from '../../src/approval/history-signals.ts';
import { verifyOrder, type OrderStatement } from '../../src/approval/signature.ts';
import { destroyWorkflowId, healWorkflowId } from '../../src/domain/names.ts';
import { A, B, CLUSTER, startLiveWorld, type LiveWorld } from './live-world.ts';
import { newPerson, type Keyed } from './people.ts';

// The tests here are one story: each goes on where the one before it ended.
const STORY = { timeout: 60_000 };

let world: LiveWorld;
let alice: Keyed;
let bob: Keyed;
let dave: Keyed;
let plan: string;
beforeAll(async () => {
  [alice, bob, dave] = await Promise.all([newPerson('alice'), newPerson('bob'), newPerson('dave')]);
  const keyed = { alice, bob, dave };
  world = await startLiveWorld({
    approval: {
      assurance: ['signed', 'declared'],
      approvers: [...Object.entries(keyed).map(([name, { publicKey }]) => ({ name, keys: [publicKey] })), { name: 'carol' }],
      approveWithin: '10m',
      executeWithin: '5m',
    },
  });
  await world.run('schedule', 'apply');
  await world.run('schedule', 'pause');
}, 180_000);
afterAll(() => world?.close());

const run = (...args: string[]) => world.run(...args);
const vote = (verdict: string, person: readonly string[], ...more: string[]) =>
  run(verdict, plan, ...person, '--reason', 'looked at it', '--confirm', A, '--yes', ...more);

async function signalsSent(workflowId: string): Promise<number> {
  const { events } = await world.client.workflow.getHandle(workflowId).fetchHistory();
  return (events ?? []).filter((event) =>
    ['approve', 'reject'].includes(event.workflowExecutionSignaledEventAttributes?.signalName ?? ''),
  ).length;
}

test('before anybody orders a destroy, no plan waits for people', STORY, async () => {
  expect(await run('plans')).toMatchObject({ code: 0, json: { plans: [], approvers: ['alice', 'bob', 'dave', 'carol'] } });
  expect((await world.begin('plans', '--cluster', CLUSTER).ended).stdout).toBe(`No plan waits for people in ${CLUSTER}.\n`);
});

test('a dry run says what would be lost and who has to approve, and starts nothing', STORY, async () => {
  const { code, json, stderr } = await run('destroy', B, '--reason', 'old', '--dry-run');
  expect(code).toBe(0);
  expect(json).toMatchObject({ dryRun: true, store: B, coverage: 'uncovered', quorum: 2, look: { diagnosis: 'healthy' } });
  expect(stderr).toContain('uncovered: it is the only Store of its subtopic');
  expect(stderr).toContain('2 of 4 approvers (alice, bob, dave, carol) have to approve within 10m');
  expect(stderr).toContain('it is healthy, so it would not be destroyed');
  await expect(world.client.workflow.getHandle(destroyWorkflowId(CLUSTER, B)).describe()).rejects.toMatchObject({
    name: 'WorkflowNotFoundError',
  });
});

test('another name than that of the Store starts nothing', STORY, async () => {
  const { code, json } = await run('destroy', A, '--reason', 'old', '--confirm', B, '--yes');
  expect(code).toBe(4);
  expect(json).toMatchObject({ error: { code: 'wrong-name' } });
  await expect(world.client.workflow.getHandle(destroyWorkflowId(CLUSTER, A)).describe()).rejects.toThrow();
});

test('a healthy Store is not destroyed, and the order says so at once', STORY, async () => {
  const { code, json } = await run('destroy', B, '--reason', 'old', '--confirm', B, '--yes');
  expect(json).toMatchObject({ how: 'started', plan: null, outcome: { kind: 'cleared' } });
  expect(code).toBe(1);
});

test('a signed order makes a plan that two have to approve, and a second order shows that same plan', STORY, async () => {
  world.simulator.kill(A);
  await world.simulator.settled();
  const order = ['destroy', A, '--reason', 'its data moved', ...dave.signs, '--confirm', A, '--yes'];
  const first = await run(...order);
  expect(first).toMatchObject({
    code: 8,
    json: {
      how: 'started',
      workflowId: destroyWorkflowId(CLUSTER, A),
      phase: 'waiting for votes',
      plan: { action: 'destroy', store: A, coverage: 'uncovered', votes: { state: 'open', approvals: [], needed: 2 } },
      outcome: null,
    },
  });
  ({ planId: plan } = first.json['plan'] as { planId: string });
  const second = await world.begin(...order).ended;
  expect(second.code).toBe(8);
  expect(second.stderr).toContain('is open already');
  expect(second.stdout).toContain(`storekeeper approve ${plan}`);
  expect(second.stdout).toContain('2 approvals needed');
  expect(second.stdout).toMatch(/approve by \S+Z \(in 9m\)/);
  expect(second.stdout).toContain(
    `http://ui.example/namespaces/default/workflows/${encodeURIComponent(`destroy:${CLUSTER}:${A}`)}/`,
  );
});

test('plans lists it with votes, time left, whom it asks and the link', STORY, async () => {
  const { code, stdout } = await world.begin('plans').ended;
  expect(code).toBe(0);
  for (const words of [
    plan,
    'DESTROY this Store for good',
    `${A} of ${CLUSTER}`,
    'its data moved',
    '0 of 2 approvals',
    'asked: alice, bob, dave, carol',
    'http://ui.example/',
  ])
    expect(stdout).toContain(words);
  const { json } = await run('plans');
  expect(json).toMatchObject({
    plans: [{ planId: plan, action: 'destroy', cluster: CLUSTER, store: A, trouble: null, votes: { needed: 2 } }],
  });
  expect((json['plans'] as { leftMs: number }[])[0]?.leftMs).toBeGreaterThan(8 * 60_000);
});

test('nothing is sent without the right name, and none for an uncovered Store without accepting that', STORY, async () => {
  const wrong = await run('approve', plan, ...alice.signs, '--reason', 'ok', '--confirm', B, '--yes', '--accept-uncovered');
  expect(wrong).toMatchObject({ code: 4, json: { error: { code: 'wrong-name' } } });
  const uncovered = await vote('approve', alice.signs);
  expect(uncovered).toMatchObject({
    code: 2,
    json: { error: { code: 'needs-accept-uncovered', hint: expect.stringContaining(`--accept-uncovered --confirm ${A} --yes`) } },
  });
  const dry = await world.begin('approve', plan, '--dry-run').ended;
  expect(dry).toMatchObject({ code: 0, stdout: 'Nothing was sent.\n' });
  expect(dry.stderr).toContain('uncovered: it is the only Store of its subtopic');
  expect(dry.stderr).toContain('Asked by:  dave, with a signature that the worker checks');
  expect(await signalsSent(destroyWorkflowId(CLUSTER, A))).toBe(0);
});

test('a signed approval is counted, and the voter sees how many are to come', STORY, async () => {
  const { code, json, stdout, stderr } = await vote('approve', alice.signs, '--accept-uncovered');
  expect(json).toMatchObject({
    result: 'counted',
    planId: plan,
    signed: true,
    vote: { name: 'alice', assurance: 'signed', reason: 'looked at it' },
    tally: { state: { kind: 'open', missing: 1 } },
  });
  expect(code).toBe(0);
  expect(stderr).toContain('it is the only Store of its subtopic');
  const key = alice.privateKeyPem.split('\n')[1] ?? '';
  expect(key.length).toBeGreaterThan(40);
  expect(stdout + stderr).not.toContain(key);
});

test.each([
  ['the same person again', 'alice', 'alice', 'duplicate', 'one person counts once'],
  ['who ordered it', 'dave', 'dave', 'requester', 'cannot also approve it'],
  ['somebody under the name of another', 'alice', 'bob', 'bad signature', 'bob'],
  ['a name that only says so and is nobody', null, 'mallory', 'unknown approver', 'mallory'],
])('%s is refused, with the reason in words and how to mend it', STORY, async (_who, keyOf, name, reason, words) => {
  const keys = { alice, dave };
  const key = keyOf === null ? [] : ['--key', keys[keyOf as keyof typeof keys].file];
  const { code, json } = await vote('approve', [...key, '--as', name], '--accept-uncovered');
  expect(json).toMatchObject({
    result: 'refused',
    vote: { reason },
    error: { code: 'vote-refused', message: expect.stringContaining(words), hint: expect.any(String) },
  });
  expect(code).toBe(4);
});

test('with the second approval it is decided, and who waits sees the Store destroyed', STORY, async () => {
  const waiting = world.begin('destroy', A, '--reason', 'its data moved', '--confirm', A, '--yes', '--wait', '--json');
  await waiting.until('1 of 2 approvals');
  const carol = ['--as', 'carol', '--reason', 'fine', '--accept-uncovered', '--confirm', A, '--yes'];
  const { code, stdout } = await world.begin('approve', plan, ...carol).ended;
  expect(stdout).toContain('counted: approve by carol (DECLARED ONLY, proven by nothing); decided: approved by alice, carol');
  expect(code).toBe(0);
  const ended = await waiting.ended;
  expect(ended.stderr).toContain('approved by alice, carol');
  expect(JSON.parse(ended.stdout)).toMatchObject({ how: 'open already', outcome: { kind: 'destroyed', planId: plan } });
  expect(ended.code).toBe(0);
  expect(world.simulator.state(A).reader).toBe('destroyed');
});

test('what has ended takes no votes', STORY, async () => {
  const before = await signalsSent(destroyWorkflowId(CLUSTER, A));
  const late = await vote('approve', bob.signs, '--accept-uncovered');
  expect(late).toMatchObject({ code: 4, json: { error: { code: 'plan-over', message: expect.stringContaining('destroyed') } } });
  expect(await signalsSent(destroyWorkflowId(CLUSTER, A))).toBe(before);
  const unknown = plan.replace(/^[0-9a-f]{8}/, '00000000');
  expect(await run('reject', unknown, '--reason', 'x', '--confirm', A, '--yes')).toMatchObject({
    code: 2,
    json: { error: { code: 'unknown-plan' } },
  });
});

test('an unsigned order needs one more, and one rejection ends it', STORY, async () => {
  world.simulator.kill(B);
  await world.simulator.settled();
  const ordered = await run('destroy', B, '--reason', 'also', '--confirm', B, '--yes');
  expect(ordered).toMatchObject({ code: 8, json: { plan: { votes: { needed: 3 } } } });
  const { planId } = ordered.json['plan'] as { planId: string };
  const waiting = world.begin('destroy', B, '--reason', 'also', '--confirm', B, '--yes', '--wait', '--json');
  await waiting.until('0 of 3 approvals');
  const rejected = await run('reject', planId, ...bob.signs, '--reason', 'still needed', '--confirm', B, '--yes');
  expect(rejected).toMatchObject({
    code: 0,
    json: { verdict: 'reject', result: 'counted', tally: { state: { kind: 'rejected', withdrawn: false } } },
  });
  const ended = await waiting.ended;
  expect(JSON.parse(ended.stdout)).toMatchObject({ outcome: { kind: 'rejected' } });
  expect(ended.code).toBe(4);
});

test('an order to heal can be signed, over the very words that are sent', STORY, async () => {
  const passing = ['--override', 'budget,cooldown', '--restart-healthy', '--yes', '--wait'];
  const { json } = await run('heal', B, '--reason', ' the reader is stuck ', ...passing, ...dave.signs);
  expect(json).toMatchObject({ outcome: { kind: 'healed' } });
  const origin = originOf(await world.client.workflow.getHandle(healWorkflowId(CLUSTER, B)).fetchHistory());
  if (origin === null) throw new Error('no start');
  const { statement, proof, takenMs } = startOf(origin);
  expect(statement).toMatchObject({ reason: 'the reader is stuck', override: ['budget', 'cooldown'], restartHealthy: true });
  const signed = { ...statement, orderer: proof.orderer, at: proof.at } as OrderStatement;
  expect(
    verifyOrder(signed, proof.signature ?? '', createPublicKey(createPrivateKey(dave.privateKeyPem)), takenMs),
  ).toMatchObject({ ok: true });
});
