import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cli, onlyJson, writeConfig } from './run-cli.ts';

const STORE = '10.0.0.7-7100:p_4223_source-000-0:0000000007';
const SLOW = { timeout: 30_000 };

let folder = '';
let dying = '';
let config = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'storekeeper-no-server-'));
  dying = join(folder, 'temporal');
  await writeFile(dying, '#!/bin/sh\necho "no space left on device" >&2\nexit 3\n');
  await chmod(dying, 0o755);
  config = await writeConfig({ clusters: [{ name: 'hangzhou-1', cm: 'http://127.0.0.1:1', mode: 'act', stores: [STORE] }] });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

// A process that the native core holds alive would hang here: each of these waits for the end.
test.each([
  ['demo', () => ['demo', '--json']],
  ['up', () => ['up', '--json', '--config', config]],
])('%s says why its server did not start, and ends', SLOW, async (_verb, args) => {
  const { code, stdout } = await cli(args(), { env: { TEMPORAL_ADDRESS: '', TEMPORAL_CLI_PATH: dying } });
  expect(code).toBe(1);
  expect(onlyJson(stdout)).toMatchObject({
    error: { code: 'embedded-server', message: expect.stringMatching(/exit code 3, and it said:\nno space left on device/) },
  });
});

test.each(['up', 'worker'])('%s says that its settings for Temporal cannot be read, and ends', SLOW, async (verb) => {
  const file = join(folder, 'temporal.toml');
  await writeFile(file, '[profile.default\naddress = 5');
  const { code, stdout } = await cli([verb, '--json', '--config', config], { env: { TEMPORAL_CONFIG_FILE: file } });
  expect(code).toBe(2);
  expect(onlyJson(stdout)).toMatchObject({ error: { message: expect.stringContaining('cannot be read') } });
});
