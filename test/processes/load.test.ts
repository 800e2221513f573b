import { setTimeout as pause } from 'node:timers/promises';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, expect, test } from 'vitest';
import { WORKFLOW_QUEUE } from '../../src/domain/names.ts';
import type { StoreName } from '../../src/domain/store.ts';
import { DIST } from '../../src/temporal/data-converter.ts';
import type { SweepOutcome } from '../../workflows/sweep-cluster.ts';
import { CLUSTER, manyStores, ProcessWorld, type Program } from './process-world.ts';

let world: ProcessWorld | undefined;
let apart: ChildProcess | undefined;

afterEach(async () => {
  await world?.close();
  world = undefined;
  if (apart !== undefined && apart.exitCode === null) {
    apart.kill('SIGKILL');
    await once(apart, 'exit');
  }
  apart = undefined;
});

/** The simulator in a process of its own, so that its work and its log are not ours. */
async function simulatorApart(stores: readonly StoreName[]): Promise<string> {
  const program = `
    import { startSimulator } from ${JSON.stringify(join(DIST, 'src/simulator/simulator.js'))};
    const index = Array.from({ length: ${stores.length} }, (_, i) => i);
    const stores = index.map((i) => \`10.1.\${Math.floor(i / 250)}.\${i % 250}-7100:p_\${i}_source-000-0:0000000001\`);
    console.log((await startSimulator({ stores })).url);
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  apart = child;
  for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error('the simulator did not start');
}

async function sweptWorld(count: number): Promise<{ world: ProcessWorld; worker: Program }> {
  const stores = manyStores(count);
  world = await ProcessWorld.start({ stores: [], elsewhere: { cm: await simulatorApart(stores), stores } });
  const worker = await world.startWorker();
  await world.startGuard();
  return { world, worker };
}

/** A sweep as the schedule would start it; returns its outcome. */
function sweep(world: ProcessWorld, number: number): Promise<SweepOutcome> {
  return world.client.workflow.execute<(input: unknown) => Promise<SweepOutcome>>('sweepCluster', {
    workflowId: `sweep:${CLUSTER}:${number}`,
    taskQueue: WORKFLOW_QUEUE,
    args: [{ cluster: CLUSTER }],
    workflowRunTimeout: '2 minutes',
  });
}

test('a sweep of 10,000 healthy Stores looks at each of them and leaves at most 25 events', async () => {
  const { world } = await sweptWorld(10_000);
  const outcome = await sweep(world, 1);
  expect(outcome).toMatchObject({ total: 10_000, healthy: 10_000, faulty: 0, unknown: 0, opened: [] });
  const { events } = await world.client.workflow.getHandle(`sweep:${CLUSTER}:1`).fetchHistory();
  console.log(`a sweep of 10,000 Stores: ${outcome.tookMs} ms, ${events?.length ?? '?'} events`);
  expect(events?.length).toBeLessThanOrEqual(25);
});

/** The least of a few looks: a collection gives memory back with a delay. */
async function kept(worker: Program): Promise<{ heap: number; resident: number }> {
  const looks: NodeJS.MemoryUsage[] = [];
  for (let look = 0; look < 5; look += 1) {
    looks.push(await worker.memory());
    await pause(200);
  }
  return { heap: Math.min(...looks.map((look) => look.heapUsed)), resident: Math.min(...looks.map((look) => look.rss)) };
}

// Resident memory takes some 400 sweeps to settle (244, 280 and 290 MiB after 20, 200 and 600): the heap of the thread
// that runs workflows is not collected on demand. A leak of a kilobyte a Store would add 180 MiB here.
test(
  '200 sweeps of 1,000 healthy Stores leave the worker’s heap within 15 % of what it was after 20',
  { timeout: 240_000 },
  async () => {
    const { world, worker } = await sweptWorld(1_000);
    const sweeps = async (from: number, to: number): Promise<void> => {
      for (let number = from; number < to; number += 1) expect((await sweep(world, number)).healthy).toBe(1_000);
    };
    await sweeps(0, 20);
    const after20 = await kept(worker);
    await sweeps(20, 200);
    const after200 = await kept(worker);
    const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
    console.log(
      `after 20 and 200 sweeps: heap ${mib(after20.heap)}, ${mib(after200.heap)}; resident ${mib(after20.resident)}, ${mib(after200.resident)}`,
    );
    expect(after200.heap).toBeLessThan(after20.heap * 1.15);
    expect(after200.resident).toBeLessThan(after20.resident * 1.35);
  },
);
