import type { NativeConnection } from '@temporalio/worker';
import type { ClusterSource } from '../activities/cluster-source.ts';
import { startWorkers, type Workers } from '../src/worker.ts';

export interface TestWorkersParts {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly cluster: string;
  readonly source: ClusterSource;
  readonly identity?: string;
}

/** Workers of all roles for one cluster, in this process. That one fails is noticed by what it then does not do. */
export async function startTestWorkers({
  cluster,
  identity = 'worker-under-test',
  ...parts
}: TestWorkersParts): Promise<Workers> {
  const workers = await startWorkers({
    ...parts,
    clusters: [cluster],
    journal: () => undefined,
    identity,
    shutdownGraceMs: 1_000,
  });
  workers.running.catch(() => undefined);
  return workers;
}
