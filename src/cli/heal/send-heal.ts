import type { Attached, HealOutcome } from '../../domain/outcome.ts';
import { healWorkflowId, WORKFLOW_QUEUE } from '../../domain/names.ts';
import type { Order } from '../../domain/requests.ts';
import type { StoreName } from '../../domain/store.ts';
import type { Temporal } from '../reach/open-temporal.ts';

/** The workflow by its name: importing its code would pull the sandbox in here. */
export type HealStore = (input: unknown) => Promise<HealOutcome | Attached>;

export interface SentHeal {
  readonly workflowId: string;
  readonly runId: string;
  /** `handed over`: the order went to the incident that was open. `open already`: a request changes nothing there. */
  readonly how: 'started' | 'handed over' | 'open already';
}

/** An incident may end between being found open and being signalled; then a new one is started. */
const TRIES_MAX = 3;

export async function sendHeal(
  temporal: Temporal,
  { cluster, store, order }: { readonly cluster: string; readonly store: StoreName; readonly order: Order | null },
): Promise<SentHeal> {
  const { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } = await import('@temporalio/client');
  const { orderSignal } = await import('../../../workflows/messages.ts');
  const workflowId = healWorkflowId(cluster, store);
  for (let tries = 1; ; tries += 1) {
    try {
      return { workflowId, runId: await start(temporal, cluster, store, order), how: 'started' };
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
    try {
      const handle = temporal.client.workflow.getHandle<HealStore>(workflowId);
      const { runId } = await handle.describe();
      if (order !== null) await temporal.client.workflow.getHandle(workflowId, runId).signal(orderSignal, order);
      return { workflowId, runId, how: order === null ? 'open already' : 'handed over' };
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError) || tries >= TRIES_MAX) throw error;
    }
  }
}

async function start({ client }: Temporal, cluster: string, store: StoreName, order: Order | null): Promise<string> {
  const { startAttributes } = await import('../../temporal/search-attributes.ts');
  const handle = await client.workflow.start<HealStore>('healStore', {
    workflowId: healWorkflowId(cluster, store),
    taskQueue: WORKFLOW_QUEUE,
    args: [{ cluster, store, ...order }],
    workflowIdConflictPolicy: 'FAIL',
    staticSummary: order === null ? `a person asked to heal ${store}` : `ordered: ${order.reason.slice(0, 100)}`,
    typedSearchAttributes: startAttributes(cluster, store),
  });
  return handle.firstExecutionRunId;
}

/** Whether an incident of this Store is open. */
export async function isHealOpen({ client }: Temporal, cluster: string, store: StoreName): Promise<boolean> {
  const { WorkflowNotFoundError } = await import('@temporalio/client');
  try {
    const { status } = await client.workflow.getHandle(healWorkflowId(cluster, store)).describe();
    return status.name === 'RUNNING';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
