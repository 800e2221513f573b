import { constants } from 'node:fs';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UsageError, type Explanation } from '../program/command-error.ts';
import { shellWord } from '../vote/wish.ts';

/** Never a file that is there, nor through a link to nowhere: a key that is overwritten cannot be had back. */
const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
const OWNER_ALONE = 0o600;

/**
 * Writes a secret into a file that is not there yet, readable by its owner alone from the first moment on. Gives the
 * file's mode as the file system keeps it. Throws UsageError; then no file is left behind.
 */
export async function writeKeyFile(file: string, secret: string): Promise<number> {
  let handle: FileHandle;
  try {
    handle = await open(file, NEW_FILE, OWNER_ALONE);
  } catch (error) {
    throw refusal(file, error);
  }
  try {
    // The umask may have taken the owner's own rights; an inherited access list may have given some to others.
    await handle.chmod(OWNER_ALONE);
    await handle.writeFile(secret);
    await handle.sync();
    return (await handle.stat()).mode;
  } catch (error) {
    await unlink(file).catch(() => undefined);
    throw refusal(file, error);
  } finally {
    await handle.close();
  }
}

function refusal(file: string, error: unknown): UsageError {
  const code = (error as NodeJS.ErrnoException).code ?? String(error);
  return new UsageError({ what: `No key can be written to ${file}`, ...because(file, code) }, 'key-file');
}

const ANOTHER = { mend: 'name another file', run: 'storekeeper keys new --out my-key.pem' };

function because(file: string, code: string): Omit<Explanation, 'what'> {
  const folder = dirname(file);
  switch (code) {
    case 'EEXIST':
      return { why: 'something is there already, and a key that is overwritten cannot be had back', ...ANOTHER };
    case 'ENOENT':
      return { why: `there is no folder ${folder}`, mend: 'make it first', run: `mkdir -p ${shellWord(folder)}` };
    case 'ENOTDIR':
      return { why: `${folder} is no folder`, ...ANOTHER };
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return { why: `this account may not write in ${folder} (${code})`, ...ANOTHER };
    default:
      return { why: code, ...ANOTHER };
  }
}
