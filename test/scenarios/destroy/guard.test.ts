import { afterEach, describe, expect, test } from 'vitest';
import type { WorkflowHandle } from '@temporalio/client';
import { guardWorkflowId } from '../../../src/domain/names.ts';
import type { Mode } from '../../../src/domain/policy.ts';
import type { StoreName } from '../../../src/domain/store.ts';
import { CLUSTER, startVirtualWorld, type PolicyPatch, type VirtualWorld } from '../../virtual-world.ts';
import { A, commandsOf, expectPeace, healOf, MINUTE, record, rounds, SECOND, SIBLING } from '../stage.ts';
import {
  approvalWith,
  approved,
  asksPeople,
  ordersDestroy,
  outcomeOf,
  pausesGuard,
  planShown,
  resumesGuard,
  viewOf,
  votes,
} from './people.ts';

let world: VirtualWorld;
afterEach(() => world.close());

async function begins(stores: readonly StoreName[] = [A], policy: PolicyPatch = {}): Promise<void> {
  world = await startVirtualWorld({ stores, policy, approval: approvalWith() });
}

const guard = (): WorkflowHandle => world.client.workflow.getHandle(guardWorkflowId(CLUSTER));

const isDecided = async (store: StoreName): Promise<boolean> =>
  (await world.guard()).proposals.some((proposal) => proposal.store === store && proposal.decided !== null);

async function dead(...stores: readonly StoreName[]): Promise<void> {
  for (const store of stores) world.simulator.kill(store);
  await world.simulator.settled();
}

async function aliceAndBob(handle: WorkflowHandle, plan: Parameters<typeof votes>[1]): Promise<void> {
  await votes(handle, plan, 'alice');
  await votes(handle, plan, 'bob');
}

/** A destroy of A that is decided, while a hold on A alone keeps it from its request. Both Stores are dead. */
async function keptWaiting(): Promise<WorkflowHandle> {
  await dead(A, SIBLING);
  const handle = await ordersDestroy(world, A);
  const { plan } = await planShown(world, handle);
  await guard().signal('hold', { store: A, by: 'alice', reason: 'one more look' });
  await approved(world, handle, plan);
  await world.passUntil('its subtopic is kept for it', () => isDecided(A), { stepMs: SECOND });
  expect((await world.guard()).leases).toEqual([]);
  return handle;
}

function setMode(mode: Mode): void {
  world.config.current = { ...world.config.current, policy: { ...world.config.current.policy, mode } };
}

const waitsFor = (handle: WorkflowHandle, phase: string) =>
  world.passUntil(phase, async () => (await viewOf(world, handle)).phase === phase, { stepMs: SECOND });

