import { activityInfo } from '@temporalio/activity';
import type { Run } from '../src/domain/guard/messages.ts';

/** The run that the calling activity belongs to, by the server's word and not by any input: after a reset, that names the old one. */
export function ownRun(): Run {
  const { workflowId, runId } = activityInfo().workflowExecution ?? { workflowId: '', runId: '' };
  return { workflowId, runId };
}
