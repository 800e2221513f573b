import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { storesOf } from '../../src/domain/inventory.ts';
import { startDiscovery, type Discovery } from '../../src/inventory/discovery.ts';
import { A, B, listed, omsStore, silent } from '../domain/inventory/listings.ts';
import { MINUTE, T0 } from '../domain/readings.ts';
import { discovering, ScriptedOms } from './scripted-oms.ts';

let folder: string;
let oms: ScriptedOms;
let nowMs: number;
let told: string[];
let discovery: Discovery;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'storekeeper-discovery-'));
  oms = new ScriptedOms();
  nowMs = T0;
  told = [];
  discovery = start();
});
afterEach(async () => {
  await discovery.close();
  await rm(folder, { recursive: true, force: true });
});

function start(): Discovery {
  return startDiscovery({
    configFile: join(folder, 'storekeeper.yaml'),
    connect: oms.connect,
    say: (cluster, message) => told.push(`${cluster}: ${message}`),
    now: () => nowMs,
  });
}

const file = (): string => join(folder, '.storekeeper', 'inventory-c1.json');
const look = async (parts?: Parameters<typeof discovering>[0]): Promise<string[]> =>
  storesOf(await discovery.inventoryOf(discovering(parts)), []);

/** Looks until what was started in the background has been taken. */
async function settled(stores: readonly string[]): Promise<void> {
  await expect.poll(() => look(), { timeout: 2_000, interval: 10 }).toEqual(stores);
}

describe('the first look', () => {
  test('waits for the first list', async () => {
    oms.answer = listed(B, A);
    expect(await look()).toEqual([A, B]);
    expect(oms.accesses).toEqual([{ baseUrl: 'http://127.0.0.1:1', user: 'storekeeper', password: 'hunter2', timeoutMs: 200 }]);
    expect(told).toEqual(['c1: OMS lists 2 Stores']);
  });

  test('waits no longer than the time-out, though OMS does not even heed that it is over', async () => {
    oms.answer = () => new Promise(() => undefined);
    const sinceMs = Date.now();
    const inventory = await discovery.inventoryOf(discovering());
    expect(Date.now() - sinceMs).toBeLessThan(1_500);
    expect(inventory.silence).toMatchObject({ because: 'timed out', sinceMs: T0 });
    expect(told).toEqual([expect.stringContaining('OMS did not answer since 2026-01-05T03:00:00Z')]);
  });

  test('is the only one that waits: what failed once is asked again behind the scenes', async () => {
    oms.answer = silent('unreachable');
    expect(await look()).toEqual([]);
    nowMs += 5 * MINUTE;
    oms.answer = () => new Promise(() => undefined);
    const sinceMs = Date.now();
    expect(await look({ timeoutMs: 60_000 })).toEqual([]);
    expect(Date.now() - sinceMs).toBeLessThan(1_000);
  });

  test('by many at once is one listing', async () => {
    oms.answer = listed(A);
    expect(await Promise.all(Array.from({ length: 20 }, () => look()))).toEqual(Array.from({ length: 20 }, () => [A]));
    expect(oms.asked).toEqual([['np_1']]);
  });

  test('takes an error of ours for silence', async () => {
    oms.answer = () => Promise.reject(new Error('broken'));
    expect((await discovery.inventoryOf(discovering())).silence).toMatchObject({ because: 'unreachable', detail: 'broken' });
  });
});

