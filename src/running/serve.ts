import { hostname } from 'node:os';
import type { NativeConnection } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { Journal } from '../../activities/journal.ts';
import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load-config.ts';
import { serveClusters } from '../live-clusters.ts';
import type { TemporalConnection } from '../temporal/connect.ts';
import { requireSearchAttributes } from '../temporal/search-attributes.ts';
import { startWorkers } from '../worker.ts';
import { ROLES, type Role } from './roles.ts';

export interface Serving {
  /** Rejects when a worker failed. */
  readonly running: Promise<void>;
  /** Lets what is under way end, then closes everything. May be called twice. */
  stop(): Promise<void>;
}

export interface ServeParts {
  readonly config: Config;
  readonly temporal: TemporalConnection<NativeConnection>;
  readonly log: Logger;
  readonly journal: Journal;
  /** Default: all of them. */
  readonly roles?: readonly Role[];
  /** Without a Cluster Manager under way there is nothing to wait for: a demo ends at once. */
  readonly shutdownGraceMs?: number;
}

/** Workers for every cluster of a configuration. Refuses to poll while a search attribute is missing. */
export async function serve({ config, temporal, log, journal, roles = ROLES, shutdownGraceMs }: ServeParts): Promise<Serving> {
  if (roles.includes('workflows')) await requireSearchAttributes(temporal.connection, temporal.namespace);
  const source = serveClusters(
    config,
    () => loadConfig(config.path, process.env),
    (error) =>
      log.error(
        { file: error.file, faults: error.faults },
        'the configuration cannot be used any more; nothing is stopped until it can',
      ),
    { say: (cluster, message) => log.warn({ cluster }, message) },
  );
  const workers = await startWorkers({
    connection: temporal.connection,
    namespace: temporal.namespace,
    clusters: config.clusters.map((cluster) => cluster.name),
    roles,
    source,
    journal,
    identity: `storekeeper@${hostname()}:${process.pid}`,
    ...(shutdownGraceMs === undefined ? {} : { shutdownGraceMs }),
  });
  let stopped: Promise<void> | undefined;
  const running = workers.running;
  running.catch(() => undefined);
  return {
    running,
    stop() {
      stopped ??= stopInOrder();
      return stopped;
    },
  };

  async function stopInOrder(): Promise<void> {
    try {
      await workers.stop();
    } finally {
      await source.close();
    }
  }
}

/** Resolves with the name of the first signal that asks the process to end. A second one is left to its default. */
export function untilSignalled(): { readonly signalled: Promise<NodeJS.Signals>; dispose(): void } {
  const names: NodeJS.Signals[] = ['SIGINT', 'SIGTERM'];
  let onSignal: (name: NodeJS.Signals) => void = () => undefined;
  const dispose = (): void => names.forEach((name) => process.off(name, onSignal));
  const signalled = new Promise<NodeJS.Signals>((resolve) => {
    onSignal = (name) => {
      dispose();
      resolve(name);
    };
    names.forEach((name) => process.on(name, onSignal));
  });
  return { signalled, dispose };
}
