import type { GuardInput } from '../../domain/activities.ts';
import type { Pause } from '../../domain/guard/messages.ts';
import { guardStart } from '../../domain/guard/start.ts';
import type { GuardState } from '../../domain/guard/state.ts';
import { stamp } from '../screen/times.ts';
import type { Temporal } from './open-temporal.ts';

/** As long as somebody at a terminal waits for the guard's word. */
export const CONFIRM_TIMEOUT_MS = 10_000;

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
    ...guardStart(cluster, 'found missing'),
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
