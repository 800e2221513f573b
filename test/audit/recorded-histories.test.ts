import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { audit } from '../../src/audit/audit.ts';
import { readHistory } from '../../src/audit/history/read-history.ts';

const HISTORIES = new URL('../histories/', import.meta.url);
const names = (await readdir(HISTORIES)).filter((file) => file.endsWith('.json'));

async function recorded(file: string) {
  const read = readHistory(await readFile(new URL(file, HISTORIES), 'utf8'));
  if (!read.ok) throw new Error(read.error);
  return read.value;
}

describe('histories recorded from the product', () => {
  test.each(names)('nothing is broken in %s', async (file) => {
    const report = audit([await recorded(file)]);
    expect(report.runs.flatMap(({ violations }) => violations)).toEqual([]);
    expect(report.ok).toBe(true);
    if (process.env['SHOW']) console.log(JSON.stringify(report, null, 1));
  });
});
