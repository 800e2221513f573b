import { afterEach, expect, test } from 'vitest';
import { startVirtualWorld, type VirtualWorld } from '../../virtual-world.ts';
import { A, commandsOf, expectPeace, record } from '../stage.ts';
import { approvalWith, counted, ordersDestroy, outcomeOf, planShown, votes } from './people.ts';

let world: VirtualWorld;
afterEach(() => world.close());

test('two people approve by signature, and the Store is destroyed by one request', async () => {
  world = await startVirtualWorld({ stores: [A], approval: approvalWith() });
  world.simulator.kill(A);
  await world.simulator.settled();
  const handle = await ordersDestroy(world, A);
  const { plan, needed } = await planShown(world, handle);
  expect(needed).toBe(2);
  await votes(handle, plan, 'alice');
  const view = await counted(world, handle, 1);
  expect(view.open?.tally).toMatchObject({ needed: 2, approvals: [{ name: 'alice', assurance: 'signed' }], refusedCount: 0 });
  expect(commandsOf(world)).toEqual([]);
  await votes(handle, plan, 'bob');
  expect(await outcomeOf(world, handle)).toMatchObject({ kind: 'destroyed', planId: plan.planId, plans: 1 });
  expect(commandsOf(world)).toEqual([`destroy ${A}`]);
  expect(world.simulator.state(A).reader).toBe('destroyed');
  await expectPeace(world);
  await record('destroy-destroyed', handle);
});
