import type { KeyObject } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { parsePrivateKey } from '../../approval/keys.ts';
import { UsageError } from '../program/command-error.ts';

export interface KeyFile {
  readonly key: KeyObject;
  /** As `stat` gives it. */
  readonly mode: number;
}

/** A key is a few lines; whatever is longer is another file. */
const BYTES_MAX = 64 * 1_024;

/** Reads a private key. Throws UsageError without a word of the file's content. */
export async function readKeyFile(file: string): Promise<KeyFile> {
  const { text, mode } = await readText(file);
  const parsed = parsePrivateKey(text);
  if (!parsed.ok) throw refusal(file, parsed.error);
  return { key: parsed.value, mode };
}

async function readText(file: string): Promise<{ readonly text: string; readonly mode: number }> {
  try {
    // A pipe that nobody writes to must not keep the command.
    const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const found = await handle.stat();
      if (!found.isFile()) throw refusal(file, 'it is no file');
      if (found.size > BYTES_MAX) throw refusal(file, `it has ${found.size} bytes, and no key is so long`);
      return { text: await handle.readFile('utf8'), mode: found.mode };
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw refusal(file, code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`);
  }
}

function refusal(file: string, why: string): UsageError {
  const mend = 'name the file that `storekeeper keys new` wrote';
  return new UsageError({ what: `No key can be read from ${file}`, why, mend, run: 'storekeeper keys show FILE' }, 'bad-key');
}
