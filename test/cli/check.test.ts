import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { cli, onlyJson, startCli, writeConfig } from './run-cli.ts';

const HEALTHY = '10.0.0.7-7100:p_4223_source-000-0:0000000007';
const FAULTY = '10.0.0.8-7100:p_4224_source-000-0:0000000008';
const BLIND = '10.0.0.9-7100:p_4225_source-000-0:0000000009';
const UNLISTED = '10.0.0.9-7100:p_4226_source-000-0:0000000010';
const DARK = ['10.1.0.1-7100:p_1_source-000-0:0000000001', '10.1.0.2-7100:p_2_source-000-0:0000000002'];

let simulator: Simulator;
let config: string;
beforeAll(async () => {
  simulator = await startSimulator({ stores: [HEALTHY, FAULTY, BLIND, UNLISTED] });
  simulator.kill(FAULTY);
  simulator.inject(BLIND, { kind: 'blind' });
  await simulator.settled();
  config = await writeConfig({
    clusters: [
      { name: 'east', cm: simulator.url, stores: [HEALTHY, FAULTY, BLIND] },
      { name: 'dark', cm: 'http://127.0.0.1:1', stores: DARK },
    ],
  });
});
afterAll(() => simulator.close());

const check = (...args: string[]) => cli(['check', '--config', config, ...args]);

interface Checked {
  readonly ok: boolean;
  readonly clusters: readonly {
    readonly name: string;
    readonly reachable: boolean;
    readonly counts: object;
    readonly stores: readonly Record<string, unknown>[];
  }[];
}

