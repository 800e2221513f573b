/**
 * A whole world in real time: a real Temporal development server, Storekeeper as processes of its own that can be
 * killed and frozen, and the simulated Cluster Manager over real HTTP.
 */
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client, WorkflowHandle } from '@temporalio/client';
import proto from '@temporalio/proto';
import { loadConfig } from '../../src/config/load-config.ts';
import type { GuardInput } from '../../src/domain/activities.ts';
import type { GuardState } from '../../src/domain/guard/state.ts';
import type { IncidentView } from '../../src/domain/incident.ts';
import { guardWorkflowId, healWorkflowId, sweepScheduleId, WORKFLOW_QUEUE } from '../../src/domain/names.ts';
import type { HealOutcome } from '../../src/domain/outcome.ts';
import { parseStoreName, type StoreName } from '../../src/domain/store.ts';
import { startSimulator, type RequestLogEntry, type Simulator } from '../../src/simulator/simulator.ts';
import { applyClusters } from '../../src/temporal/apply.ts';
import { clientOn, connectClient } from '../../src/temporal/connect.ts';
import { startDevServer, type DevServer } from '../../src/temporal/dev-server.ts';
import { devServerPath } from '../temporal-servers.ts';
import { brokenInvariants } from './world/invariants.ts';
import { Program } from './world/program.ts';
import { until } from './world/until.ts';

export { until } from './world/until.ts';
export type { Program } from './world/program.ts';

export const CLUSTER = 'site-1';
export const SEND_BY_MS = 5_000;
/** sendBy plus 1.2 times the command time-out: how long a subtopic is left alone after a command nobody answers for. */
export const AFTERMATH_MS = 11_000;

export const STORE = storeName('10.0.0.7-7100:p_4223_source-000-0:0000000007');
export const OTHER = storeName('10.0.0.8-7100:p_4224_source-000-0:0000000008');

