/**
 * A whole world in virtual time: a real time-skipping Temporal server, our real workers, and the simulator
 * over real HTTP, whose clock is the server's. Hours pass in seconds.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Client, type WorkflowHandle } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import type { ClusterSource } from '../activities/cluster-source.ts';
import type { JournalLine } from '../activities/journal.ts';
import { type ClusterManager, connectClusterManager } from '../src/cluster-manager/cluster-manager.ts';
import type { ClusterConfig } from '../src/config/config.ts';
import { type ApprovalPolicy, defaultApproval } from '../src/domain/approval/approval-policy.ts';
import type { GuardState } from '../src/domain/guard/state.ts';
import type { IncidentView } from '../src/domain/incident.ts';
import { guardWorkflowId, healWorkflowId, SEARCH_ATTRIBUTES, WORKFLOW_QUEUE } from '../src/domain/names.ts';
import type { HealOutcome } from '../src/domain/outcome.ts';
import type { Witness } from '../src/domain/ask-witness.ts';
import { defaultPolicy, type Policy } from '../src/domain/policy.ts';
import { parseStoreName, type StoreName } from '../src/domain/store.ts';
import { startSimulator, type Simulator, type SimulatorClock } from '../src/simulator/simulator.ts';
import { dataConverter } from '../src/temporal/data-converter.ts';
import { startWorkers, type Workers } from '../src/worker.ts';
import type { SweepOutcome } from '../workflows/sweep-cluster.ts';
import { awayFromTimers } from './away-from-timers.ts';
import { testServerPath } from './temporal-servers.ts';
import { virtualTime } from './virtual-time.ts';

export const CLUSTER = 'test-1';

// Once per process, before the first connection: a test's own words must not drown in the workers'.
Runtime.install({
  logger: new DefaultLogger('ERROR'),
  telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }) } },
});

export interface VirtualWorld {
  readonly env: TestWorkflowEnvironment;
  /** Waits for results without letting any time pass: see `runUntil`. */
  readonly client: Client;
  readonly simulator: Simulator;
  readonly journal: JournalLine[];
  readonly config: { current: ClusterConfig };
  /** Starts our workers, as a process would; without `reachesCm` only those that no CM is needed for. */
  startWorkers(reachesCm?: boolean): Promise<void>;
  stopWorkers(): Promise<void>;
  now(): Promise<number>;
  /** Lets so much virtual time pass. */
  pass(ms: number): Promise<void>;
  /** Lets time run from one timer of anybody to the next until the work is done. */
  runUntil<T>(work: Promise<T>): Promise<T>;
  /** Lets time pass in steps until the claim holds; fails with its name after `limitMs` of virtual time. */
  passUntil(what: string, holds: () => boolean | Promise<boolean>, steps?: PassSteps): Promise<void>;
  /** Waits (no time passes, but for what our own work takes) until the claim holds. */
  until(what: string, holds: () => boolean | Promise<boolean>): Promise<void>;
  sweep(): Promise<SweepOutcome>;
  /** Two sweeps: the first one after a gap only observes. */
  sweepTwice(): Promise<SweepOutcome>;
  heal(store: StoreName, input?: Record<string, unknown>): Promise<WorkflowHandle>;
  /** The outcome of the newest heal of a Store. */
  outcome(store: StoreName): Promise<HealOutcome>;
  /** Where a Store's newest heal stands: its search attribute, which ends as the outcome. Null: it has not begun. */
  phase(store: StoreName): Promise<string | null>;
  /** What an open heal shows of itself. */
  incident(store: StoreName): Promise<IncidentView>;
  guard(): Promise<GuardState>;
  startGuard(): Promise<void>;
  close(): Promise<void>;
}

const PHASE = defineSearchAttributeKey('StorekeeperPhase', 'KEYWORD');

interface PassSteps {
  readonly stepMs?: number;
  readonly limitMs?: number;
}

