import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { emptyInventory, foldListing } from '../../../src/domain/inventory.ts';
import { inventoryPath, writeInventory } from '../../../src/inventory/inventory-file.ts';
import { startSimulator, type Simulator } from '../../../src/simulator/simulator.ts';
import { A, A2, B, C, listed } from '../../domain/inventory/listings.ts';
import { HANGS, PASSWORD, startOmsServer, USER, type OmsServer } from '../../inventory/oms-server.ts';
import { cli, onlyJson, startCli, writeConfig, type Ended } from '../run-cli.ts';

const ENV = { OMS_PASSWORD: PASSWORD };

let oms: OmsServer;
let simulator: Simulator;
let config: string;
beforeAll(async () => {
  oms = await startOmsServer({});
  simulator = await startSimulator({ stores: [A, A2, B, C] });
  config = await writeConfig(`clusters:
  - name: east
    cm: ${simulator.url}
    stores: ["${A}"]
    discover: {oms: "${oms.url}", user: ${USER}, password: "\${OMS_PASSWORD}", projects: [np_1, np_2], timeout: 1s}
`);
});
afterAll(async () => {
  await simulator?.close();
  await oms?.close();
});
beforeEach(async () => {
  oms.projects.clear();
  oms.projects.set('np_1', [A]).set('np_2', [A, B]);
  oms.asked.length = 0;
  oms.fault = null;
  oms.pascalCase = false;
  await rm(inventoryPath(config, 'east'), { force: true });
});

const discover = (...args: string[]): Promise<Ended> => cli(['discover', '--config', config, ...args], { env: ENV });
const keep = (...stores: Parameters<typeof listed>): Promise<string | null> =>
  writeInventory(inventoryPath(config, 'east'), 'east', foldListing(emptyInventory, listed(...stores), Date.now(), 3_600_000));

describe('discover', () => {
  test('is fine when what OMS lists is what is watched', async () => {
    await keep(B);
    const { code, stdout, stderr } = await discover();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`east  ${oms.url}`);
    expect(stdout).toContain('2 Stores in 2 projects: 0 new, 0 vanished, 2 known');
    expect(oms.asked).toEqual(['DescribeProjectComponents np_1', 'DescribeProjectComponents np_2']);
  });

  test('finds what is new and what vanished, and says what becomes of them', async () => {
    await keep(C);
    const { code, stdout, stderr } = await discover();
    expect(code).toBe(1);
    const rows = stdout.split('\n').filter((line) => line.startsWith('10.'));
    expect(rows.map((row) => row.split(/ +/).slice(0, 3))).toEqual([
      [B, 'new', 'ACTIVE'],
      [C, 'vanished', '-'],
      [A, 'known', 'ACTIVE'],
    ]);
    expect(stderr).toContain('east: a worker that runs looks at what is new within 5m.');
    expect(stderr).toContain('east: what vanished is looked at for 1h more');
  });

  test('says the same in JSON, in a shape that is documented', async () => {
    await keep(C);
    oms.pascalCase = true;
    const { code, stdout } = await discover('--cluster', 'east', '--json');
    expect(code).toBe(1);
    expect(onlyJson(stdout)).toEqual({
      ok: false,
      clusters: [
        {
          name: 'east',
          oms: oms.url,
          projects: ['np_1', 'np_2'],
          silence: null,
          counts: { new: 1, vanished: 1, known: 1 },
          stores: [
            {
              store: B,
              standing: 'new',
              subtopic: 'p_4224_source-000-0',
              named: false,
              projects: ['np_2'],
              status: 'ACTIVE',
              delayS: 1,
              toSwitch: false,
            },
            expect.objectContaining({ store: C, standing: 'vanished', status: null }),
            expect.objectContaining({ store: A, standing: 'known', named: true, projects: ['np_1', 'np_2'] }),
          ],
        },
      ],
    });
  });

  test.each([
    ['hangs', HANGS, 3, 'unreachable', 'timed out'],
    ['answers with an error page', 502, 1, 'no-list', 'HTTP 502'],
    ['answers with something else', '<html>', 1, 'no-list', 'malformed'],
    ['says no', '{"success": false, "message": "no rights"}', 1, 'no-list', 'no rights'],
  ])('of an OMS that %s says so, and takes it for no list', async (_what, fault, expected, code, words) => {
    await keep(B);
    oms.fault = fault;
    const ended = await discover('--json');
    expect(ended.code).toBe(expected);
    expect(onlyJson(ended.stdout)).toMatchObject({
      ok: false,
      clusters: [{ name: 'east', counts: null, stores: [], silence: { detail: expect.any(String) } }],
      error: { code, message: expect.stringContaining(words), hint: expect.stringContaining('discover.') },
    });
    expect(ended.stdout + ended.stderr).not.toContain(PASSWORD);
  });

  test('with one project that is gone lists nothing: half a list is none', async () => {
    oms.projects.delete('np_2');
    const { code, stderr } = await discover();
    expect(code).toBe(1);
    expect(stderr).toContain('project np_2: OMS says no: GHANA-OPERAT000099 The project does not exist.');
  });

  test('with another password says that OMS refuses it, and shows neither', async () => {
    const { code, stdout, stderr } = await cli(['discover', '--config', config], { env: { OMS_PASSWORD: 'hunter2' } });
    expect(code).toBe(1);
    expect(stderr).toContain('HTTP 401');
    expect(stdout + stderr).not.toMatch(/hunter2|horse/);
  });

  test('of an OMS that is not there is 3', async () => {
    const path = await writeConfig(`clusters:
  - {name: a, cm: "http://127.0.0.1:1", discover: {oms: "http://127.0.0.1:1", user: u, password: "\${OMS_PASSWORD}", projects: [np_1]}}
`);
    const { code, stderr } = await cli(['discover', '--config', path], { env: ENV });
    expect(code).toBe(3);
    expect(stderr).toContain('a at http://127.0.0.1:1 (unreachable: ');
    expect(stderr).toContain('  do:  see that its console runs');
  });

  test('ends at once with 130 when it is interrupted', async () => {
    oms.fault = HANGS;
    const slow = await writeConfig(`clusters:
  - {name: a, cm: "http://127.0.0.1:1", discover: {oms: "${oms.url}", user: u, password: "\${OMS_PASSWORD}", projects: [np_1]}}
`);
    const running = startCli(['discover', '--config', slow, '--json'], { env: ENV });
    await expect.poll(() => oms.asked.length, { timeout: 5_000 }).toBe(1);
    running.child.kill('SIGINT');
    const { code, stdout } = await running.ended;
    expect(code).toBe(130);
    expect(onlyJson(stdout)).toMatchObject({ error: { code: 'interrupted' } });
  });
});

describe('check, where no worker has kept a list', () => {
  test('asks OMS which Stores there are, and looks at all of them', async () => {
    const { code, stdout } = await cli(['check', '--config', config], { env: ENV });
    expect(code).toBe(0);
    expect(stdout).toContain('2 Stores: 2 healthy, 0 faulty, 0 unknown');
  });

  test('looks at what is named when OMS does not say', async () => {
    oms.fault = 502;
    const { code, stdout, stderr } = await cli(['check', '--config', config], { env: ENV });
    expect(code).toBe(0);
    expect(stdout).toContain('1 Store: 1 healthy');
    expect(stderr).toContain(`note: east: OMS at ${oms.url} does not list its Stores (refused: project np_1: HTTP 502)`);
  });
});