describe('a check', () => {
  test('of a healthy Store is fine, and its table is in full where there is no terminal', async () => {
    const { code, stdout, stderr } = await check(HEALTHY);
    expect(code).toBe(0);
    expect(stderr).toBe('');
    expect(stdout).toContain(`${HEALTHY}  healthy    0 `);
    expect(stdout).toContain('started successfully');
    expect(stdout).toContain('1 Store: 1 healthy, 0 faulty, 0 unknown');
    expect(stdout).not.toContain('\u001B');
  });

  test('finds trouble in a faulty and in an unknown Store, and lists them before the healthy', async () => {
    const { code, stdout } = await check('--cluster', 'east');
    expect(code).toBe(1);
    const rows = stdout.split('\n').filter((line) => line.startsWith('10.'));
    expect(rows.map((row) => row.split(/ +/).slice(0, 2))).toEqual([
      [FAULTY, 'faulty'],
      [BLIND, 'unknown'],
      [HEALTHY, 'healthy'],
    ]);
    expect(rows[1]).toContain('cm not fresh');
    expect((await check(BLIND)).code).toBe(1);
  });

  test('says in JSON what it saw, with times as RFC 3339 in UTC', async () => {
    const { code, stdout } = await check('--cluster', 'east', '--json');
    expect(code).toBe(1);
    const { ok, clusters } = onlyJson(stdout) as unknown as Checked;
    expect(ok).toBe(false);
    expect(clusters).toMatchObject([{ name: 'east', reachable: true, counts: { healthy: 1, faulty: 1, unknown: 1 } }]);
    const [healthy, faulty, blind] = clusters[0]?.stores ?? [];
    expect(healthy).toMatchObject({ store: HEALTHY, diagnosis: 'healthy', status: 0, because: null });
    expect(healthy?.['newest']).toMatch(/^\d{4}-\d\d-\d\dT[\d:]+\.000Z$/);
    expect(Math.abs(Date.parse(String(healthy?.['at'])) - Date.now())).toBeLessThan(60_000);
    expect(faulty).toMatchObject({ diagnosis: 'faulty', status: expect.any(Number) });
    expect(faulty?.['status']).not.toBe(0);
    expect(blind).toMatchObject({ diagnosis: 'unknown', because: 'cm not fresh' });
  });

  test('of a cluster whose Cluster Manager nobody reaches says that once, and ends with 3', async () => {
    const text = await check('--cluster', 'dark');
    expect(text.code).toBe(3);
    expect(text.stdout).toContain('unknown, all 2: connect ECONNREFUSED');
    expect(text.stdout).not.toContain(DARK[0]);
    const json = await check('--json');
    expect(json.code).toBe(3);
    const told = onlyJson(json.stdout);
    expect(told).toMatchObject({
      ok: false,
      error: { code: 'unreachable', message: expect.stringContaining('dark at http://127.0.0.1:1') },
    });
    expect((told as unknown as Checked).clusters.map(({ name, reachable }) => [name, reachable])).toEqual([
      ['east', true],
      ['dark', false],
    ]);
  });

  test('refuses a Store that is not configured and names the nearest, but looks at it when its cluster is given', async () => {
    const typo = HEALTHY.replace('-7100', '-7101');
    const refused = await check(typo);
    expect(refused.code).toBe(2);
    expect(refused.stdout).toBe('');
    expect(refused.stderr).toContain(`did you mean ${HEALTHY}?`);
    const json = await check(typo, '--json');
    expect(json.code).toBe(2);
    expect(onlyJson(json.stdout)).toMatchObject({
      error: { code: 'unknown-store', hint: expect.stringContaining('--cluster east') },
    });

    const looked = await check(UNLISTED, '--cluster', 'east', '--json');
    expect(looked.code).toBe(0);
    expect((onlyJson(looked.stdout) as unknown as Checked).clusters[0]?.stores).toMatchObject([
      { store: UNLISTED, diagnosis: 'healthy' },
    ]);
  });

  test.each(['', '*', '10.0.0.7-7100:p_4223_source-000-0', `${HEALTHY},${FAULTY}`])('never asks about %j', async (name) => {
    const before = simulator.log().length;
    const { code, stdout } = await check(name, '--cluster', 'east', '--json');
    expect(code).toBe(2);
    expect(onlyJson(stdout)).toMatchObject({ error: { code: 'bad-store-name' } });
    expect(simulator.log()).toHaveLength(before);
  });

  test('asks at most sixteen at once and counts the healthy of a large cluster instead of listing them', async () => {
    const stores = Array.from({ length: 60 }, (_, index) => `10.2.0.1-7100:p_${index}_source-000-0:0000000001`);
    const large = await startSimulator({ stores });
    try {
      large.inject('*', { kind: 'slow', delay: '200ms' });
      large.kill(stores[30] ?? '');
      await large.settled();
      const path = await writeConfig({ clusters: [{ name: 'large', cm: large.url, stores }] });
      const { stdout, code } = await cli(['check', '--config', path]);
      expect(code).toBe(1);
      expect(stdout.split('\n').filter((line) => line.startsWith('10.'))).toHaveLength(1);
      expect(stdout).toContain('60 Stores: 59 healthy, 1 faulty, 0 unknown (--all lists them, too)');
      const all = await cli(['check', '--config', path, '--all']);
      expect(all.stdout.split('\n').filter((line) => line.startsWith('10.'))).toHaveLength(60);
      const reads = large.log();
      const atOnce = reads.map(
        (read) => reads.filter((other) => other.atMs <= read.atMs && (other.endedMs ?? 0) > read.atMs).length,
      );
      expect(Math.max(...atOnce)).toBeLessThanOrEqual(16);
      expect(Math.max(...atOnce)).toBeGreaterThan(8);
    } finally {
      await large.close();
    }
  });

  test('ends at once with 130 when it is interrupted', async () => {
    const hanging = await startSimulator({ stores: [HEALTHY] });
    try {
      hanging.inject('*', { kind: 'slow', delay: '60s' });
      await hanging.settled();
      const path = await writeConfig({ clusters: [{ name: 'slow', cm: hanging.url, stores: [HEALTHY] }] });
      const running = startCli(['check', '--config', path, '--json']);
      while (hanging.log().length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
      const sinceMs = Date.now();
      running.child.kill('SIGINT');
      const { code, stdout } = await running.ended;
      expect(code).toBe(130);
      expect(onlyJson(stdout)).toMatchObject({ error: { code: 'interrupted' } });
      expect(Date.now() - sinceMs).toBeLessThan(3_000);
    } finally {
      await hanging.close();
    }
  });
});
