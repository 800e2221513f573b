import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ConfigError } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { type LiveClusters, serveClusters } from '../../src/live-clusters.ts';

const A = '10.0.0.7-7100:p_4223_source-000-0:0000000007';
const B = '10.0.0.8-7100:p_4224_source-000-0:0000000008';
let folder: string;
let live: LiveClusters;
let troubles: ConfigError[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'storekeeper-live-'));
  await writeFile(join(folder, 'stores.txt'), `${A}\n`);
  await configure('observe');
  troubles = [];
  const load = () => loadConfig(join(folder, 'storekeeper.yaml'), {});
  live = serveClusters(await load(), load, (error) => troubles.push(error));
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
