import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { destroyWorkflowId, healWorkflowId } from '../../src/domain/names.ts';
import { A, B, CLUSTER, startLiveWorld, type LiveWorld } from './live-world.ts';
import { newPerson, type Keyed } from './people.ts';
import { atTerminal, hasTerminal, type Typing } from './terminal.ts';

// The tests here are one story: each goes on where the one before it ended.
const STORY = { timeout: 60_000 };

let world: LiveWorld;
let alice: Keyed;
let bob: Keyed;
beforeAll(async () => {
  [alice, bob] = await Promise.all([newPerson('alice'), newPerson('bob')]);
  world = await startLiveWorld({
    mode: 'ask',
    approval: {
      assurance: ['signed'],
      approvers: [
        { name: 'alice', keys: [alice.publicKey] },
        { name: 'bob', keys: [bob.publicKey] },
        { name: 'carol', keys: [(await newPerson('carol')).publicKey] },
      ],
      approveWithin: '10m',
      executeWithin: '5m',
    },
  });
  await world.run('schedule', 'apply');
  await world.run('schedule', 'pause');
}, 180_000);
afterAll(() => world?.close());

const run = (...args: string[]) => world.run(...args);
const atOurTerminal = (args: readonly string[], typing: Typing) =>
  atTerminal([...args, '--config', world.config], { typing, env: { TEMPORAL_ADDRESS: world.address, NO_COLOR: '1' } });

async function openPlan(): Promise<string> {
  for (let tries = 0; tries < 60; tries += 1) {
    const { json } = await run('plans');
    const [plan] = json['plans'] as { planId: string | null }[];
    if (typeof plan?.planId === 'string') return plan.planId;
  }
  throw new Error('no plan was made');
}

async function votesSent(workflowId: string): Promise<unknown[]> {
  const { events } = await world.client.workflow.getHandle(workflowId).fetchHistory();
  return (events ?? []).flatMap((event) => {
    const signal = event.workflowExecutionSignaledEventAttributes;
    if (!signal || (signal.signalName !== 'approve' && signal.signalName !== 'reject')) return [];
    const [payload] = signal.input?.payloads ?? [];
    return [JSON.parse(Buffer.from(payload?.data ?? []).toString())];
  });
}

test('a restart that mode ask leaves to people is a plan, and one approval lets it go on', STORY, async () => {
  world.simulator.kill(B);
  await world.simulator.settled();
  expect(await run('heal', B, '--yes')).toMatchObject({ code: 8 });
  const planId = await openPlan();
  const listed = await world.begin('plans').ended;
  expect(listed.stdout).toContain('stop and restart this Store');
  expect(listed.stdout).toContain('0 of 1 approvals');
  const { code, json } = await run('approve', planId, ...alice.signs, '--reason', 'go on', '--confirm', B, '--yes');
  expect(json).toMatchObject({ action: 'restart', result: 'counted', tally: { state: { kind: 'approved' } } });
  expect(code).toBe(0);
  expect(await world.client.workflow.getHandle(healWorkflowId(CLUSTER, B)).result()).toMatchObject({ kind: 'healed' });
});

