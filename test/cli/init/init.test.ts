import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { startSimulator, type Simulator } from '../../../src/simulator/simulator.ts';
import { A, A2, B } from '../../domain/inventory/listings.ts';
import { PASSWORD, startOmsServer, USER, type OmsServer } from '../../inventory/oms-server.ts';
import { cli, onlyJson, type Ended } from '../run-cli.ts';
import { atTerminal, hasTerminal } from '../terminal.ts';

const ENV = { OMS_PASSWORD: PASSWORD };

let oms: OmsServer;
let simulator: Simulator;
let folder: string;
beforeAll(async () => {
  oms = await startOmsServer({ np_1: [A, A2], np_2: [B], np_3: [] });
  simulator = await startSimulator({ stores: [A, A2, B] });
});
afterAll(async () => {
  await simulator?.close();
  await oms?.close();
});
beforeEach(async () => {
  oms.fault = null;
  folder = await mkdtemp(join(tmpdir(), 'storekeeper-init-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const file = (): string => join(folder, 'storekeeper.yaml');
const flags = (...more: string[]): string[] => {
  const where = ['--cm', simulator.url, '--oms', oms.url, '--oms-user', USER, '--out', file()];
  return ['init', ...where, ...more];
};
const init = (...more: string[]): Promise<Ended> => cli(flags('--yes', ...more), { env: ENV });

describe('with everything given', () => {
  test('a configuration is written that observes what OMS lists, checked, and told what to run next', async () => {
    const { code, stdout, stderr } = await init('--project', 'np_1', '--name', 'hangzhou-1');
    expect(code).toBe(0);
    expect(stdout).toContain(`${file()} is fine: environment production, 1 cluster`);
    expect(stdout).toContain(`hangzhou-1: what ${oms.url} lists in np_1 behind ${simulator.url}, every 30s, mode observe`);
    expect(stderr).toContain(A2);
    expect(stderr).toContain(`storekeeper check --config ${file()}`);
    expect(stderr).not.toContain('export OMS_PASSWORD');
    const text = await readFile(file(), 'utf8');
    expect(text).not.toContain(PASSWORD);
    expect(parse(text)).toMatchObject({
      clusters: [{ name: 'hangzhou-1', mode: 'observe', discover: { projects: ['np_1'], password: '${OMS_PASSWORD}' } }],
    });
    const checked = await cli(['check', '--config', file()], { env: ENV });
    expect(checked).toMatchObject({ code: 0, stdout: expect.stringContaining('2 Stores: 2 healthy') });
  });

  test('and no project named, all of them are taken', async () => {
    const { code, stdout } = await init('--json');
    expect(code).toBe(0);
    expect(onlyJson(stdout)).toMatchObject({
      file: file(),
      projects: ['np_1', 'np_2', 'np_3'],
      stores: [A, A2, B].toSorted(),
      check: { ok: true, warnings: [], clusters: [{ name: 'oms', mode: 'observe' }] },
    });
  });

  test('a Cluster Manager that does not know these Stores, or does not answer, is noted', async () => {
    const other = await startSimulator({ stores: [B] });
    try {
      const strange = await cli(
        ['init', '--cm', other.url, '--oms', oms.url, '--oms-user', USER, '--project', 'np_1', '--out', file(), '--yes'],
        { env: ENV },
      );
      expect(strange.code).toBe(0);
      expect(strange.stderr).toContain(`note: the Cluster Manager at ${other.url} knows 0 of 2 of these Stores`);
    } finally {
      await other.close();
    }
    await rm(file());
    const silent = await cli(
      ['init', '--cm', 'http://127.0.0.1:1', '--oms', oms.url, '--oms-user', USER, '--project', 'np_1', '--out', file(), '--yes'],
      { env: ENV },
    );
    expect(silent.code).toBe(0);
    expect(silent.stderr).toContain('note: the Cluster Manager at http://127.0.0.1:1 does not answer');
  });
});

describe('nothing is written', () => {
  afterEach(async () => expect(await readdir(folder)).toEqual([]));

  test.each([
    ['without a project that has Stores', ['--project', 'np_3'], null, 2, 'nothing-listed'],
    ['with a project that is not there', ['--project', 'np_9'], null, 1, 'no-list'],
    ['when OMS refuses', [], 401, 1, 'no-list'],
    ['when OMS answers with something else', [], '<html>', 1, 'no-list'],
  ] as const)('%s', async (_what, args, fault, expected, code) => {
    oms.fault = fault;
    const ended = await init(...args, '--json');
    expect(ended.code).toBe(expected);
    expect(onlyJson(ended.stdout)).toMatchObject({ error: { code, message: expect.any(String), hint: expect.any(String) } });
    expect(ended.stdout + ended.stderr).not.toContain(PASSWORD);
  });

  test('into a folder that is not there', async () => {
    const { code, stderr } = await init('--project', 'np_1', '--out', join(folder, 'none', 'storekeeper.yaml'));
    expect(code).toBe(2);
    expect(stderr).toContain(`there is no folder ${join(folder, 'none')}`);
  });

  test.skipIf(!hasTerminal)('at a terminal without a yes', async () => {
    const { code, text } = await atTerminal(flags('--project', 'np_1', '--name', 'a'), { typing: [['[y/N]', '\r']], env: ENV });
    expect(code).toBe(4);
    expect(text).toContain('2 Stores in mode observe?');
  });
});

test.skipIf(!hasTerminal)('at a terminal everything is asked for, and the password is not shown', async () => {
  const { code, text } = await atTerminal(['init', '--out', file()], {
    typing: [
      ['Address of the Cluster Manager', 'oops\r'],
      ['Address of the Cluster Manager', `${simulator.url}\r`],
      ["Address of OMS's console", `${oms.url}\r`],
      ['User of OMS', `${USER}\r`],
      ['Its password', `${PASSWORD}\r`],
      ['A name for this cluster', '\r'],
      ['Which of them', 'np_8\r'],
      ['Which of them', 'np_1, np_2\r'],
      ['[y/N]', 'y\r'],
    ],
  });
  expect(code).toBe(0);
  expect(text).not.toContain(PASSWORD);
  expect(text).toContain('does not begin with http');
  expect(text).toContain('There is no project np_8; did you mean np_1?');
  expect(text).toContain('export OMS_PASSWORD=');
  expect(parse(await readFile(file(), 'utf8'))).toMatchObject({
    clusters: [{ name: 'oms', cm: simulator.url, discover: { oms: oms.url, user: USER, projects: ['np_1', 'np_2'] } }],
  });
});
