import { afterEach, describe, expect, test } from 'vitest';
import { guardWorkflowId, WORKFLOW_QUEUE } from '../../../src/domain/names.ts';
import type { Mode } from '../../../src/domain/policy.ts';
import { CLUSTER, type PolicyPatch, type VirtualWorld } from '../../virtual-world.ts';
import {
  counted,
  ordersDestroy,
  outcomeOf,
  pausesGuard,
  planShown,
  resumesGuard,
  signedHeal,
  toldOf,
  viewOf,
  votes,
} from '../destroy/people.ts';
import { A, commandsOf, dies, expectPeace, healOf, record, rounds, SECOND, SIBLING } from '../stage.ts';
import { type Asked, asksAbout, askWorld } from './asking.ts';

let world: VirtualWorld;
afterEach(() => world.close());

async function asked(policy: PolicyPatch = {}): Promise<Asked> {
  world = await askWorld([A], policy);
  return asksAbout(world, A);
}

function setMode(mode: Mode): void {
  world.config.current = { ...world.config.current, policy: { ...world.config.current.policy, mode } };
}

const isConfirmedAfresh = () =>
  world.passUntil('it is confirmed afresh', async () => (await world.phase(A)) === 'confirming', { stepMs: SECOND });

describe('while people are asked', () => {
  test('a sibling is healed: whoever waits for a vote holds nothing', async () => {
    world = await askWorld([A, SIBLING]);
    // Were the sibling well, it would take the place of the other.
    await dies(world, SIBLING);
    world.simulator.kill(A);
    await world.simulator.settled();
    expect((await world.sweep()).opened).toEqual([A, SIBLING]);
    const handle = healOf(world, A);
    const { plan } = await planShown(world, handle);
    await planShown(world, healOf(world, SIBLING));
    expect(await world.guard()).toMatchObject({ leases: [], slots: [], proposals: [] });
    await healOf(world, SIBLING).signal('order', { reason: 'its consumers wait', override: ['mode'] });
    expect(await world.outcome(SIBLING)).toMatchObject({ kind: 'healed' });
    expect((await viewOf(world, handle)).open?.plan.planId).toBe(plan.planId);
    await votes(handle, plan, 'alice', { verdict: 'reject', reason: 'the other one does' });
    expect(await world.outcome(A)).toMatchObject({ kind: 'declined' });
    expect(commandsOf(world)).toEqual(rounds(SIBLING, 1));
    await expectPeace(world);
  });

  test('a newcomer takes over: their yes comes to nothing', async () => {
    const { handle, plan } = await asked();
    world.simulator.addStore(SIBLING);
    await world.simulator.settled();
    world.config.current = { ...world.config.current, stores: [A, SIBLING] };
    await votes(handle, plan, 'alice');
    expect(await world.outcome(A)).toMatchObject({ kind: 'superseded', because: expect.stringContaining(SIBLING) as string });
    expect(commandsOf(world)).toEqual([]);
    await expectPeace(world);
  });

  test('it is cancelled: nothing is sent, and people are told that they need not answer', async () => {
    const { handle } = await asked();
    await handle.cancel();
    expect(await world.outcome(A)).toMatchObject({ kind: 'cancelled', attempts: [] });
    expect(toldOf(world, A)).toEqual(['asked', 'ended']);
    expect((await viewOf(world, handle)).open).toBeNull();
    expect(commandsOf(world)).toEqual([]);
    await expectPeace(world);
    await record('ask-cancelled', handle);
  });

  test('an order comes that passes the mode: they are told that they need not answer', async () => {
    const { handle } = await asked();
    await handle.signal('order', { reason: 'the source is about to lose its logs', override: ['mode'] });
    expect(await world.outcome(A)).toMatchObject({ kind: 'healed' });
    expect(toldOf(world, A)).toEqual(['asked', 'ended']);
    expect(commandsOf(world)).toEqual(rounds(A, 1));
    await expectPeace(world);
    await record('ask-overridden', handle);
  });

  test('the mode is let go to act: they were asked, so they decide', async () => {
    const { handle, plan } = await asked();
    setMode('act');
    await world.sweepTwice();
    expect((await viewOf(world, handle)).phase).toBe('waiting for a vote');
    expect(commandsOf(world)).toEqual([]);
    await votes(handle, plan, 'bob');
    expect(await world.outcome(A)).toMatchObject({ kind: 'healed' });
    expect(commandsOf(world)).toEqual(rounds(A, 1));
    await expectPeace(world);
  });
});

