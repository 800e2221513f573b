import { afterEach, expect, test } from 'vitest';
import type { HealOutcome } from '../../src/domain/outcome.ts';
import { manyStores, ProcessWorld, until } from './process-world.ts';

let world: ProcessWorld | undefined;

afterEach(async () => {
  await world?.close();
  world = undefined;
});

const ASKERS = 500;
const WITHIN_MS = 120_000;

test(
  'five hundred heals that ask at once, twice each, are all answered within two minutes, and none fails',
  { timeout: 300_000 },
  async () => {
    const stores = manyStores(ASKERS);
    const at = await ProcessWorld.start({ stores, patch: { every: '5s', guard: { cooldown: '10m', brake: {} } } });
    world = at;
    await at.startWorker();
    await at.applySchedule();
    await until('a sweep has reported', async () => (await at.guard().catch(() => null))?.lastSweep?.reply.note === null);
    // Under the brake each confirms its fault, asks for the lease, and is turned away: nothing else keeps it waiting.
    for (const store of stores) at.simulator.kill(store);
    await until('the brake is on', async () => ((await at.guard().catch(() => null))?.brake ?? null) !== null);

    const begunMs = Date.now();
    const handles = await Promise.all(stores.map((store) => at.startHeal(store)));
    const outcomes = await Promise.all(handles.map((handle) => handle.result() as Promise<HealOutcome>));
    const tookMs = Date.now() - begunMs;
    const kinds = new Map<string, number>();
    for (const { kind } of outcomes) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    expect(Object.fromEntries(kinds)).toEqual({ blocked: ASKERS });
    expect(outcomes.every(({ because }) => because.includes('the brake is on'))).toBe(true);
    expect(tookMs).toBeLessThan(WITHIN_MS);
    expect(at.simulator.commands()).toEqual([]);
    await until('the guard knows of no open heal', async () =>
      (await at.guard()).stores.every(({ openRun }) => openRun === null),
    );
    const guard = await at.guard();
    expect(guard.stores).toHaveLength(ASKERS);
    expect(JSON.stringify(guard).length).toBeLessThan(256 * 1_024);
    process.stdout.write(`${ASKERS} askers, two questions each: ${(tookMs / 1_000).toFixed(1)} s\n`);
  },
);
