import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { NativeConnection, Worker } from '@temporalio/worker';
import { createApproving } from '../activities/approving.ts';
import { createCommanding } from '../activities/commanding.ts';
import type { ClusterSource } from '../activities/cluster-source.ts';
import { createDestroying } from '../activities/destroying.ts';
import { createDesk } from '../activities/desk.ts';
import type { Journal } from '../activities/journal.ts';
import { createObserving } from '../activities/observing.ts';
import { createSurveying } from '../activities/surveying.ts';
import { ROLES, type Role } from './running/roles.ts';
import { cmQueue, destroyQueue, WORKFLOW_QUEUE } from './domain/names.ts';
import { workflowBundlePath } from './temporal/bundle-workflows.ts';
import { dataConverter } from './temporal/data-converter.ts';

export interface WorkerParts {
  readonly connection: NativeConnection;
  readonly namespace: string;
  /** Default: all of them. */
  readonly roles?: readonly Role[];
  /** The clusters whose queues this process polls. */
  readonly clusters: readonly string[];
  readonly source: ClusterSource;
  readonly journal: Journal;
  /** Who this worker is, on screen and in histories. */
  readonly identity: string;
  /** How long a shutdown waits for what is under way; the default lets a whole command end. */
  readonly shutdownGraceMs?: number;
  /** How many workflows are kept in memory; 0 replays each from its history at every task. */
  readonly cachedWorkflowsMax?: number;
}

export interface Workers {
  /** Resolves when all workers have stopped; rejects when one of them failed. */
  readonly running: Promise<void>;
  /** Stops polling and lets what is under way end: a command lasts up to 150 s. */
  stop(): Promise<void>;
}

/** A command may take its whole HTTP time-out; nothing is cut off in the middle of one. */
const SHUTDOWN_GRACE_MS = 170_000;
/** After a kill the next worker waits no longer than this for tasks stuck to the dead one. */
const STICKY_TIMEOUT_MS = 2_000;
/** Isolates remember workflows; a cap keeps a storm of incidents from taking all memory. */
const CACHED_WORKFLOWS_MAX = 500;
/** A destroy is rare, and never in a hurry. */
const DESTROYS_AT_ONCE = 2;

/** Puts the worker together: one for workflows, one for the desk, and per cluster one that reaches its CM and one that destroys. */
export async function startWorkers(parts: WorkerParts): Promise<Workers> {
  const { connection, namespace, source, journal, identity } = parts;
  const common = {
    connection,
    namespace,
    identity,
    dataConverter: dataConverter(),
    shutdownGraceTime: parts.shutdownGraceMs ?? SHUTDOWN_GRACE_MS,
  };
  const has = (role: Role): boolean => (parts.roles ?? ROLES).includes(role);
  const forEachCluster = (create: (cluster: string) => Promise<Worker>): Promise<Worker[]> =>
    Promise.all(parts.clusters.map(create));
  // An isolate that keeps workflows costs memory, so only the role that needs it makes one.
  const workflows = has('workflows')
    ? [
        await Worker.create({
          ...common,
          taskQueue: WORKFLOW_QUEUE,
          workflowBundle: { codePath: workflowBundlePath() },
          stickyQueueScheduleToStartTimeout: STICKY_TIMEOUT_MS,
          maxCachedWorkflows: parts.cachedWorkflowsMax ?? CACHED_WORKFLOWS_MAX,
        }),
      ]
    : [];
  const desk = has('workflows')
    ? [await Worker.create({ ...common, taskQueue: WORKFLOW_QUEUE, activities: createDesk(journal) })]
    : [];
  // Also one that runs no workflows tells which ones it came with.
  const build = has('clusters') ? buildOfWorkflows() : '';
  const reaching = has('clusters')
    ? await forEachCluster((cluster) =>
        Worker.create({
          ...common,
          taskQueue: cmQueue(cluster),
          activities: {
            ...createObserving(source, identity),
            ...createApproving(source),
            ...createCommanding(source, journal),
            ...createSurveying(source, identity, build),
          },
          // A survey and its watches are told of a cancellation quickly; the default would be seconds.
          maxHeartbeatThrottleInterval: '1s',
        }),
      )
    : [];
  // Registered nowhere else: whoever has not this role cannot destroy.
  const destroying = has('destroy')
    ? await forEachCluster((cluster) =>
        Worker.create({
          ...common,
          taskQueue: destroyQueue(cluster),
          activities: { ...createDestroying(source, journal) },
          maxConcurrentActivityTaskExecutions: DESTROYS_AT_ONCE,
        }),
      )
    : [];
  const acting = [...desk, ...reaching, ...destroying].map(run);
  const narrating = workflows.map(run);
  const running = Promise.all([...acting, ...narrating].map(({ ended }) => ended)).then(() => undefined);
  return {
    running,
    async stop() {
      // Activities first: a sweep's report waits for the guard, which this very process may be the one to run.
      await Promise.all(acting.map(end));
      await Promise.all(narrating.map(end));
    },
  };
}

/** Which workflows this process came with: the beginning of their bundle's SHA-256. */
function buildOfWorkflows(): string {
  return createHash('sha256').update(readFileSync(workflowBundlePath())).digest('hex').slice(0, 16);
}

interface RunningWorker {
  readonly worker: Worker;
  readonly ended: Promise<void>;
}

function run(worker: Worker): RunningWorker {
  return { worker, ended: worker.run() };
}

async function end({ worker, ended }: RunningWorker): Promise<void> {
  if (worker.getState() === 'RUNNING') worker.shutdown();
  await ended;
}
