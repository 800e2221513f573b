import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const planted: string[] = [];
afterEach(() => planted.splice(0).forEach((file) => rmSync(file, { force: true })));

function plant(path: string, text: string): string {
  const file = join(root, path);
  planted.push(file);
  writeFileSync(file, text);
  return file;
}

function lint(file: string): string {
  const { stdout, stderr } = spawnSync(join(root, 'node_modules/.bin/oxlint'), [file], { cwd: root, encoding: 'utf8' });
  return stdout + stderr;
}

test.each([
  ['src/domain/planted.ts', 'undici', 'src/domain may not import undici'],
  ['src/domain/planted.ts', '../config/config.ts', 'src/domain may not import ../config/config.ts'],
  ['src/simulator/planted.ts', '../cluster-manager/wire.ts', 'src/simulator may not import ../cluster-manager/wire.ts'],
  ['src/inventory/planted.ts', '../temporal/connect.ts', 'src/inventory may not import ../temporal/connect.ts'],
  ['src/approval/planted.ts', '../config/config.ts', 'src/approval may not import ../config/config.ts'],
  ['workflows/planted.ts', '../activities/desk.ts', 'workflows may not import ../activities/desk.ts'],
  ['workflows/planted.ts', 'node:fs', 'workflows may not import node:fs'],
  ['activities/planted.ts', '../workflows/index.ts', 'activities may not import ../workflows/index.ts'],
  ['src/cli/planted.ts', '../../workflows/heal-store.ts', 'src/cli may not import ../../workflows/heal-store.ts'],
])('the wall holds: in %s an import of %s is refused', (path, source, message) => {
  const file = plant(path, `export * from '${source}';\n`);
  expect(lint(file)).toContain(message);
});

test('every folder with code in it lies in a zone', () => {
  const zones = readFileSync(join(root, 'ops/lint/zones.js'), 'utf8');
  const folders = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const folder of folders) expect(zones, folder.name).toContain(`zone: 'src/${folder.name}'`);
});

test('all of @temporalio stands at exactly one version', () => {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const versions = Object.entries(dependencies).filter(([name]) => name.startsWith('@temporalio/'));
  expect(versions.length).toBeGreaterThanOrEqual(7);
  expect(new Set(versions.map(([, version]) => version)).size).toBe(1);
  expect(versions[0]?.[1]).toMatch(/^\d+\.\d+\.\d+$/);
});

test('the packages that read histories share one copy of protobufjs, of major version 8', () => {
  const copies = ['@temporalio/proto', '@temporalio/common', '@temporalio/worker'].map((name) => {
    const from = createRequire(createRequire(import.meta.url).resolve(name));
    return from.resolve('protobufjs');
  });
  expect(new Set(copies).size).toBe(1);
  const { version } = createRequire(import.meta.url)('protobufjs/package.json') as { version: string };
  expect(version).toMatch(/^8\./);
});

test('the lock file records no download addresses', () => {
  expect(readFileSync(join(root, 'package-lock.json'), 'utf8')).not.toContain('"resolved"');
});

test('the package is runnable as its bin says', () => {
  const { bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { bin: Record<string, string> };
  expect(Object.keys(bin)).toEqual(['storekeeper']);
  const out = execFileSync(process.execPath, [join(root, bin['storekeeper'] ?? ''), '--version'], { encoding: 'utf8' });
  expect(out.trim()).toBe('0.1.0');
});

test('no sandboxed code type-checks against Node', () => {
  const config = readFileSync(join(root, 'workflows/tsconfig.json'), 'utf8');
  expect(config).toContain('"types": []');
  const file = plant('workflows/planted.ts', 'export const home = process.env;\n');
  const tsc = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', 'workflows/tsconfig.json'], { cwd: root, encoding: 'utf8' });
  expect(tsc.status).not.toBe(0);
  expect(tsc.stdout).toContain(file.slice(root.length));
});
