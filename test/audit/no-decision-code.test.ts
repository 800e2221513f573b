import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

const ROOT = new URL('../../', import.meta.url);
/** What the audit may run of the product. Types are words, and may come from anywhere in the domain. */
const SHARED = [
  'src/approval/canonical-json.ts',
  'src/approval/digest.ts',
  'src/approval/history-fields.ts',
  'src/approval/history-signals.ts',
  'src/approval/keys.ts',
  'src/approval/seal.ts',
  'src/approval/signature.ts',
  'src/domain/names.ts',
  'src/domain/store.ts',
];

interface Import {
  readonly file: string;
  readonly from: string;
  /** Whether anything of it is there when the program runs. */
  readonly runs: boolean;
}

async function importsOfTheAudit(): Promise<Import[]> {
  const files = (await readdir(new URL('src/audit/', ROOT), { recursive: true })).filter((name) => name.endsWith('.ts'));
  const found: Import[] = [];
  for (const file of files) {
    const text = await readFile(new URL(`src/audit/${file}`, ROOT), 'utf8');
    for (const [, names = '', from = ''] of text.matchAll(/^(?:import|export)\b([^;]*?)from '([^']+)'/gm)) {
      const listed = /\{([^}]*)\}/
        .exec(names)?.[1]
        ?.split(',')
        .filter((name) => name.trim() !== '');
      const runs =
        !names.trim().startsWith('type ') && (listed === undefined || listed.some((name) => !name.trim().startsWith('type ')));
      found.push({
        file,
        from: from.startsWith('.')
          ? new URL(from, new URL(`src/audit/${file}`, ROOT)).pathname.slice(ROOT.pathname.length)
          : from,
        runs,
      });
    }
  }
  return found;
}

test('the audit runs no decision code of the product', async () => {
  const imports = await importsOfTheAudit();
  expect(imports.length).toBeGreaterThan(40);
  const ofTheProduct = imports.filter(({ from, runs }) => runs && from.startsWith('src/') && !from.startsWith('src/audit/'));
  expect(ofTheProduct.filter(({ from }) => !SHARED.includes(from))).toEqual([]);
});
