import { afterEach, describe, expect, test } from 'vitest';
import type { WorkflowHandle } from '@temporalio/client';
import { destroyWorkflowId, guardWorkflowId, WORKFLOW_QUEUE } from '../../../src/domain/names.ts';
import type { Attached } from '../../../src/domain/outcome.ts';
import type { StoreName } from '../../../src/domain/store.ts';
import { CLUSTER, startVirtualWorld, type PolicyPatch, type VirtualWorld } from '../../virtual-world.ts';
import { A, B, commandsOf, dies, expectPeace, MINUTE, rounds, SECOND, SIBLING } from '../stage.ts';
import { approvalWith, counted, destroyOf, ordersDestroy, outcomeOf, planShown, viewOf, votes } from './people.ts';

let world: VirtualWorld;
afterEach(() => world.close());

async function worldOf(stores: readonly StoreName[], policy: PolicyPatch = {}): Promise<void> {
  world = await startVirtualWorld({ stores, policy, approval: approvalWith() });
}

const guard = (): WorkflowHandle => world.client.workflow.getHandle(guardWorkflowId(CLUSTER));
const places = async (): Promise<unknown[]> =>
  (await world.guard()).proposals.map(({ store, decided }) => [store, decided !== null]);

describe('a heal that can do no more', () => {
  test('proposes the destroy to people, who need one approval more where it is not proven who asked', async () => {
    await worldOf([A], { attempts: 1, whenExhausted: 'propose-destroy' });
    await dies(world, A);
    world.simulator.inject(A, { kind: 'never-comes-up' });
    await world.sweep();
    expect(await world.outcome(A)).toMatchObject({ kind: 'escalated' });
    const handle = destroyOf(world, A);
    const { plan, needed } = await planShown(world, handle);
    const view = await viewOf(world, handle);
    expect(view.reason).toMatch(/^the heal of this Store ended as escalated: /);
    // The sweep of this test was started by hand, not by a schedule: somebody may have asked for it.
    expect(needed).toBe(3);
    for (const name of ['alice', 'bob', 'carol'] as const) await votes(handle, plan, name);
    expect(await outcomeOf(world, handle)).toMatchObject({ kind: 'destroyed' });
    expect(commandsOf(world)).toEqual([...rounds(A, 1), `destroy ${A}`]);
    await expectPeace(world);
  });

  test('finds no place where as many wait as allowed: it is escalated all the same', async () => {
    await worldOf([A, B], {
      attempts: 1,
      whenExhausted: 'propose-destroy',
      guard: { proposals: 1 },
    });
    world.simulator.kill(B);
    await world.simulator.settled();
    const other = await ordersDestroy(world, B);
    await planShown(world, other);
    // No sweep here: it would heal the other one, and free its place.
    world.simulator.inject(A, { kind: 'never-comes-up' });
    await world.simulator.settled();
    await world.heal(A);
    expect(await world.outcome(A)).toMatchObject({ kind: 'escalated' });
    expect(await outcomeOf(world, destroyOf(world, A))).toMatchObject({
      kind: 'refused',
      refusal: 'too many proposals',
      plans: 0,
    });
    expect(await places()).toEqual([[B, false]]);
  });

  test('proposes in vain where a newcomer has taken over; a person who ordered it is shown a new plan instead', async () => {
    await worldOf([A, B], { attempts: 1, whenExhausted: 'propose-destroy' });
    await dies(world, A);
    world.simulator.inject(A, { kind: 'never-comes-up' });
    await world.heal(A);
    await world.outcome(A);
    const handle = destroyOf(world, A);
    await planShown(world, handle);
    world.simulator.addStore(SIBLING);
    await world.simulator.settled();
    world.config.current = { ...world.config.current, stores: [A, B, SIBLING] };
    expect(await outcomeOf(world, handle)).toMatchObject({ kind: 'superseded', because: `${SIBLING} has taken over meanwhile` });

    const ordered = await ordersDestroy(world, A);
    const { plan } = await planShown(world, ordered);
    world.simulator.removeStore(SIBLING);
    world.config.current = { ...world.config.current, stores: [A, B] };
    const next = await planShown(world, ordered, plan.planId);
    expect([plan, next.plan]).toMatchObject([{ siblings: [{ store: SIBLING }] }, { siblings: [] }]);
    await ordered.cancel();
    expect((await outcomeOf(world, ordered)).kind).toBe('cancelled');
    expect(commandsOf(world)).toEqual(rounds(A, 1));
    await expectPeace(world);
  });
});

