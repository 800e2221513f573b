import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ChildWorkflowCancellationType, ParentClosePolicy, startChild } from '@temporalio/workflow';
import { destroyWorkflowId, WORKFLOW_QUEUE } from '../src/domain/names.ts';
import type { DestroyRequest } from '../src/domain/requests.ts';
import { subtopicOf } from '../src/domain/store.ts';
import { searchAttributes } from './attributes.ts';

/**
 * Opens the destroy of a Store under its canonical id: null if one is open already. It waits for people long after
 * who opened it has ended.
 */
export async function startDestroy(request: DestroyRequest, staticSummary: string): Promise<string | null> {
  const { cluster, store } = request;
  try {
    const destroy = await startChild('destroyStore', {
      workflowId: destroyWorkflowId(cluster, store),
      taskQueue: WORKFLOW_QUEUE,
      args: [request],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      cancellationType: ChildWorkflowCancellationType.ABANDON,
      staticSummary,
      typedSearchAttributes: searchAttributes({ cluster, store, subtopic: subtopicOf(store), phase: 'opening' }),
    });
    return destroy.firstExecutionRunId;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return null;
    throw error;
  }
}
