import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cli, onlyJson, writeConfig } from './run-cli.ts';

const STORE = '10.0.0.7-7100:p_4223_source-000-0:0000000007';
const sound = writeConfig({ clusters: [{ name: 'hangzhou-1', cm: 'http://127.0.0.1:1', mode: 'act', stores: [STORE] }] });
const bad = writeConfig({ clusters: [{ nam: 'x', cm: 'ftp://h', every: '1s' }] });

/** Every verb that reads a configuration, as it would be run. */
const VERBS: readonly (readonly string[])[] = [
  ['check'],
  ['discover'],
  ['status'],
  ['why', STORE],
  ['heal', STORE, '--yes'],
  ['destroy', STORE, '--reason', 'test', '--confirm', STORE, '--yes'],
  ['plans'],
  ['pause', '--reason', 'test'],
  ['resume'],
  ['hold', STORE, '--reason', 'test'],
  ['unhold', STORE],
  ['release-brake', '--reason', 'test'],
  ['release-lease', STORE, '--reason', 'test'],
  ['schedule', 'apply'],
  ['schedule', 'show'],
  ['schedule', 'pause'],
  ['schedule', 'resume'],
  ['schedule', 'remove'],
  ['config', 'check'],
  ['config', 'show'],
];

const EACH = VERBS.map((args) => ({ args, words: args.slice(0, 2).join(' ') }));
const NEED_TEMPORAL = EACH.filter(({ args: [verb = ''] }) => !['check', 'discover', 'config'].includes(verb));

describe('with --json, every verb answers with one object, failures included', () => {
  test.each(EACH)('$words: a faulty configuration is told with all its faults', async ({ args }) => {
    const { code, stdout } = await cli([...args, '--json', '--config', await bad]);
    expect(code).toBe(2);
    const { error } = onlyJson(stdout) as { error: Record<string, unknown> };
    expect(error).toMatchObject({ code: 'configuration', message: expect.any(String), hint: expect.any(String) });
    expect((error['faults'] as { path: string }[]).map((fault) => fault.path)).toEqual(
      expect.arrayContaining(['clusters[0].nam', 'clusters[0].name', 'clusters[0].cm', 'clusters[0].stores']),
    );
  });

  test.each(NEED_TEMPORAL)('$words: a Temporal that nobody reaches is 3, at once', async ({ args }) => {
    const sinceMs = Date.now();
    const { code, stdout, stderr } = await cli([...args, '--json', '--config', await sound]);
    expect(code).toBe(3);
    expect(onlyJson(stdout)).toMatchObject({
      error: {
        code: 'unreachable',
        message: expect.stringContaining('127.0.0.1:1'),
        hint: expect.stringContaining('TEMPORAL_ADDRESS'),
      },
    });
    if (args[0] === 'pause') expect(stderr).toContain('stop the worker');
    expect(Date.now() - sinceMs).toBeLessThan(4_000);
  });

  test.each(EACH)('$words: an unknown option is 2', async ({ args }) => {
    const { code, stdout } = await cli([...args, '--jsno', '--json']);
    expect(code).toBe(2);
    expect(onlyJson(stdout)).toMatchObject({
      error: { code: 'usage', message: expect.stringContaining('did you mean --json?') },
    });
  });

  test.each([
    [['chekc'], 'did you mean check?'],
    [['schedule', 'aply'], 'did you mean apply?'],
    [['schedule'], 'No verb was given'],
    [[], 'No verb was given'],
    [['heal'], "missing required argument 'store'"],
    [['status', 'extra'], 'too many arguments'],
    [['check', '--cluster'], 'argument missing'],
    [['help', 'chekc'], 'did you mean check?'],
    [['init', '--project'], 'argument missing'],
    [['simulate', '--stores', 'many'], 'whole number'],
    [['simulate', '--scenario', '/nowhere.yaml'], 'ENOENT'],
    [['simulate', '--scenario', '/nowhere.yaml', '--stores', '3'], 'names its own Stores'],
  ])('%j is wrong usage', async (args, words) => {
    const { code, stdout } = await cli([...args, '--json']);
    expect(code).toBe(2);
    expect(onlyJson(stdout)).toMatchObject({ error: { code: 'usage', message: expect.stringContaining(words) } });
  });

  test('and says where the configuration comes from: --config, then the environment, then the folder', async () => {
    const fromFolder = await cli(['config', 'check', '--json'], { cwd: (await sound).replace('/storekeeper.yaml', '') });
    expect(onlyJson(fromFolder.stdout)).toMatchObject({ ok: true, path: await sound });
    const fromEnv = await cli(['config', 'check', '--json'], { env: { STOREKEEPER_CONFIG: await sound } });
    expect(onlyJson(fromEnv.stdout)).toMatchObject({ ok: true, path: await sound });
    const named = await cli(['--config', await bad, 'config', 'check'], { env: { STOREKEEPER_CONFIG: await sound } });
    expect(named.code).toBe(2);
    const nowhere = await cli(['config', 'check', '--json'], { cwd: '/' });
    expect(nowhere.code).toBe(2);
    expect(onlyJson(nowhere.stdout)).toMatchObject({
      error: { code: 'configuration', message: expect.stringContaining('/storekeeper.yaml') },
    });
  });
});

