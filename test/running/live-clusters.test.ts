import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ConfigError } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { type LiveClusters, serveClusters } from '../../src/live-clusters.ts';
import { listed, silent } from '../domain/inventory/listings.ts';
import { storeName } from '../domain/readings.ts';
import { ScriptedOms } from '../inventory/scripted-oms.ts';

const A = '10.0.0.7-7100:p_4223_source-000-0:0000000007';
const B = '10.0.0.8-7100:p_4224_source-000-0:0000000008';
let folder: string;
const oms = new ScriptedOms();
let live: LiveClusters;
let troubles: ConfigError[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'storekeeper-live-'));
  await writeFile(join(folder, 'stores.txt'), `${A}\n`);
  await configure('observe');
  troubles = [];
  const load = () => loadConfig(join(folder, 'storekeeper.yaml'), { OMS_PASSWORD: 'hunter2' });
  live = serveClusters(await load(), load, (error) => troubles.push(error), { connectOms: oms.connect });
});
afterEach(async () => {
  await live.close();
  await rm(folder, { recursive: true, force: true });
});

function configure(mode: string): Promise<void> {
  const text = `clusters:\n  - { name: c1, cm: "http://127.0.0.1:1", storesFile: stores.txt, mode: ${mode} }\n`;
  return writeFile(join(folder, 'storekeeper.yaml'), text);
}

test('a changed file counts for the very next look', async () => {
  expect((await live.get('c1')).config.policy.mode).toBe('observe');
  await configure('act');
  expect((await live.get('c1')).config.policy.mode).toBe('act');
});

test('a change of the list of Stores that the file names is noticed too', async () => {
  expect((await live.get('c1')).config.stores).toEqual([A]);
  await writeFile(join(folder, 'stores.txt'), `${A}\n${B}\n`);
  expect((await live.get('c1')).config.stores).toEqual([A, B]);
});

test('a file that cannot be used leaves the last good one for reads, named as stale, until it is mended', async () => {
  await configure('act');
  expect((await live.get('c1')).stale).toBeNull();
  await configure('acht');
  const broken = await live.get('c1');
  expect(broken.config.policy.mode).toBe('act');
  expect(broken.stale).toContain('mode');
  await live.get('c1');
  expect(troubles).toHaveLength(1);
  await configure('observe');
  expect(await live.get('c1')).toMatchObject({ stale: null, config: { policy: { mode: 'observe' } } });
});

test('a file that is gone is stale as well', async () => {
  await live.get('c1');
  await rm(join(folder, 'storekeeper.yaml'));
  expect((await live.get('c1')).stale).toContain('storekeeper.yaml');
});

test('a cluster that the file does not have is refused with those it has', async () => {
  await expect(live.get('c2')).rejects.toThrow(/no cluster "c2".*c1/);
});

describe('with discovery', () => {
  const SIBLING = storeName('10.0.0.9-7100:p_4223_source-000-0:0001000001');
  const discover = 'discover: { oms: "http://127.0.0.1:1", user: u, password: "${OMS_PASSWORD}", projects: [np_1] }';

  function configureDiscovery(second = ''): Promise<void> {
    const text = `clusters:\n  - { name: c1, cm: "http://127.0.0.1:1", storesFile: stores.txt, ${discover} }\n${second}`;
    return writeFile(join(folder, 'storekeeper.yaml'), text);
  }

  test('what OMS lists is looked at beside what the file names, and OMS is a witness of it', async () => {
    expect(await live.get('c1')).toMatchObject({ witness: null });
    expect(await live.get('c1')).not.toHaveProperty('inventory');
    await configureDiscovery();
    oms.answer = listed(storeName(B), SIBLING);
    const { stores, witness, inventory, config, digest } = await live.get('c1');
    expect(stores).toEqual([A, B, SIBLING]);
    expect(config.stores).toEqual([A]);
    expect(witness).not.toBeNull();
    expect((await live.get('c1')).witness).toBe(witness);
    expect(inventory).toMatchObject({ discovered: 2, newcomers: [SIBLING], vanished: [], trouble: null });
    expect(digest).toBe(config.digest);
  });

  test('an OMS that is silent from the beginning leaves the Stores that are named, and says so', async () => {
    await configureDiscovery();
    oms.answer = silent('refused', 'HTTP 401');
    const { stores, inventory } = await live.get('c1');
    expect(stores).toEqual([A]);
    expect(inventory).toMatchObject({ asOfMs: null, discovered: 0, trouble: expect.stringContaining('HTTP 401') });
  });

  test('a subtopic that another cluster names is left to that one', async () => {
    await configureDiscovery(`  - { name: c2, cm: "http://127.0.0.1:2", stores: ["${B}"] }\n`);
    oms.answer = listed(storeName(B), SIBLING);
    expect(await live.get('c1')).toMatchObject({ stores: [A, SIBLING], inventory: { discovered: 1 } });
    expect(await live.get('c2')).toMatchObject({ stores: [B], witness: null });
  });
});
