import { afterEach, describe, expect, test } from 'vitest';
import { guardWorkflowId } from '../../../src/domain/names.ts';
import { defaultPolicy } from '../../../src/domain/policy.ts';
import type { StoreName } from '../../../src/domain/store.ts';
import { CLUSTER, startVirtualWorld, storeName, type VirtualWorld } from '../../virtual-world.ts';
import { commandsOf, expectPeace, MINUTE, rounds } from '../stage.ts';

let world: VirtualWorld;
afterEach(() => world.close());

/** `count` Stores a host, each alone on its subtopic. */
function storesOf(hosts: readonly string[], count: number): StoreName[] {
  return hosts.flatMap((host, nth) =>
    Array.from({ length: count }, (_, index) => {
      const seq = nth * count + index;
      return storeName(`${host}-7100:p_${6_000 + seq}_source-000-0:${String(seq).padStart(10, '0')}`);
    }),
  );
}

async function fail(...hosts: readonly string[]): Promise<void> {
  for (const host of hosts) world.simulator.inject({ host }, { kind: 'host-failure' });
  await world.simulator.settled();
}

/** The Stores between their stop and the answer to their restart, at the worst moment. */
function mostInFlight(): number {
  const open = new Set<string>();
  let most = 0;
  for (const { path, store } of world.simulator.commands()) {
    if (path === '/crawler/clear') open.add(store ?? '');
    else open.delete(store ?? '');
    most = Math.max(most, open.size);
  }
  return most;
}

/** Sweeps every `everyMs` until the claim holds. */
async function sweepUntil(what: string, holds: () => boolean | Promise<boolean>, limitMs = 4 * 60 * MINUTE): Promise<void> {
  const stepMs = world.config.current.policy.everyMs;
  await world.passUntil(
    what,
    async () => {
      await world.sweep();
      return holds();
    },
    { stepMs, limitMs },
  );
}

const brake = async () => (await world.guard()).brake;
const stops = (): number => commandsOf(world).filter((command) => command.startsWith('stop')).length;

describe('a storm of eight Stores', () => {
  const HOST = '10.0.0.50';
  const eight = storesOf([HOST], 8);

  test('whose first probe does not help is not probed further: the brake is on again, for as long as before', async () => {
    world = await startVirtualWorld({ stores: eight });
    await world.sweepTwice();
    for (const store of eight) world.simulator.inject(store, { kind: 'permanent' });
    await world.simulator.settled();
    await world.pass(30_000);
    expect((await world.sweep()).opened).toEqual([]);
    await sweepUntil('one has tried and failed', async () => (await brake())?.because.startsWith('a restart of') === true);
    expect(stops()).toBe(1);
    const againMs = (await brake())?.grewMs ?? 0;
    await sweepUntil('the next one is tried', () => stops() === 2);
    const second = world.simulator.commands().filter(({ path }) => path === '/crawler/clear')[1];
    expect((second?.atMs ?? 0) - againMs).toBeGreaterThan(defaultPolicy.guard.cooldownMs);
  });

  test('goes on where a person releases the brake, and what is broken does not trip it again', async () => {
    world = await startVirtualWorld({ stores: eight });
    await world.sweepTwice();
    await fail(HOST);
    await world.pass(30_000);
    expect((await world.sweep()).opened).toEqual([]);
    await world.client.workflow
      .getHandle(guardWorkflowId(CLUSTER))
      .signal('releaseBrake', { by: 'alice', reason: 'the host is back' });
    await world.pass(30_000);
    expect((await world.sweep()).opened).toHaveLength(8);
    for (const store of eight) expect(await world.outcome(store)).toMatchObject({ kind: 'healed' });
    expect(mostInFlight()).toBe(2);
    const guard = await expectPeace(world);
    expect(guard.acts).toMatchObject([{ text: 'alice released the brake: the host is back' }]);
  });

  test('is no storm to a Store that a person orders to pass the brake', async () => {
    world = await startVirtualWorld({ stores: eight });
    await world.sweepTwice();
    await fail(HOST);
    await world.pass(30_000);
    await world.sweep();
    const [first, second] = eight;
    if (first === undefined || second === undefined) throw new Error('there are eight');
    await world.heal(first, { reason: 'this one cannot wait', override: ['brake'] });
    await world.heal(second, { reason: 'nor this one' });
    expect(await world.outcome(first)).toMatchObject({ kind: 'healed' });
    expect(await world.outcome(second)).toMatchObject({ kind: 'blocked', because: expect.stringContaining('brake') as string });
    expect(commandsOf(world)).toEqual(rounds(first, 1));
    const guard = await expectPeace(world);
    expect(guard.acts[0]?.text).toContain(`let a stop of ${first} pass in spite of: the brake is on`);
  });
});

describe('a Cluster Manager that is blind for an hour', () => {
  test('is sent nothing, the brake says why, and is off when it sees again', async () => {
    const stores = storesOf(['10.0.0.60'], 4);
    world = await startVirtualWorld({ stores });
    await world.sweepTwice();
    world.simulator.inject({ host: '10.0.0.60' }, { kind: 'blind', status: 1, for: '60m' });
    await world.simulator.settled();
    await world.pass(30_000);
    expect((await world.sweep()).notes[0]).toContain('4 of 4 Stores cannot be judged');
    const sinceMs = await world.now();
    await sweepUntil('the brake is off', async () => (await brake()) === null);
    expect((await world.now()) - sinceMs).toBeGreaterThan(60 * MINUTE);
    expect(commandsOf(world)).toEqual([]);
    await expectPeace(world);
  });
});
