import { afterEach, describe, expect, test } from 'vitest';
import { defaultPolicy } from '../../../src/domain/policy.ts';
import type { StoreName } from '../../../src/domain/store.ts';
import { startVirtualWorld, storeName, type VirtualWorld } from '../../virtual-world.ts';
import { A, B, commandsOf, dies, expectPeace, healOf, record, rounds, struckBy } from '../stage.ts';

let world: VirtualWorld;
afterEach(() => world.close());

/** One host that fails is a storm, too; here it is to be seen what the caps alone do. */
const NO_BRAKE = { ...defaultPolicy.guard.brake, stores: 1_000 };

const HOST = '10.0.0.50';
const EIGHT = Array.from({ length: 8 }, (_, index) => storeName(`${HOST}-7100:p_500${index}_source-000-0:000000000${index}`));

/** The most Stores that stood between their stop and the answer to their restart at one moment. */
function mostInFlight(stores: ReadonlySet<string>): number {
  const open = new Set<string>();
  let most = 0;
  for (const { path, store } of world.simulator.commands()) {
    if (store === null || !stores.has(store)) continue;
    if (path === '/crawler/clear') open.add(store);
    else open.delete(store);
    most = Math.max(most, open.size);
  }
  return most;
}

describe('a host that fails', () => {
  test('its eight Stores are all healed, and never more than two are under way at once', async () => {
    world = await startVirtualWorld({ stores: EIGHT, policy: { guard: { brake: NO_BRAKE } } });
    await world.sweepTwice();
    world.simulator.inject({ host: HOST }, { kind: 'host-failure' });
    await world.simulator.settled();
    const { opened } = await world.sweep();
    expect(opened.toSorted()).toEqual(EIGHT);
    for (const store of EIGHT) expect(await world.outcome(store)).toMatchObject({ kind: 'healed', store });
    for (const store of EIGHT) {
      const own = commandsOf(world).filter((command) => command.endsWith(store));
      expect(own).toEqual(rounds(store, 1));
    }
    expect(world.simulator.commands()).toHaveLength(16);
    expect(mostInFlight(new Set<string>(EIGHT))).toBe(2);
    await expectPeace(world);
  });

  test('no more incidents are opened by one sweep than allowed, the oldest faults first', async () => {
    const stores: StoreName[] = EIGHT.slice(0, 3);
    world = await startVirtualWorld({ stores, policy: { guard: { openPerSweep: 1, inFlight: 1, brake: NO_BRAKE } } });
    await world.sweepTwice();
    world.simulator.inject({ host: HOST }, { kind: 'host-failure' });
    await world.simulator.settled();
    const first = await world.sweep();
    expect(first.opened).toEqual([stores[0]]);
    expect(first.notOpened.map((entry) => entry.because)).toEqual(
      Array.from({ length: 2 }, () => expect.stringContaining('as many incidents as allowed') as string),
    );
    await world.pass(30_000);
    expect((await world.sweep()).opened).toEqual([stores[1]]);
    for (const store of stores.slice(0, 2)) expect(await world.outcome(store)).toMatchObject({ kind: 'healed' });
    expect(mostInFlight(new Set<string>(stores))).toBe(1);
    expect(commandsOf(world)).toHaveLength(4);
    await expectPeace(world);
  });
});

describe('what it costs in events', () => {
  test('a sweep that opens nothing leaves at most 25, and a heal of one attempt at most 100', async () => {
    world = await startVirtualWorld({ stores: [A, B, ...EIGHT] });
    await dies(world, A);
    world.simulator.inject(A, { kind: 'reader-died' });
    await world.sweep();
    await world.outcome(A);
    const heal = await healOf(world, A).fetchHistory();
    expect(heal.events?.length).toBeLessThanOrEqual(100);

    const sweep = await world.client.workflow.start('sweepCluster', {
      workflowId: 'sweep:counted',
      taskQueue: 'storekeeper',
      args: [{ cluster: 'test-1' }],
    });
    expect(await sweep.result()).toMatchObject({ total: 10, opened: [] });
    expect((await sweep.fetchHistory()).events?.length).toBeLessThanOrEqual(25);
    await record('sweep', sweep);
  });

  test('a sweep that opens an incident says which, and one that finds it open says so', async () => {
    world = await startVirtualWorld({ stores: [A, B] });
    await struckBy(world, A, { kind: 'reader-died' });
    await world.passUntil('the incident is open', async () => (await world.phase(A)) === 'confirming');
    expect(await world.sweep()).toMatchObject({
      faulty: 1,
      opened: [],
      notOpened: [{ store: A, because: expect.stringContaining('already open') as string }],
    });
    await world.outcome(A);
    expect(commandsOf(world)).toEqual(rounds(A, 1));
    await expectPeace(world);
  });
});
