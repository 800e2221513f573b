import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  ChildWorkflowCancellationType,
  ParentClosePolicy,
  setCurrentDetails,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import { destroyWorkflowId, healWorkflowId, WORKFLOW_QUEUE } from '../src/domain/names.ts';
import type { Attached } from '../src/domain/outcome.ts';
import type { DestroyRequest, HealRequest } from '../src/domain/requests.ts';
import { type StoreName, subtopicOf } from '../src/domain/store.ts';
import { searchAttributes } from './attributes.ts';

/** Opens the heal of a Store under its canonical id, which is the lock. Its first run's id; null if one is open already. */
export function startHeal({ cluster, store, order }: HealRequest, summary: string): Promise<string | null> {
  return startAlone('healStore', healWorkflowId(cluster, store), { cluster, store, ...order }, summary);
}

/** Opens the destroy of a Store under its canonical id, as `startHeal` does a heal. */
export function startDestroy(request: DestroyRequest, summary: string): Promise<string | null> {
  return startAlone('destroyStore', destroyWorkflowId(request.cluster, request.store), request, summary);
}

/** What a start under another id shows and returns: the canonical id is the lock, so the work is done under that. */
export function attachedTo(
  { cluster, store }: { readonly cluster: string; readonly store: StoreName },
  workflowId: string,
  because: string,
  runId: string | null,
): Attached {
  const link = `/namespaces/${workflowInfo().namespace}/workflows/${encodeURIComponent(workflowId)}`;
  setCurrentDetails(`- ${because}: [${workflowId}](${link})`);
  return { kind: 'attached', cluster, store, because: `${because}: ${link}`, workflowId, runId };
}

/** It outlives who started it, and is not cancelled with them. */
async function startAlone(
  type: 'healStore' | 'destroyStore',
  workflowId: string,
  input: { readonly cluster: string; readonly store: StoreName },
  staticSummary: string,
): Promise<string | null> {
  const { cluster, store } = input;
  try {
    const child = await startChild(type, {
      workflowId,
      taskQueue: WORKFLOW_QUEUE,
      args: [input],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      cancellationType: ChildWorkflowCancellationType.ABANDON,
      staticSummary,
      typedSearchAttributes: searchAttributes({ cluster, store, subtopic: subtopicOf(store), phase: 'opening' }),
    });
    return child.firstExecutionRunId;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return null;
    throw error;
  }
}
