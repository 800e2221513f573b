import { afterEach, expect, test } from 'vitest';
import type { StoreName } from '../../src/domain/store.ts';
import { ProcessWorld, storeName, until } from './process-world.ts';

let world: ProcessWorld | undefined;

afterEach(async () => {
  await world?.close();
  world = undefined;
});

const HOSTS = Array.from({ length: 10 }, (_, index) => `10.0.1.${index}`);
/** Fifty Stores a host, each alone on its subtopic. */
const STORES = HOSTS.flatMap((host, nth) =>
  Array.from({ length: 50 }, (_, index) => {
    const seq = nth * 50 + index;
    return storeName(`${host}-7100:p_${6_000 + seq}_source-000-0:${String(seq).padStart(10, '0')}`);
  }),
);
const RED = STORES.slice(0, 200);
const IN_FLIGHT = 10;
const COOLDOWN_MS = 10_000;

/** The most Stores that stood between their stop and the answer to their restart at one moment. */
function mostInFlight(commands: readonly { readonly path: string; readonly store: string | null }[]): number {
  const open = new Set<string | null>();
  let most = 0;
  for (const { path, store } of commands) {
    if (path === '/crawler/clear') open.add(store);
    else open.delete(store);
    most = Math.max(most, open.size);
  }
  return most;
}

test(
  'of five hundred Stores two hundred turn red at once: the brake holds, 1, 2 and 4 try, and then each is restarted once',
  // On a quiet machine of two cores all of it takes three and a half minutes.
  { timeout: 1_200_000 },
  async () => {
    const at = await ProcessWorld.start({
      stores: STORES,
      patch: {
        every: '2s',
        // Longer than any sweep may be late on a busy machine: a Store that is healed must not be looked at as lost.
        policy: { verify: { healthyFor: '2s', within: '120s' } },
        guard: {
          inFlight: IN_FLIGHT,
          perHour: 1_000,
          perDay: 1_000,
          openPerSweep: 6,
          brake: {},
          cooldown: `${COOLDOWN_MS / 1_000}s`,
        },
      },
    });
    world = at;
    const stops = (): number => at.simulator.commands().filter(({ path }) => path === '/crawler/clear').length;
    const brake = async () => (await at.guard().catch(() => null))?.brake;
    const worker = await at.startWorker();
    await at.applySchedule();
    await until(
      'two sweeps have reported',
      async () => (await at.guard().catch(() => null))?.lastSweep?.reply.note === null,
      60_000,
    );
    for (const host of HOSTS.slice(0, 4)) at.simulator.inject({ host }, { kind: 'host-failure' });

    await until('the brake is on', async () => (await brake()) !== null && (await brake()) !== undefined, 60_000);
    const tripped = await at.guard();
    expect(tripped.brake).toMatchObject({ step: 0, because: '200 of 500 Stores on 200 subtopics are faulty' });
    expect(stops()).toBe(0);

    // How many had been stopped when each step of the brake was last seen.
    const seen = new Map<number, number>();
    await until(
      'the brake is off',
      async () => {
        const now = await brake();
        if (now !== null && now !== undefined) seen.set(now.step, stops());
        return now === null;
      },
      400_000,
    );
    expect(seen.get(0)).toBe(0);
    expect(seen.get(1) ?? 0).toBeLessThanOrEqual(1);
    expect(seen.get(2) ?? 0).toBeLessThanOrEqual(3);
    expect(seen.get(3) ?? 0).toBeLessThanOrEqual(7);
    const [firstStop] = at.simulator.commands();
    expect((firstStop?.atMs ?? 0) - (tripped.brake?.grewMs ?? 0)).toBeGreaterThan(COOLDOWN_MS);

    const isRed = (store: StoreName): boolean => at.simulator.state(store).status !== 0;
    await until('all are healthy', () => !STORES.some(isRed), 500_000);
    await until(
      'every heal has ended',
      async () => (await at.guard().catch(() => null))?.stores.every(({ openRun }) => openRun === null) === true,
      200_000,
    );
    for (const store of RED) expect(at.commandPaths(store)).toEqual(['/crawler/clear', '/crawler/restore']);
    expect(at.simulator.commands()).toHaveLength(2 * RED.length);
    expect(mostInFlight(at.simulator.commands())).toBeLessThanOrEqual(IN_FLIGHT);
    expect(worker.commands().filter(({ sent }) => sent)).toHaveLength(2 * RED.length);
    expect(at.broken()).toEqual([]);
  },
);
