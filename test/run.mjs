/** Runs every test with vitest, and closes with the one line that says how it went. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'storekeeper-test-'));
const report = join(folder, 'report.json');
// Whatever the tests put into the temporary folder they must take away again: it is this one, and looked at afterwards.
const scratch = join(folder, 't');
mkdirSync(scratch);
const { status } = spawnSync(
  process.execPath,
  [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: 'inherit', env: { ...process.env, TMPDIR: scratch } },
);

let counts = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, success: false };
try {
  counts = JSON.parse(readFileSync(report, 'utf8'));
} catch {
  console.error('vitest left no report: it did not run to its end.');
}
const left = readdirSync(scratch).filter((name) => !/^(node-compile-cache|v8-compile-cache)/.test(name));
if (left.length > 0)
  console.error(`Tests left ${left.length} things behind in the temporary folder: ${left.slice(0, 10).join(', ')}`);
rmSync(folder, { recursive: true, force: true });

// A file that fails before its first test has no failed test of its own, and must not pass for success.
const unseen = counts.numFailedTests === 0 && (status !== 0 || !counts.success) ? 1 : 0;
const failed = counts.numFailedTests + unseen + (left.length > 0 ? 1 : 0);
const skipped = counts.numPendingTests > 0 ? `, ${counts.numPendingTests} skipped` : '';
console.log(`\n${counts.numPassedTests} passed, ${failed} failed${skipped}`);
process.exitCode = failed > 0 || counts.numPassedTests === 0 ? 1 : 0;
