/** Runs a watch over a row of readings, as the activity does one attempt at a time. */
import type { Reading } from '../../../src/domain/reading.ts';
import { startWatch, stepWatch, type WatchResult, type WatchSpec, type WatchState } from '../../../src/domain/watch.ts';
import { EVERY, MINUTE, SECOND, T0 } from '../readings.ts';

export const confirm = { readings: 3, overMs: 90 * SECOND, patienceMs: 30 * MINUTE };
export const confirmSpec = { kind: 'confirm', everyMs: EVERY, confirm, order: null } as const satisfies WatchSpec;

/** The newest checkpoint before the stop, in seconds. */
export const BEFORE_S = Math.floor(T0 / 1000) - 600;
export const verifySpec = {
  kind: 'verify',
  everyMs: EVERY,
  confirm,
  healthyForMs: 5 * MINUTE,
  withinMs: 15 * MINUTE,
  newestBeforeS: BEFORE_S,
} as const satisfies WatchSpec;

export interface Watched {
  /** Null: the readings ended before the watch did. */
  readonly done: WatchResult | null;
  /** When the last reading was made, counted from the start of the watch. */
  readonly afterMs: number;
  readonly state: WatchState;
}

export function watch(spec: WatchSpec, readings: Iterable<Reading>, from: WatchState = startWatch(), startedMs = T0): Watched {
  let state = from;
  let afterMs = 0;
  for (const reading of readings) {
    afterMs = reading.atMs - startedMs;
    const step = stepWatch(spec, state, reading, startedMs);
    if (step.done !== null) return { done: step.done, afterMs, state };
    state = step.state;
  }
  return { done: null, afterMs, state };
}

/** One look each interval, from T0 on, for as long as the watch takes (three hours at most). */
export function* lookEvery(look: (atMs: number, sinceStartMs: number) => Reading): Generator<Reading> {
  for (let sinceMs = 0; sinceMs <= 180 * MINUTE; sinceMs += EVERY) yield look(T0 + sinceMs, sinceMs);
}
