import type { GuardInput } from '../activities.ts';
import { guardWorkflowId, WORKFLOW_QUEUE } from '../names.ts';
import type { GuardBeginning } from './state.ts';

/**
 * How a guard is started. Who finds none says so: it then begins paused, since something ended the one before.
 * Only who creates the schedule starts one that begins with it.
 */
export function guardStart(cluster: string, beginning: GuardBeginning) {
  return {
    workflowId: guardWorkflowId(cluster),
    taskQueue: WORKFLOW_QUEUE,
    args: [{ cluster, beginning }] as [GuardInput],
    staticSummary: `guard of ${cluster}`,
  };
}
