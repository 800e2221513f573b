import type { StoreName } from './store.ts';

/**
 * Every workflow id, schedule id and queue, made by one function each. Pure: workflows, worker and command
 * line all build the same string, and the id of a heal is what keeps a second one from starting.
 */

/** Workflows, and the activities that need no CM. */
export const WORKFLOW_QUEUE = 'storekeeper';

/** Reads, commands and policy of one cluster: polled by a worker that can reach that CM. */
export function cmQueue(cluster: string): string {
  return `storekeeper-cm-${cluster}`;
}

/** Destroy alone, so that it can run in another process with a configuration of its own. */
export function destroyQueue(cluster: string): string {
  return `storekeeper-destroy-${cluster}`;
}

export function sweepScheduleId(cluster: string): string {
  return `sweep:${cluster}`;
}

/** The id a schedule starts from; the server appends the nominal time, so no two sweeps share an id. */
export function sweepWorkflowId(cluster: string): string {
  return `sweep:${cluster}`;
}

export function healWorkflowId(cluster: string, store: StoreName): string {
  return `heal:${cluster}:${store}`;
}

export function destroyWorkflowId(cluster: string, store: StoreName): string {
  return `destroy:${cluster}:${store}`;
}

export function guardWorkflowId(cluster: string): string {
  return `guard:${cluster}`;
}

/** All are of type Keyword. A namespace on SQL visibility has room for ten of that type. */
export const SEARCH_ATTRIBUTES = ['StorekeeperCluster', 'StorekeeperStore', 'StorekeeperSubtopic', 'StorekeeperPhase'] as const;

export type SearchAttributeName = (typeof SEARCH_ATTRIBUTES)[number];
