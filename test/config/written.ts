/** Configurations as a test writes them, and what loading them gives. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { ConfigError, type Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load-config.ts';

export const STORE = '10.0.0.7-7100:p_4223_source-000-0:0000000007';
export const OTHER = '10.0.0.8-7100:p_4224_source-000-0:0000000009';

/** A folder of each test's own; gone after it. */
export let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'storekeeper-config-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

export const noLookup = { lookup: () => Promise.reject(new Error('no name server here')) };

export async function load(
  yaml: string,
  env: Record<string, string> = {},
  options: Parameters<typeof loadConfig>[2] = noLookup,
): Promise<Config> {
  const path = join(folder, 'storekeeper.yaml');
  await writeFile(path, yaml);
  return loadConfig(path, env, options);
}

/** The faults as `path: message` lines. */
export async function faultsOf(
  yaml: string,
  env: Record<string, string> = {},
  options: Parameters<typeof loadConfig>[2] = noLookup,
): Promise<string[]> {
  const error: unknown = await load(yaml, env, options).catch((cause: unknown) => cause);
  if (!(error instanceof ConfigError)) throw new Error('the file was accepted', { cause: error });
  for (const { message } of error.faults) expect(error.message).toContain(message);
  return error.faults.map(({ path, message }) => `${path}: ${message}`);
}

/** A cluster that is sound but for what is added: lines of one cluster, without indentation. */
export function cluster(...lines: string[]): string {
  return [
    'clusters:',
    '  - name: hangzhou-1',
    '    cm: http://10.0.0.5:8088',
    `    stores: ["${STORE}"]`,
    ...lines.map((line) => `    ${line}`),
  ].join('\n');
}
