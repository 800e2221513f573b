import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { RequestLogEntry, Simulator, SimulatorOptions } from '../../simulator/simulator.ts';
import { acting, verb, type Call } from '../program/call.ts';
import { CommandError, UsageError } from '../program/command-error.ts';
import { EXIT, type ExitCode } from '../program/exit-codes.ts';

export function registerSimulate(program: Command): void {
  verb(program, 'simulate', 'run a simulated Cluster Manager to try things on, until Ctrl-C')
    .option('--scenario <file>', 'Stores and faults from a YAML file')
    .option('--stores <n>', 'how many Stores (default: 6)')
    .option('--hosts <n>', 'on how many hosts (default: 3)')
    .option('--speed <x>', 'divide the duration of commands and faults by this')
    .option('--port <p>', 'listen here (default: any free port)')
    .option('-v, --verbose', 'one line for each request')
    .action(acting(simulate));
}

interface SimulateOptions {
  readonly scenario?: string;
  readonly stores?: string;
  readonly hosts?: string;
  readonly speed?: string;
  readonly port?: string;
  readonly verbose?: boolean;
}

const WATCH_MS = 250;

async function simulate(call: Call<SimulateOptions>): Promise<ExitCode> {
  const { options, screen, signal } = call;
  const wanted = await wantedOf(options);
  const { startSimulator } = await import('../../simulator/simulator.ts');
  const simulator = await startSimulator(wanted).catch((error: unknown) => {
    throw portTaken(error, options.port) ?? error;
  });
  const stores = simulator.states().map((state) => state.name);
  screen.answer({ url: simulator.url, stores }, [simulator.url]);
  for (const line of howTo(simulator.url, stores)) screen.say(line);
  const watching = options.verbose === true ? watchRequests(simulator, (line) => screen.say(line)) : undefined;
  await untilEnded(signal);
  clearInterval(watching);
  await simulator.close();
  return EXIT.fine;
}

/** To run until Ctrl-C is what it is for, so that is no interruption; a service manager ends it by SIGTERM. */
async function untilEnded(signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    process.once('SIGTERM', () => resolve());
    signal.addEventListener('abort', () => resolve(), { once: true });
    if (signal.aborted) resolve();
  });
}

async function wantedOf(options: SimulateOptions): Promise<SimulatorOptions> {
  const { scenario, stores, hosts } = options;
  const speed = options.speed === undefined ? {} : { speed: numberOf('--speed', options.speed, { min: 0.001, max: 1_000_000 }) };
  const port = options.port === undefined ? {} : { port: numberOf('--port', options.port, { min: 1, max: 65_535, whole: true }) };
  if (scenario === undefined) {
    const count = numberOf('--stores', stores ?? '6', { min: 1, max: 100_000, whole: true });
    return {
      stores: inventedStores(count, numberOf('--hosts', hosts ?? '3', { min: 1, max: 60_000, whole: true })),
      ...speed,
      ...port,
    };
  }
  if (stores !== undefined || hosts !== undefined) {
    throw new UsageError({
      what: '--scenario stands beside --stores or --hosts',
      why: 'the scenario names its own Stores',
      mend: 'drop one of the two',
      run: 'storekeeper simulate --stores 6',
    });
  }
  return { ...(await readScenario(scenario)), ...speed, ...port };
}

function numberOf(
  option: string,
  text: string,
  { min, max, whole = false }: { min: number; max: number; whole?: boolean },
): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (value >= min && value <= max && (!whole || Number.isInteger(value))) return value;
  throw new UsageError({
    what: `${option} ${text} cannot be used`,
    why: `it must be a ${whole ? 'whole ' : ''}number from ${min} to ${max}`,
    mend: 'write it like',
    run: 'storekeeper simulate --stores 6 --hosts 3 --speed 10',
  });
}

async function readScenario(file: string): Promise<SimulatorOptions> {
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new UsageError({
      what: `The scenario ${file} cannot be read`,
      why: cause.code ?? cause.message,
      mend: 'name a file that is there, or go without',
      run: 'storekeeper simulate',
    });
  });
  const { parseScenario } = await import('../../simulator/scenario.ts');
  const parsed = parseScenario(text);
  if (parsed.ok) return parsed.value;
  throw new UsageError({
    what: `The scenario ${file} cannot be played`,
    why: parsed.errors.map(({ path, message, example }) => `${path} ${message}, for example ${example}`).join('; '),
    mend: 'mend the file, then try again',
  });
}

/** Names as a site has them: hosts in turn, each Store with a subtopic of its own. */
function inventedStores(count: number, hosts: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    const host = index % hosts;
    const address = `10.0.${Math.floor(host / 250)}.${(host % 250) + 1}`;
    return `${address}-7100:p_${4_223 + index}_source-000-0:${String(index + 1).padStart(10, '0')}`;
  });
}

function portTaken(error: unknown, port: string | undefined): CommandError | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code !== 'EADDRINUSE' && code !== 'EACCES') return undefined;
  return new UsageError({
    what: `Port ${port ?? ''} cannot be had`,
    why: code === 'EACCES' ? 'this account may not listen there' : 'somebody else listens there',
    mend: 'take another, or leave --port out for any free one',
    run: 'storekeeper simulate',
  });
}

/** Lines that can be pasted as they are. */
function howTo(url: string, stores: readonly string[]): string[] {
  const [store = ''] = stores;
  return [
    `A simulated Cluster Manager with ${stores.length} Stores listens at ${url}; Ctrl-C ends it.`,
    'In storekeeper.yaml:',
    `  clusters: [{name: simulated, cm: "${url}", stores: ["${store}"]}]`,
    'Let a reader die; a restart cures it:',
    `  curl -s -X POST ${url}/_sim/kill -d '{"store": "${store}"}'`,
    'Any other fault, here one that comes up and dies again; a wrong kind lists them all:',
    `  curl -s -X POST ${url}/_sim/faults -d '{"target": "${store}", "fault": {"kind": "zombie", "diesAfter": "43s"}}'`,
    'End the faults, and see what was sent:',
    `  curl -s -X DELETE ${url}/_sim/faults`,
    `  curl -s '${url}/_sim/log?commands=true'`,
  ];
}

/** Tells each request once it is over. The simulator has no events; its log is read instead. */
function watchRequests(simulator: Simulator, say: (line: string) => void): NodeJS.Timeout {
  let told = 0;
  let open = new Set<number>();
  return setInterval(() => {
    const fresh = simulator.log().filter(({ seq }) => seq > told || open.has(seq));
    open = new Set(fresh.filter(({ outcome }) => outcome === 'open').map(({ seq }) => seq));
    told = Math.max(told, ...fresh.map(({ seq }) => seq));
    for (const entry of fresh) if (entry.outcome !== 'open') say(describe(entry));
  }, WATCH_MS);
}

function describe({ atMs, method, path, store, outcome, status, note }: RequestLogEntry): string {
  const words = [new Date(atMs).toISOString(), method, path, store ?? '-', status === null ? outcome : String(status), note];
  return words.filter((word) => word !== '').join(' ');
}