describe('a destroy that people decided', () => {
  test('keeps its subtopic: no sweep opens a sibling, and no order of a heal passes it', async () => {
    await begins([A, SIBLING]);
    const handle = await keptWaiting();
    const because = `people approved a destroy on this subtopic, and it goes first (${handle.workflowId})`;
    const { opened, notOpened } = await world.sweepTwice();
    expect(opened).toEqual([]);
    expect(notOpened).toContainEqual({ store: SIBLING, because });
    await world.heal(SIBLING, { reason: 'its consumers wait' });
    expect(await world.outcome(SIBLING)).toMatchObject({ kind: 'blocked', because, attempts: [] });
    expect(commandsOf(world)).toEqual([]);
    await guard().signal('unhold', { store: A, by: 'alice' });
    expect(await outcomeOf(world, handle)).toMatchObject({ kind: 'destroyed', plans: 1 });
    expect(commandsOf(world)).toEqual([`destroy ${A}`]);
    expect((await expectPeace(world)).proposals).toEqual([]);
  });

  test('is waited for by a heal that waits where it is blocked', async () => {
    await begins([A, SIBLING], { whenBlocked: 'wait' });
    const handle = await keptWaiting();
    await world.heal(SIBLING, { reason: 'its consumers wait' });
    await world.passUntil('the heal waits', async () => (await world.phase(SIBLING)) === 'waiting for the guard', {
      stepMs: SECOND,
    });
    await guard().signal('unhold', { store: A, by: 'alice' });
    expect(await outcomeOf(world, handle)).toMatchObject({ kind: 'destroyed', plans: 1 });
    expect(await world.outcome(SIBLING)).toMatchObject({ kind: 'healed' });
    expect(commandsOf(world)).toEqual([`destroy ${A}`, ...rounds(SIBLING, 1)]);
    await expectPeace(world);
  });

  test('waits until the heal of its own Store has ended, and is not needed when that helped', async () => {
    await begins();
    const { handle, plan } = await asksPeople(world, A);
    await world.heal(A, { reason: 'one more try' });
    await world.passUntil('it is stopped', () => commandsOf(world).length > 0, { stepMs: SECOND });
    await aliceAndBob(handle, plan);
    expect(await outcomeOf(world, handle)).toMatchObject({ kind: 'cleared' });
    expect(await world.outcome(A)).toMatchObject({ kind: 'healed' });
    expect(commandsOf(world)).toEqual(rounds(A, 1));
    expect((await expectPeace(world)).proposals).toEqual([]);
  });

  test('lets the restart that is owed to a sibling go first', async () => {
    await begins([A, SIBLING]);
    await dead(A, SIBLING);
    const handle = await ordersDestroy(world, A);
    const { plan } = await planShown(world, handle);
    await world.heal(SIBLING, { reason: 'its consumers wait' });
    await world.passUntil('the sibling is stopped', async () => (await world.phase(SIBLING)) === 'waiting before the restart', {
      stepMs: SECOND,
    });
    await healOf(world, SIBLING).terminate('a test');
    await aliceAndBob(handle, plan);
    expect(await outcomeOf(world, handle)).toMatchObject({ kind: 'destroyed' });
    expect(commandsOf(world)).toEqual([...rounds(SIBLING, 1), `destroy ${A}`]);
    await world.outcome(SIBLING);
    await expectPeace(world);
  });

  test('lets the restart that is owed to its own Store go first, and is not needed when that helped', async () => {
    await begins();
    const { handle, plan } = await asksPeople(world, A);
    await world.heal(A, { reason: 'one more try' });
    await world.passUntil('it is stopped', async () => (await world.phase(A)) === 'waiting before the restart', {
      stepMs: SECOND,
    });
    await healOf(world, A).terminate('a test');
    await aliceAndBob(handle, plan);
    expect(await outcomeOf(world, handle)).toMatchObject({ kind: 'cleared' });
    expect(commandsOf(world)).toEqual(rounds(A, 1));
    await world.outcome(A);
    await expectPeace(world);
  });

  test('is one of two on a subtopic: neither keeps the other out', async () => {
    await begins([A, SIBLING]);
    await dead(A, SIBLING);
    const first = await ordersDestroy(world, A);
    const second = await ordersDestroy(world, SIBLING);
    const { plan: planOfFirst } = await planShown(world, first);
    const { plan: planOfSecond } = await planShown(world, second);
    await pausesGuard(world);
    await approved(world, first, planOfFirst);
    await approved(world, second, planOfSecond);
    await resumesGuard(world);
    expect(await outcomeOf(world, first)).toMatchObject({ kind: 'destroyed' });
    expect(await outcomeOf(world, second)).toMatchObject({ kind: 'destroyed' });
    expect(commandsOf(world)).toEqual([`destroy ${A}`, `destroy ${SIBLING}`]);
    await expectPeace(world);
  });

  test('is refused by a mode that was tightened while it waited', async () => {
    await begins();
    const { handle, plan } = await asksPeople(world, A);
    await pausesGuard(world);
    await approved(world, handle, plan);
    setMode('ask');
    await world.sweep();
    await resumesGuard(world);
    expect(await outcomeOf(world, handle)).toMatchObject({
      kind: 'refused',
      refusal: 'guard',
      because: 'the mode does not let it act (ask, and act when the plan was made)',
    });
    expect(commandsOf(world)).toEqual([]);
    expect((await expectPeace(world)).proposals).toEqual([]);
  });

  test('goes soon after a resume, also where the pause was to last longer than its time to act', async () => {
    await begins();
    const { handle, plan } = await asksPeople(world, A);
    await guard().signal('pause', { by: 'alice', reason: 'OMS upgrade', minutes: 240 });
    await approved(world, handle, plan);
    await waitsFor(handle, 'waiting for the guard');
    await world.pass(5 * MINUTE);
    await resumesGuard(world);
    const resumedMs = await world.now();
    expect(await outcomeOf(world, handle)).toMatchObject({ kind: 'destroyed', plans: 1 });
    expect(commandsOf(world)).toEqual([`destroy ${A}`]);
    expect((world.simulator.commands()[0]?.atMs ?? Infinity) - resumedMs).toBeLessThan(2 * MINUTE);
    await expectPeace(world);
  });

  test('leaves its subtopic alone where it is terminated with its request out, until that cannot be running any more', async () => {
    await begins([A, SIBLING]);
    await dead(A, SIBLING);
    world.simulator.inject(A, { kind: 'hang', verb: 'destroy' });
    const handle = await ordersDestroy(world, A);
    const { plan } = await planShown(world, handle);
    await aliceAndBob(handle, plan);
    await world.passUntil('the request is out', () => commandsOf(world).length > 0, { stepMs: SECOND });
    await handle.terminate('a test');
    await world.heal(SIBLING, { reason: 'its consumers wait' });
    expect(await world.outcome(SIBLING)).toMatchObject({
      kind: 'blocked',
      because: expect.stringContaining('destroy of') as string,
    });
    expect(commandsOf(world)).toEqual([`destroy ${A}`]);
    await world.pass(4 * MINUTE);
    await world.heal(SIBLING, { reason: 'its consumers wait' });
    expect(await world.outcome(SIBLING)).toMatchObject({ kind: 'healed' });
    expect(commandsOf(world)).toEqual([`destroy ${A}`, ...rounds(SIBLING, 1)]);
    await expectPeace(world);
  });

  test('gives its subtopic back where it is terminated', async () => {
    await begins([A, SIBLING]);
    await dead(A);
    const handle = await ordersDestroy(world, A);
    const { plan } = await planShown(world, handle);
    await pausesGuard(world);
    await approved(world, handle, plan);
    await handle.terminate('a test');
    await resumesGuard(world);
    expect(await isDecided(A)).toBe(true);
    await dead(SIBLING);
    await world.heal(SIBLING, { reason: 'its consumers wait' });
    expect(await world.outcome(SIBLING)).toMatchObject({ kind: 'healed' });
    expect((await world.guard()).proposals).toEqual([]);
    expect(commandsOf(world)).toEqual(rounds(SIBLING, 1));
    await expectPeace(world);
  });
});

