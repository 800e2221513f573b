/** Finds Chromium, installs it where that can be done unasked, and runs the tests that look at the Web UI. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const DEBIAN_PATH = '/usr/bin/chromium';
const root = fileURLToPath(new URL('../..', import.meta.url));

function chromiumPath() {
  const given = process.env.CHROMIUM_PATH;
  if (given) {
    if (existsSync(given)) return given;
    throw new Error(`CHROMIUM_PATH names ${given}, and there is no such file.`);
  }
  if (existsSync(DEBIAN_PATH)) return DEBIAN_PATH;
  // Only root can install packages, and only a machine made for tests should get one that nobody asked for.
  if (process.env.CI && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) install();
  if (existsSync(DEBIAN_PATH)) return DEBIAN_PATH;
  throw new Error(
    `There is no Chromium at ${DEBIAN_PATH}. Install it (Debian: apt-get install chromium), or name one in CHROMIUM_PATH.`,
  );
}

function install() {
  console.log('installing Chromium …');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  // Without fonts the screenshots show boxes.
  const packages = ['chromium', 'fonts-dejavu-core'];
  for (const args of [['update'], ['install', '--yes', '--no-install-recommends', ...packages]]) {
    spawnSync('apt-get', ['--quiet=2', ...args], { env, stdio: 'inherit' });
  }
}

try {
  const { status } = spawnSync(
    process.execPath,
    [join(root, 'test/run.mjs'), '--config', join(root, 'test/web-ui/vitest.config.ts'), ...process.argv.slice(2)],
    { cwd: root, stdio: 'inherit', env: { ...process.env, CHROMIUM_PATH: chromiumPath() } },
  );
  process.exitCode = status ?? 1;
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
