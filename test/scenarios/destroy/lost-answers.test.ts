import type { WorkflowHandle } from '@temporalio/client';
import { afterEach, describe, expect, test } from 'vitest';
import type { Plan } from '../../../src/domain/approval/plan.ts';
import { startVirtualWorld, type VirtualWorld } from '../../virtual-world.ts';
import { A, commandsOf, expectPeace, HOUR, MINUTE, record, SECOND } from '../stage.ts';
import { approvalWith, asksPeople, detailsOf, eventsOf, outcomeOf, toldOf, votes } from './people.ts';

let world: VirtualWorld;
afterEach(() => world.close());

type Fault = Parameters<VirtualWorld['simulator']['inject']>[1];

/** People approve, and the command meets this fault. */
async function approvedUnder(fault: Fault | null): Promise<{ handle: WorkflowHandle; plan: Plan }> {
  world = await startVirtualWorld({ stores: [A], approval: approvalWith(), commandTimeoutMs: 500 });
  const { handle, plan } = await asksPeople(world, A, { kind: 'never-comes-up' });
  if (fault !== null) world.simulator.inject(fault.kind === 'refusing' ? '*' : A, fault);
  await world.simulator.settled();
  await votes(handle, plan, 'alice');
  await votes(handle, plan, 'bob');
  return { handle, plan };
}

/** Also an hour later there was no second one. */
async function oneRequest(handle: WorkflowHandle): Promise<void> {
  await world.pass(HOUR);
  await world.sweep();
  expect(commandsOf(world)).toEqual([`destroy ${A}`]);
  expect((await eventsOf(handle)).activities['destroyStore']).toBe(1);
  expect((await expectPeace(world)).proposals).toEqual([]);
}

describe('an answer that is lost', () => {
  test.each<[string, Fault]>([
    ['the connection is cut', { kind: 'answer-lost', verb: 'destroy' }],
    ['it never comes', { kind: 'hang', verb: 'destroy' }],
    ['a proxy answers instead', { kind: 'html', carriedOut: true, affects: 'commands' }],
    ['it cannot be read', { kind: 'malformed', shape: 'truncated', affects: 'commands' }],
  ])('is read back, and never sent again: %s', async (_, fault) => {
    const { handle, plan } = await approvedUnder(fault);
    expect(await outcomeOf(world, handle)).toMatchObject({
      kind: 'destroyed',
      because: 'the answer was lost, and it is gone',
      planId: plan.planId,
    });
    expect(world.simulator.state(A).reader).toBe('destroyed');
    // Read when it cannot be running any more: sendBy and the time that a command may take.
    const lookedMs = world.simulator.log().findLast((entry) => entry.path === '/crawler/detail')?.atMs ?? 0;
    expect(lookedMs - (world.simulator.commands()[0]?.atMs ?? 0)).toBeGreaterThanOrEqual(200 * SECOND);
    await oneRequest(handle);
  });

  test('leaves it unknown where the Store is still there, and a person must look', async () => {
    const { handle, plan } = await approvedUnder({ kind: 'html', status: 502, affects: 'commands' });
    const outcome = await outcomeOf(world, handle);
    expect(outcome).toMatchObject({ kind: 'unknown', planId: plan.planId, plans: 1 });
    expect(outcome.because).toMatch(/^the answer was lost, and it was still there afterwards: .*status 1/);
    expect(outcome.next).toContain(`storekeeper check ${A}`);
    expect(outcome.next).toContain('is not sent again under this approval');
    expect(world.simulator.state(A).reader).toBe('dead');
    await oneRequest(handle);
    await record('destroy-unknown', handle);
  });

  test('leaves it unknown where nobody can look afterwards', async () => {
    const { handle } = await approvedUnder({ kind: 'answer-lost', verb: 'destroy' });
    await world.passUntil('the request has come', () => commandsOf(world).length > 0, { stepMs: 200 });
    world.simulator.inject('*', { kind: 'down' });
    const outcome = await outcomeOf(world, handle);
    expect(outcome.kind).toBe('unknown');
    expect(outcome.because).toMatch(/^the answer was lost, and nobody could see what came of it: .*(unreachable|closed)/);
    await oneRequest(handle);
  });
});

