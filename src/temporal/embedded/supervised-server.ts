import { spawn, type ChildProcess } from 'node:child_process';
import { constants } from 'node:os';

/** How long a server may take to end in order, in milliseconds. */
export const STOP_TIMEOUT_MS = 10_000;
const STDERR_MAX = 4_000;

/**
 * Runs the server and waits for it; a second process reads our end of a pipe and ends the server when the pipe
 * closes. The system closes it however we die, so that no `kill -9` leaves a server behind with its ports and
 * its database. Signals of the terminal do not reach it: we stop first, and in order.
 */
const SUPERVISE = `exec 3<&0 </dev/null
"$@" 3<&- & server=$!
{ cat <&3 >/dev/null; kill "$server" 2>/dev/null; } & watcher=$!
wait "$server"; code=$?
kill "$watcher" 2>/dev/null
exit "$code"`;

/** A server process that ends with us. */
export class SupervisedServer {
  readonly #child: ChildProcess;
  #stderr = '';
  #gone = false;
  /** Settles when the server is gone, asked or not, with how it ended: its exit code, and what it last wrote. */
  readonly exited: Promise<string>;

  constructor(path: string, args: readonly string[], env: Readonly<Record<string, string | undefined>>) {
    // The operator's TEMPORAL_* settings are for clients; the program would take some of them for its own flags.
    const childEnv = Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('TEMPORAL_')));
    this.#child = spawn('/bin/sh', ['-c', SUPERVISE, 'storekeeper-temporal', path, ...args], {
      env: { ...childEnv, TEMPORAL_DISABLE_NEWS_FETCH: 'true' },
      stdio: ['pipe', 'ignore', 'pipe'],
      detached: true,
    });
    this.#child.stdin?.on('error', () => undefined);
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = `${this.#stderr}${chunk.toString()}`.slice(-STDERR_MAX);
    });
    this.exited = new Promise((settle) => {
      const gone = (how: string): void => {
        this.#gone = true;
        this.#child.stdin?.destroy();
        settle(how);
      };
      // Once its last words are read, which may be a little after its end.
      this.#child.once('close', (code, signal) => {
        const words = this.#stderr.trim();
        gone(`${endingOf(code, signal)}, ${words === '' ? 'without a word' : `and it said:\n${words}`}`);
      });
      this.#child.once('error', (error) => gone(error.message));
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get gone(): boolean {
    return this.#gone;
  }

  async stop(): Promise<void> {
    this.#child.stdin?.end();
    const timer = setTimeout(() => this.#kill(), STOP_TIMEOUT_MS);
    await this.exited;
    clearTimeout(timer);
  }

  #kill(): void {
    try {
      if (this.pid !== undefined && !this.#gone) process.kill(-this.pid, 'SIGKILL');
    } catch {
      // The group ended by itself in this very moment.
    }
  }
}

/** The shell tells a server that a signal ended by the code 128 + its number: nobody should have to know that. */
function endingOf(code: number | null, signal: NodeJS.Signals | null): string {
  const name = signal ?? Object.entries(constants.signals).find(([, number]) => 128 + number === code)?.[0];
  return name === undefined ? `exit code ${code}` : `killed by ${name}`;
}
