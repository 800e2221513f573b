import { stat } from 'node:fs/promises';
import type { ClusterSource, LiveCluster } from '../activities/cluster-source.ts';
import { asTemporalFailure } from '../activities/failures.ts';
import { connectClusterManager, type ClusterManager } from './cluster-manager/cluster-manager.ts';
import { type ClusterConfig, type Config, ConfigError } from './config/config.ts';
import { storesOf, viewInventory, withoutSubtopics } from './domain/inventory.ts';
import { subtopicOf } from './domain/store.ts';
import type { OmsAccess } from './domain/ask-witness.ts';
import { connectOmsApi } from './oms-api/oms-api.ts';
import { type Discovery, type OmsView, startDiscovery } from './inventory/discovery.ts';

export interface LiveOptions {
  /** Told of what happens to lists of Stores: they fail, they come back, Stores come and go. */
  readonly say?: (cluster: string, message: string) => void;
  readonly connectOms?: (access: OmsAccess) => OmsView;
  readonly now?: () => number;
}

export interface LiveClusters extends ClusterSource {
  /** The configuration as it was read last. */
  current(): Config;
  close(): Promise<void>;
}

/**
 * Serves the clusters of one configuration file, and reads the file again whenever it has changed: a mode set
 * to observe must count for the very next command. A file that cannot be read any more leaves the last good
 * one in place for reads, and is named as stale so that no command goes out on its authority.
 */
export function serveClusters(
  first: Config,
  load: () => Promise<Config>,
  onTrouble: (error: ConfigError) => void,
  { say = () => undefined, connectOms = connectOmsApi, now = Date.now }: LiveOptions = {},
): LiveClusters {
  let config = first;
  let stale: string | null = null;
  // Unknown at first, so that the first activity reads the file again: it may have changed since the start.
  let stamp: string | null = null;
  const managers = new Map<string, ClusterManager>();
  const discovery = startDiscovery({ configFile: first.path, connect: connectOms, say, now });

  async function refresh(): Promise<void> {
    const now = (await Promise.all(config.files.map(stampOf))).join(' ');
    if (now === stamp) return;
    try {
      config = await load();
      stale = null;
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      if (stale === null) onTrouble(error);
      stale = error.message;
    }
    stamp = now;
  }

  return {
    current: () => config,
    async get(name): Promise<LiveCluster> {
      await refresh();
      const cluster = config.clusters.find((candidate) => candidate.name === name);
      if (cluster === undefined) {
        throw asTemporalFailure({ kind: 'unknown cluster', cluster: name, known: config.clusters.map((known) => known.name) });
      }
      const listed = await listedFor(discovery, cluster, config);
      return { config: cluster, cm: managerFor(managers, cluster), ...listed, digest: cluster.digest, stale };
    },
    async close() {
      await discovery.close();
      await Promise.all([...managers.values()].map((manager) => manager.close()));
    },
  };
}

/** Every Store of the cluster, and what OMS's own view of them is. */
async function listedFor(
  discovery: Discovery,
  cluster: ClusterConfig,
  { clusters }: Config,
): Promise<Pick<LiveCluster, 'stores' | 'witness' | 'inventory'>> {
  const { name, discover, stores } = cluster;
  if (discover === undefined) return { stores, witness: null };
  const others = clusters.filter((other) => other.name !== name).flatMap((other) => other.stores.map(subtopicOf));
  const inventory = withoutSubtopics(await discovery.inventoryOf({ name, discover }), new Set(others));
  return {
    stores: storesOf(inventory, stores),
    witness: discovery.witnessOf(discover),
    inventory: viewInventory(inventory, stores, discover.graceMs),
  };
}

/** One connection pool per address and time-outs. An old one is kept: commands may be under way on it. */
function managerFor(managers: Map<string, ClusterManager>, cluster: ClusterConfig): ClusterManager {
  const { cm: baseUrl, restartMethod, readTimeoutMs, commandTimeoutMs } = cluster;
  const key = [baseUrl, restartMethod, readTimeoutMs, commandTimeoutMs].join(' ');
  const known = managers.get(key);
  if (known !== undefined) return known;
  const manager = connectClusterManager({ baseUrl, restartMethod, readTimeoutMs, commandTimeoutMs });
  managers.set(key, manager);
  return manager;
}

async function stampOf(path: string): Promise<string> {
  try {
    const { mtimeMs, size, ino } = await stat(path);
    return `${mtimeMs}:${size}:${ino}`;
  } catch {
    return 'gone';
  }
}
