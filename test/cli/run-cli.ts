import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

/** The compiled program, as it is shipped: build before testing. */
export const MAIN = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));

/** Configurations of the file's tests; gone when its last test is. */
const folders: string[] = [];
afterAll(async () => {
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
});

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCli {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** stdout and then stderr, as far as they have come. */
  said(): string;
  /** Resolves once stdout and stderr together hold this text. */
  until(text: string): Promise<void>;
}

/** A clean environment: nothing of the machine that runs the tests, but what a process needs. */
export function cliEnv(extra: Record<string, string> = {}): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '', HOME: tmpdir(), USER: 'tester', TEMPORAL_ADDRESS: '127.0.0.1:1', ...extra };
}

export function startCli(args: readonly string[], options: { env?: Record<string, string>; cwd?: string } = {}): RunningCli {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: cliEnv(options.env),
    cwd: options.cwd ?? tmpdir(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  const listeners = new Set<() => void>();
  const onData = (take: (text: string) => void) => (chunk: Buffer) => {
    take(chunk.toString());
    listeners.forEach((listener) => listener());
  };
  child.stdout?.on(
    'data',
    onData((text) => (stdout += text)),
  );
  child.stderr?.on(
    'data',
    onData((text) => (stderr += text)),
  );
  const ended = new Promise<Ended>((resolve) => child.once('close', (code) => resolve({ code, stdout, stderr })));
  return {
    child,
    ended,
    said: () => stdout + stderr,
    until: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!(stdout + stderr).includes(text)) return;
          listeners.delete(look);
          resolve();
        };
        listeners.add(look);
        void ended.then(({ code }) => reject(new Error(`ended with ${code} before it said ${text}:\n${stdout}${stderr}`)));
        look();
      }),
  };
}

export function cli(args: readonly string[], options: { env?: Record<string, string>; cwd?: string } = {}): Promise<Ended> {
  return startCli(args, options).ended;
}

/** The one JSON object on stdout. Throws when there is more, or less. */
export function onlyJson(stdout: string): Record<string, unknown> {
  const lines = stdout.split('\n');
  if (lines.length !== 2 || lines[1] !== '') throw new Error(`not one line on stdout: ${JSON.stringify(stdout)}`);
  return JSON.parse(lines[0] ?? '') as Record<string, unknown>;
}

/** A folder with a storekeeper.yaml; gives the file's path. */
export async function writeConfig(content: unknown): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'storekeeper-cli-'));
  folders.push(folder);
  const path = join(folder, 'storekeeper.yaml');
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}
