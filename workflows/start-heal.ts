import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ChildWorkflowCancellationType, ParentClosePolicy, startChild } from '@temporalio/workflow';
import { healWorkflowId, WORKFLOW_QUEUE } from '../src/domain/names.ts';
import type { HealRequest } from '../src/domain/requests.ts';
import { subtopicOf } from '../src/domain/store.ts';
import { searchAttributes } from './attributes.ts';

/**
 * Starts the heal of a Store under its canonical id, which is the lock: null if one is open already. The heal
 * outlives who started it, and is not cancelled with them.
 */
export async function startHeal({ cluster, store, order }: HealRequest, staticSummary: string): Promise<string | null> {
  try {
    const heal = await startChild('healStore', {
      workflowId: healWorkflowId(cluster, store),
      taskQueue: WORKFLOW_QUEUE,
      args: [{ cluster, store, ...order }],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      cancellationType: ChildWorkflowCancellationType.ABANDON,
      staticSummary,
      typedSearchAttributes: searchAttributes({ cluster, store, subtopic: subtopicOf(store), phase: 'opening' }),
    });
    return heal.firstExecutionRunId;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return null;
    throw error;
  }
}