describe('later looks', () => {
  beforeEach(async () => {
    oms.answer = listed(A);
    await look();
  });

  test('ask again only when it is time, and wait for nothing', async () => {
    nowMs += 5 * MINUTE - 1;
    await look();
    expect(oms.asked).toHaveLength(1);
    let answer = (): void => undefined;
    oms.answer = () => new Promise((resolve) => (answer = () => resolve(listed(A, B))));
    nowMs += 1;
    expect(await look()).toEqual([A]);
    expect(await look()).toEqual([A]);
    expect(oms.asked).toHaveLength(2);
    answer();
    await settled([A, B]);
    expect(told.at(-1)).toBe(`c1: new in OMS: ${B}`);
  });

  test('use the last good list while OMS is silent, which is said when it begins and when it ends', async () => {
    for (const minute of [5, 10, 15]) {
      oms.answer = silent('unreachable', 'connection refused');
      nowMs = T0 + minute * MINUTE;
      await expect.poll(() => look().then((stores) => [stores, oms.asked.length])).toEqual([[A], 1 + minute / 5]);
    }
    await expect.poll(() => told.length).toBe(2);
    expect(told[1]).toContain('connection refused');
    expect((await discovery.inventoryOf(discovering())).silence?.sinceMs).toBe(T0 + 5 * MINUTE);
    nowMs += 5 * MINUTE;
    oms.answer = listed(A, B);
    await settled([A, B]);
    expect(told).toContain('c1: OMS lists its Stores again');
  });

  test('with other projects ask at once, and leave the Stores of those that are gone', async () => {
    oms.answer = { kind: 'listed', stores: [omsStore(B, ['np_2'])] };
    expect(await look({ projects: ['np_2'] })).toEqual([]);
    await expect.poll(() => oms.asked).toEqual([['np_1'], ['np_2']]);
    await expect.poll(() => look({ projects: ['np_2'] })).toEqual([B]);
  });

  test('with a project that is not there forget nothing: a slip of the hand is mended without asking', async () => {
    oms.answer = silent('refused', 'no such project');
    expect(await look({ projects: ['np_l'] })).toEqual([]);
    await expect.poll(() => look({ projects: ['np_l'] }).then(() => oms.asked.length)).toBe(2);
    oms.answer = () => new Promise(() => undefined);
    expect(await look()).toEqual([A]);
  });

  test('after the end ask nobody', async () => {
    await discovery.close();
    nowMs += 60 * MINUTE;
    expect(await look()).toEqual([A]);
    expect(oms.asked).toHaveLength(1);
    expect(oms.closed).toBe(1);
  });
});

test('the end does not wait for an OMS that is silent', async () => {
  oms.answer = () => new Promise(() => undefined);
  const first = look({ timeoutMs: 60_000 });
  await expect.poll(() => oms.asked.length).toBe(1);
  await discovery.close();
  expect(await first).toEqual([]);
});

describe('the list on disk', () => {
  test('serves a restart while OMS is down, at once', async () => {
    oms.answer = listed(A, B);
    await look();
    await discovery.close();
    expect(await readdir(join(folder, '.storekeeper'))).toEqual(['inventory-c1.json']);
    oms.answer = () => new Promise(() => undefined);
    discovery = start();
    expect(await look()).toEqual([A, B]);
    await expect.poll(() => oms.asked.length).toBe(2);
  });

  test('holds no secret, and nothing that OMS said of a Store', async () => {
    oms.answer = { kind: 'listed', stores: [{ ...omsStore(A), errorMessage: 'jdbc:secret' }] };
    await look();
    expect(await readFile(file(), 'utf8')).not.toMatch(/hunter2|storekeeper"|jdbc/);
  });

  test.each([
    ['no JSON', '{"version": 1,'],
    ['of another version', JSON.stringify({ version: 2 })],
    ['of another cluster', JSON.stringify({ version: 1, cluster: 'c2', inventory: { ...EMPTY(), stores: [] } })],
    [
      'with a name that is none',
      JSON.stringify({
        version: 1,
        cluster: 'c1',
        inventory: { ...EMPTY(), stores: [{ store: '*', projects: [], firstSeenMs: 1, lastSeenMs: 1, missingSinceMs: null }] },
      }),
    ],
  ])('that is %s is not used, and that is said', async (_what, text) => {
    await mkdir(join(folder, '.storekeeper'));
    await writeFile(file(), text);
    oms.answer = silent('unreachable');
    expect(await look()).toEqual([]);
    expect(told[0]).toMatch(/c1: the list of Stores that was kept on disk is not used \(.+\)/);
    nowMs += 5 * MINUTE;
    oms.answer = listed(A);
    await settled([A]);
    await expect
      .poll(async () => JSON.parse(await readFile(file(), 'utf8')) as object)
      .toMatchObject({ version: 1, inventory: { stores: [{ store: A }] } });
  });

  test('that cannot be written is said once, and is no failure', async () => {
    // A file where the folder should be: also root cannot write below it.
    await writeFile(join(folder, '.storekeeper'), '');
    oms.answer = listed(A);
    expect(await look()).toEqual([A]);
    nowMs += 5 * MINUTE;
    await look();
    await expect.poll(() => oms.asked.length).toBe(2);
    nowMs += 5 * MINUTE;
    await expect.poll(() => look().then(() => oms.asked.length)).toBe(3);
    expect(told.filter((line) => line.includes('cannot be kept on disk'))).toHaveLength(1);
  });
});

function EMPTY(): object {
  return { stores: [], beganMs: null, asOfMs: null, silence: null, dropped: [] };
}
