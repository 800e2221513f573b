import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load-config.ts';
import { defaultApproval } from '../../src/domain/approval/approval-policy.ts';
import { DESTROY_OUTCOMES } from '../../src/domain/approval/destroy-outcome.ts';
import { outcomeTraits, type OutcomeKind } from '../../src/domain/outcome.ts';
import { defaultPolicy } from '../../src/domain/policy.ts';
import { parseHealRequest } from '../../src/domain/requests.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'storekeeper-documents-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const readme = (): Promise<string> => readFile(join(root, 'README.md'), 'utf8');

function blocks(text: string, language: string): string[] {
  return [...text.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))].map((match) => match[1] ?? '');
}

const NEEDS_WORDS = {
  nobody: 'no',
  observer: 'the observer',
  warning: 'as a warning',
  person: 'yes',
  'person at once': 'at once',
} as const;

test("the README's table of outcomes says what the code does", async () => {
  const rows = [...(await readme()).matchAll(/^\| `([a-z ]+)` *\| ([^|]+) \| ([^|]+) \|/gm)].map(
    ([, kind = '', by = '', needs = '']) => ({
      kind: kind as OutcomeKind,
      life: by.startsWith('a sweep') ? 'open' : 'final',
      needs: needs.trim(),
    }),
  );
  const expected = Object.entries(outcomeTraits).map(([kind, { life, needs }]) => ({ kind, life, needs: NEEDS_WORDS[needs] }));
  expect(rows.toSorted((a, b) => (a.kind < b.kind ? -1 : 1))).toEqual(expected.toSorted((a, b) => (a.kind < b.kind ? -1 : 1)));
});

test("the README's table of how a destroy ends names every outcome, and no other", async () => {
  const [, table = ''] = (await readme()).split('| outcome of a destroy');
  const [rows = ''] = table.split('\n## ');
  expect([...rows.matchAll(/^\| `([a-z ]+)` /gm)].map(([, kind]) => kind)).toEqual([...DESTROY_OUTCOMES]);
});

test("the README's full configuration is valid and shows every default as it is", async () => {
  const [first, full = ''] = blocks(await readme(), 'yaml');
  expect(first).toContain('hangzhou-1');
  await writeFile(join(folder, 'stores.txt'), '10.0.0.8-7100:p_4224_source-000-0:0000000008\n');
  await writeFile(join(folder, 'storekeeper.yaml'), full);
  const { clusters, environment, approval } = await loadConfig(join(folder, 'storekeeper.yaml'), { OMS_PASSWORD: 'secret' });
  expect(environment).toBe('production');
  expect(clusters[0]?.stores).toHaveLength(2);
  expect(clusters[0]?.policy).toEqual(defaultPolicy);
  expect(clusters[0]?.discover).toMatchObject({ everyMs: 300_000, graceMs: 3_600_000, timeoutMs: 20_000 });
  expect(approval).toEqual({ ...defaultApproval, approvers: expect.anything() as unknown });
  expect(clusters[0]).toMatchObject({ restartMethod: 'POST', readTimeoutMs: 10_000, commandTimeoutMs: 150_000 });
});

test("the README's first configuration is valid", async () => {
  const [first = ''] = blocks(await readme(), 'yaml');
  await writeFile(join(folder, 'storekeeper.yaml'), first);
  expect((await loadConfig(join(folder, 'storekeeper.yaml'), {})).clusters).toHaveLength(1);
});

test("what the README says to paste into the Web UI's form is taken as an order", async () => {
  const [json = ''] = blocks(await readme(), 'json');
  expect(parseHealRequest(JSON.parse(json))).toMatchObject({ ok: true, value: { order: { reason: 'the reader is stuck' } } });
});
