import { diagnose, type SeenReading } from './reading.ts';

/** The newest checkpoint of a Store, and since when it stands there (server time, epoch milliseconds). */
export interface Standing {
  readonly newestS: number | null;
  readonly sinceMs: number;
}

/**
 * Follows the newest checkpoint. A Store that is faulty is not followed: frozen is said of green ones only. An
 * unknown reading leaves what was known.
 */
export function foldStanding(before: Standing | undefined, reading: SeenReading): Standing | undefined {
  const { kind } = diagnose(reading);
  if (kind !== 'healthy') return kind === 'unknown' ? before : undefined;
  const { newestS } = reading.checkpoints;
  return before !== undefined && before.newestS === newestS ? before : { newestS, sinceMs: reading.atMs };
}

/** Healthy by status, yet its newest checkpoint has not moved for `afterMs`. A warning, never a reason to act. */
export function isFrozen(standing: Standing | undefined, nowMs: number, afterMs: number): boolean {
  return standing !== undefined && nowMs - standing.sinceMs >= afterMs;
}
