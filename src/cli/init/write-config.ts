import { writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UsageError } from '../program/command-error.ts';
import { alreadyThere } from './wish.ts';

/** Writes a file that is not there yet. Throws UsageError. */
export async function writeNew(file: string, content: string): Promise<void> {
  try {
    await writeFile(file, content, { flag: 'wx' });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    if (code === 'EEXIST') throw alreadyThere(file);
    throw new UsageError(
      {
        what: `${file} cannot be written`,
        why: code === 'ENOENT' ? `there is no folder ${dirname(file)}` : code,
        mend: 'name another file',
        run: 'storekeeper init --out storekeeper.yaml',
      },
      'cannot-write',
    );
  }
}
