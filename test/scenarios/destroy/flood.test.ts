import { randomBytes } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Plan } from '../../../src/domain/approval/plan.ts';
import { startVirtualWorld, type VirtualWorld } from '../../virtual-world.ts';
import { A, commandsOf, expectPeace, SECOND } from '../stage.ts';
import {
  approvalWith,
  approved,
  asksPeople,
  ballotOf,
  detailsOf,
  eventsOf,
  outcomeOf,
  pausesGuard,
  resumesGuard,
  viewOf,
} from './people.ts';

let world: VirtualWorld;
beforeEach(async () => {
  world = await startVirtualWorld({ stores: [A], approval: approvalWith() });
});
afterEach(() => world.close());

const forgedSignature = () => randomBytes(64).toString('base64');

test('two good votes among two thousand forged ones are found, and a few counts are enough', async () => {
  const { handle, plan } = await asksPeople(world, A);
  // So that the flood cannot come too late.
  await pausesGuard(world);
  const burst = Array.from({ length: 2_000 }, (_, index) => {
    const { planId, store } = plan;
    if (index % 4 === 0) return ballotOf(plan, index % 8 === 0 ? 'alice' : 'bob', { forged: { signature: forgedSignature() } });
    return { planId, store, reason: `me too ${index}`, acceptUncovered: true, approver: `robot${index}` };
  });
  burst.splice(700, 0, ballotOf(plan, 'alice'));
  burst.splice(1_400, 0, ballotOf(plan, 'bob'));
  for (let from = 0; from < burst.length; from += 50) {
    await Promise.all(burst.slice(from, from + 50).map((vote) => handle.signal('approve', vote)));
  }
  const isCounted = async () => (await viewOf(world, handle)).open?.tally?.refusedCount === 2_000;
  await world.passUntil('all of it is counted', isCounted, { stepMs: SECOND, limitMs: 60 * SECOND });
  const { open } = await viewOf(world, handle);
  expect(open?.tally).toMatchObject({ state: { kind: 'approved' }, approvals: [{ name: 'alice' }, { name: 'bob' }] });
  expect(Object.fromEntries((open?.tally?.refused ?? []).map(({ reason, count }) => [reason, count]))).toEqual({
    'unknown approver': 1_500,
    'bad signature': 500,
  });
  const details = await detailsOf(world, handle);
  expect(details.length).toBeLessThan(30_000);
  expect(details).toContain('**Votes that do not count**: 2000');
  expect(details).toContain(`**Plan** ${plan.planId}`);
  await resumesGuard(world);
  expect(await outcomeOf(world, handle)).toMatchObject({ kind: 'destroyed', planId: plan.planId });
  expect(commandsOf(world)).toEqual([`destroy ${A}`]);
  const { total, activities } = await eventsOf(handle);
  expect(activities['countVotes']).toBeLessThan(10);
  expect(total - burst.length).toBeLessThan(400);
  await expectPeace(world);
});

/** Forged votes under a real name, one every other second. */
async function trickle(handle: WorkflowHandle, plan: Plan, length: number): Promise<void> {
  for (let index = 0; index < length; index += 1) {
    await handle.signal('approve', ballotOf(plan, 'alice', { forged: { signature: forgedSignature() } }));
    await world.pass(2 * SECOND);
  }
}

test('forged votes that come one by one do not buy a count each', async () => {
  const { handle, plan } = await asksPeople(world, A);
  await trickle(handle, plan, 90);
  expect((await eventsOf(handle)).activities['countVotes']).toBeLessThan(70);
  await approved(world, handle, plan);
  expect(await outcomeOf(world, handle)).toMatchObject({ kind: 'destroyed', planId: plan.planId });
  expect(commandsOf(world)).toEqual([`destroy ${A}`]);
  await expectPeace(world);
});

test('votes that come after the decision make nobody try again before its time', { timeout: 120_000 }, async () => {
  const { handle, plan } = await asksPeople(world, A);
  await pausesGuard(world);
  await approved(world, handle, plan);
  const before = (await eventsOf(handle)).activities['tellGuard'] ?? 0;
  await trickle(handle, plan, 25);
  // After 5, 10 and 20 seconds.
  expect(((await eventsOf(handle)).activities['tellGuard'] ?? 0) - before).toBeLessThanOrEqual(4);
  await resumesGuard(world);
  expect(await outcomeOf(world, handle)).toMatchObject({ kind: 'destroyed', planId: plan.planId });
  expect(commandsOf(world)).toEqual([`destroy ${A}`]);
  await expectPeace(world);
});
