import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { composeConfig } from '../../../src/cli/init/compose.ts';
import type { Config } from '../../../src/config/config.ts';
import { loadConfig } from '../../../src/config/load-config.ts';
import { defaultPolicy } from '../../../src/domain/policy.ts';
import { A, B, omsStore } from '../../domain/inventory/listings.ts';
import { storeName } from '../../domain/readings.ts';

const WISH = { name: 'hangzhou-1', cm: 'http://10.0.0.5:8088', oms: 'http://10.0.0.4:8089', user: 'storekeeper' };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'storekeeper-compose-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function read(text: string): Promise<Config> {
  const file = join(folder, 'storekeeper.yaml');
  await writeFile(file, text);
  return loadConfig(file, { OMS_PASSWORD: 'hunter2' }, { lookup: () => Promise.resolve([]) });
}

test('a first configuration is sound, observes, and holds no password', async () => {
  const text = composeConfig(WISH, [{ id: 'np_1', name: 'orders' }], [omsStore(A), omsStore(B)], '2026-01-05');
  const { environment, clusters } = await read(text);
  expect(environment).toBe('production');
  expect(clusters).toMatchObject([
    {
      name: 'hangzhou-1',
      cm: WISH.cm,
      stores: [],
      policy: defaultPolicy,
      discover: { oms: WISH.oms, user: 'storekeeper', projects: ['np_1'] },
    },
  ]);
  expect(text).toContain(`    #   ${A}  ACTIVE\n`);
  expect(text).toContain('- np_1 # orders\n');
  expect(text).toContain('password: "${OMS_PASSWORD}"');
});

test.each([
  { ...WISH, user: 'yes' },
  { ...WISH, user: '123456' },
  { ...WISH, user: 'a "b" # c' },
  { ...WISH, name: '0755' },
  { ...WISH, oms: 'http://[::1]:8089/console', user: "o'neill" },
])('whatever is asked for comes back as it was given: %j', async (wish) => {
  const [cluster] = (await read(composeConfig(wish, [{ id: '1e3', name: '' }], [], '2026-01-05'))).clusters;
  expect(cluster).toMatchObject({
    name: wish.name,
    cm: wish.cm,
    discover: { oms: wish.oms, user: wish.user, projects: ['1e3'] },
  });
});

test('what OMS calls things cannot become settings', async () => {
  const evil = '\n    mode: act\n\u2028    mode: act\r    mode: act #';
  const store = { ...omsStore(A), status: evil };
  const { clusters } = await read(composeConfig(WISH, [{ id: 'np_1', name: evil }], [store], '2026-01-05'));
  expect(clusters[0]?.policy.mode).toBe('observe');
});

test('of many Stores some are shown', () => {
  const stores = Array.from({ length: 25 }, (_, index) => omsStore(storeName(`10.0.0.7-7100:p_${index}-000-0:0000000007`)));
  const text = composeConfig(WISH, [{ id: 'np_1', name: '' }], stores, '2026-01-05');
  expect(text.match(/^ {4}# {3}10\./gm)).toHaveLength(20);
  expect(text).toContain('and 5 more; `storekeeper discover` lists them all');
});
