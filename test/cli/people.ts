import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { generateKeyPair } from '../../src/approval/keys.ts';

const folders: string[] = [];
afterAll(async () => {
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
});

/** A folder that is gone when the file's last test is. */
export async function scratchFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'storekeeper-keys-'));
  folders.push(folder);
  return folder;
}

export interface Keyed {
  readonly publicKey: string;
  readonly privateKeyPem: string;
  /** The private key's file. */
  readonly file: string;
  /** What this person adds to a command line. */
  readonly signs: readonly string[];
}

export async function newPerson(name: string): Promise<Keyed> {
  const pair = generateKeyPair();
  const file = join(await scratchFolder(), `${name}.key`);
  await writeFile(file, pair.privateKeyPem, { mode: 0o600 });
  return { ...pair, file, signs: ['--key', file, '--as', name] };
}