export function storeName(text: string): StoreName {
  const parsed = parseStoreName(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

/** As many Stores as wanted, each on a subtopic of its own. */
export function manyStores(count: number): StoreName[] {
  return Array.from({ length: count }, (_, index) =>
    storeName(`10.1.${Math.floor(index / 250)}.${index % 250}-7100:p_${index}_source-000-0:0000000001`),
  );
}

const { PENDING_ACTIVITY_STATE_STARTED: STARTED } = proto.temporal.api.enums.v1.PendingActivityState;

/** Whoever kills many Stores at once to see each healed wants neither brake nor budget; tests of those name figures. */
const UNBOUND = {
  cooldown: '0s',
  inFlight: 50,
  openPerSweep: 50,
  perHour: 1_000,
  perDay: 1_000,
  brake: { stores: 1_000_000, unknown: 1_000_000 },
};

/** What a test changes of a cluster's configuration, written as in the file. */
export interface ClusterPatch {
  readonly mode?: 'observe' | 'act';
  readonly every?: string;
  readonly readTimeout?: string;
  readonly policy?: Readonly<Record<string, unknown>>;
  readonly guard?: Readonly<Record<string, unknown>>;
}

export function configurationText(cm: string, stores: readonly string[], patch: ClusterPatch = {}, approval?: object): string {
  const { policy, guard, ...rest } = patch;
  const cluster = {
    name: CLUSTER,
    cm,
    stores,
    every: '1s',
    mode: 'act',
    commandTimeout: '5s',
    policy: {
      confirm: { readings: 2, over: '1s', patience: '60s' },
      attempts: 3,
      wait: '300ms',
      verify: { healthyFor: '2s', within: '20s' },
      backoff: ['1s'],
      sendBy: '5s',
      ...policy,
    },
    guard: { ...UNBOUND, ...guard },
    ...rest,
  };
  // JSON is YAML, too.
  const asked = approval === undefined ? {} : { approval };
  return `${JSON.stringify({ environment: 'development', ...asked, clusters: [cluster] }, null, 2)}\n`;
}

export interface WorldOptions {
  readonly stores?: readonly StoreName[];
  readonly patch?: ClusterPatch;
  /** The part `approval` of the file, as it is written. */
  readonly approval?: object;
  /** Serve Temporal's Web UI, too. */
  readonly ui?: boolean;
  /** How much faster than a real Cluster Manager: at 40 a stop takes 0.55 s, a restart 1 s. */
  readonly speed?: number;
  /** A simulator that runs elsewhere, and its Stores. */
  readonly elsewhere?: { readonly cm: string; readonly stores: readonly StoreName[] };
}

export class ProcessWorld {
  readonly folder: string;
  readonly configFile: string;
  readonly server: DevServer;
  readonly simulator: Simulator;
  readonly client: Client;
  readonly programs: Program[] = [];
  readonly #options: WorldOptions;
  readonly #cleanups: (() => Promise<unknown>)[];

  private constructor(
    folder: string,
    parts: Pick<ProcessWorld, 'server' | 'simulator' | 'client'>,
    options: WorldOptions,
    cleanups: (() => Promise<unknown>)[],
  ) {
    this.folder = folder;
    this.configFile = join(folder, 'storekeeper.yaml');
    this.server = parts.server;
    this.simulator = parts.simulator;
    this.client = parts.client;
    this.#options = options;
    this.#cleanups = cleanups;
  }

  static async start(options: WorldOptions = {}): Promise<ProcessWorld> {
    const cleanups: (() => Promise<unknown>)[] = [];
    try {
      const folder = await mkdtemp(join(tmpdir(), 'storekeeper-processes-'));
      cleanups.push(() => rm(folder, { recursive: true, force: true }));
      const simulator = await startSimulator({ stores: options.stores ?? [STORE], speed: options.speed ?? 40 });
      cleanups.push(() => simulator.close());
      const server = await startDevServer({
        ui: options.ui === true,
        port: 0,
        env: { ...process.env, TEMPORAL_CLI_PATH: await devServerPath() },
      });
      cleanups.push(() => server.stop());
      const temporal = await connectClient({ TEMPORAL_ADDRESS: server.address, TEMPORAL_NAMESPACE: server.namespace });
      cleanups.push(() => temporal.connection.close());
      const world = new ProcessWorld(folder, { server, simulator, client: clientOn(temporal) }, options, cleanups);
      await world.configure(options.patch);
      return world;
    } catch (error) {
      await closeAll(cleanups);
      throw error;
    }
  }

  /** Writes the configuration, all at once. */
  async configure(patch: ClusterPatch = {}): Promise<void> {
    const { elsewhere, stores = [STORE], approval } = this.#options;
    const { cm, stores: configured } = elsewhere ?? { cm: this.simulator.url, stores };
    await this.write(configurationText(cm, configured, patch, approval));
  }

  async write(text: string): Promise<void> {
    await writeFile(`${this.configFile}.new`, text);
    await rename(`${this.configFile}.new`, this.configFile);
  }

  async startWorker(
    address = this.server.address,
    options: readonly string[] = [],
    configFile = this.configFile,
  ): Promise<Program> {
    const env = { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: this.server.namespace };
    const program = await Program.start({ verb: 'worker', configFile, options, env });
    this.programs.push(program);
    return program;
  }

  /** The schedule and the guard, as `schedule apply` makes them. */
  async applySchedule(): Promise<void> {
    await applyClusters(this.client, await loadConfig(this.configFile, {}));
  }

  async pauseSchedule(): Promise<void> {
    await this.client.schedule.getHandle(sweepScheduleId(CLUSTER)).pause('a test');
  }

  /** The guard alone, where nothing is to be swept. */
  async startGuard(): Promise<void> {
    await this.client.workflow.start<(input: GuardInput) => Promise<void>>('guardCluster', {
      workflowId: guardWorkflowId(CLUSTER),
      taskQueue: WORKFLOW_QUEUE,
      args: [{ cluster: CLUSTER, beginning: 'with the schedule' }],
    });
  }

  /** A heal under its own id, as a sweep starts it. */
  startHeal(store: StoreName, input: Readonly<Record<string, unknown>> = {}): Promise<WorkflowHandle> {
    return this.client.workflow.start('healStore', {
      workflowId: healWorkflowId(CLUSTER, store),
      taskQueue: WORKFLOW_QUEUE,
      args: [{ cluster: CLUSTER, store, ...input }],
    });
  }

  healOf(store: StoreName, runId?: string): WorkflowHandle {
    return this.client.workflow.getHandle(healWorkflowId(CLUSTER, store), runId);
  }

  async outcome(store: StoreName, runId?: string): Promise<HealOutcome> {
    return (await this.healOf(store, runId).result()) as HealOutcome;
  }

  guard(): Promise<GuardState> {
    return this.client.workflow.getHandle(guardWorkflowId(CLUSTER)).query<GuardState>('guard');
  }

  async phase(store: StoreName): Promise<string> {
    try {
      return (await this.healOf(store).query<IncidentView>('incident')).phase;
    } catch {
      return 'nobody answers';
    }
  }

  /** The stop's own last look is on its way: a worker has the stop in its hands, and its reading is not answered yet. */
  isLookingBeforeStop(store: StoreName): Promise<boolean> {
    return this.isLookingBefore('stopStore', this.healOf(store));
  }

  async isLookingBefore(activity: 'stopStore' | 'destroyStore', handle: WorkflowHandle): Promise<boolean> {
    const { raw } = await handle.describe();
    const begun = raw.pendingActivities?.some((pending) => pending.activityType?.name === activity && pending.state === STARTED);
    return begun === true && this.simulator.log().at(-1)?.outcome === 'open';
  }

  /** The first command of this path that reached the simulator for the Store, once there is one. */
  async arrival(path: '/crawler/clear' | '/crawler/restore', store: StoreName): Promise<RequestLogEntry> {
    const found = (): RequestLogEntry | undefined =>
      this.simulator.commands().find((entry) => entry.path === path && entry.store === store);
    await until(`${path} of ${store} to arrive`, () => found() !== undefined);
    const entry = found();
    if (entry === undefined) throw new Error('it was there a moment ago');
    return entry;
  }

  commandPaths(store: StoreName): string[] {
    return this.simulator
      .commands()
      .filter((entry) => entry.store === store)
      .map((entry) => entry.path);
  }

  /** What never bends, read from the simulator's log and from the journals of all workers that ever ran. */
  broken({ unwritten = 0, mayHaveStopped = 0 } = {}): string[] {
    return brokenInvariants({
      log: this.simulator.log(),
      violations: this.simulator.violations(),
      journal: this.programs.flatMap((program) => program.journal),
      sendByMs: SEND_BY_MS,
      unwritten,
      mayHaveStopped,
    });
  }

  async close(): Promise<void> {
    for (const program of this.programs) {
      program.signal('SIGCONT');
      await program.kill();
    }
    await closeAll(this.#cleanups);
  }
}

async function closeAll(cleanups: (() => Promise<unknown>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw new AggregateError(failures, 'not everything could be closed');
}
