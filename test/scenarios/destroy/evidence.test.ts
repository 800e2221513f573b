import type { WorkflowHandle } from '@temporalio/client';
import { afterEach, describe, expect, test } from 'vitest';
import type { Plan } from '../../../src/domain/approval/plan.ts';
import { startVirtualWorld, type VirtualWorld } from '../../virtual-world.ts';
import { A, commandsOf, expectPeace, MINUTE, record, SECOND, SIBLING, struckBy } from '../stage.ts';
import {
  approvalWith,
  approved,
  approverOf,
  asksPeople,
  counted,
  destroyOf,
  detailsOf,
  eventsOf,
  nothingWasDestroyed,
  outcomeOf,
  pausesGuard,
  planShown,
  resumesGuard,
  toldOf,
  viewOf,
  votes,
} from './people.ts';

let world: VirtualWorld;
afterEach(() => world.close());

/** A Store that began long before the others: it holds everything that they hold. */
const ELDER = { name: SIBLING, retention: '48h', age: '96h' } as const;

async function begins(stores: readonly (typeof A)[] = [A]): Promise<void> {
  world = await startVirtualWorld({ stores, approval: approvalWith() });
}

/** OMS has made another Store, and the list of the configuration names it. */
async function joins(spec: Parameters<VirtualWorld['simulator']['addStore']>[0]): Promise<void> {
  world.simulator.addStore(spec);
  await world.simulator.settled();
  world.config.current = { ...world.config.current, stores: [A, SIBLING] };
}

/** Somebody restarts the reader, and it dies at a later checkpoint before anybody has looked. */
async function diesFurtherOn(): Promise<void> {
  world.simulator.operatorRestart(A);
  world.simulator.kill(A);
  await world.simulator.settled();
}

async function says(message: string): Promise<void> {
  world.simulator.inject(A, { kind: 'says', message });
  await world.simulator.settled();
}

async function goesByOneRequest(handle: WorkflowHandle, { planId }: Plan, plans: number): Promise<void> {
  expect(await outcomeOf(world, handle)).toMatchObject({ kind: 'destroyed', because: 'it is gone', planId, plans });
  expect(commandsOf(world)).toEqual([`destroy ${A}`]);
  await eventsOf(handle);
  expect((await expectPeace(world)).proposals).toEqual([]);
}