describe('while people think', () => {
  test('a sibling is healed: whoever waits for votes holds nothing', async () => {
    await worldOf([A, SIBLING]);
    world.simulator.kill(A);
    await world.simulator.settled();
    const handle = await ordersDestroy(world, A);
    await planShown(world, handle);
    world.simulator.kill(SIBLING);
    await world.simulator.settled();
    await world.heal(SIBLING);
    expect(await world.outcome(SIBLING)).toMatchObject({ kind: 'healed' });
    expect(commandsOf(world)).toEqual(rounds(SIBLING, 1));
    await handle.cancel();
    expect(await outcomeOf(world, handle)).toMatchObject({ kind: 'cancelled' });
    expect(await places()).toEqual([]);
    await expectPeace(world);
  });

  test('the destroy is terminated: its place is free once it is found dead', async () => {
    await worldOf([A]);
    world.simulator.kill(A);
    await world.simulator.settled();
    const handle = await ordersDestroy(world, A);
    await planShown(world, handle);
    expect(await places()).toEqual([[A, false]]);
    await handle.terminate('a test');
    const again = await ordersDestroy(world, A);
    await planShown(world, again);
    expect(await places()).toEqual([[A, false]]);
    await again.cancel();
    await outcomeOf(world, again);
  });

  test('the guard is ended: the new one is paused and knows no proposal, so the decided destroy proposes again and goes after a resume', async () => {
    await worldOf([A]);
    world.simulator.kill(A);
    await world.simulator.settled();
    const handle = await ordersDestroy(world, A);
    const { plan } = await planShown(world, handle);
    await votes(handle, plan, 'alice');
    await counted(world, handle, 1);
    await guard().terminate('a test');
    await votes(handle, plan, 'bob');
    await world.passUntil('it waits for the guard', async () => (await viewOf(world, handle)).phase === 'waiting for the guard', {
      stepMs: SECOND,
    });
    // Four minutes of quarantine, and then a person.
    await world.pass(5 * MINUTE);
    expect(commandsOf(world)).toEqual([]);
    await guard().signal('resume', { by: 'carol' });
    expect(await outcomeOf(world, handle)).toMatchObject({ kind: 'destroyed', plans: 1 });
    expect(commandsOf(world)).toEqual([`destroy ${A}`]);
    await expectPeace(world);
  });
});

