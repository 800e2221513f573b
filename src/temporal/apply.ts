import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import type { GuardInput } from '../domain/activities.ts';
import { guardStart } from '../domain/guard/start.ts';
import { applySchedules, describeSchedules, type AppliedSchedule } from './schedules.ts';
import { searchAttributeKeys } from './search-attributes.ts';

/** As much of a configuration as is put on the server. */
export interface AppliedConfig {
  readonly clusters: readonly { readonly name: string; readonly policy: { readonly everyMs: number } }[];
}

export interface AppliedCluster extends AppliedSchedule {
  /** `left alone`: the schedule was there, so a guard that is missing was ended by something, and people must look. */
  readonly guard: 'started' | 'running already' | 'left alone';
}

/**
 * Makes guard and sweep schedule of each cluster what they should be. Only where there is no schedule yet is a
 * guard started, and before the schedule is created: a first sweep that found none would start a paused one.
 * Needs the search attributes. Rejects with what Temporal says.
 */
export async function applyClusters(client: Client, config: AppliedConfig): Promise<AppliedCluster[]> {
  const applied: AppliedCluster[] = [];
  for (const { name, policy } of config.clusters) {
    const isNew = (await describeSchedules(client, [name])).length === 0;
    const guard = isNew ? await startGuard(client, name) : 'left alone';
    const schedules = await applySchedules(client, [{ name, everyMs: policy.everyMs }]);
    applied.push(...schedules.map((schedule) => ({ ...schedule, guard })));
  }
  return applied;
}

/** The workflow by its name: importing its code would pull the sandbox in here. */
type GuardCluster = (input: GuardInput) => Promise<void>;

async function startGuard(client: Client, cluster: string): Promise<AppliedCluster['guard']> {
  try {
    await client.workflow.start<GuardCluster>('guardCluster', {
      ...guardStart(cluster, 'with the schedule'),
      // Failing tells the two apart; a guard that runs is kept either way.
      workflowIdConflictPolicy: 'FAIL',
      typedSearchAttributes: [
        { key: searchAttributeKeys.cluster, value: cluster },
        { key: searchAttributeKeys.phase, value: 'guarding' },
      ],
    });
    return 'started';
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return 'running already';
    throw error;
  }
}