describe('errors for people', () => {
  test('are three lines on stderr (what, why, what to do), and nothing on stdout', async () => {
    const { code, stdout, stderr } = await cli(['status', '--config', await sound]);
    expect(code).toBe(3);
    expect(stdout).toBe('');
    const lines = stderr.trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toBe('error: Temporal at 127.0.0.1:1 cannot be reached');
    expect(lines[1]).toMatch(/^ {2}why: .*ECONNREFUSED/);
    expect(lines[2]).toMatch(/^ {2}do: .*storekeeper up$/);
  });

  test('list every fault of a configuration, and never a stack trace', async () => {
    const { stderr } = await cli(['config', 'check', '--config', await bad]);
    for (const path of ['clusters[0].nam:', 'clusters[0].name:', 'clusters[0].cm:', 'clusters[0].stores:'])
      expect(stderr).toContain(`- ${path}`);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test('are coloured only when asked for, off a terminal', async () => {
    const colour = '\u001B[31m';
    expect((await cli(['chekc'], { env: { FORCE_COLOR: '1' } })).stderr).toContain(colour);
    expect((await cli(['chekc'])).stderr).not.toContain(colour);
  });
});

describe('what can be refused before anything is asked', () => {
  test.each([
    [['pause', '--json'], 'no-reason', '--reason "OMS upgrade"'],
    [['pause', '--reason', '  ', '--json'], 'no-reason', '--reason "OMS upgrade"'],
    [['pause', '--reason', 'x', '--for', '60', '--json'], 'usage', '--for 60m'],
    [['pause', '--reason', 'x', '--for', '0s', '--json'], 'usage', '--for 60m'],
    [['heal', STORE, '--override', 'mode', '--yes', '--json'], 'no-reason', '--reason'],
    [['heal', STORE, '--restart-healthy', '--yes', '--json'], 'no-reason', '--reason'],
    [['heal', STORE, '--reason', '', '--yes', '--json'], 'no-reason', '--reason'],
    [['heal', STORE, '--reason', 'x', '--override', 'pause', '--yes', '--json'], 'usage', '--override mode'],
    [['heal', 'p_4223_source-000-0', '--yes', '--json'], 'bad-store-name', 'config show'],
    [['heal', '*', '--yes', '--json'], 'bad-store-name', 'config show'],
    [['heal', STORE, '--json'], 'needs-yes', `storekeeper heal ${STORE} --json --yes`],
    [
      ['heal', STORE, '--reason', 'stuck', '--override', 'mode', '--wait', '--json'],
      'needs-yes',
      '--reason "stuck" --override mode --wait --json --yes',
    ],
  ])('%j', async (args, code, hint) => {
    const ended = await cli([...args, '--config', await sound]);
    expect(ended.code).toBe(2);
    expect(onlyJson(ended.stdout)).toMatchObject({ error: { code, hint: expect.stringContaining(hint) } });
  });

  test('a heal off a terminal names the flag that is missing', async () => {
    const { code, stderr } = await cli(['heal', STORE, '--config', await sound]);
    expect(code).toBe(2);
    expect(stderr).toContain('this is not a terminal');
    expect(stderr).toContain(`storekeeper heal ${STORE} --yes`);
  });
});

describe('help', () => {
  test('explains the exit codes', async () => {
    const { code, stdout } = await cli(['help', 'exit-codes', '--json']);
    expect(code).toBe(0);
    const { exitCodes } = onlyJson(stdout) as { exitCodes: { code: number }[] };
    expect(exitCodes.map((entry) => entry.code)).toEqual([0, 1, 2, 3, 4, 8, 130]);
  });

  test('and the version come without loading Temporal, and are data', async () => {
    const help = await cli(['--help']);
    expect(help).toMatchObject({ code: 0, stderr: '' });
    for (const [verb] of VERBS) expect(help.stdout).toContain(`\n  ${verb} `);
    const version = await cli(['--version']);
    expect(version).toMatchObject({ code: 0, stderr: '' });
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(await cli(['help', 'heal'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Usage: storekeeper heal [options] <store>'),
    });
  });
});

describe('without a configuration yet', () => {
  test('init is in the help, with an example that can be copied, as is discover', async () => {
    expect((await cli(['--help'])).stdout).toContain('\n  init ');
    for (const verb of ['init', 'discover']) {
      expect((await cli([verb, '--help'])).stdout).toMatch(new RegExp(`\nExample:\n  storekeeper ${verb} --`));
    }
  });

  test.each([
    [['--yes'], '--cm is missing', 'storekeeper init --cm'],
    [['--yes', '--cm', 'ftp://h'], '--cm cannot be used', 'storekeeper init --cm'],
    [['--yes', '--cm', 'http://h', '--oms', 'http://a:b@h'], '--oms cannot be used', 'storekeeper init --cm'],
    [['--yes', '--cm', 'http://h', '--oms', 'http://h'], '--oms-user is missing', 'storekeeper init --cm'],
    [['--yes', '--cm', 'http://h', '--oms', 'http://h', '--oms-user', 'u'], 'no password for OMS', 'export OMS_PASSWORD'],
    [['--yes', '--project', ''], '--project is empty', 'storekeeper init --cm'],
    [['--cm', 'http://h', '--project', 'np_1'], 'Nobody can be asked', '--oms-user storekeeper --project np_1 --out'],
  ])('init %j says what is missing', async (args, what, hint) => {
    const { code, stdout } = await cli(['init', '--out', join(tmpdir(), 'never-written.yaml'), ...args, '--json']);
    expect(code).toBe(2);
    expect(onlyJson(stdout)).toMatchObject({
      error: { message: expect.stringContaining(what), hint: expect.stringContaining(hint) },
    });
  });

  test('init overwrites nothing, and says so before it asks for anything', async () => {
    const { code, stdout } = await cli(['init', '--out', await sound, '--json']);
    expect(code).toBe(2);
    expect(onlyJson(stdout)).toMatchObject({ error: { code: 'file-exists', message: expect.stringContaining(await sound) } });
  });

  test('discover, where nothing is to be discovered, shows what to write', async () => {
    const { code, stdout } = await cli(['discover', '--config', await sound, '--json']);
    expect(code).toBe(2);
    expect(onlyJson(stdout)).toMatchObject({
      error: { code: 'no-discovery', hint: expect.stringContaining('discover: {oms: ') },
    });
  });
});

describe('a configuration whose password is not there', () => {
  const discovering = writeConfig(`clusters:
  - name: a
    cm: http://127.0.0.1:1
    stores: ["${STORE}"]
    discover: {oms: "http://127.0.0.1:1", user: u, password: "\${OMS_PASSWORD}", projects: [np_1]}
`);

  test('serves a pause and a hold all the same: only Temporal is missing', async () => {
    for (const args of [['pause', '--reason', 'test'], ['hold', STORE, '--reason', 'test'], ['status']]) {
      expect((await cli([...args, '--config', await discovering])).code).toBe(3);
    }
    expect((await cli(['config', 'show', '--config', await discovering])).stdout).toContain('password: (not shown)');
  });

  test('is a fault for those that ask OMS, and for the check of the configuration', async () => {
    for (const args of [['config', 'check'], ['discover'], ['worker'], ['up']]) {
      const { code, stderr } = await cli([...args, '--config', await discovering]);
      expect(code).toBe(2);
      expect(stderr).toContain('OMS_PASSWORD is not set');
    }
  });

  test('that is there is shown by no command', async () => {
    const env = { OMS_PASSWORD: 'hunter2' };
    for (const args of [['config', 'check'], ['config', 'show'], ['discover'], ['check']]) {
      for (const json of [[], ['--json']]) {
        const { stdout, stderr } = await cli([...args, ...json, '--config', await discovering], { env });
        expect(stdout + stderr).not.toContain('hunter2');
      }
    }
  });
});

describe('config check', () => {
  test.each([
    ['observe', false, []],
    ['act', false, ['no-witness', 'oms-ha']],
    ['act', true, ['oms-ha']],
  ])('in mode %s (OMS is a witness: %s) notes %j', async (mode, witnessed, codes) => {
    const discover = { oms: 'http://127.0.0.1:1', user: 'u', password: '${OMS_PASSWORD}', projects: ['np_1'] };
    const cluster = { name: 'a', cm: 'http://127.0.0.1:1', stores: [STORE], mode, ...(witnessed ? { discover, ha: true } : {}) };
    const path = await writeConfig({ clusters: [cluster] });
    const ended = await cli(['config', 'check', '--config', path, '--json'], { env: { OMS_PASSWORD: 'hunter2' } });
    const { warnings, clusters } = onlyJson(ended.stdout) as {
      warnings: { code: string; message: string }[];
      clusters: { discover: object | null }[];
    };
    expect(warnings.map(({ code }) => code)).toEqual(codes);
    if (witnessed) expect(warnings[0]?.message).toContain('after 14 minutes at the earliest');
    expect(clusters[0]?.discover).toEqual(witnessed ? { oms: discover.oms, projects: ['np_1'] } : null);
  });

  test('says per cluster what it does, and warns of what may surprise', async () => {
    const { code, stdout, stderr } = await cli(['config', 'check', '--config', await sound]);
    expect(code).toBe(0);
    expect(stdout).toContain('hangzhou-1: 1 Store behind http://127.0.0.1:1, every 30s, mode act');
    expect(stderr).toContain("somebody stopped in OMS's console looks like a crashed one");
    expect(stderr).toContain('storekeeper hold STORE');
    expect(stderr).toContain('ha.config, enableStore: false');
    const { warnings } = onlyJson((await cli(['config', 'check', '--config', await sound, '--json'])).stdout) as {
      warnings: { code: string }[];
    };
    expect(warnings.map((warning) => warning.code)).toEqual(['no-witness', 'oms-ha']);
  });

  test('and show give the configuration as it is understood', async () => {
    const shown = onlyJson((await cli(['config', 'show', '--config', await sound, '--json'])).stdout);
    expect(shown).toMatchObject({
      environment: 'production',
      clusters: [{ name: 'hangzhou-1', policy: { everyMs: 30_000, mode: 'act' } }],
    });
    expect((await cli(['config', 'show', '--config', await sound])).stdout).toContain('\n    policy:\n');
  });
});
