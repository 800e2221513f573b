import { type Client, ScheduleNotFoundError } from '@temporalio/client';
import type { Config } from '../config/config.ts';
import type { GuardInput } from '../domain/activities.ts';
import { guardWorkflowId, sweepScheduleId, WORKFLOW_QUEUE } from '../domain/names.ts';
import { type AppliedSchedule, applySchedules } from './schedules.ts';

/**
 * Makes the sweep schedules of a configuration what they should be. Where a schedule is created, the cluster's
 * guard is started first: a guard that a sweep has to start finds nothing before it, and begins paused.
 */
export async function applyClusters(client: Client, config: Config): Promise<AppliedSchedule[]> {
  for (const { name } of config.clusters) {
    if (!(await hasSchedule(client, name))) await startFirstGuard(client, name);
  }
  return applySchedules(
    client,
    config.clusters.map(({ name, policy }) => ({ name, everyMs: policy.everyMs })),
  );
}

async function hasSchedule(client: Client, cluster: string): Promise<boolean> {
  try {
    await client.schedule.getHandle(sweepScheduleId(cluster)).describe();
    return true;
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return false;
    throw error;
  }
}

async function startFirstGuard(client: Client, cluster: string): Promise<void> {
  await client.workflow.start<(input: GuardInput) => Promise<void>>('guardCluster', {
    workflowId: guardWorkflowId(cluster),
    workflowIdConflictPolicy: 'USE_EXISTING',
    taskQueue: WORKFLOW_QUEUE,
    args: [{ cluster, beginning: 'with the schedule' }],
    staticSummary: `guard of ${cluster}`,
  });
}
