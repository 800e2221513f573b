import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load-config.ts';
import { guardStart } from '../../src/domain/guard/start.ts';
import { WORKFLOW_QUEUE } from '../../src/domain/names.ts';
import { type LiveClusters, serveClusters } from '../../src/live-clusters.ts';
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { clientOn, connectTemporal } from '../../src/temporal/connect.ts';
import { startDevServer, type DevServer } from '../../src/temporal/dev-server.ts';
import { registerSearchAttributes } from '../../src/temporal/search-attributes.ts';
import { startTestWorkers } from '../test-workers.ts';
import type { SweepOutcome } from '../../workflows/sweep-cluster.ts';
import { A, A2, B, listed, silent } from '../domain/inventory/listings.ts';
import { ScriptedOms } from '../inventory/scripted-oms.ts';
import { devServerPath } from '../temporal-servers.ts';

// The tests here are one story: each goes on where the one before it ended.
const STORY = { timeout: 60_000 };
const CLUSTER = 'c1';

// Once per process, before the first connection: a test's own words must not drown in the workers'.
Runtime.install({
  logger: new DefaultLogger('ERROR'),
  telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }) } },
});

let folder: string;
let simulator: Simulator;
let server: DevServer;
let client: Client;
const oms = new ScriptedOms();
const cleanups: (() => Promise<unknown>)[] = [];
let nowMs = Date.UTC(2026, 0, 5, 3);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'storekeeper-discovering-'));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  simulator = await startSimulator({ stores: [A, A2, B] });
  cleanups.push(() => simulator.close());
  const text = `clusters:
  - name: ${CLUSTER}
    cm: ${simulator.url}
    stores: ["${A}"]
    discover: {oms: "http://127.0.0.1:1", user: u, password: "\${OMS_PASSWORD}", projects: [np_1]}
`;
  await writeFile(join(folder, 'storekeeper.yaml'), text);
  server = await startDevServer({ ui: false, port: 0, env: { ...process.env, TEMPORAL_CLI_PATH: await devServerPath() } });
  cleanups.push(() => server.stop());
}, 180_000);
afterAll(async () => {
  for (const cleanup of cleanups.toReversed()) await cleanup();
});

interface Process {
  stop(): Promise<void>;
}

/** As a process of its own would: nothing is remembered but what is on disk. */
async function startProcess(): Promise<Process> {
  const temporal = await connectTemporal({ TEMPORAL_ADDRESS: server.address });
  await registerSearchAttributes(temporal.connection, temporal.namespace);
  client = clientOn(temporal);
  const load = () => loadConfig(join(folder, 'storekeeper.yaml'), { OMS_PASSWORD: 'hunter2' });
  const source: LiveClusters = serveClusters(await load(), load, () => undefined, { connectOms: oms.connect, now: () => nowMs });
  const workers = await startTestWorkers({ ...temporal, cluster: CLUSTER, source });
  return {
    async stop() {
      await workers.stop();
      await source.close();
      await temporal.connection.close();
    },
  };
}

async function sweep(): Promise<SweepOutcome> {
  return client.workflow.execute<(input: unknown) => Promise<SweepOutcome>>('sweepCluster', {
    workflowId: `sweep:${CLUSTER}:${Math.random()}`,
    taskQueue: WORKFLOW_QUEUE,
    args: [{ cluster: CLUSTER }],
    workflowRunTimeout: '1 minute',
  });
}

let running: Process;

test('a sweep looks at every Store that OMS lists, and tells the newcomer that the file lacks', STORY, async () => {
  running = await startProcess();
  cleanups.push(() => running.stop());
  await client.workflow.start<(input: unknown) => Promise<void>>('guardCluster', guardStart(CLUSTER, 'with the schedule'));
  oms.answer = listed(A, A2, B);
  const outcome = await sweep();
  expect(outcome).toMatchObject({ total: 3, healthy: 3, unknown: 0 });
  expect(outcome.inventory).toMatchObject({ asOfMs: nowMs, discovered: 3, newcomers: [A2], trouble: null });
  expect(outcome.notes).toContain(`new in OMS, and looked at: ${A2}`);
});

test('and after a restart while OMS is down, at the same Stores, and says since when', STORY, async () => {
  await running.stop();
  oms.answer = silent('unreachable', 'connect ECONNREFUSED');
  nowMs += 600_000;
  running = await startProcess();
  expect((await sweep()).total).toBe(3);
  const outcome = await sweep();
  expect(outcome.total).toBe(3);
  expect(outcome.notes).toContainEqual(
    'OMS did not answer since 2026-01-05T03:10:00Z (unreachable: connect ECONNREFUSED): the last good list is used, of 2026-01-05T03:00:00Z',
  );
});

test('and what OMS lists no more is let go after its grace, and said', STORY, async () => {
  oms.answer = listed(A, A2);
  nowMs += 300_000;
  await sweep();
  expect(await sweep()).toMatchObject({ total: 3, inventory: { vanished: [B], trouble: null } });
  nowMs += 3_600_000;
  await sweep();
  const outcome = await sweep();
  expect(outcome).toMatchObject({ total: 2, inventory: { vanished: [], dropped: [B] } });
  expect(outcome.notes).toContain(`OMS lists no more, and looked at no more: ${B}`);
});
