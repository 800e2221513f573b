import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { DIST } from '../../src/temporal/data-converter.ts';
import { UnreachableError, clientOn, connectClient, connectTemporal } from '../../src/temporal/connect.ts';
import { startDevServer, type DevServer, type DevServerOptions } from '../../src/temporal/dev-server.ts';
import { applySchedules } from '../../src/temporal/schedules.ts';
import { devServerPath } from '../temporal-servers.ts';

const SLOW = { timeout: 60_000 };

let binary = '';
let folder = '';
const closers: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  binary = await devServerPath();
}, 180_000);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'storekeeper-server-'));
});
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
  await rm(folder, { recursive: true, force: true });
});

async function start(options: Partial<DevServerOptions> = {}): Promise<DevServer> {
  const server = await startDevServer({
    ui: false,
    port: 0,
    uiPort: 0,
    env: { ...process.env, TEMPORAL_CLI_PATH: binary },
    ...options,
  });
  closers.push(() => server.stop());
  return server;
}

/** Everything whose command line names this text. */
async function processesNaming(text: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'pid,args']);
  return stdout.split('\n').filter((line) => line.includes(text) && !line.includes('ps -eo'));
}

async function listen(port: number): Promise<Server> {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  closers.push(async () => server.close());
  return server;
}

test('the embedded server answers, says how its program was found, and keeps the Web UI from calling home', SLOW, async () => {
  const lines: string[] = [];
  const server = await start({ ui: true, log: (line) => lines.push(line) });
  expect(server).toMatchObject({ namespace: 'default', binary: `TEMPORAL_CLI_PATH (${binary})`, notes: [] });
  expect(lines).toEqual([`Temporal server: TEMPORAL_CLI_PATH (${binary})`]);
  const settings = (await (await fetch(`${server.uiUrl}/api/v1/settings`)).json()) as { DisableNewsFetch?: boolean };
  expect(settings.DisableNewsFetch).toBe(true);
  const connected = await connectTemporal({ TEMPORAL_ADDRESS: server.address, TEMPORAL_NAMESPACE: 'default' });
  closers.push(() => connected.connection.close());
  expect(connected).toMatchObject({ namespace: 'default', address: server.address });
});

test('a port that is taken is stepped over and named', SLOW, async () => {
  const squatter = await listen(0);
  const address = squatter.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const server = await start({ ui: true, port, uiPort: port });
  const [grpc, ui] = [Number(server.address.split(':')[1]), Number(server.uiUrl?.split(':')[2])];
  expect(grpc).toBeGreaterThan(port);
  expect(ui).toBeGreaterThan(grpc);
  expect(server.notes[0]).toBe(`port ${port} is taken; Temporal uses the next free one`);
  expect(server.notes).toContain(`port ${port} is taken; the Web UI uses the next free one`);
});

test('what the database holds is there again after a stop, and the stop leaves no process', SLOW, async () => {
  const databaseFile = join(folder, '.storekeeper', 'temporal.db');
  const first = await start({ databaseFile });
  await withClient(first, (client) => applySchedules(client, [{ name: 'a', everyMs: 3_600_000 }]));
  expect(await processesNaming(databaseFile)).not.toEqual([]);
  await first.stop();
  await first.stop();
  expect(await processesNaming(databaseFile)).toEqual([]);
  await expect(readFile(`${databaseFile}.pid`)).rejects.toThrow('ENOENT');

  const second = await start({ databaseFile });
  expect(await withClient(second, (client) => applySchedules(client, [{ name: 'a', everyMs: 3_600_000 }]))).toEqual([
    { cluster: 'a', result: 'unchanged' },
  ]);
});

async function withClient<T>(server: DevServer, use: (client: ReturnType<typeof clientOn>) => Promise<T>): Promise<T> {
  const connected = await connectClient({ TEMPORAL_ADDRESS: server.address });
  try {
    return await use(clientOn(connected));
  } finally {
    await connected.connection.close();
  }
}

test('a second server on the same database is refused', SLOW, async () => {
  const databaseFile = join(folder, 'temporal.db');
  await start({ databaseFile });
  await expect(start({ databaseFile })).rejects.toThrow(/temporal\.db is in use by the Temporal server with process id \d+/);
});

