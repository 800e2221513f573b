import { msToTs, tsToMs } from '@temporalio/common/lib/time.js';
import type { WorkflowService } from '@temporalio/client';

const DAY_MS = 24 * 60 * 60 * 1000;

/** The part of a connection, of either kind, that these functions need. */
export interface HasWorkflowService {
  readonly workflowService: WorkflowService;
}

/** For how many days the namespace keeps closed workflows: `report` and `why` read nothing older. */
export async function retentionDays(connection: HasWorkflowService, namespace: string): Promise<number> {
  const { config } = await connection.workflowService.describeNamespace({ namespace });
  const ttl = config?.workflowExecutionRetentionTtl;
  return ttl === undefined || ttl === null ? 0 : tsToMs(ttl) / DAY_MS;
}

/** Sets the namespace's retention, in days. Leaves everything else of the namespace as it is. */
export async function setRetention(connection: HasWorkflowService, namespace: string, days: number): Promise<void> {
  await connection.workflowService.updateNamespace({
    namespace,
    config: { workflowExecutionRetentionTtl: msToTs(days * DAY_MS) },
  });
}
