import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isExecutable } from './executable.ts';
import { cacheFolder } from './wheel.ts';

/** Without progress for this long the vendor's download site counts as not reachable. */
const STALLED_MS = 15_000;

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Runs in a process of its own: the SDK downloads only on the way to starting a server, and it would install its
 * native runtime in ours, which then could not be set up with our logger and metrics any more.
 */
const PROGRAM = `
import testing from '@temporalio/testing';
const server = { executable: { type: 'cached-download', downloadDir: process.env.STOREKEEPER_DOWNLOAD_DIR, ttl: '3650d' } };
const env = await testing.TestWorkflowEnvironment.createLocal({ server });
await env.teardown();
`;

/** The Temporal command line that the SDK fetched for us before, if it did. */
export async function cachedSdkDownload(env: Env): Promise<string | undefined> {
  const folder = downloadFolder(env);
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    const path = join(folder, name);
    if (!name.endsWith('.downloading') && (await isExecutable(path))) return path;
  }
  return undefined;
}

/** Lets the SDK fetch its own Temporal command line. Throws an Error with the SDK's words, or when it stalls. */
export async function sdkDownload(env: Env): Promise<string> {
  const folder = downloadFolder(env);
  await mkdir(folder, { recursive: true });
  const child = spawn(process.execPath, ['--input-type=module', '--eval', PROGRAM], {
    // Bare imports of an evaluated program are looked up from the working folder.
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    env: { ...env, STOREKEEPER_DOWNLOAD_DIR: folder },
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr = `${stderr}${chunk.toString()}`.slice(-8_000)));
  const ended = once(child, 'close').then(() => 'ended' as const);
  const watching = new AbortController();
  const outcome = await Promise.race([ended, untilStalled(folder, watching.signal)]);
  watching.abort();
  if (outcome === 'stalled' && child.pid !== undefined) {
    process.kill(-child.pid, 'SIGKILL');
    await ended;
    // The SDK would wait for this download a minute long the next time.
    for (const name of await readdir(folder)) if (name.endsWith('.downloading')) await rm(join(folder, name));
  }
  const downloaded = await cachedSdkDownload(env);
  if (downloaded !== undefined) return downloaded;
  if (outcome === 'stalled') throw new Error(`the download made no progress for ${STALLED_MS / 1000} s`);
  throw new Error(reasonIn(stderr));
}

/** The SDK repeats its request at each level of its message; the reason proper comes last. */
function reasonIn(stderr: string): string {
  const message = /Error: (?<message>.*)$/m.exec(stderr)?.groups?.['message'];
  return message?.split('): ').at(-1)?.replace(/\]$/, '').slice(0, 200) ?? 'the SDK gave no reason';
}

async function untilStalled(folder: string, signal: AbortSignal): Promise<'stalled'> {
  let size = -1;
  let progressMs = Date.now();
  while (!signal.aborted && Date.now() - progressMs < STALLED_MS) {
    await sleep(500, undefined, { signal }).catch(() => undefined);
    const now = await sizeOf(folder);
    if (now !== size) progressMs = Date.now();
    size = now;
  }
  return 'stalled';
}

async function sizeOf(folder: string): Promise<number> {
  const sizes = await Promise.all(
    (await readdir(folder)).map((name) =>
      stat(join(folder, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

function downloadFolder(env: Env): string {
  return join(cacheFolder(env), 'sdk');
}
