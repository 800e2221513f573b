import { writeFile, rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { emptyInventory, foldListing } from '../../../src/domain/inventory.ts';
import { inventoryPath, writeInventory } from '../../../src/inventory/inventory-file.ts';
import { startSimulator, type Simulator } from '../../../src/simulator/simulator.ts';
import { A, A2, B, listed } from '../../domain/inventory/listings.ts';
import { cli, onlyJson, writeConfig } from '../run-cli.ts';

/** Nobody listens there: what is known comes from the list that a worker kept. */
const NO_OMS = 'http://127.0.0.1:1';

let simulator: Simulator;
let config: string;
beforeAll(async () => {
  simulator = await startSimulator({ stores: [A, A2, B] });
  config = await writeConfig(`clusters:
  - name: east
    cm: ${simulator.url}
    stores: ["${A}"]
    discover: {oms: "${NO_OMS}", user: u, password: "\${OMS_PASSWORD}", projects: [np_1]}
`);
  await keep();
});
afterAll(() => simulator.close());

function keep(): Promise<string | null> {
  const inventory = foldListing(emptyInventory, listed(A2, B), Date.now(), 3_600_000);
  return writeInventory(inventoryPath(config, 'east'), 'east', inventory);
}

interface Checked {
  readonly clusters: readonly { readonly stores: readonly { readonly store: string }[] }[];
}

async function checked(...args: string[]): Promise<string[]> {
  const { stdout } = await cli(['check', '--config', config, '--json', ...args]);
  return (onlyJson(stdout) as unknown as Checked).clusters.flatMap(({ stores }) => stores.map(({ store }) => store));
}

test('check looks at what a worker discovered beside what is named, without asking OMS', async () => {
  expect(await checked()).toEqual([A, B, A2].toSorted());
  expect(await checked(B)).toEqual([B]);
});

test.each([
  ['hold', 'p_4224_source-000-0', '--reason', 'test'],
  ['unhold', B],
  ['release-lease', 'p_4224_source-000-0', '--reason', 'test'],
  ['release-lease', B, '--reason', 'test'],
  ['why', B],
])('what was discovered can be named: %s %s', async (...args) => {
  const { code, stderr } = await cli([...args, '--config', config]);
  expect(code).toBe(3);
  expect(stderr).toContain('Temporal at 127.0.0.1:1 cannot be reached');
});

test('without a list and without the password of OMS, check says what it does not know, and looks at what is named', async () => {
  await rm(inventoryPath(config, 'east'));
  const { code, stdout, stderr } = await cli(['check', '--config', config]);
  expect(code).toBe(0);
  expect(stdout).toContain('1 Store: 1 healthy');
  expect(stderr).toContain('note: east: no worker has kept a list of Stores, and OMS cannot be asked without its password');
  await keep();
});

test('a list that is damaged is as none, and its Stores are not known', async () => {
  await writeFile(inventoryPath(config, 'east'), '{');
  const { code, stderr } = await cli(['hold', 'p_4224_source-000-0', '--reason', 'test', '--config', config]);
  expect(code).toBe(2);
  expect(stderr).toContain('No subtopic is named p_4224_source-000-0');
  await keep();
});