test('a server whose parent was killed ends by itself, and the next one waits for that', SLOW, async () => {
  const databaseFile = join(folder, 'temporal.db');
  const program = `
    import { startDevServer } from ${JSON.stringify(join(DIST, 'src/temporal/dev-server.js'))};
    await startDevServer({ ui: false, port: 0, databaseFile: ${JSON.stringify(databaseFile)} });
    console.log('up');
  `;
  const parent = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    env: { ...process.env, TEMPORAL_CLI_PATH: binary },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(parent.stdout, 'data');
  expect((await processesNaming(databaseFile)).length).toBeGreaterThan(1);
  parent.kill('SIGKILL');
  await once(parent, 'exit');

  const next = await start({ databaseFile });
  expect(await withClient(next, (client) => client.workflowService.getSystemInfo({}))).toBeDefined();
  await next.stop();
  for (let tries = 0; tries < 50 && (await processesNaming(databaseFile)).length > 0; tries += 1) await sleep(100);
  expect(await processesNaming(databaseFile)).toEqual([]);
});

test('a server that cannot start is quoted', SLOW, async () => {
  const broken = join(folder, 'temporal');
  const starting = async (script: string) => {
    await writeFile(broken, `#!/bin/sh\n${script}\n`);
    await chmod(broken, 0o755);
    return start({ ui: true, env: { ...process.env, TEMPORAL_CLI_PATH: broken } });
  };
  await expect(starting('echo "database is locked" >&2; exit 7')).rejects.toThrow(
    /ended before it answered: exit code 7, and it said:\ndatabase is locked/,
  );
  await expect(starting('kill -9 $$')).rejects.toThrow('ended before it answered: killed by SIGKILL');
});

test('a server that dies is noticed', SLOW, async () => {
  const databaseFile = join(folder, 'temporal.db');
  const server = await start({ databaseFile });
  const line = (await processesNaming(databaseFile)).find((found) => !found.includes('/bin/sh'));
  process.kill(Number.parseInt(line ?? '', 10), 'SIGKILL');
  await expect(server.exited).resolves.toMatch(/^killed by SIGKILL/);
});

test.each([
  ['worker', connectTemporal],
  ['client', connectClient],
])('a %s that reaches no Temporal is told where, why and what to do, within its time', async (_who, connect) => {
  const squatter = await listen(0);
  const address = squatter.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  // Something listens here and never says a word: the worst way of not being Temporal.
  const silent: unknown = await connect({ TEMPORAL_ADDRESS: `127.0.0.1:${port}` }, { timeoutMs: 500 }).catch(
    (cause: unknown) => cause,
  );
  expect(silent).toBeInstanceOf(UnreachableError);
  expect(String(silent)).toMatch(new RegExp(`Temporal at 127\\.0\\.0\\.1:${port} cannot be reached: .*TEMPORAL_ADDRESS`));
  squatter.close();
  const refused: unknown = await connect({ TEMPORAL_ADDRESS: `127.0.0.1:${port}` }, { timeoutMs: 2_000 }).catch(
    (cause: unknown) => cause,
  );
  expect(refused).toMatchObject({ kind: 'unreachable', address: `127.0.0.1:${port}` });
});

test('settings that cannot be read are told apart from a server that does not answer', async () => {
  const file = join(folder, 'temporal.toml');
  await writeFile(file, '[profile.default\naddress = 5');
  await expect(connectClient({ TEMPORAL_CONFIG_FILE: file })).rejects.toMatchObject({ kind: 'misconfigured' });
});

test('address and namespace come from temporal.toml as from the environment', SLOW, async () => {
  const server = await start();
  const file = join(folder, 'temporal.toml');
  await writeFile(file, `[profile.default]\naddress = "${server.address}"\nnamespace = "elsewhere"\n`);
  const connected = await connectClient({ TEMPORAL_CONFIG_FILE: file });
  closers.push(() => connected.connection.close());
  expect(connected).toMatchObject({ address: server.address, namespace: 'elsewhere' });
  expect(clientOn(connected).options.namespace).toBe('elsewhere');
});
