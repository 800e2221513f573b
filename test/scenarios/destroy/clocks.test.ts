import { afterEach, describe, expect, test } from 'vitest';
import { type PolicyPatch, startVirtualWorld, type VirtualWorld } from '../../virtual-world.ts';
import { A, commandsOf, expectPeace, HOUR, MINUTE, record, SECOND } from '../stage.ts';
import {
  approvalWith,
  approved,
  asksPeople,
  counted,
  detailsOf,
  endedMs,
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

/** Looks are rare here: hours pass, and what is looked at stays as it is. */
const RARELY: PolicyPatch = { everyMs: 5 * MINUTE };

async function begins(approval = approvalWith(), workersLeave = false): Promise<void> {
  world = await startVirtualWorld({ stores: [A], policy: RARELY, approval, workersLeave });
}

async function passTo(atMs: number): Promise<void> {
  await world.pass(atMs - (await world.now()));
}

describe('the time to approve', () => {
  test('runs out, after people were reminded twice, and that is no rejection', async () => {
    await begins();
    const { handle, plan } = await asksPeople(world, A);
    expect(plan.approveByMs - (await world.now())).toBeGreaterThan(4 * HOUR - MINUTE);
    await votes(handle, plan, 'alice');
    await passTo(plan.approveByMs - 2 * HOUR - 5 * SECOND);
    expect(toldOf(world, A)).toEqual(['asked']);
    await world.pass(10 * SECOND);
    expect(toldOf(world, A)).toEqual(['asked', 'half of the time is over']);
    await passTo(plan.approveByMs - 24 * MINUTE - 5 * SECOND);
    expect(toldOf(world, A)).toHaveLength(2);
    await world.pass(10 * SECOND);
    expect(toldOf(world, A)).toEqual(['asked', 'half of the time is over', 'a tenth of the time is left']);
    expect(world.journal.filter((line) => line.journal === 'plan')).toMatchObject([
      { store: A, planId: plan.planId, action: 'destroy', because: '2 needed' },
      { planId: plan.planId, because: '1 of 2 approvals', approveByMs: plan.approveByMs },
      { because: '1 of 2 approvals' },
    ]);
    await passTo(plan.approveByMs - 5 * SECOND);
    expect((await viewOf(world, handle)).phase).toBe('waiting for votes');
    expect(await outcomeOf(world, handle)).toMatchObject({
      kind: 'expired',
      because: 'the time to approve ran out',
      next: 'ask again when people are there to answer',
    });
    expect((await endedMs(handle)) - plan.approveByMs).toBeLessThan(MINUTE);
    expect(toldOf(world, A)).toHaveLength(4);
    // Nothing is left that a vote could be sent to.
    await expect(votes(handle, plan, 'bob')).rejects.toThrow();
    await nothingWasDestroyed(world);
    await record('destroy-expired', handle);
  });

  test('is what the server says: a vote after it is late, although nobody was there to count it before', async () => {
    await begins(approvalWith(), true);
    const { handle, plan } = await asksPeople(world, A);
    await votes(handle, plan, 'alice');
    await counted(world, handle, 1);
    await world.stopWorkers();
    await passTo(plan.approveByMs + SECOND);
    await votes(handle, plan, 'bob');
    await world.startWorkers();
    expect(await outcomeOf(world, handle)).toMatchObject({ kind: 'expired', because: 'the time to approve ran out' });
    expect((await viewOf(world, handle)).open?.tally).toMatchObject({
      state: { kind: 'open', missing: 1 },
      refused: [{ reason: 'late', count: 1, latest: [{ detail: 'bob' }] }],
    });
    expect(await detailsOf(world, handle)).toContain('it came after the time to approve had run out');
    await nothingWasDestroyed(world);
  });

  test('was kept by votes that came in time, also if they are counted after it', async () => {
    await begins(approvalWith(), true);
    const { handle, plan } = await asksPeople(world, A);
    await world.stopWorkers();
    await passTo(plan.approveByMs - MINUTE);
    await votes(handle, plan, 'alice');
    await votes(handle, plan, 'bob');
    await passTo(plan.approveByMs + MINUTE);
    await world.startWorkers();
    expect(await outcomeOf(world, handle)).toMatchObject({ kind: 'destroyed', planId: plan.planId });
    expect(commandsOf(world)).toEqual([`destroy ${A}`]);
    await expectPeace(world);
  });

  test('is not given anew with a new plan, and nobody is reminded twice of the same hour', async () => {
    await begins();
    const { handle, plan } = await asksPeople(world, A);
    await passTo(plan.approveByMs - HOUR);
    world.simulator.inject(A, { kind: 'says', message: 'DRC_510:Store stopped by an error' });
    const { plan: next } = await planShown(world, handle, plan.planId);
    expect(next.approveByMs).toBe(plan.approveByMs);
    expect(await outcomeOf(world, handle)).toMatchObject({ kind: 'expired', planId: next.planId, plans: 2 });
    expect((await endedMs(handle)) - plan.approveByMs).toBeLessThan(MINUTE);
    expect(toldOf(world, A)).toEqual(['asked', 'half of the time is over', 'asked', 'a tenth of the time is left', 'ended']);
    await nothingWasDestroyed(world);
  });
});

describe('the time to act', () => {
  test('counts from the vote that decided, not from the first one', async () => {
    await begins();
    const { handle, plan } = await asksPeople(world, A);
    await pausesGuard(world);
    await votes(handle, plan, 'alice');
    await world.pass(HOUR);
    const beforeMs = await world.now();
    await votes(handle, plan, 'bob');
    await votes(handle, plan, 'carol', { reason: 'she ordered it' });
    const isDecided = async () => (await viewOf(world, handle)).executeByMs !== null;
    await world.passUntil('the votes have decided', isDecided, { stepMs: SECOND });
    const { executeByMs, open } = await viewOf(world, handle);
    expect(open?.tally?.state).toMatchObject({ kind: 'approved', deciding: { name: 'bob' }, executeByMs });
    expect((executeByMs ?? 0) - beforeMs - 15 * MINUTE).toBeGreaterThanOrEqual(0);
    expect((executeByMs ?? 0) - beforeMs - 15 * MINUTE).toBeLessThan(5 * SECOND);
    // Fourteen minutes are within it.
    await world.pass(14 * MINUTE - 10 * SECOND);
    await resumesGuard(world);
    expect(await outcomeOf(world, handle)).toMatchObject({ kind: 'destroyed' });
    expect(commandsOf(world)).toEqual([`destroy ${A}`]);
    expect(world.simulator.commands()[0]?.atMs).toBeLessThan(executeByMs ?? 0);
    await expectPeace(world);
  });

  test('runs out while the cluster is paused, and the outcome says what stood in the way', async () => {
    await begins();
    const { handle, plan } = await asksPeople(world, A);
    await pausesGuard(world);
    await approved(world, handle, plan);
    const { executeByMs } = await viewOf(world, handle);
    expect(await outcomeOf(world, handle)).toMatchObject({
      kind: 'expired',
      because: 'it was approved, and the time to carry it out ran over: the cluster is paused (alice: OMS upgrade)',
      next: 'mend that, then ask again',
    });
    expect((await endedMs(handle)) - (executeByMs ?? 0)).toBeLessThan(MINUTE);
    await resumesGuard(world);
    await world.pass(HOUR);
    await nothingWasDestroyed(world);
    expect((await eventsOf(handle)).total).toBeLessThan(600);
  });

  test('is over for a quorum that is counted too late', async () => {
    await begins(approvalWith(), true);
    const { handle, plan } = await asksPeople(world, A);
    await world.stopWorkers();
    await votes(handle, plan, 'alice');
    await votes(handle, plan, 'bob');
    await world.pass(20 * MINUTE);
    await world.startWorkers();
    expect(await outcomeOf(world, handle)).toMatchObject({ kind: 'expired' });
    await nothingWasDestroyed(world);
  });
});
