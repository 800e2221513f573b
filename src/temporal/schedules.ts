import {
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type Client,
  type ScheduleDescription,
  type ScheduleOptions,
} from '@temporalio/client';
import { WORKFLOW_QUEUE, sweepScheduleId, sweepWorkflowId } from '../domain/names.ts';
import { searchAttributeKeys } from './search-attributes.ts';

const SECOND_MS = 1_000;

/** What a schedule is made from. */
export interface SweptCluster {
  readonly name: string;
  readonly everyMs: number;
}

export interface AppliedSchedule {
  readonly cluster: string;
  /** `created` only when this very call created it: then, and only then, the caller starts the guard. */
  readonly result: 'created' | 'updated' | 'unchanged';
}

/** One cluster's schedule as the server has it. */
export interface ScheduleView {
  readonly cluster: string;
  readonly scheduleId: string;
  readonly paused: boolean;
  readonly note: string;
  readonly everyMs: number | null;
  /** Epoch milliseconds, by the server's clock. */
  readonly nextMs: number | null;
  readonly lastMs: number | null;
  readonly taken: number;
  readonly skippedForOverlap: number;
  readonly missed: number;
}

/**
 * Makes the sweep schedules of these clusters what they should be. A schedule that exists keeps its pause, note
 * and remaining actions; one that is right already is not touched. Schedules of other clusters are left alone.
 */
export async function applySchedules(client: Client, clusters: readonly SweptCluster[]): Promise<AppliedSchedule[]> {
  const applied: AppliedSchedule[] = [];
  for (const cluster of clusters) applied.push({ cluster: cluster.name, result: await applySchedule(client, cluster) });
  return applied;
}

async function applySchedule(client: Client, cluster: SweptCluster): Promise<AppliedSchedule['result']> {
  const wanted = scheduleFor(cluster);
  try {
    await client.schedule.create(wanted);
    return 'created';
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
  }
  const handle = client.schedule.getHandle(wanted.scheduleId);
  if (fingerprint(await handle.describe()) === fingerprint(asDescribed(wanted))) return 'unchanged';
  const { scheduleId: _id, ...rest } = wanted;
  await handle.update((previous) => ({ ...rest, state: previous.state }));
  return 'updated';
}

type SweepSchedule = ReturnType<typeof scheduleFor>;

function scheduleFor({ name, everyMs }: SweptCluster) {
  const typedSearchAttributes = [{ key: searchAttributeKeys.cluster, value: name }];
  return {
    scheduleId: sweepScheduleId(name),
    spec: { intervals: [{ every: everyMs }], jitter: Math.min(everyMs / 10, 5 * SECOND_MS) },
    action: {
      type: 'startWorkflow',
      workflowType: 'sweepCluster',
      args: [{ cluster: name }],
      taskQueue: WORKFLOW_QUEUE,
      workflowId: sweepWorkflowId(name),
      workflowRunTimeout: Math.max(3 * everyMs, 120 * SECOND_MS),
      typedSearchAttributes,
    },
    policies: {
      overlap: ScheduleOverlapPolicy.SKIP,
      // The server's default is a year; a look that was missed is worth nothing. Ten seconds is its minimum.
      catchupWindow: Math.max(everyMs, 10 * SECOND_MS),
      pauseOnFailure: false,
    },
    typedSearchAttributes,
  } satisfies ScheduleOptions;
}

/** The parts that we set, in one order, so that wanted and existing can be compared. */
interface Compared {
  readonly spec: {
    readonly intervals: readonly { readonly every: number; readonly offset: number }[];
    /** Calendars, exceptions, start and end: somebody added them by hand, and they change when we look. */
    readonly foreign: boolean;
    readonly jitter: number;
  };
  readonly action: readonly unknown[];
  readonly policies: readonly unknown[];
  readonly cluster: unknown;
}

function fingerprint(schedule: ScheduleDescription | Compared): string {
  return JSON.stringify('raw' in schedule ? compared(schedule) : schedule);
}

function compared({ spec, action, policies, typedSearchAttributes }: ScheduleDescription): Compared {
  const foreign =
    (spec.calendars ?? []).length + (spec.skip ?? []).length > 0 || spec.startAt !== undefined || spec.endAt !== undefined;
  return {
    spec: {
      intervals: (spec.intervals ?? []).map(({ every, offset }) => ({ every, offset: milliseconds(offset) })),
      foreign,
      jitter: milliseconds(spec.jitter),
    },
    action: [
      action.workflowType,
      action.args ?? [],
      action.taskQueue,
      action.workflowId,
      milliseconds(action.workflowRunTimeout),
      milliseconds(action.workflowExecutionTimeout),
      clusterOf(action.typedSearchAttributes),
    ],
    policies: [policies.overlap, policies.catchupWindow, policies.pauseOnFailure],
    cluster: clusterOf(typedSearchAttributes),
  };
}

function asDescribed({ spec, action, policies, typedSearchAttributes }: SweepSchedule): Compared {
  return {
    spec: { intervals: spec.intervals.map(({ every }) => ({ every, offset: 0 })), foreign: false, jitter: spec.jitter },
    action: [
      action.workflowType,
      action.args,
      action.taskQueue,
      action.workflowId,
      action.workflowRunTimeout,
      0,
      clusterOf(action.typedSearchAttributes),
    ],
    policies: [policies.overlap, policies.catchupWindow, policies.pauseOnFailure],
    cluster: clusterOf(typedSearchAttributes),
  };
}

type Attributes = ScheduleOptions['typedSearchAttributes'];

function clusterOf(attributes: Attributes): unknown {
  if (attributes === undefined) return null;
  if (Array.isArray(attributes))
    return attributes.find(({ key }) => key.name === searchAttributeKeys.cluster.name)?.value ?? null;
  return attributes.get(searchAttributeKeys.cluster) ?? null;
}

/** Descriptions give numbers, and undefined for what is zero, whatever their type says. */
function milliseconds(duration: unknown): number {
  return typeof duration === 'number' ? duration : 0;
}

/** The schedules of these clusters; a cluster without one is not in the answer. */
export async function describeSchedules(client: Client, clusters: readonly string[]): Promise<ScheduleView[]> {
  const views: ScheduleView[] = [];
  for (const cluster of clusters) {
    const description = await ifThere(client.schedule.getHandle(sweepScheduleId(cluster)).describe());
    if (description !== undefined) views.push(viewOf(cluster, description));
  }
  return views;
}

function viewOf(cluster: string, { scheduleId, spec, state, info }: ScheduleDescription): ScheduleView {
  return {
    cluster,
    scheduleId,
    paused: state.paused,
    note: state.note ?? '',
    everyMs: spec.intervals?.[0]?.every ?? null,
    nextMs: info.nextActionTimes[0]?.getTime() ?? null,
    lastMs: info.recentActions.at(-1)?.takenAt.getTime() ?? null,
    taken: info.numActionsTaken,
    skippedForOverlap: info.numActionsSkippedOverlap,
    missed: info.numActionsMissedCatchupWindow,
  };
}

/** Deletes a cluster's schedule; false when there was none. Open heals and the guard are not touched. */
export async function removeSchedule(client: Client, cluster: string): Promise<boolean> {
  const removed = await ifThere(
    client.schedule
      .getHandle(sweepScheduleId(cluster))
      .delete()
      .then(() => true),
  );
  return removed ?? false;
}

async function ifThere<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}