test('whoever cancels after the request was sent hears what came of it', async () => {
  const { handle } = await approvedUnder({ kind: 'answer-lost', verb: 'destroy' });
  await world.passUntil('the request has come', () => commandsOf(world).length > 0, { stepMs: 200 });
  await handle.cancel();
  expect(await outcomeOf(world, handle)).toMatchObject({
    kind: 'destroyed',
    because: 'the answer was lost, and it is gone',
  });
  await oneRequest(handle);
});

describe('a Cluster Manager', () => {
  test('that refuses is not asked again', async () => {
    const { handle, plan } = await approvedUnder({ kind: 'refuse', verb: 'destroy', errMsg: 'crawler is in use' });
    const outcome = await outcomeOf(world, handle);
    expect(outcome).toMatchObject({ kind: 'refused', refusal: 'Cluster Manager', planId: plan.planId });
    expect(outcome.because).toContain('crawler is in use');
    expect(toldOf(world, A)).toEqual(['asked', 'decided', 'ended']);
    expect(world.simulator.state(A).reader).toBe('dead');
    await oneRequest(handle);
  });

  test('that cannot be reached gets the one request once it is back', async () => {
    const { handle, plan } = await approvedUnder({ kind: 'refusing' });
    await world.pass(3 * MINUTE);
    expect(commandsOf(world)).toEqual([]);
    expect(await detailsOf(world, handle)).toContain('Not sent: the reading is unknown: unreachable');
    world.simulator.clearFaults('*');
    expect(await outcomeOf(world, handle)).toMatchObject({ kind: 'destroyed', because: 'it is gone', planId: plan.planId });
    expect(commandsOf(world)).toEqual([`destroy ${A}`]);
    await expectPeace(world);
  });

  test('that says it is done, and the Store is there again, is not believed', async () => {
    const { handle } = await approvedUnder(null);
    await world.passUntil('the request has come', () => commandsOf(world).length > 0, { stepMs: 200 });
    world.simulator.removeStore(A);
    world.simulator.addStore(A);
    world.simulator.kill(A);
    await world.simulator.settled();
    const outcome = await outcomeOf(world, handle);
    expect(outcome.kind).toBe('unknown');
    expect(outcome.because).toMatch(/^the Cluster Manager said it was done, and it was still there afterwards: .*status 1/);
    await oneRequest(handle);
  });

  test('that needs a minute for what it said was done is waited for', async () => {
    const { handle } = await approvedUnder(null);
    await world.passUntil('the request has come', () => commandsOf(world).length > 0, { stepMs: 200 });
    world.simulator.removeStore(A);
    world.simulator.addStore(A);
    world.simulator.kill(A);
    await world.simulator.settled();
    await world.pass(MINUTE);
    world.simulator.inject(A, { kind: 'not-found' });
    expect(await outcomeOf(world, handle)).toMatchObject({ kind: 'destroyed', because: 'it is gone' });
    await oneRequest(handle);
  });
});

test('a destroy that was refused can be ordered again, and people are asked anew', async () => {
  const { handle, plan } = await approvedUnder({ kind: 'refuse', verb: 'destroy' });
  expect((await outcomeOf(world, handle)).kind).toBe('refused');
  const { handle: again, plan: next } = await asksPeople(world, A);
  expect(next.planId).not.toBe(plan.planId);
  await votes(again, next, 'alice');
  await votes(again, next, 'bob');
  expect(await outcomeOf(world, again)).toMatchObject({ kind: 'destroyed', planId: next.planId });
  expect(commandsOf(world)).toEqual([`destroy ${A}`, `destroy ${A}`]);
  await expectPeace(world);
});