describe('while votes are collected', () => {
  test('a Store that heals is not destroyed', async () => {
    await begins();
    const { handle, plan } = await asksPeople(world, A);
    await votes(handle, plan, 'alice');
    await counted(world, handle, 1);
    world.simulator.clearFaults(A);
    expect(await outcomeOf(world, handle)).toMatchObject({
      kind: 'cleared',
      because: 'it got healthy while votes were collected',
      planId: plan.planId,
    });
    expect(toldOf(world, A)).toEqual(['asked', 'ended']);
    await nothingWasDestroyed(world);
    await record('destroy-cleared', handle);
  });

  test.each<[string, string, () => Promise<void>]>([
    ['its message', 'message', () => says('[Mon Oct 30 16:31:01 2023] DRC_510:Store stopped by an error')],
    ['its checkpoint', 'newest checkpoint', () => diesFurtherOn()],
    ['the set of its siblings', 'siblings', () => joins(SIBLING)],
    ['that nothing covers it', 'siblings, coverage', () => joins(ELDER)],
  ])('%s changes: a new plan, and the votes on the old one are void', async (_, parts, change) => {
    await begins();
    const { handle, plan } = await asksPeople(world, A);
    await votes(handle, plan, 'alice');
    await counted(world, handle, 1);
    await change();
    const { plan: next, tally } = await planShown(world, handle, plan.planId);
    expect(tally).toBeNull();
    expect(next).toMatchObject({ runId: plan.runId, approveByMs: plan.approveByMs });
    expect(await detailsOf(world, handle)).toContain(
      `Plan 1 is void, and its votes with it: what it rested on has changed (${parts}).`
        .replaceAll('(', '&#40;')
        .replaceAll(')', '&#41;'),
    );
    // Who did not look again has approved what is no longer so.
    await votes(handle, plan, 'bob');
    expect((await counted(world, handle, 1)).open?.tally).toMatchObject({ approvals: [], refused: [{ reason: 'wrong plan' }] });
    await votes(handle, next, 'alice');
    await votes(handle, next, 'bob');
    await goesByOneRequest(handle, next, 2);
    expect(toldOf(world, A)).toEqual(['asked', 'asked', 'decided', 'ended']);
  });

  test('what changes three times is let come to rest', async () => {
    await begins();
    const { handle, plan: first } = await asksPeople(world, A);
    await says('first words');
    const { plan: second } = await planShown(world, handle, first.planId);
    await says('second words');
    const { plan: third } = await planShown(world, handle, second.planId);
    await votes(handle, third, 'alice');
    await says('third words');
    expect(await outcomeOf(world, handle)).toMatchObject({
      kind: 'evidence kept changing',
      because: '3 plans were made, and each time what they rested on changed',
      next: 'let it come to rest, then ask again',
      planId: third.planId,
      plans: 3,
    });
    await nothingWasDestroyed(world);
    await record('destroy-evidence-kept-changing', handle);
  });

  test('a message that says the same at another time voids nothing', async () => {
    await begins();
    // It comes up, dies at once at the same place, and shows the time of its last start: over and over.
    const { handle, plan } = await asksPeople(world, A, { kind: 'permanent', diesAfter: '0s' });
    await votes(handle, plan, 'alice');
    await counted(world, handle, 1);
    const { startedMs, port } = world.simulator.state(A);
    world.simulator.operatorRestart(A);
    await world.simulator.settled();
    await world.pass(2 * MINUTE);
    expect(world.simulator.state(A)).toMatchObject({ status: 1, port: port + 1 });
    expect(world.simulator.state(A).startedMs).toBeGreaterThan(startedMs);
    expect((await viewOf(world, handle)).open).toMatchObject({
      plan: { planId: plan.planId },
      tally: { approvals: [{ name: 'alice' }] },
    });
    await votes(handle, plan, 'bob');
    await goesByOneRequest(handle, plan, 1);
  });

  test('the moving checkpoint of a sibling voids nothing, and who is covered need not accept a loss', async () => {
    await begins([A]);
    await joins(ELDER);
    const { handle, plan } = await asksPeople(world, A);
    expect(plan).toMatchObject({ coverage: 'covered', siblings: [{ store: SIBLING, health: 'healthy' }] });
    expect(await detailsOf(world, handle)).toContain(`covered: ${SIBLING} is healthy`.replaceAll('_', '&#95;'));
    await votes(handle, plan, 'alice', { acceptUncovered: false });
    const before = world.simulator.state(SIBLING).newestS;
    await world.pass(20 * MINUTE);
    expect(world.simulator.state(SIBLING).newestS - before).toBeGreaterThan(1_000);
    expect((await viewOf(world, handle)).open).toMatchObject({
      plan: { planId: plan.planId },
      tally: { approvals: [{ name: 'alice' }] },
    });
    await votes(handle, plan, 'bob', { acceptUncovered: false });
    await goesByOneRequest(handle, plan, 1);
    expect(world.simulator.state(SIBLING).reader).toBe('running');
  });

  test('a sibling that dies takes the cover away, and the votes with it', async () => {
    await begins([A]);
    await joins(ELDER);
    const { handle, plan } = await asksPeople(world, A);
    await votes(handle, plan, 'alice', { acceptUncovered: false });
    await counted(world, handle, 1);
    world.simulator.kill(SIBLING);
    const { plan: next } = await planShown(world, handle, plan.planId);
    expect(next).toMatchObject({ coverage: 'uncovered', siblings: [{ store: SIBLING, health: 'faulty' }] });
    await votes(handle, next, 'alice', { acceptUncovered: false });
    expect((await counted(world, handle, 1)).open?.tally).toMatchObject({
      approvals: [],
      refused: [{ reason: 'wrong plan' }, { reason: 'needs acceptUncovered' }],
    });
    await votes(handle, next, 'carol', { verdict: 'reject', reason: 'not with two dead' });
    expect(await outcomeOf(world, handle)).toMatchObject({ kind: 'rejected' });
    await nothingWasDestroyed(world);
  });

  test('a newcomer that takes over makes a proposal of the healer needless', async () => {
    world = await startVirtualWorld({
      stores: [A],
      approval: approvalWith(),
      policy: { attempts: 1, whenExhausted: 'propose-destroy' },
    });
    await struckBy(world, A, { kind: 'permanent' });
    expect((await world.outcome(A)).kind).toMatch(/^(escalated|permanent)$/);
    const handle = destroyOf(world, A);
    const { plan, needed } = await planShown(world, handle);
    expect(needed).toBe(3);
    await joins(SIBLING);
    expect(await outcomeOf(world, handle)).toMatchObject({
      kind: 'superseded',
      because: `${SIBLING} has taken over meanwhile`,
      planId: plan.planId,
    });
    expect(commandsOf(world)).toEqual([`stop ${A}`, `restart ${A}`]);
    expect((await expectPeace(world)).proposals).toEqual([]);
    await record('destroy-superseded', handle);
  });
});

describe('between the votes and the request', () => {
  test('a Store that heals is not destroyed', async () => {
    await begins();
    const { handle, plan } = await asksPeople(world, A);
    await pausesGuard(world);
    await approved(world, handle, plan);
    world.simulator.clearFaults(A);
    await world.simulator.settled();
    await world.pass(MINUTE);
    await resumesGuard(world);
    expect(await outcomeOf(world, handle)).toMatchObject({
      kind: 'cleared',
      because: 'it was healthy at the last look before the request',
    });
    await nothingWasDestroyed(world);
  });

  test('evidence that changes voids the votes, and the guard has its lease back while people are asked anew', async () => {
    await begins();
    const { handle, plan } = await asksPeople(world, A);
    await pausesGuard(world);
    await approved(world, handle, plan);
    expect((await world.guard()).proposals).toMatchObject([{ store: A, decided: plan.planId }]);
    await says('DRC_510:Store stopped by an error');
    await resumesGuard(world);
    const { plan: next } = await planShown(world, handle, plan.planId);
    expect(await viewOf(world, handle)).toMatchObject({ executeByMs: null, open: { tally: null } });
    expect(await world.guard()).toMatchObject({ leases: [], slots: [], proposals: [{ store: A, decided: null }] });
    await world.pass(20 * SECOND);
    expect(commandsOf(world)).toEqual([]);
    await votes(handle, next, 'alice');
    await votes(handle, next, 'bob');
    await goesByOneRequest(handle, next, 2);
  });

  test('whoever was struck off the list of approvers meanwhile counts no more', async () => {
    await begins();
    const { handle, plan } = await asksPeople(world, A);
    await pausesGuard(world);
    await approved(world, handle, plan);
    const approvers = [approverOf('alice'), approverOf('carol')];
    world.config.current = { ...world.config.current, approval: approvalWith({ approvers }) };
    await resumesGuard(world);
    expect(await outcomeOf(world, handle)).toMatchObject({
      kind: 'expired',
      because: 'it was approved, and the time to carry it out ran over: the votes do not stand: 1 of 2 approvals',
    });
    await nothingWasDestroyed(world);
  });
});
