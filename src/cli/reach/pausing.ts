import type { GuardInput } from '../../domain/activities.ts';
import type { Pause } from '../../domain/guard/messages.ts';
import type { GuardState } from '../../domain/guard/state.ts';
import { WORKFLOW_QUEUE, guardWorkflowId } from '../../domain/names.ts';
import { stamp } from '../screen/times.ts';
import type { Temporal } from './open-temporal.ts';

/** As long as somebody at a terminal waits for the guard's word. */
export const CONFIRM_TIMEOUT_MS = 10_000;

/** The guard keeps no more of a name or a reason. */
const TEXT_LENGTH_MAX = 200;

export function shortText(text: string): string {
  return text.trim().slice(0, TEXT_LENGTH_MAX);
}

export interface PauseWish {
  readonly by: string;
  readonly reason: string;
  readonly minutes: number | null;
}

/**
 * Sends a pause. Where a guard is missing one is started by it, as any asker does: it begins paused, so that whatever
 * heal asks next is refused, too.
 */
export async function sendPause({ client }: Temporal, cluster: string, { by, reason, minutes }: PauseWish): Promise<void> {
  const { pauseSignal } = await import('../../../workflows/messages.ts');
  await client.workflow.signalWithStart<(input: GuardInput) => Promise<void>, [unknown]>('guardCluster', {
    workflowId: guardWorkflowId(cluster),
    taskQueue: WORKFLOW_QUEUE,
    args: [{ cluster, beginning: 'found missing' }],
    staticSummary: `guard of ${cluster}`,
    signal: pauseSignal,
    signalArgs: [{ by, reason, ...(minutes === null ? {} : { minutes }) }],
  });
}

/** Whether the guard shows this very pause. */
export function isPausedAs(state: GuardState, { by, reason, minutes }: PauseWish): boolean {
  return state.pauses.some(
    (pause) => pause.by === by && pause.reason === reason && (pause.untilMs === null) === (minutes === null),
  );
}

export function pauseForPrograms({ by, reason, sinceMs, untilMs }: Pause): object {
  return { by, reason, since: stamp(sinceMs), until: stamp(untilMs) };
}
