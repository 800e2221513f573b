import { afterEach, expect, test } from 'vitest';
import { sweepScheduleId } from '../../src/domain/names.ts';
import { CLUSTER, OTHER, ProcessWorld, STORE, until } from './process-world.ts';

let world: ProcessWorld | undefined;

afterEach(async () => {
  await world?.close();
  world = undefined;
});

test('a schedule that somebody backfills by hand sweeps many times at once, and the Store is healed once', async () => {
  const at = await ProcessWorld.start({ stores: [STORE, OTHER] });
  world = at;
  await at.startWorker();
  await at.applySchedule();
  await until('a sweep may act', async () => (await at.guard().catch(() => null))?.lastSweep?.reply.note === null);
  await at.pauseSchedule();
  at.simulator.kill(STORE);
  const end = new Date();
  const start = new Date(end.getTime() - 20_000);
  await at.client.schedule.getHandle(sweepScheduleId(CLUSTER)).backfill({ start, end, overlap: 'ALLOW_ALL' });
  await until('the Store to be healed', async () =>
    (await at.guard()).stores.some(({ last, openRun }) => last?.outcome === 'healed' && openRun === null),
  );
  const sweeps = at.client.workflow.list({ query: 'WorkflowType = "sweepCluster"' });
  let count = 0;
  for await (const sweep of sweeps) count += sweep.status.name === 'COMPLETED' || sweep.status.name === 'RUNNING' ? 1 : 0;
  expect(count).toBeGreaterThan(15);
  expect(at.commandPaths(STORE)).toEqual(['/crawler/clear', '/crawler/restore']);
  expect(at.commandPaths(OTHER)).toEqual([]);
  expect(at.broken()).toEqual([]);
});