describe('a yes is no leave to', () => {
  test('pass a pause: it is blocked, and after the resume people are asked anew', async () => {
    const { handle, plan } = await asked();
    await pausesGuard(world);
    await votes(handle, plan, 'alice');
    expect(await world.outcome(A)).toMatchObject({
      kind: 'blocked',
      because: 'the cluster is paused (alice: OMS upgrade)',
    });
    expect(commandsOf(world)).toEqual([]);
    await resumesGuard(world);
    expect((await world.sweepTwice()).opened).toEqual([A]);
    const again = healOf(world, A);
    const { plan: next } = await planShown(world, again, plan.planId);
    expect(commandsOf(world)).toEqual([]);
    await votes(again, next, 'alice');
    expect(await world.outcome(A)).toMatchObject({ kind: 'healed' });
    expect(commandsOf(world)).toEqual(rounds(A, 1));
    await expectPeace(world);
  });

  test('pass the mode observe that came after it, by the word of a sweep', async () => {
    const { handle, plan } = await asked();
    await votes(handle, plan, 'alice');
    await isConfirmedAfresh();
    setMode('observe');
    await world.sweep();
    expect(await world.outcome(A)).toMatchObject({ kind: 'blocked', because: 'the mode does not let it act (observe)' });
    expect(commandsOf(world)).toEqual([]);
    await expectPeace(world);
  });

  test('act under a guard that is new: it is blocked by its pause', async () => {
    const { handle, plan } = await asked();
    await world.client.workflow.getHandle(guardWorkflowId(CLUSTER)).terminate('a test');
    await votes(handle, plan, 'alice');
    expect(await world.outcome(A)).toMatchObject({
      kind: 'blocked',
      because: expect.stringContaining('storekeeper:new-guard') as string,
    });
    expect(commandsOf(world)).toEqual([]);
    await expectPeace(world);
  });

  test('stop it again once it was taken back between two attempts', async () => {
    const { handle, plan } = await asked();
    world.simulator.inject(A, { kind: 'zombie', diesAfter: '43s', checkpoint: 'moves' });
    await votes(handle, plan, 'alice');
    await world.passUntil('it rests between two attempts', async () => (await world.phase(A)) === 'backing off', {
      stepMs: SECOND,
    });
    await votes(handle, plan, 'alice', { verdict: 'reject', reason: 'this does not help' });
    expect(await world.outcome(A)).toMatchObject({
      kind: 'declined',
      because: expect.stringContaining('alice: this does not help') as string,
      attempts: [{ stop: 'done', restart: 'done' }],
    });
    expect(commandsOf(world)).toEqual(rounds(A, 1));
    await expectPeace(world);
  });
});

test('a restart that is owed asks nobody, and whatever follows it asks again', async () => {
  const { handle, plan } = await asked();
  world.simulator.inject(A, { kind: 'zombie', diesAfter: '43s', times: 1, checkpoint: 'moves' });
  await votes(handle, plan, 'alice');
  await world.passUntil('it is stopped', async () => (await world.phase(A)) === 'waiting before the restart', { stepMs: SECOND });
  await handle.terminate('a test');
  const next = healOf(world, A);
  // The guard finds it dead, and pays by a heal of its own.
  await world.passUntil('the restart is paid', () => commandsOf(world).length === 2, { stepMs: 10 * SECOND });
  const { plan: second } = await planShown(world, next, plan.planId);
  expect(second.runId).not.toBe(plan.runId);
  expect(commandsOf(world)).toEqual(rounds(A, 1));
  await votes(next, second, 'bob');
  expect(await world.outcome(A)).toMatchObject({ kind: 'healed' });
  expect(commandsOf(world)).toEqual(rounds(A, 2));
  await expectPeace(world);
});

test('a Store that is destroyed while people are asked about its restart is sent nothing more', async () => {
  const { handle, plan } = await asked();
  const destroy = await ordersDestroy(world, A);
  const { plan: planOfDestroy } = await planShown(world, destroy);
  // A yes to the one is none to the other, though they are about one Store.
  await votes(destroy, plan, 'alice');
  await votes(handle, planOfDestroy, 'bob');
  expect((await counted(world, handle, 1)).open?.tally).toMatchObject({ approvals: [], refused: [{ reason: 'wrong run' }] });
  await votes(destroy, planOfDestroy, 'alice');
  await votes(destroy, planOfDestroy, 'bob');
  expect(await outcomeOf(world, destroy)).toMatchObject({ kind: 'destroyed' });
  await votes(handle, plan, 'carol');
  expect(await world.outcome(A)).toMatchObject({ kind: 'observer blind', attempts: [] });
  expect(commandsOf(world)).toEqual([`destroy ${A}`]);
  await expectPeace(world);
});

test('a vote that comes before the question answers nothing, and wedges nothing', async () => {
  world = await askWorld([A]);
  await dies(world, A);
  await world.sweep();
  const handle = healOf(world, A);
  await world.passUntil('it is confirming', async () => (await world.phase(A)) === 'confirming', { stepMs: SECOND });
  await handle.signal('approve', { planId: 'x', store: A, reason: 'in advance', approver: 'alice' });
  await handle.signal('reject', 'no');
  const { plan } = await planShown(world, handle);
  expect((await counted(world, handle, 2)).open?.tally).toMatchObject({
    approvals: [],
    refusedCount: 2,
    state: { kind: 'open' },
  });
  await votes(handle, plan, 'alice');
  expect(await world.outcome(A)).toMatchObject({ kind: 'healed' });
  expect(commandsOf(world)).toEqual(rounds(A, 1));
  await expectPeace(world);
});

test('a signed order that was given under another id is the vote of whoever signed it', async () => {
  await asked();
  const start = await world.client.workflow.start('healStore', {
    workflowId: 'from-the-web-ui',
    taskQueue: WORKFLOW_QUEUE,
    args: [{ cluster: CLUSTER, store: A, ...(await signedHeal(world, A, 'bob')) }],
  });
  expect(await world.runUntil(start.result())).toMatchObject({ kind: 'attached' });
  expect(await world.outcome(A)).toMatchObject({ kind: 'healed' });
  expect(commandsOf(world)).toEqual(rounds(A, 1));
  await expectPeace(world);
});
