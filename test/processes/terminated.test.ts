import { afterEach, expect, test } from 'vitest';
import { AFTERMATH_MS, ProcessWorld, STORE, until } from './process-world.ts';

let world: ProcessWorld | undefined;

afterEach(async () => {
  await world?.close();
  world = undefined;
});

/** Swept for a while and then paused: from here on nothing but the guard itself can start a heal. */
async function healingUnderPausedSchedule(options: Parameters<typeof ProcessWorld.start>[0]): Promise<ProcessWorld> {
  world = await ProcessWorld.start(options);
  await world.startWorker();
  await world.applySchedule();
  world.simulator.kill(STORE);
  const { simulator } = world;
  await until('a sweep to open the heal', async () => (await world?.phase(STORE)) !== 'nobody answers');
  await world.pauseSchedule();
  expect(simulator.commands()).toEqual([]);
  return world;
}

/** The guard's own heal: it pays the debt and settles it. */
async function untilPaid(world: ProcessWorld, firstRun: string): Promise<string> {
  const newest = async (): Promise<string> => (await world.healOf(STORE).describe()).runId;
  await until('the guard to start a heal of its own', async () => (await newest()) !== firstRun);
  const runId = await newest();
  await until('the debt to be settled', async () => (await world.guard()).debts.length === 0);
  return runId;
}

test('a heal terminated between stop and restart owes a restart, and the guard pays it by itself under a paused schedule', async () => {
  const world = await healingUnderPausedSchedule({ patch: { policy: { wait: '5s' } } });
  const stop = await world.arrival('/crawler/clear', STORE);
  await until('the wait to begin', async () => (await world.phase(STORE)) === 'waiting before the restart');
  const { runId } = await world.healOf(STORE).describe();
  await world.healOf(STORE).terminate('a test');
  expect((await world.guard()).debts).toMatchObject([{ store: STORE }]);

  const paying = await untilPaid(world, runId);
  const restart = await world.arrival('/crawler/restore', STORE);
  expect(restart.atMs - (stop.endedMs ?? 0)).toBeGreaterThan(5_000);
  expect(await world.outcome(STORE, paying)).toMatchObject({
    kind: 'healed',
    attempts: [{ stop: 'sent by an earlier run', restart: 'done' }],
  });
  expect((await world.healOf(STORE, paying).describe()).raw.workflowExecutionInfo?.parentExecution?.workflowId).toBe(
    'guard:site-1',
  );
  expect(world.commandPaths(STORE)).toEqual(['/crawler/clear', '/crawler/restore']);
  expect(world.simulator.state(STORE).status).toBe(0);
  expect(world.broken()).toEqual([]);
});

test('a heal terminated while the Cluster Manager restores is followed by quarantine, and its debt is settled after that', async () => {
  // A restart of 4 s: what runs at the Cluster Manager does not end with the heal.
  const world = await healingUnderPausedSchedule({ speed: 10 });
  const restart = await world.arrival('/crawler/restore', STORE);
  const { runId } = await world.healOf(STORE).describe();
  await world.healOf(STORE).terminate('a test');
  expect(restart.endedMs).toBeNull();

  const paying = await untilPaid(world, runId);
  expect(['recovered', 'healed']).toContain((await world.outcome(STORE, paying)).kind);
  const { startTime } = await world.healOf(STORE, paying).describe();
  // The guard let the restart pass just before it arrived.
  expect(startTime.getTime()).toBeGreaterThan(restart.atMs + AFTERMATH_MS - 1_000);
  expect(world.commandPaths(STORE)).toEqual(['/crawler/clear', '/crawler/restore']);
  expect(world.simulator.state(STORE).status).toBe(0);
  expect(await world.guard()).toMatchObject({ debts: [], leases: [], slots: [] });
  expect(world.broken()).toEqual([]);
});