describe.skipIf(!hasTerminal)('at a terminal', () => {
  const NAME = "Type the Store's full name";
  let planId: string;
  const destroys = () => destroyWorkflowId(CLUSTER, A);

  test.each([
    ['another name', `${B}\r`, 4],
    ['an empty line', '\r', 4],
    ['yes instead of the name', 'yes\r', 4],
    ['Ctrl-C', '\u0003', 130],
  ])('a destroy is not ordered by %s', STORY, async (_what, keys, expected) => {
    const { code, text } = await atOurTerminal(['destroy', A, '--reason', 'old', '--yes'], [[NAME, keys]]);
    expect(text).toContain('--yes does not skip the name.');
    expect(code).toBe(expected);
    await expect(world.client.workflow.getHandle(destroys()).describe()).rejects.toThrow();
  });

  test('the typed name orders it', STORY, async () => {
    world.simulator.kill(A);
    await world.simulator.settled();
    const { code, text } = await atOurTerminal(['destroy', A, '--reason', 'old'], [[NAME, `${A}\r`]]);
    expect(text).toContain('storekeeper approve ');
    expect(code).toBe(8);
    planId = await openPlan();
  });

  test.each<[string, Typing]>([
    ['the name of another Store', [[NAME, `${B}\r`]]],
    [
      'a name, and no word that accepts the loss',
      [
        [NAME, `${A}\r`],
        ['Type "uncovered"', 'yes\r'],
      ],
    ],
  ])('the plan is shown in full, and %s sends nothing', STORY, async (_what, typing) => {
    const { code, text } = await atOurTerminal(['approve', planId, ...alice.signs], typing);
    for (const words of [
      planId,
      'Digest:    ',
      'DESTROY this Store for good',
      'Siblings:  none',
      'uncovered: ',
      '"old"',
      '0 of 3 approvals',
      'approve by 2',
    ])
      expect(text).toContain(words);
    expect(text.split('\r\n').filter((line) => line.length > 80 && line.includes(' '.repeat(11)))).toEqual([]);
    expect(code).toBe(4);
    expect(await votesSent(destroys())).toEqual([]);
  });

  test('with name, acceptance and a reason the vote is sent, signed and counted', STORY, async () => {
    const { code, text } = await atOurTerminal(
      ['approve', planId, ...alice.signs],
      [
        [NAME, `${A}\r`],
        ['Type "uncovered"', 'uncovered\r'],
        ['Why?', 'it is replaced\r'],
      ],
    );
    expect(text).toContain('counted: approve by alice (signed); 1 of 3 approvals, 2 to come');
    expect(code).toBe(0);
    expect(await votesSent(destroys())).toMatchObject([
      { planId, store: A, reason: 'it is replaced', acceptUncovered: true, approver: 'alice', signature: expect.any(String) },
    ]);
  });
});

test('where only signatures count, a vote without one is not sent', STORY, async () => {
  const planId = await openPlan();
  const before = await votesSent(destroyWorkflowId(CLUSTER, A));
  const { code, json } = await run('reject', planId, '--as', 'bob', '--reason', 'no', '--confirm', A, '--yes');
  expect(code).toBe(2);
  expect(json).toMatchObject({ error: { code: 'needs-key', hint: expect.stringContaining('--key alice.key --as bob') } });
  expect(await votesSent(destroyWorkflowId(CLUSTER, A))).toEqual(before);
});

test('a sibling that comes up voids the plan: no vote on it is sent, and the new one is named', STORY, async () => {
  const planId = await openPlan();
  const before = await votesSent(destroyWorkflowId(CLUSTER, A));
  const sibling = '10.0.0.9-7100:p_4223_source-000-0:0000000009';
  world.simulator.addStore(sibling);
  const config = await readFile(world.config, 'utf8');
  await writeFile(world.config, config.replace(`"${A}"`, `"${A}","${sibling}"`));
  let next = planId;
  while (next === planId) next = await openPlan();
  const { code, json } = await run(
    'approve',
    planId,
    ...bob.signs,
    '--reason',
    'ok',
    '--accept-uncovered',
    '--confirm',
    A,
    '--yes',
  );
  expect(code).toBe(4);
  expect(json).toMatchObject({ error: { code: 'plan-void', hint: expect.stringContaining(`storekeeper approve ${next}`) } });
  expect(await votesSent(destroyWorkflowId(CLUSTER, A))).toEqual(before);
  const { json: listed } = await run('plans');
  expect(listed).toMatchObject({
    plans: [{ planId: next, votes: { approvals: [] }, notes: [expect.stringContaining('siblings')] }],
  });
});

test('without a worker plans says so for each run, and nobody votes on what cannot be shown', STORY, async () => {
  const planId = await openPlan();
  await world.stopWorkers();
  const [listed, voted] = await Promise.all([
    run('plans'),
    run('reject', planId, ...bob.signs, '--reason', 'no', '--confirm', A, '--yes'),
  ]);
  expect(listed).toMatchObject({
    code: 0,
    json: { plans: [{ planId: null, workflowId: destroyWorkflowId(CLUSTER, A), trouble: expect.stringContaining('worker') }] },
  });
  expect(voted).toMatchObject({
    code: 1,
    json: { error: { code: 'no-answer', hint: expect.stringContaining('storekeeper worker') } },
  });
});
