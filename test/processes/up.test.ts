import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { GuardState } from '../../src/domain/guard/state.ts';
import { guardWorkflowId } from '../../src/domain/names.ts';
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { clientOn, connectClient } from '../../src/temporal/connect.ts';
import { devServerPath } from '../temporal-servers.ts';
import { CLUSTER, configurationText, STORE, until } from './process-world.ts';
import { Program } from './world/program.ts';

let folder = '';
let simulator: Simulator;
const programs: Program[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'storekeeper-up-'));
  simulator = await startSimulator({ stores: [STORE], speed: 40 });
  await writeFile(configFile(), configurationText(simulator.url, [STORE]));
});

afterEach(async () => {
  for (const program of programs.splice(0)) await program.kill();
  await simulator.close();
  await until('the servers to end with their parents', async () => (await serversHere()).length === 0).catch(
    async (error: unknown) => {
      for (const { pid } of await serversHere()) process.kill(pid, 'SIGKILL');
      throw error;
    },
  );
  await rm(folder, { recursive: true, force: true });
});

function configFile(): string {
  return join(folder, 'storekeeper.yaml');
}

async function startUp(): Promise<Program> {
  const program = await Program.start({
    verb: 'up',
    configFile: configFile(),
    env: { TEMPORAL_CLI_PATH: await devServerPath() },
  });
  programs.push(program);
  return program;
}

/** Every process whose command line names our folder's database: the server, and what supervises it. */
async function serversHere(): Promise<{ pid: number; args: string[] }[]> {
  const database = join(folder, '.storekeeper', 'temporal.db');
  const found: { pid: number; args: string[] }[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const args = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
    if (args.includes(database)) found.push({ pid: Number(pid), args });
  }
  return found;
}

async function asking<T>(ask: (client: Client) => Promise<T>): Promise<T> {
  const [server] = await serversHere();
  const port = server?.args[server.args.indexOf('--port') + 1];
  const temporal = await connectClient({ TEMPORAL_ADDRESS: `127.0.0.1:${port ?? '?'}` });
  try {
    return await ask(clientOn(temporal));
  } finally {
    await temporal.connection.close();
  }
}

function guard(): Promise<GuardState> {
  return asking((client) => client.workflow.getHandle(guardWorkflowId(CLUSTER)).query<GuardState>('guard'));
}

async function untilHealed(times: number): Promise<void> {
  await until(`attempt ${times} to have healed the Store`, async () => {
    const [memory] = (await guard().catch(() => null))?.stores ?? [];
    return memory?.last?.outcome === 'healed' && memory.attempts === times && memory.openRun === null;
  });
}

test(
  'up heals, ends in order with code 0, keeps its database, and goes on from it with the guard’s memory',
  { timeout: 120_000 },
  async () => {
    const first = await startUp();
    simulator.kill(STORE);
    await untilHealed(1);
    const before = await guard();
    const toldMs = Date.now();
    first.signal('SIGTERM');
    expect(await first.exited).toBe(0);
    expect(Date.now() - toldMs).toBeLessThan(15_000);
    expect(await serversHere()).toEqual([]);
    expect((await stat(join(folder, '.storekeeper', 'temporal.db'))).size).toBeGreaterThan(0);

    await startUp();
    const after = await guard();
    expect(after).toMatchObject({ bornMs: before.bornMs, pauses: [], quarantineAll: null });
    expect(after.stores).toMatchObject([{ store: STORE, attempts: 1, last: { outcome: 'healed' } }]);
    simulator.kill(STORE);
    await untilHealed(2);
    expect(simulator.commands().map((entry) => entry.path)).toEqual([
      '/crawler/clear',
      '/crawler/restore',
      '/crawler/clear',
      '/crawler/restore',
    ]);
    expect(simulator.violations()).toEqual([]);
  },
);

test(
  'up killed on the spot leaves no server behind, and the next one goes on with the guard that was there',
  { timeout: 120_000 },
  async () => {
    const first = await startUp();
    const { bornMs } = await guard();
    expect((await serversHere()).length).toBeGreaterThan(0);
    await first.kill();
    await until('the server to end with its parent', async () => (await serversHere()).length === 0, 10_000);

    await startUp();
    expect(await guard()).toMatchObject({ bornMs, pauses: [] });
  },
);
