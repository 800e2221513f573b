import type { ClusterConfig } from '../src/config/config.ts';
import type { ClusterManager } from '../src/cluster-manager/cluster-manager.ts';
import type { InventoryView } from '../src/domain/inventory-view.ts';
import type { StoreName } from '../src/domain/store.ts';
import type { Witness } from '../src/domain/ask-witness.ts';

/** A cluster as the worker's own configuration has it at this moment. */
export interface LiveCluster {
  readonly config: ClusterConfig;
  readonly cm: ClusterManager;
  /** Every Store of the cluster: those that the file names and those that OMS listed. Sorted. */
  readonly stores: readonly StoreName[];
  /** What is to be told of the Stores that OMS listed. Absent: nothing is discovered. */
  readonly inventory?: InventoryView;
  /** OMS's own view of a Store; null where none is configured. */
  readonly witness: Witness | null;
  /** Identifies the configuration, for comparing workers. */
  readonly digest: string;
  /** Set when the file cannot be read any more: reads go on by the last good one, commands do not. */
  readonly stale: string | null;
}

/** Where activities learn of clusters. Read afresh for each activity: a change of mode must not wait for a restart. */
export interface ClusterSource {
  get(cluster: string): Promise<LiveCluster>;
}
