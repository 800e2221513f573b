/** Finds a Chromium, installs Debian's where that can be done, and runs the tests that drive Temporal's Web UI in it. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const DEBIAN = '/usr/bin/chromium';

function chromiumPath() {
  const given = process.env.CHROMIUM_PATH;
  if (given) return given;
  if (existsSync(DEBIAN)) return DEBIAN;
  const isRoot = process.getuid?.() === 0;
  if (isRoot && existsSync('/usr/bin/apt-get')) {
    console.log('installing chromium …');
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    spawnSync('apt-get', ['update', '-qq'], { stdio: 'inherit', env });
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], { stdio: 'inherit', env });
  }
  if (existsSync(DEBIAN)) return DEBIAN;
  throw new Error('There is no Chromium. Install it (Debian: apt-get install chromium), or name one in CHROMIUM_PATH.');
}

const { status } = spawnSync(
  process.execPath,
  [join(root, 'test/run.mjs'), '--config', join(root, 'test/web-ui/vitest.config.ts')],
  { cwd: root, stdio: 'inherit', env: { ...process.env, CHROMIUM_PATH: chromiumPath() } },
);
process.exitCode = status ?? 1;
