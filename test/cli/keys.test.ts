import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parsePrivateKey, parsePublicKey, publicKeyOf } from '../../src/approval/keys.ts';
import { cli, cliEnv, MAIN, onlyJson, writeConfig, type Ended } from './run-cli.ts';

const STORE = '10.0.0.7-7100:p_4223_source-000-0:0000000007';
const run = promisify(execFile);

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'storekeeper-keys-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const inFolder = (name: string): string => join(folder, name);
const keys = (...args: string[]): Promise<Ended> => cli(['keys', ...args], { cwd: folder });
/** By a shell that sets its limits first. */
const keysUnder = (limits: string): Promise<unknown> =>
  run('bash', ['-c', `${limits}; exec "$0" "$@"`, process.execPath, MAIN, 'keys', 'new'], { cwd: folder, env: cliEnv() });

async function modeOf(file: string): Promise<string> {
  return ((await stat(file)).mode & 0o777).toString(8);
}

async function publicHalf(file: string): Promise<string> {
  const parsed = parsePrivateKey(await readFile(file, 'utf8'));
  if (!parsed.ok) throw new Error(parsed.error);
  return publicKeyOf(parsed.value);
}

describe('keys new', () => {
  test('writes a private key for its owner alone, and gives its public half', async () => {
    const { code, stdout, stderr } = await keys('new', '--json');
    expect(code).toBe(0);
    const file = inFolder('storekeeper-key.pem');
    const { publicKey, ...rest } = onlyJson(stdout);
    expect(rest).toEqual({ file });
    expect(parsePublicKey(publicKey)).toMatchObject({ ok: true });
    expect(await publicHalf(file)).toBe(publicKey);
    expect(await modeOf(file)).toBe('600');
    expect(stderr).toBe('');
  });

  test('never shows the private half', async () => {
    const { stdout, stderr } = await keys('new');
    const pem = await readFile(inFolder('storekeeper-key.pem'), 'utf8');
    const [, secret = ''] = pem.split('\n');
    expect(secret).toMatch(/^[A-Za-z0-9+/]{40,}=*$/);
    for (const told of [stdout, stderr]) {
      expect(told).not.toContain(secret);
      expect(told).not.toContain('PRIVATE');
    }
  });

  test('says where the public half belongs, as it can be pasted', async () => {
    const { code, stdout, stderr } = await keys('new', '--out', 'mine.pem');
    expect(code).toBe(0);
    const line = `- "${await publicHalf(inFolder('mine.pem'))}"`;
    expect(stdout).toBe(`${line}\n`);
    expect(stderr).toContain(`--key ${inFolder('mine.pem')} --as alice`);
    const pasted = stderr.slice(stderr.indexOf('  approval:'), stderr.indexOf(line) + line.length).replaceAll(/^ {2}/gm, '');
    const config = await writeConfig(
      `${pasted}\n  quorum: 1\nclusters: [{name: a, cm: "http://127.0.0.1:1", stores: ["${STORE}"]}]`,
    );
    const shown = onlyJson((await cli(['config', 'show', '--json', '--config', config])).stdout);
    expect(shown).toMatchObject({ approval: { quorum: 1, approvers: [{ name: 'alice', keys: [line.slice(3, -1)] }] } });
  });

  test('overwrites nothing: no file, no folder, and nothing that a link names or would make', async () => {
    await writeFile(inFolder('file'), 'precious');
    await symlink(inFolder('file'), inFolder('link'));
    await symlink(inFolder('made-through-a-link'), inFolder('dangling'));
    for (const out of ['file', 'link', 'dangling', '.']) {
      const { code, stdout } = await keys('new', '--json', '--out', out);
      expect(code, out).toBe(2);
      expect(onlyJson(stdout)).toMatchObject({ error: { code: 'key-file', message: expect.stringContaining('there already') } });
    }
    expect(await readFile(inFolder('file'), 'utf8')).toBe('precious');
    expect((await readdir(folder)).toSorted()).toEqual(['dangling', 'file', 'link']);
  });

  test.each([
    ['nowhere/key.pem', 'key-file', 'mkdir -p '],
    ['-', 'usage', '--out storekeeper-key.pem'],
    [' ', 'usage', '--out storekeeper-key.pem'],
  ])('--out %j is refused, with what to do', async (out, errorCode, hint) => {
    const { code, stdout } = await keys('new', '--json', '--out', out);
    expect(code).toBe(2);
    expect(onlyJson(stdout)).toMatchObject({ error: { code: errorCode, hint: expect.stringContaining(hint) } });
    expect(await readdir(folder)).toEqual([]);
  });

  test('a file below a file is refused as well', async () => {
    await writeFile(inFolder('file'), '');
    const { code, stderr } = await keys('new', '--out', 'file/key.pem');
    expect(code).toBe(2);
    expect(stderr).toContain(`${inFolder('file')} is no folder`);
  });

  test.each(['umask 000', 'umask 777'])('the mode is 0600 whatever the account is used to: %s', async (limits) => {
    await keysUnder(limits);
    expect(await modeOf(inFolder('storekeeper-key.pem'))).toBe('600');
  });

  test('a full disk leaves no half of a key behind', async () => {
    await expect(keysUnder('ulimit -f 0')).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('EFBIG') });
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('keys show', () => {
  test('gives the public half of a key', async () => {
    const { publicKey } = onlyJson((await keys('new', '--json')).stdout);
    const shown = await keys('show', 'storekeeper-key.pem');
    expect(shown).toEqual({ code: 0, stdout: `- "${String(publicKey)}"\n`, stderr: '' });
    expect(onlyJson((await keys('show', 'storekeeper-key.pem', '--json')).stdout)).toEqual({
      file: inFolder('storekeeper-key.pem'),
      publicKey,
      readableByOthers: false,
    });
  });

  test.each(['640', '604', '620'])('warns of a file that is open to others: mode %s', async (mode) => {
    await keys('new');
    await chmod(inFolder('storekeeper-key.pem'), Number.parseInt(mode, 8));
    const { code, stdout, stderr } = await keys('show', 'storekeeper-key.pem', '--json');
    expect(code).toBe(0);
    expect(onlyJson(stdout)).toMatchObject({ readableByOthers: true });
    expect(stderr).toContain(`(mode ${mode})`);
    expect(stderr).toContain(`chmod 600 ${inFolder('storekeeper-key.pem')}`);
  });

  test('says nothing of what stands in a file that is no key', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    await writeFile(inFolder('ec.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    await writeFile(inFolder('public.pem'), publicKey.export({ type: 'spki', format: 'pem' }));
    await writeFile(inFolder('secret.txt'), 'password: hunter2');
    await writeFile(inFolder('long.pem'), 'x'.repeat(100_000));
    await run('mkfifo', [inFolder('pipe')]);
    for (const [file, why] of [
      ['ec.pem', 'only Ed25519'],
      ['public.pem', 'no private key'],
      ['secret.txt', 'no private key'],
      ['long.pem', '100000 bytes'],
      ['pipe', 'no file'],
      ['.', 'no file'],
      ['nowhere.pem', 'no such file'],
    ] as const) {
      const { code, stdout, stderr } = await keys('show', file, '--json');
      expect(code, file).toBe(2);
      expect(onlyJson(stdout), file).toMatchObject({ error: { code: 'bad-key', message: expect.stringContaining(why) } });
      expect(stdout + stderr).not.toContain('hunter2');
    }
  });
});
