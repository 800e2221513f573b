import { afterEach, expect, test } from 'vitest';
import { startVirtualWorld, type VirtualWorld } from '../../virtual-world.ts';
import { A, commandsOf, expectPeace } from '../stage.ts';
import { approvalWith, ballotOf, ordersDestroy, outcomeOf, planShown, viewOf, votes } from './people.ts';

let world: VirtualWorld;
afterEach(() => world.close());

const FLOOD = 2_000;
const AT_ONCE = 100;

test(
  'two thousand forged votes hide neither of the two good ones, and cost a handful of counts',
  { timeout: 120_000 },
  async () => {
    world = await startVirtualWorld({ stores: [A], approval: approvalWith() });
    world.simulator.kill(A);
    await world.simulator.settled();
    const handle = await ordersDestroy(world, A);
    const { plan } = await planShown(world, handle);
    const forged = ballotOf(plan, 'bob', { signedBy: 'dave' });
    await votes(handle, plan, 'alice');
    for (let sent = 0; sent < FLOOD; sent += AT_ONCE) {
      const batch = Array.from({ length: AT_ONCE }, (_, index) =>
        handle.signal('approve', index % 4 === 0 ? forged : { planId: plan.planId, number: sent + index }),
      );
      await Promise.all(batch);
    }
    await votes(handle, plan, 'bob');
    expect(await outcomeOf(world, handle)).toMatchObject({ kind: 'destroyed' });
    const { open } = await viewOf(world, handle);
    expect(open?.tally).toMatchObject({ approvals: [{ name: 'alice' }, { name: 'bob' }], refusedCount: FLOOD });
    const { events } = await handle.fetchHistory();
    const counts =
      events?.filter((event) => event.activityTaskScheduledEventAttributes?.activityType?.name === 'countVotes') ?? [];
    expect(counts.length).toBeLessThan(60);
    expect(events?.filter((event) => event.workflowTaskFailedEventAttributes)).toEqual([]);
    expect(commandsOf(world)).toEqual([`destroy ${A}`]);
    await expectPeace(world);
  },
);