describe('once people have decided', () => {
  test('a heal on the subtopic that was under way ends first, and no other begins before the destroy', async () => {
    await worldOf([A, SIBLING]);
    world.simulator.kill(A);
    world.simulator.kill(SIBLING);
    await world.simulator.settled();
    const handle = await ordersDestroy(world, A);
    const { plan } = await planShown(world, handle);
    await world.heal(SIBLING);
    await world.passUntil('the sibling is stopped', () => commandsOf(world).length > 0, { stepMs: SECOND });
    await votes(handle, plan, 'alice');
    await votes(handle, plan, 'bob');
    await world.passUntil(
      'its subtopic is kept for it',
      async () => (await places()).some((place) => JSON.stringify(place) === JSON.stringify([A, true])),
      { stepMs: SECOND },
    );
    await world.outcome(SIBLING);
    expect(await outcomeOf(world, handle)).toMatchObject({ kind: 'destroyed' });
    expect(commandsOf(world)).toEqual([...rounds(SIBLING, 1), `destroy ${A}`]);
    await expectPeace(world);
  });

  test('a mode that was tightened since the plan forbids it', async () => {
    await worldOf([A]);
    world.simulator.kill(A);
    await world.simulator.settled();
    const handle = await ordersDestroy(world, A);
    const { plan } = await planShown(world, handle);
    await votes(handle, plan, 'alice');
    await counted(world, handle, 1);
    world.config.current = { ...world.config.current, policy: { ...world.config.current.policy, mode: 'observe' } };
    await world.sweep();
    await votes(handle, plan, 'bob');
    expect(await outcomeOf(world, handle)).toMatchObject({
      kind: 'refused',
      refusal: 'guard',
      because: 'the mode does not let it act (observe, and act when the plan was made)',
    });
    expect(commandsOf(world)).toEqual([]);
    await expectPeace(world);
  });

  test('mode observe from the beginning forbids nothing: people say more than the mode', async () => {
    await worldOf([A], { mode: 'observe' });
    world.simulator.kill(A);
    await world.simulator.settled();
    const handle = await ordersDestroy(world, A);
    const { plan } = await planShown(world, handle);
    await votes(handle, plan, 'alice');
    await votes(handle, plan, 'bob');
    expect(await outcomeOf(world, handle)).toMatchObject({ kind: 'destroyed' });
    await expectPeace(world);
  });
});

describe('a start', () => {
  test('while the cluster is paused is refused with the name of who paused it', async () => {
    await worldOf([A]);
    world.simulator.kill(A);
    await world.simulator.settled();
    await guard().signal('pause', { by: 'carol', reason: 'OMS upgrade' });
    const outcome = await outcomeOf(world, await ordersDestroy(world, A));
    expect(outcome).toMatchObject({ kind: 'refused', refusal: 'guard', plans: 0 });
    expect(outcome.because).toContain('carol: OMS upgrade');
  });

  test('under another id opens the one that counts, and a second one finds it open', async () => {
    await worldOf([A]);
    world.simulator.kill(A);
    await world.simulator.settled();
    const input = { cluster: CLUSTER, store: A, reason: 'its data moved elsewhere' };
    const start = (workflowId: string) =>
      world.client.workflow.start('destroyStore', { workflowId, taskQueue: WORKFLOW_QUEUE, args: [input] });
    const first = (await world.runUntil((await start('by-hand-1')).result())) as Attached;
    expect(first).toMatchObject({ kind: 'attached', workflowId: destroyWorkflowId(CLUSTER, A) });
    const second = (await world.runUntil((await start('by-hand-2')).result())) as Attached;
    expect(second).toMatchObject({
      kind: 'attached',
      runId: null,
      because: expect.stringContaining('waits for people already') as string,
    });
    const handle = destroyOf(world, A);
    // Whoever started the first one is in the chain: not proven, so one approval more.
    expect((await planShown(world, handle)).needed).toBe(3);
    await handle.cancel();
    await outcomeOf(world, handle);
    await expectPeace(world);
  });

  test.each([
    ['nothing', undefined],
    ['no reason', { cluster: CLUSTER, store: A }],
    ['a wildcard', { cluster: CLUSTER, store: '*', reason: 'all of them' }],
    ['a field that it does not know', { cluster: CLUSTER, store: A, reason: 'x', force: true }],
  ])('with %s fails at once, and the right example comes first', async (_what, input) => {
    await worldOf([A]);
    const handle = await world.client.workflow.start('destroyStore', {
      workflowId: destroyWorkflowId(CLUSTER, A),
      taskQueue: WORKFLOW_QUEUE,
      args: input === undefined ? [] : [input],
    });
    await expect(world.runUntil(handle.result())).rejects.toMatchObject({
      cause: { message: expect.stringMatching(/^Give one JSON object such as \{"cluster"/) as string },
    });
  });
});
