import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { CommandLine, JournalLine } from '../../../activities/journal.ts';
import { DIST } from '../../../src/temporal/data-converter.ts';
import { until } from './until.ts';

export interface ProgramOptions {
  readonly verb: 'worker' | 'up';
  readonly configFile: string;
  /** What stands behind the verb, such as `--only destroy`. */
  readonly options?: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Storekeeper as a process of its own. Everything done to it is done to its process id. */
export class Program {
  readonly lines: string[] = [];
  readonly journal: JournalLine[] = [];
  readonly exited: Promise<number | NodeJS.Signals>;
  readonly #child: ChildProcess;
  readonly #memory: NodeJS.MemoryUsage[] = [];
  #gone = false;

  private constructor(args: readonly string[], env: NodeJS.ProcessEnv) {
    this.#child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', (line) => this.#take(line));
    }
    this.exited = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('exit', (code, signal) => {
        this.#gone = true;
        resolve(signal ?? code ?? -1);
      });
    });
  }

  /** Returns when the program says that it is ready; rejects with its last words when it ends before. */
  static async start(options: ProgramOptions): Promise<Program> {
    const program = new Program(argumentsFor(options), environmentFor(options.env));
    await until('the program to be ready', () => {
      if (program.#gone) throw new Error(`the program ended at once:\n${program.lines.join('\n')}`);
      return program.lines.some((line) => line.includes('ready'));
    });
    return program;
  }

  get pid(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error('the program was never started');
    return pid;
  }

  commands(): CommandLine[] {
    return this.journal.filter((line) => line.journal === 'command');
  }

  signal(name: NodeJS.Signals): void {
    if (!this.#gone) process.kill(this.pid, name);
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.exited;
  }

  /** What it keeps after a collection of its garbage. */
  async memory(): Promise<NodeJS.MemoryUsage> {
    const before = this.#memory.length;
    this.signal('SIGUSR2');
    await until('the program to tell of its memory', () => this.#memory.length > before);
    const [newest] = this.#memory.slice(-1);
    if (newest === undefined) throw new Error('it was told a moment ago');
    return newest;
  }

  #take(line: string): void {
    this.lines.push(line);
    if (!line.startsWith('{')) return;
    const entry = JSON.parse(line) as Partial<JournalLine> & { readonly memory?: NodeJS.MemoryUsage };
    if (entry.memory !== undefined) this.#memory.push(entry.memory);
    if (entry.journal !== undefined) this.journal.push(entry as JournalLine);
  }
}

/** Our own command line, with one thing more: on SIGUSR2 it collects garbage and tells its memory. */
function argumentsFor({ verb, configFile, options = [] }: ProgramOptions): string[] {
  const memory = `process.on('SIGUSR2', () => {
    globalThis.gc?.();
    console.error(JSON.stringify({ memory: process.memoryUsage() }));
  });`;
  const preload = `data:text/javascript,${encodeURIComponent(memory)}`;
  return ['--expose-gc', '--import', preload, join(DIST, 'src/cli/main.js'), verb, '--config', configFile, ...options];
}

/** The test's own settings for Temporal and for Node must not reach the program. */
function environmentFor(env: ProgramOptions['env']): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(TEMPORAL_(?!CLI_PATH)|VITEST|NODE_)/.test(name));
  return { ...Object.fromEntries(own), ...env };
}
