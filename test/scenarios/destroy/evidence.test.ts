import { afterEach, describe, expect, test } from 'vitest';
import type { StoreName } from '../../../src/domain/store.ts';
import { guardWorkflowId } from '../../../src/domain/names.ts';
import { CLUSTER, startVirtualWorld, type VirtualWorld } from '../../virtual-world.ts';
import { A, commandsOf, expectPeace, MINUTE, record, SECOND, SIBLING } from '../stage.ts';
import { approvalWith, counted, ordersDestroy, outcomeOf, planShown, viewOf, votes } from './people.ts';

let world: VirtualWorld;
afterEach(() => world.close());

async function dead(stores: readonly StoreName[] = [A]): Promise<void> {
  world = await startVirtualWorld({ stores, approval: approvalWith() });
  world.simulator.kill(A);
  await world.simulator.settled();
}

const guard = () => world.client.workflow.getHandle(guardWorkflowId(CLUSTER));

describe('while votes are collected', () => {
  test('the Store heals: nothing is destroyed on an approval from before', async () => {
    await dead();
    const handle = await ordersDestroy(world, A);
    const { plan } = await planShown(world, handle);
    await votes(handle, plan, 'alice');
    await counted(world, handle, 1);
    world.simulator.operatorRestart(A);
    await world.simulator.settled();
    expect(await outcomeOf(world, handle)).toMatchObject({
      kind: 'cleared',
      because: 'it got healthy while votes were collected',
      planId: plan.planId,
    });
    expect(commandsOf(world)).toEqual([]);
    await expectPeace(world);
    await record('destroy-cleared', handle);
  });

  test('its checkpoint moves: the votes are void, and the next plan keeps its time', async () => {
    await dead();
    const handle = await ordersDestroy(world, A);
    const { plan } = await planShown(world, handle);
    await votes(handle, plan, 'alice');
    await counted(world, handle, 1);
    // It ran for a while, and died again where nobody looked.
    world.simulator.operatorRestart(A);
    await world.simulator.settled();
    await world.pass(20 * SECOND);
    world.simulator.kill(A);
    await world.simulator.settled();
    const next = await planShown(world, handle, plan.planId);
    expect(next.plan.evidence.checkpoints.newestS).toBeGreaterThan(plan.evidence.checkpoints.newestS ?? Infinity);
    expect(next.plan.approveByMs).toBe(plan.approveByMs);
    expect(next.tally).toBeNull();
    // A vote on the old plan is none on the new one.
    await votes(handle, plan, 'bob');
    const view = await counted(world, handle, 2);
    expect(view.open?.tally).toMatchObject({ approvals: [], refused: [{ reason: 'wrong plan', count: 2 }] });
    await votes(handle, next.plan, 'alice');
    await votes(handle, next.plan, 'bob');
    expect(await outcomeOf(world, handle)).toMatchObject({ kind: 'destroyed', plans: 2, planId: next.plan.planId });
    expect(commandsOf(world)).toEqual([`destroy ${A}`]);
    await expectPeace(world);
  });

  test('it gets a sibling: the votes are void, and the new plan names it', async () => {
    await dead();
    const handle = await ordersDestroy(world, A);
    const { plan } = await planShown(world, handle);
    expect(plan).toMatchObject({ siblings: [], coverage: 'uncovered' });
    await votes(handle, plan, 'alice');
    await counted(world, handle, 1);
    world.simulator.addStore(SIBLING);
    await world.simulator.settled();
    world.config.current = { ...world.config.current, stores: [A, SIBLING] };
    const next = await planShown(world, handle, plan.planId);
    expect(next.plan).toMatchObject({ siblings: [{ store: SIBLING, health: 'healthy' }] });
    await votes(handle, next.plan, 'bob', { verdict: 'reject', reason: 'another one is there now' });
    expect(await outcomeOf(world, handle)).toMatchObject({
      kind: 'rejected',
      because: 'rejected by bob: another one is there now',
    });
    expect(commandsOf(world)).toEqual([]);
    await expectPeace(world);
  });

  test('it changes again and again: after three plans nobody is asked any more', async () => {
    await dead();
    const handle = await ordersDestroy(world, A);
    let after: string | null = null;
    for (let plans = 1; plans <= 3; plans += 1) {
      const { plan } = await planShown(world, handle, after);
      after = plan.planId;
      world.simulator.operatorRestart(A);
      await world.pass(12 * SECOND);
      world.simulator.kill(A);
      await world.simulator.settled();
    }
    expect(await outcomeOf(world, handle)).toMatchObject({ kind: 'evidence kept changing', plans: 3 });
    expect(commandsOf(world)).toEqual([]);
    await expectPeace(world);
    await record('destroy-kept-changing', handle);
  });

  test('a sibling that covers it moves on: the votes stand, and nobody has to accept a loss', async () => {
    world = await startVirtualWorld({ stores: [A, SIBLING], approval: approvalWith() });
    world.simulator.removeStore(SIBLING);
    world.simulator.addStore({ name: SIBLING, age: '96h', retention: '72h' });
    world.simulator.kill(A);
    await world.simulator.settled();
    const handle = await ordersDestroy(world, A);
    const { plan } = await planShown(world, handle);
    expect(plan).toMatchObject({ coverage: 'covered' });
    await votes(handle, plan, 'alice', { acceptUncovered: false });
    await counted(world, handle, 1);
    await world.pass(10 * MINUTE);
    await votes(handle, plan, 'bob', { acceptUncovered: false });
    expect(await outcomeOf(world, handle)).toMatchObject({ kind: 'destroyed', plans: 1 });
    await expectPeace(world);
  });

  test('the Cluster Manager goes blind: unknown voids nothing, and after the quorum it is waited for until the approval runs out', async () => {
    await dead();
    const handle = await ordersDestroy(world, A);
    const { plan } = await planShown(world, handle);
    await votes(handle, plan, 'alice');
    await counted(world, handle, 1);
    world.simulator.inject(A, { kind: 'blind' });
    await world.simulator.settled();
    await world.pass(10 * MINUTE);
    expect((await viewOf(world, handle)).open).toMatchObject({
      plan: { planId: plan.planId },
      tally: { approvals: [{ name: 'alice' }] },
    });
    await votes(handle, plan, 'bob');
    const outcome = await outcomeOf(world, handle);
    expect(outcome).toMatchObject({ kind: 'expired', plans: 1 });
    expect(outcome.because).toContain('the reading is unknown');
    expect(commandsOf(world)).toEqual([]);
    await expectPeace(world);
  });
});

