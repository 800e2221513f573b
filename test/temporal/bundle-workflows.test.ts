import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { bundleWorkflows, workflowBundlePath } from '../../src/temporal/bundle-workflows.ts';
import { DIST } from '../../src/temporal/data-converter.ts';

test('the bundle holds the workflows and the payload converter', { timeout: 30_000 }, async () => {
  // Within dist, so that the bundler finds the SDK the way it does for the real workflows.
  const folder = await mkdtemp(join(DIST, 'bundle-test-'));
  try {
    const source = join(folder, 'index.js');
    await writeFile(source, "export async function probeWorkflow() { return 'probed'; }\n");
    const target = join(folder, 'bundle.js');
    await bundleWorkflows(source, target);
    const code = await readFile(target, 'utf8');
    expect(code).toContain('probeWorkflow');
    expect(code).toContain('json/protobuf');
    expect((await readdir(folder)).toSorted()).toEqual(['bundle.js', 'index.js']);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('without compiled workflows the build is told to compile first', async () => {
  const missing = join(tmpdir(), 'no-such-folder', 'index.js');
  await expect(bundleWorkflows(missing, join(tmpdir(), 'never.js'))).rejects.toThrow(/no-such-folder.*Compile first: npx tsc/);
});

test('the bundle lies in dist, which is all that ships', () => {
  expect(dirname(workflowBundlePath())).toBe(DIST);
});
