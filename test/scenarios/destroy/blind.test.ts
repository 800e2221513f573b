import type { WorkflowHandle } from '@temporalio/client';
import { afterEach, describe, expect, test } from 'vitest';
import type { Plan } from '../../../src/domain/approval/plan.ts';
import { startVirtualWorld, type VirtualWorld } from '../../virtual-world.ts';
import { A, commandsOf, expectPeace, MINUTE } from '../stage.ts';
import {
  approvalWith,
  asksPeople,
  detailsOf,
  eventsOf,
  nothingWasDestroyed,
  ordersDestroy,
  outcomeOf,
  planShown,
  toldOf,
  viewOf,
  votes,
} from './people.ts';

let world: VirtualWorld;
afterEach(() => world.close());

async function begins(): Promise<void> {
  world = await startVirtualWorld({ stores: [A], approval: approvalWith() });
}

async function goesByOneRequest(handle: WorkflowHandle, { planId }: Plan): Promise<void> {
  expect(await outcomeOf(world, handle)).toMatchObject({ kind: 'destroyed', because: 'it is gone', planId, plans: 1 });
  expect(commandsOf(world)).toEqual([`destroy ${A}`]);
  await expectPeace(world);
}

describe('a Cluster Manager that does not vouch for what it says', () => {
  test('voids nothing, and nothing is sent on its word before it sees again', async () => {
    await begins();
    const { handle, plan } = await asksPeople(world, A);
    world.simulator.inject(A, { kind: 'blind', for: '15m' });
    await votes(handle, plan, 'alice');
    await world.pass(10 * MINUTE);
    expect((await viewOf(world, handle)).open).toMatchObject({
      plan: { planId: plan.planId },
      tally: { approvals: [{ name: 'alice' }] },
    });
    await votes(handle, plan, 'bob');
    await world.pass(2 * MINUTE);
    expect(await detailsOf(world, handle)).toContain('Not sent: the reading is unknown: cm not fresh');
    expect(commandsOf(world)).toEqual([]);
    await goesByOneRequest(handle, plan);
  });

  test('is read again until the time to act is over, and then nothing was sent', async () => {
    await begins();
    const { handle, plan } = await asksPeople(world, A);
    world.simulator.inject(A, { kind: 'blind' });
    await votes(handle, plan, 'alice');
    await votes(handle, plan, 'bob');
    expect(await outcomeOf(world, handle)).toMatchObject({
      kind: 'expired',
      because: 'it was approved, and the time to carry it out ran over: the reading is unknown: cm not fresh',
      next: 'mend that, then ask again',
      plans: 1,
    });
    await nothingWasDestroyed(world);
    // An hour of this must fit into a history.
    expect((await eventsOf(handle)).total).toBeLessThan(1_000);
  });

  test('gets no plan out of a Store that it cannot see', async () => {
    await begins();
    world.simulator.inject(A, { kind: 'blind', status: 1 });
    await world.simulator.settled();
    const handle = await ordersDestroy(world, A);
    await world.pass(25 * MINUTE);
    expect(await viewOf(world, handle)).toMatchObject({ phase: 'reading the evidence', open: null });
    expect(await outcomeOf(world, handle)).toMatchObject({
      kind: 'refused',
      refusal: 'no trusted reading',
      because: 'cm not fresh',
      next: `see what its Cluster Manager says (storekeeper check ${A}), then ask again`,
      planId: null,
      plans: 0,
    });
    expect(toldOf(world, A)).toEqual([]);
    await nothingWasDestroyed(world);
  });

  test('gets its plan once it sees the fault', async () => {
    await begins();
    world.simulator.inject(A, { kind: 'reader-died' });
    world.simulator.inject(A, { kind: 'blind', for: '5m' });
    await world.simulator.settled();
    const handle = await ordersDestroy(world, A);
    await world.pass(4 * MINUTE);
    expect(await viewOf(world, handle)).toMatchObject({ phase: 'reading the evidence', open: null });
    const { plan } = await planShown(world, handle);
    await votes(handle, plan, 'alice');
    await votes(handle, plan, 'bob');
    await goesByOneRequest(handle, plan);
  });
});

test('a healthy Store gets no plan at all', async () => {
  await begins();
  const handle = await ordersDestroy(world, A);
  expect(await outcomeOf(world, handle)).toMatchObject({
    kind: 'cleared',
    because: 'it is healthy; only a Store with a trusted reading of a fault is destroyed',
    planId: null,
    plans: 0,
  });
  expect(toldOf(world, A)).toEqual([]);
  await nothingWasDestroyed(world);
});
