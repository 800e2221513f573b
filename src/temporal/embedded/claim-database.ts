import { readFile, rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 100;

/** Our claim to a database file. It is held by the process that serves the file, not by the one that asked. */
export interface DatabaseClaim {
  /** Writes down who serves the file now. */
  hand(pid: number | undefined): Promise<void>;
  release(): Promise<void>;
}

/** Another server still has this database open. */
export class DatabaseInUseError extends Error {
  override readonly name = 'DatabaseInUseError';
}

/**
 * Makes sure that nobody serves this database: two servers on one file would both fire its schedules. A server
 * whose parent was killed ends by itself within seconds, so that one is waited for, up to `patienceMs`.
 */
export async function claimDatabase(databaseFile: string, patienceMs: number): Promise<DatabaseClaim> {
  const pidFile = `${databaseFile}.pid`;
  const deadlineMs = Date.now() + patienceMs;
  for (;;) {
    const holder = await holderOf(pidFile, databaseFile);
    if (holder === undefined) break;
    if (isAlive(holder.parent) || Date.now() > deadlineMs) {
      throw new DatabaseInUseError(
        `${databaseFile} is in use by the Temporal server with process id ${holder.server}, started by process ${holder.parent}: another \`storekeeper up\` runs here. Stop that one first, or use another folder.`,
      );
    }
    await sleep(POLL_MS);
  }
  return {
    hand: async (pid) => {
      if (pid !== undefined) await writeFile(pidFile, `${pid} ${process.pid}\n`);
    },
    release: () => rm(pidFile, { force: true }),
  };
}

interface Holder {
  readonly server: number;
  readonly parent: number;
}

async function holderOf(pidFile: string, databaseFile: string): Promise<Holder | undefined> {
  const text = await readFile(pidFile, 'utf8').catch(() => '');
  const [server = Number.NaN, parent = Number.NaN] = text.trim().split(' ').map(Number);
  if (!isAlive(server)) return undefined;
  // After a reboot the number may belong to anything. Where the system does not tell, the number has to do.
  const commandLine = await readFile(`/proc/${server}/cmdline`, 'utf8').catch(() => databaseFile);
  return commandLine.includes(databaseFile) ? { server, parent } : undefined;
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 1) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