describe('a held Store', () => {
  const hold = { store: A, by: 'alice', reason: 'stopped in OMS' };

  test('is not even asked about', async () => {
    await begins();
    await dead(A);
    await guard().signal('hold', hold);
    expect(await outcomeOf(world, await ordersDestroy(world, A))).toMatchObject({
      kind: 'refused',
      refusal: 'guard',
      because: 'somebody holds it: hands off (alice: stopped in OMS)',
      plans: 0,
    });
    expect(commandsOf(world)).toEqual([]);
    await expectPeace(world);
  });

  test('is not destroyed although people said so, and is once it is held no more', async () => {
    await begins();
    const { handle, plan } = await asksPeople(world, A);
    await guard().signal('hold', { subtopic: 'p_4223_source-000-0', by: 'alice', reason: 'stopped in OMS' });
    await approved(world, handle, plan);
    await world.pass(10 * MINUTE);
    expect(commandsOf(world)).toEqual([]);
    expect((await viewOf(world, handle)).notes).toContain('The guard: somebody holds it: hands off (alice: stopped in OMS)');
    await guard().signal('unhold', { subtopic: 'p_4223_source-000-0', by: 'alice' });
    expect(await outcomeOf(world, handle)).toMatchObject({ kind: 'destroyed', plans: 1 });
    expect(commandsOf(world)).toEqual([`destroy ${A}`]);
    await expectPeace(world);
  });
});

describe('a guard that is ended after the votes', () => {
  /** Decided, kept waiting by a pause, and then nobody is there who knows of any of it. */
  async function forgotten(): Promise<WorkflowHandle> {
    await begins();
    const { handle, plan } = await asksPeople(world, A);
    await pausesGuard(world);
    await approved(world, handle, plan);
    await waitsFor(handle, 'waiting for the guard');
    await guard().terminate('a test');
    await world.passUntil('a new guard is asked', async () => (await guard().describe()).status.name === 'RUNNING', {
      stepMs: 5 * SECOND,
    });
    return handle;
  }

  test('is followed by one that knows nothing: the destroy proposes again, and goes once a person resumes', async () => {
    const handle = await forgotten();
    await world.pass(5 * MINUTE);
    expect((await viewOf(world, handle)).notes).toContain('The guard: this guard knows of no such destroy');
    expect(commandsOf(world)).toEqual([]);
    await resumesGuard(world);
    expect(await outcomeOf(world, handle)).toMatchObject({ kind: 'destroyed', plans: 1 });
    expect(commandsOf(world)).toEqual([`destroy ${A}`]);
    await expectPeace(world);
    await record('destroy-new-guard', handle);
  });

  test('is followed by one that nobody resumes: the time to act runs out', async () => {
    const handle = await forgotten();
    expect(await outcomeOf(world, handle)).toMatchObject({
      kind: 'expired',
      because: expect.stringMatching(/^it was approved, and the time to carry it out ran over: /) as string,
    });
    await resumesGuard(world);
    await world.pass(20 * MINUTE);
    expect(commandsOf(world)).toEqual([]);
    expect((await expectPeace(world)).proposals).toEqual([]);
  });
});