export function storeName(text: string): StoreName {
  const parsed = parseStoreName(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

export type PolicyPatch = {
  readonly [K in keyof Policy]?: Policy[K] extends readonly unknown[]
    ? Policy[K]
    : Policy[K] extends object
      ? Partial<Policy[K]>
      : Policy[K];
};

export function policyWith(patch: PolicyPatch = {}): Policy {
  const merged = Object.entries(patch).map(([key, value]) => {
    const base = defaultPolicy[key as keyof Policy];
    const nested = typeof value === 'object' && value !== null && !Array.isArray(value);
    return [key, nested ? { ...(base as object), ...(value as object) } : value];
  });
  // CM's clear ends 22 virtual seconds after it began, though its answer comes at once: the restart must not meet it.
  return { ...defaultPolicy, mode: 'act', waitMs: 30_000, ...Object.fromEntries(merged) } as Policy;
}

export interface WorldOptions {
  readonly stores: readonly StoreName[];
  readonly policy?: PolicyPatch;
  readonly approval?: ApprovalPolicy;
  /** Real milliseconds: HTTP does not run in virtual time. */
  readonly readTimeoutMs?: number;
  readonly commandTimeoutMs?: number;
  /** OMS's own view of the Stores. */
  readonly witness?: Witness;
  /** Without a guard, the first asker has to start one. */
  readonly guard?: boolean;
  /**
   * The test stops its workers. They remember no workflow then: the server would go on sending tasks to the
   * sticky queue of a stopped worker for ever, and a real one does so for two seconds.
   */
  readonly workersLeave?: boolean;
}

export async function startVirtualWorld(options: WorldOptions): Promise<VirtualWorld> {
  const env = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path: await testServerPath() } },
    client: { dataConverter: dataConverter() },
  });
  // The time-skipping server hangs on an attribute it does not know.
  await env.connection.operatorService.addSearchAttributes({
    namespace: 'default',
    searchAttributes: Object.fromEntries(SEARCH_ATTRIBUTES.map((name) => [name, 2])),
  });
  const clock: SimulatorClock = { now: () => env.currentTimeMs(), sleep: (ms) => pause(ms / 1_000) };
  const simulator = await startSimulator({ stores: options.stores, clock });
  const policy = policyWith(options.policy);
  const readTimeoutMs = options.readTimeoutMs ?? 2_000;
  const commandTimeoutMs = options.commandTimeoutMs ?? 5_000;
  const config = {
    current: {
      name: CLUSTER,
      cm: simulator.url,
      restartMethod: 'POST',
      readTimeoutMs,
      commandTimeoutMs,
      stores: options.stores,
      policy,
      approval: options.approval ?? defaultApproval,
      digest: 'test',
    } satisfies ClusterConfig as ClusterConfig,
  };
  const cm = connectClusterManager({ baseUrl: simulator.url, readTimeoutMs, commandTimeoutMs });
  let calls = 0;
  const counted = async <T>(call: Promise<T>): Promise<T> => {
    calls += 1;
    return call.finally(() => (calls -= 1));
  };
  const read: ClusterManager['read'] = (...args) => counted(cm.read(...args));
  const command: ClusterManager['command'] = (...args) => counted(cm.command(...args));
  const source: ClusterSource = {
    get: async () => ({
      config: config.current,
      cm: { ...cm, read, command },
      stores: config.current.stores,
      witness: options.witness ?? null,
      digest: config.current.digest,
      stale: null,
    }),
  };
  const journal: JournalLine[] = [];
  // Not env.client: waiting for a result through it lets time run, and stops for good where time does.
  const plain = new Client({ connection: env.connection, dataConverter: dataConverter() });
  const interceptors = { workflow: [awayFromTimers(plain, () => env.currentTimeMs())] };
  const client = new Client({ connection: env.connection, dataConverter: dataConverter(), interceptors });
  /** The server loses a query now and then that comes while a workflow task is on its way. */
  const asked = async <T>(workflowId: string, query: string): Promise<T> => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await client.withDeadline(Date.now() + 1_500, () => client.workflow.getHandle(workflowId).query<T>(query));
      } catch (error) {
        if (tries >= 4) throw error;
      }
    }
  };
  let workers: Workers | undefined;
  let reaching = false;
  const orphans: WorkflowHandle[] = [];
  let endedBefore = 0;
  const hasEnded = async (handle: WorkflowHandle): Promise<boolean> =>
    ['COMPLETED', 'FAILED', 'CANCELLED', 'CANCELED'].includes((await handle.describe()).status.name);
  /** Whoever has ended is not asked again: in a storm there are hundreds. */
  const orphansEnded = async (): Promise<number> => {
    const asked = orphans.splice(0);
    const ended = await Promise.all(asked.map(hasEnded));
    orphans.push(...asked.filter((_, index) => ended[index] !== true));
    endedBefore += ended.filter(Boolean).length;
    return endedBefore;
  };
  const time = virtualTime(env, {
    busy: () => calls > 0,
    away: () => !reaching,
    orphansEnded,
  });

  const world: VirtualWorld = {
    env,
    client,
    simulator,
    journal,
    config,
    async startWorkers(reachesCm = true) {
      // Before they run: the first thing they do is to give locks back, and time must not run off at that.
      reaching = reachesCm;
      if (reaching) await time.workersAreBack();
      workers = await startWorkers({
        connection: env.nativeConnection,
        namespace: 'default',
        clusters: reachesCm ? [CLUSTER] : [],
        source,
        journal: (line) => journal.push(line),
        identity: 'worker-under-test',
        shutdownGraceMs: 1_000,
        ...(options.workersLeave === true ? { cachedWorkflowsMax: 0 } : {}),
      });
      workers.running.catch(() => undefined);
    },
    async stopWorkers() {
      reaching = false;
      await workers?.stop();
      workers = undefined;
    },
    now: () => env.currentTimeMs(),
    pass: (ms) => time.pass(ms),
    runUntil: (work) => time.runUntil(work),
    async passUntil(what, holds, { stepMs = 5_000, limitMs = 7_200_000 } = {}) {
      for (let passedMs = 0; !(await holds()); passedMs += stepMs) {
        if (passedMs >= limitMs) throw new Error(`after ${limitMs / 1_000} s still not so: ${what}`);
        await time.pass(stepMs);
      }
    },
    async until(what, holds) {
      const deadlineMs = Date.now() + 10_000;
      while (!(await holds())) {
        if (Date.now() >= deadlineMs) throw new Error(`not so in ten seconds: ${what}`);
        await pause(10);
      }
    },
    async sweep() {
      const outcome = await client.workflow.execute<(input: unknown) => Promise<SweepOutcome>>('sweepCluster', {
        workflowId: `sweep:${CLUSTER}:${Math.random()}`,
        taskQueue: WORKFLOW_QUEUE,
        args: [{ cluster: CLUSTER }],
        workflowRunTimeout: '2 minutes',
      });
      for (const store of outcome.opened) {
        const workflowId = healWorkflowId(CLUSTER, store);
        const { runId } = await client.workflow.getHandle(workflowId).describe();
        orphans.push(client.workflow.getHandle(workflowId, runId));
      }
      return outcome;
    },
    async sweepTwice() {
      await world.sweep();
      await world.pass(config.current.policy.everyMs);
      return world.sweep();
    },
    heal: (store, input = {}) =>
      client.workflow.start('healStore', {
        workflowId: healWorkflowId(CLUSTER, store),
        taskQueue: WORKFLOW_QUEUE,
        args: [{ cluster: CLUSTER, store, ...input }],
      }),
    outcome: (store) => time.runUntil(client.workflow.getHandle(healWorkflowId(CLUSTER, store)).result() as Promise<HealOutcome>),
    async phase(store) {
      const { typedSearchAttributes } = await client.workflow.getHandle(healWorkflowId(CLUSTER, store)).describe();
      return typedSearchAttributes.get(PHASE) ?? null;
    },
    incident: (store) => asked<IncidentView>(healWorkflowId(CLUSTER, store), 'incident'),
    guard: () => asked<GuardState>(guardWorkflowId(CLUSTER), 'guard'),
    async startGuard() {
      await client.workflow.start('guardCluster', {
        workflowId: guardWorkflowId(CLUSTER),
        taskQueue: WORKFLOW_QUEUE,
        args: [{ cluster: CLUSTER, beginning: 'with the schedule' }],
      });
    },
    async close() {
      await world.stopWorkers();
      await cm.close();
      await simulator.close();
      await env.teardown();
    },
  };
  await world.startWorkers();
  if (options.guard !== false) await world.startGuard();
  return world;
}
