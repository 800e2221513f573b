import { afterEach, expect, test } from 'vitest';
import type { WorkflowHandle } from '@temporalio/client';
import { startVirtualWorld, type VirtualWorld } from '../../virtual-world.ts';
import { A, commandsOf, expectPeace, MINUTE, record } from '../stage.ts';
import { approvalWith, counted, ordersDestroy, outcomeOf, planShown, votes } from './people.ts';

let world: VirtualWorld;
afterEach(() => world.close());

type Fault = Parameters<VirtualWorld['simulator']['inject']>[1];

/** Decided by two, with this fault laid on the Cluster Manager before the second of them speaks. */
async function decidedWith(fault: Fault | null): Promise<WorkflowHandle> {
  world = await startVirtualWorld({ stores: [A], approval: approvalWith() });
  world.simulator.kill(A);
  await world.simulator.settled();
  const handle = await ordersDestroy(world, A);
  const { plan } = await planShown(world, handle);
  await votes(handle, plan, 'alice');
  await counted(world, handle, 1);
  if (fault !== null) world.simulator.inject(fault.kind === 'refusing' ? '*' : A, fault);
  await world.simulator.settled();
  await votes(handle, plan, 'bob');
  return handle;
}

test('the answer is lost after it was carried out: one request, and the reading says that it is gone', async () => {
  const handle = await decidedWith({ kind: 'answer-lost', verb: 'destroy' });
  expect(await outcomeOf(world, handle)).toMatchObject({
    kind: 'destroyed',
    because: 'the answer was lost, and it is gone',
  });
  expect(commandsOf(world)).toEqual([`destroy ${A}`]);
  await expectPeace(world);
  await record('destroy-answer-lost', handle);
});

test('no answer ever comes: one request, and the reading says that it is gone', async () => {
  const handle = await decidedWith({ kind: 'hang', verb: 'destroy' });
  expect(await outcomeOf(world, handle)).toMatchObject({ kind: 'destroyed' });
  expect(commandsOf(world)).toEqual([`destroy ${A}`]);
  // Its slot is given back once the command cannot be running any more; a sweep makes the guard look.
  await world.pass(10 * MINUTE);
  await world.sweep();
  await expectPeace(world);
});

test('a proxy answers, and whether it was carried out is anybody’s guess: unknown, and never sent again', async () => {
  const handle = await decidedWith({ kind: 'html', status: 502, affects: 'commands' });
  const outcome = await outcomeOf(world, handle);
  expect(outcome.kind).toBe('unknown');
  expect(outcome.next).toContain('not sent again');
  await world.pass(30 * MINUTE);
  expect(commandsOf(world)).toEqual([`destroy ${A}`]);
  await expectPeace(world);
  await record('destroy-unknown', handle);
});

test('the Cluster Manager refuses: that is the outcome, and nothing is repeated', async () => {
  const handle = await decidedWith({ kind: 'refuse', verb: 'destroy' });
  const outcome = await outcomeOf(world, handle);
  expect(outcome).toMatchObject({ kind: 'refused', refusal: 'Cluster Manager' });
  expect(outcome.because).toContain('CM-SCHEOR000203');
  expect(commandsOf(world)).toEqual([`destroy ${A}`]);
  await expectPeace(world);
});

test('nobody listens for a while: nothing left, so it is tried again within its time, and arrives once', async () => {
  const handle = await decidedWith({ kind: 'refusing', for: '4m' });
  expect(await outcomeOf(world, handle)).toMatchObject({ kind: 'destroyed', because: 'it is gone' });
  expect(commandsOf(world)).toEqual([`destroy ${A}`]);
  await expectPeace(world);
});
