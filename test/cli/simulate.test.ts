import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { cli, onlyJson, startCli, writeConfig } from './run-cli.ts';

const run = promisify(execFile);

test('a simulator runs until Ctrl-C, which is its ordinary end', async () => {
  const simulator = startCli(['simulate', '--stores', '3', '--hosts', '2', '--speed', '10', '--json']);
  await simulator.until('commands=true');
  simulator.child.kill('SIGINT');
  const { code, stdout } = await simulator.ended;
  expect(code).toBe(0);
  const { stores, url } = onlyJson(stdout) as { stores: string[]; url: string };
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(stores).toHaveLength(3);
  expect(new Set(stores.map((store) => store.split('-')[0])).size).toBe(2);
});

test('the lines it shows work when they are pasted, and each request is told with --verbose', async () => {
  const simulator = startCli(['simulate', '--stores', '1', '--verbose']);
  try {
    await simulator.until('commands=true');
    const lines = simulator
      .said()
      .split('\n')
      .map((line) => line.trim());
    const paste = async (part: string): Promise<unknown> => {
      const line = lines.find((candidate) => candidate.startsWith('curl') && candidate.includes(part));
      return JSON.parse((await run('bash', ['-c', line ?? 'false'])).stdout);
    };
    const config = await writeConfig(lines.find((line) => line.startsWith('clusters:')) ?? '');
    const check = async (): Promise<number | null> => (await cli(['check', '--config', config])).code;

    expect(await check()).toBe(0);
    expect(await paste('/_sim/kill')).toEqual({ ok: true });
    expect(await check()).toBe(1);
    expect(await paste('"zombie"')).toEqual({ ok: true });
    expect(await paste('-X DELETE')).toEqual({ ok: true });
    expect(await paste('commands=true')).toEqual([]);
    await simulator.until('GET /crawler/detail');
  } finally {
    simulator.child.kill('SIGTERM');
    expect((await simulator.ended).code).toBe(0);
  }
});

test('a scenario brings its own Stores and faults, and one that cannot be played is refused with all its faults', async () => {
  const store = '10.0.0.7-7100:p_4223_source-000-0:0000000007';
  const path = await writeConfig('unused');
  const good = path.replace('storekeeper.yaml', 'good.yaml');
  const broken = path.replace('storekeeper.yaml', 'broken.yaml');
  await writeFile(good, JSON.stringify({ stores: [store], faults: [{ at: '0s', store, kind: 'permanent' }] }));
  await writeFile(broken, JSON.stringify({ stores: ['x'], faults: [{ at: '0s', all: true, kind: 'nonsense' }] }));

  const simulator = startCli(['simulate', '--scenario', good]);
  await simulator.until('commands=true');
  const url = /http:\/\/[\d.:]+/.exec(simulator.said())?.[0] ?? '';
  const config = await writeConfig({ clusters: [{ name: 'simulated', cm: url, stores: [store] }] });
  expect((await cli(['check', '--config', config])).code).toBe(1);
  simulator.child.kill('SIGINT');
  await simulator.ended;

  const refused = await cli(['simulate', '--scenario', broken, '--json']);
  expect(refused.code).toBe(2);
  expect(onlyJson(refused.stdout)).toMatchObject({
    error: { message: expect.stringMatching(/stores\[0\].*faults\[0\]\.kind/s) },
  });
});
