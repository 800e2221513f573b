import { afterEach, expect, test } from 'vitest';
import { guardWorkflowId } from '../../../src/domain/names.ts';
import { CLUSTER, startVirtualWorld, type VirtualWorld } from '../../virtual-world.ts';
import { A, commandsOf, expectPeace, HOUR, MINUTE, record, SECOND } from '../stage.ts';
import { approvalWith, counted, ordersDestroy, outcomeOf, planShown, viewOf, votes } from './people.ts';

let world: VirtualWorld;
afterEach(() => world.close());

async function dead(): Promise<void> {
  world = await startVirtualWorld({ stores: [A], approval: approvalWith() });
  world.simulator.kill(A);
  await world.simulator.settled();
}

test('nobody decides in time: people are reminded at 50 and 90 percent, and it expires, which is no rejection', async () => {
  await dead();
  const handle = await ordersDestroy(world, A);
  const { plan } = await planShown(world, handle);
  await votes(handle, plan, 'alice');
  await counted(world, handle, 1);
  const told = () => world.journal.flatMap((line) => (line.journal === 'plan' ? [line.event] : []));
  expect(told()).toEqual(['asked']);
  await world.pass(2 * HOUR);
  expect(told()).toEqual(['asked', 'half of the time is over']);
  await world.pass(96 * MINUTE);
  expect(told()).toEqual(['asked', 'half of the time is over', 'a tenth of the time is left']);
  expect(await outcomeOf(world, handle)).toMatchObject({ kind: 'expired', because: 'the time to approve ran out' });
  expect(await world.now()).toBeGreaterThan(plan.approveByMs);
  expect(told().at(-1)).toBe('ended');
  expect(commandsOf(world)).toEqual([]);
  await expectPeace(world);
  await record('destroy-expired', handle);
});

test('approved, and the guard holds it back until the time after the deciding vote is over: it expires and says what held it', async () => {
  await dead();
  const guard = world.client.workflow.getHandle(guardWorkflowId(CLUSTER));
  const handle = await ordersDestroy(world, A);
  const { plan } = await planShown(world, handle);
  await world.pass(HOUR);
  await guard.signal('pause', { by: 'carol', reason: 'OMS upgrade' });
  await votes(handle, plan, 'alice');
  await votes(handle, plan, 'bob');
  const view = await counted(world, handle, 2);
  const decidedMs = view.open?.tally?.state.kind === 'approved' ? view.open.tally.state.deciding.atMs : 0;
  expect(view.open?.tally?.state).toMatchObject({ kind: 'approved', executeByMs: decidedMs + 15 * MINUTE });
  const outcome = await outcomeOf(world, handle);
  expect(outcome.kind).toBe('expired');
  expect(outcome.because).toContain('OMS upgrade');
  const lateMs = (await world.now()) - (decidedMs + 15 * MINUTE);
  expect(lateMs).toBeGreaterThanOrEqual(0);
  expect(lateMs).toBeLessThan(MINUTE);
  await guard.signal('resume', { by: 'carol' });
  await world.pass(HOUR);
  expect(commandsOf(world)).toEqual([]);
  await expectPeace(world);
});

test('a vote in the last second counts; the request still has its own time', async () => {
  await dead();
  const handle = await ordersDestroy(world, A);
  const { plan } = await planShown(world, handle);
  await votes(handle, plan, 'alice');
  await counted(world, handle, 1);
  await world.pass(plan.approveByMs - (await world.now()) - 2 * SECOND);
  await votes(handle, plan, 'bob');
  expect(await outcomeOf(world, handle)).toMatchObject({ kind: 'destroyed' });
  expect(commandsOf(world)).toEqual([`destroy ${A}`]);
  await expectPeace(world);
});

test('a vote after the time to approve has run out is late, also where the workflow sees both at once', async () => {
  world = await startVirtualWorld({ stores: [A], approval: approvalWith(), workersLeave: true });
  world.simulator.kill(A);
  await world.simulator.settled();
  const handle = await ordersDestroy(world, A);
  const { plan } = await planShown(world, handle);
  await votes(handle, plan, 'alice');
  await counted(world, handle, 1);
  // No worker runs while the time to approve runs out; the vote that comes then lies in the history all the same.
  await world.stopWorkers();
  await world.pass(plan.approveByMs - (await world.now()) + MINUTE);
  await votes(handle, plan, 'bob');
  await world.startWorkers();
  expect(await outcomeOf(world, handle)).toMatchObject({ kind: 'expired' });
  expect((await viewOf(world, handle)).open?.tally).toMatchObject({ refused: [{ reason: 'late', count: 1 }] });
  expect(commandsOf(world)).toEqual([]);
  await expectPeace(world);
});
