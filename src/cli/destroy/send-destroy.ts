import type { DestroyOutcome } from '../../domain/approval/destroy-outcome.ts';
import { destroyWorkflowId, WORKFLOW_QUEUE } from '../../domain/names.ts';
import type { Attached } from '../../domain/outcome.ts';
import type { DestroyRequest } from '../../domain/requests.ts';
import type { Temporal } from '../reach/open-temporal.ts';

/** The workflow by its name: importing its code would pull the sandbox in here. */
export type DestroyStore = (input: unknown) => Promise<DestroyOutcome | Attached>;

export interface SentDestroy {
  readonly workflowId: string;
  readonly runId: string;
  /** `open already`: somebody asked before, and this order changes nothing there. */
  readonly how: 'started' | 'open already';
}

/** The open one may end between being found and being looked at; then a new one is started. */
const TRIES_MAX = 3;

export async function sendDestroy(temporal: Temporal, makeRequest: () => DestroyRequest): Promise<SentDestroy> {
  const { WorkflowExecutionAlreadyStartedError } = await import('@temporalio/client');
  for (let tries = 1; ; tries += 1) {
    const request = makeRequest();
    const workflowId = destroyWorkflowId(request.cluster, request.store);
    try {
      return { workflowId, runId: await start(temporal, workflowId, request), how: 'started' };
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      const { runId, status } = await temporal.client.workflow.getHandle(workflowId).describe();
      if (status.name === 'RUNNING') return { workflowId, runId, how: 'open already' };
      if (tries >= TRIES_MAX) throw error;
    }
  }
}

async function start({ client }: Temporal, workflowId: string, request: DestroyRequest): Promise<string> {
  const { startAttributes } = await import('../../temporal/search-attributes.ts');
  const { cluster, store, reason } = request;
  const handle = await client.workflow.start<DestroyStore>('destroyStore', {
    workflowId,
    taskQueue: WORKFLOW_QUEUE,
    args: [request],
    workflowIdConflictPolicy: 'FAIL',
    staticSummary: `destroy ordered: ${reason.slice(0, 100)}`,
    typedSearchAttributes: startAttributes(cluster, store),
  });
  return handle.firstExecutionRunId;
}
