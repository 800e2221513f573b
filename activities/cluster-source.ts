import type { ClusterConfig } from '../src/config/config.ts';
import type { ClusterManager } from '../src/cluster-manager/cluster-manager.ts';

/** A cluster as the worker's own configuration has it at this moment. */
export interface LiveCluster {
  readonly config: ClusterConfig;
  readonly cm: ClusterManager;
  /** Identifies the configuration, for comparing workers. */
  readonly digest: string;
  /** Set when the file cannot be read any more: reads go on by the last good one, commands do not. */
  readonly stale: string | null;
}

/** Where activities learn of clusters. Read afresh for each activity: a change of mode must not wait for a restart. */
export interface ClusterSource {
  get(cluster: string): Promise<LiveCluster>;
}
