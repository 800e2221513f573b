import { open } from 'node:fs/promises';
import type { History } from '../../approval/history-signals.ts';
import { HISTORY_BYTES_MAX, readHistory } from '../../audit/history/read-history.ts';
import { UsageError } from '../program/command-error.ts';

/** A history from a file. Throws UsageError for whatever is none: garbage, a part of one, a folder, a file too large. */
export async function readHistoryFile(path: string): Promise<History> {
  const text = await textOf(path);
  const read = readHistory(text);
  if (read.ok) return read.value;
  throw notAHistory(path, read.error);
}

async function textOf(path: string): Promise<string> {
  let file;
  try {
    file = await open(path, 'r');
  } catch (error) {
    throw notAHistory(path, because(error));
  }
  try {
    const stat = await file.stat();
    // A pipe or a device has no size, and may have no end.
    if (!stat.isFile()) throw notAHistory(path, stat.isDirectory() ? 'it is a folder' : 'it is no regular file');
    if (stat.size > HISTORY_BYTES_MAX)
      throw notAHistory(path, `it has ${stat.size} bytes, at most ${HISTORY_BYTES_MAX} are read`);
    return (await file.readFile('utf8')).replace(/^\uFEFF/, '');
  } finally {
    await file.close();
  }
}

function because(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES') return 'you may not read it';
  return error instanceof Error ? error.message : String(error);
}

function notAHistory(path: string, why: string): UsageError {
  return new UsageError(
    {
      what: `${path} is not a history that can be audited`,
      why,
      mend: 'write one by',
      run: 'temporal workflow show --workflow-id ID --output json > history.json',
    },
    'not-a-history',
  );
}
