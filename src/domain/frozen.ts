import { diagnose, type SeenReading } from './reading.ts';

/** The newest checkpoint of a Store, and since when it stands there (server time, epoch milliseconds). */
export interface Standing {
  readonly newestS: number | null;
  readonly sinceMs: number;
}

/** Follows the newest checkpoint. A Store that is not healthy is not followed: frozen is said of green ones only. */
export function foldStanding(before: Standing | undefined, reading: SeenReading): Standing | undefined {
  if (diagnose(reading).kind !== 'healthy') return undefined;
  const { newestS } = reading.checkpoints;
  return before !== undefined && before.newestS === newestS ? before : { newestS, sinceMs: reading.atMs };
}

/** Healthy by status, yet its newest checkpoint has not moved for `afterMs`. A warning, never a reason to act. */
export function isFrozen(standing: Standing | undefined, nowMs: number, afterMs: number): boolean {
  return standing !== undefined && nowMs - standing.sinceMs >= afterMs;
}