describe('between the quorum and the request', () => {
  /** Approved, and held back by a pause until the test lets it go on. */
  async function approvedAndPaused() {
    await dead();
    const handle = await ordersDestroy(world, A);
    const { plan } = await planShown(world, handle);
    await guard().signal('pause', { by: 'alice', reason: 'a moment' });
    await votes(handle, plan, 'alice');
    await votes(handle, plan, 'bob');
    await world.passUntil('it waits for the guard', async () => (await viewOf(world, handle)).phase === 'waiting for the guard', {
      stepMs: SECOND,
    });
    return { handle, plan };
  }

  test('the Store heals: the last look sees it, and nothing is sent', async () => {
    const { handle } = await approvedAndPaused();
    world.simulator.operatorRestart(A);
    await world.simulator.settled();
    await guard().signal('resume', { by: 'alice' });
    expect(await outcomeOf(world, handle)).toMatchObject({
      kind: 'cleared',
      because: 'it was healthy at the last look before the request',
    });
    expect(commandsOf(world)).toEqual([]);
    await expectPeace(world);
  });

  test('the evidence changes: people are asked again, and nobody holds the subtopic meanwhile', async () => {
    const { handle, plan } = await approvedAndPaused();
    world.simulator.operatorRestart(A);
    await world.pass(12 * SECOND);
    world.simulator.kill(A);
    await world.simulator.settled();
    await guard().signal('resume', { by: 'alice' });
    const next = await planShown(world, handle, plan.planId);
    const state = await world.guard();
    expect(state.leases).toEqual([]);
    expect(state.slots).toEqual([]);
    expect(state.proposals).toMatchObject([{ store: A, decided: null }]);
    await votes(handle, next.plan, 'alice');
    await votes(handle, next.plan, 'bob');
    expect(await outcomeOf(world, handle)).toMatchObject({ kind: 'destroyed', plans: 2 });
    expect(commandsOf(world)).toEqual([`destroy ${A}`]);
    await expectPeace(world);
  });

  test('an approver takes the approval back: nothing is sent', async () => {
    const { handle, plan } = await approvedAndPaused();
    await votes(handle, plan, 'bob', { verdict: 'reject', reason: 'I looked again' });
    expect(await outcomeOf(world, handle)).toMatchObject({
      kind: 'rejected',
      because: 'its approval was taken back by bob: I looked again',
    });
    await guard().signal('resume', { by: 'alice' });
    await world.pass(MINUTE);
    expect(commandsOf(world)).toEqual([]);
    await expectPeace(world);
    await record('destroy-withdrawn', handle);
  });
});

describe('before anybody is asked', () => {
  test('a healthy Store needs no destroy', async () => {
    world = await startVirtualWorld({ stores: [A], approval: approvalWith() });
    const handle = await ordersDestroy(world, A);
    expect(await outcomeOf(world, handle)).toMatchObject({ kind: 'cleared', plans: 0, planId: null });
    await expectPeace(world);
  });

  test('an unknown reading is evidence of nothing: it is waited for, and then refused', async () => {
    await dead();
    world.simulator.inject(A, { kind: 'blind' });
    await world.simulator.settled();
    const handle = await ordersDestroy(world, A);
    expect(await outcomeOf(world, handle)).toMatchObject({ kind: 'refused', refusal: 'no trusted reading', plans: 0 });
    expect(commandsOf(world)).toEqual([]);
    await expectPeace(world);
    await record('destroy-refused', handle);
  });
});
