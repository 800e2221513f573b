/** Builds the full Temporal server from its Go module, once, and runs the tests that need its authorizer. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const VERSION = 'v1.32.0';
const root = fileURLToPath(new URL('../..', import.meta.url));

/** About four minutes of two cores the first time; afterwards it lies in the cache. */
function serverPath() {
  const given = process.env.TEMPORAL_SERVER_PATH;
  if (given) return given;
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  const folder = join(cache, 'storekeeper', `temporal-server-${VERSION}`);
  const binary = join(folder, 'server');
  if (existsSync(binary)) return binary;
  mkdirSync(folder, { recursive: true });
  console.log(`building go.temporal.io/server ${VERSION} …`);
  const { status, error } = spawnSync('go', ['install', `go.temporal.io/server/cmd/server@${VERSION}`], {
    env: { ...process.env, GOBIN: folder },
    stdio: 'inherit',
  });
  if (status !== 0) {
    throw new Error('The server could not be built. Install Go 1.26, or name a server in TEMPORAL_SERVER_PATH.', {
      cause: error,
    });
  }
  return binary;
}

const { status } = spawnSync(
  process.execPath,
  [join(root, 'test/run.mjs'), '--config', join(root, 'test/jwt/vitest.config.ts')],
  {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, TEMPORAL_SERVER_PATH: serverPath() },
  },
);
process.exitCode = status ?? 1;
