/**
 * Watching a Store: pure folding of readings until a verdict stands. The activity around it reads once per
 * attempt and lets the server schedule the next; everything that must survive a dead worker is in WatchState.
 */
import type { Policy } from './policy.ts';
import { diagnose, type Reading, type SeenReading } from './reading.ts';
import { emptyStreak, foldStreak, HOLE_INTERVALS, isConfirmed, isForeignHand, type StoreLife, type Streak } from './streak.ts';

/** After so many restarts by somebody else the incident ends as flapping. */
export const FOREIGN_RESTARTS_MAX = 3;

type Confirm = Policy['confirm'];

export type WatchSpec =
  | {
      readonly kind: 'confirm';
      readonly everyMs: number;
      readonly confirm: Confirm;
      /** An order rests on one trusted reading; with restartHealthy also on a healthy one. */
      readonly order: { readonly restartHealthy: boolean } | null;
    }
  | {
      readonly kind: 'verify';
      readonly everyMs: number;
      readonly confirm: Confirm;
      readonly healthyForMs: number;
      readonly withinMs: number;
      /** The newest checkpoint before our stop, in seconds; null if there was none. */
      readonly newestBeforeS: number | null;
      /** The life that our stop ended. CM may go on showing it for a while: that it changes is our doing. */
      readonly lifeBefore?: StoreLife | null;
    }
  | { readonly kind: 'backoff'; readonly everyMs: number; readonly forMs: number };

export interface WatchState {
  readonly streak: Streak;
  readonly readings: number;
  /** Verify: status 0 was seen since the restart. */
  readonly cameUp: boolean;
  /** Verify: time covered by consecutive good readings, and the last of them. Unknown freezes it. */
  readonly goodMs: number;
  readonly lastGoodMs: number | null;
  /** Verify: good readings have begun and not been broken. */
  readonly goodBegun: boolean;
}

export function startWatch(streak: Streak = emptyStreak): WatchState {
  return { streak, readings: 0, cameUp: false, goodMs: 0, lastGoodMs: null, goodBegun: false };
}

export type WatchResult =
  | { readonly kind: 'confirmed'; readonly streak: Streak; readonly reading: SeenReading }
  | { readonly kind: 'healthy'; readonly streak: Streak; readonly reading: SeenReading }
  | { readonly kind: 'verified'; readonly reading: SeenReading; readonly goodMs: number }
  | { readonly kind: 'failed'; readonly streak: Streak; readonly reading: SeenReading; readonly cameUp: boolean }
  | { readonly kind: 'flapping'; readonly streak: Streak; readonly reading: SeenReading }
  | { readonly kind: 'not proven'; readonly streak: Streak; readonly because: string; readonly cameUp: boolean }
  | { readonly kind: 'blind'; readonly streak: Streak; readonly because: string; readonly cameUp: boolean }
  | { readonly kind: 'elapsed'; readonly streak: Streak };

export type WatchStep =
  | { readonly done: WatchResult }
  | { readonly done: null; readonly state: WatchState; readonly progress: string };

/** When a watch that began at `startedMs` must have returned, by the server's clock. */
export function watchDeadlineMs(spec: WatchSpec, startedMs: number): number {
  switch (spec.kind) {
    case 'confirm':
      return startedMs + spec.confirm.patienceMs;
    case 'verify':
      // A healthyFor begun before `within` may finish; unknown readings inside it stretch it by their own time.
      return startedMs + spec.withinMs + 2 * spec.healthyForMs;
    case 'backoff':
      return startedMs + spec.forMs;
  }
}

/** Folds one reading and says whether the watch is over. `startedMs` is when the server scheduled the watch. */
export function stepWatch(spec: WatchSpec, before: WatchState, reading: Reading, startedMs: number): WatchStep {
  const state = {
    ...before,
    readings: before.readings + 1,
    streak: foldStreak(ownRestart(spec, before.streak), reading, spec.everyMs),
  };
  if (reading.kind === 'seen' && reading.trusted && state.streak.foreignRestarts >= FOREIGN_RESTARTS_MAX) {
    return { done: { kind: 'flapping', streak: state.streak, reading } };
  }
  const over = reading.atMs >= watchDeadlineMs(spec, startedMs);
  switch (spec.kind) {
    case 'confirm':
      return stepConfirm(spec, state, reading, over);
    case 'verify':
      return stepVerify(spec, state, before, reading, startedMs, over);
    case 'backoff':
      return stepBackoff(state, reading, over);
  }
}

/** While CM still shows the life before our stop, the next one is not a foreign hand's work but our restart's. */
function ownRestart(spec: WatchSpec, streak: Streak): Streak {
  if (spec.kind !== 'verify' || !spec.lifeBefore || streak.life === null) return streak;
  return isForeignHand(spec.lifeBefore, streak.life) ? streak : { ...streak, life: null };
}

function stepConfirm(
  spec: Extract<WatchSpec, { kind: 'confirm' }>,
  state: WatchState,
  reading: Reading,
  over: boolean,
): WatchStep {
  const diagnosis = diagnose(reading);
  const { streak } = state;
  if (reading.kind === 'seen' && diagnosis.kind === 'healthy') {
    return { done: { kind: spec.order?.restartHealthy === true ? 'confirmed' : 'healthy', streak, reading } };
  }
  const enough = spec.order === null ? spec.confirm : { readings: 1, overMs: 0 };
  if (reading.kind === 'seen' && diagnosis.kind === 'faulty' && isConfirmed(streak, enough)) {
    return { done: { kind: 'confirmed', streak, reading } };
  }
  if (over) return { done: { kind: 'blind', streak, because: sayReading(reading), cameUp: false } };
  const progress = `${sayReading(reading)}; ${streak.readings} of ${enough.readings} trusted readings, ${seconds(streak.coveredMs)} of ${seconds(enough.overMs)}`;
  return { done: null, state, progress };
}

function stepVerify(
  spec: Extract<WatchSpec, { kind: 'verify' }>,
  state: WatchState,
  before: WatchState,
  reading: Reading,
  startedMs: number,
  over: boolean,
): WatchStep {
  const diagnosis = diagnose(reading);
  const ended = over || reading.atMs >= startedMs + spec.withinMs;
  if (reading.kind === 'unseen' || diagnosis.kind === 'unknown') {
    // Frozen: the good time so far neither grows nor is lost.
    const frozen = { ...state, lastGoodMs: null };
    if (over || (ended && !state.goodBegun))
      return { done: { kind: 'blind', streak: state.streak, because: sayReading(reading), cameUp: state.cameUp } };
    return { done: null, state: frozen, progress: sayReading(reading) };
  }
  const cameUp = state.cameUp || diagnosis.kind === 'healthy';
  const broken = whyNotGood(spec, state, before, reading, startedMs);
  const after: WatchState =
    broken === null
      ? {
          ...state,
          cameUp,
          goodBegun: true,
          goodMs: state.goodMs + coverage(state.lastGoodMs, reading.atMs, spec.everyMs),
          lastGoodMs: reading.atMs,
        }
      : { ...state, cameUp, goodBegun: false, goodMs: 0, lastGoodMs: null };
  if (after.goodBegun && after.goodMs >= spec.healthyForMs) return { done: { kind: 'verified', reading, goodMs: after.goodMs } };
  if (diagnosis.kind === 'faulty' && (cameUp || ended) && isConfirmed(state.streak, spec.confirm)) {
    return { done: { kind: 'failed', streak: state.streak, reading, cameUp } };
  }
  if (over || (ended && !after.goodBegun)) {
    return {
      done: { kind: 'not proven', streak: state.streak, because: broken ?? 'it was not healthy for long enough', cameUp },
    };
  }
  const progress = broken ?? `healthy and moving for ${seconds(after.goodMs)} of ${seconds(spec.healthyForMs)}`;
  return { done: null, state: after, progress };
}

/** The time between two good readings counts, unless nobody looked in between for too long. */
function coverage(lastGoodMs: number | null, atMs: number, everyMs: number): number {
  return lastGoodMs === null || atMs - lastGoodMs > HOLE_INTERVALS * everyMs ? 0 : Math.max(0, atMs - lastGoodMs);
}

/** A good reading is healthy, moved beyond the checkpoint before the stop, and of the same life as the last. */
function whyNotGood(
  spec: Extract<WatchSpec, { kind: 'verify' }>,
  state: WatchState,
  before: WatchState,
  reading: SeenReading,
  startedMs: number,
): string | null {
  if (reading.status !== 0) return sayReading(reading);
  if (state.streak.foreignRestarts > before.streak.foreignRestarts) return 'somebody restarted it again';
  const floorS = spec.newestBeforeS ?? Math.floor(startedMs / 1000);
  const { newestS } = reading.checkpoints;
  if (newestS === null || newestS <= floorS)
    return `status 0, but its newest checkpoint (${newestS ?? 'none'}) has not passed ${floorS}`;
  return null;
}

function stepBackoff(state: WatchState, reading: Reading, over: boolean): WatchStep {
  if (reading.kind === 'seen' && diagnose(reading).kind === 'healthy') {
    return { done: { kind: 'healthy', streak: state.streak, reading } };
  }
  return over ? { done: { kind: 'elapsed', streak: state.streak } } : { done: null, state, progress: sayReading(reading) };
}

/** A reading as a few words. CM's own text is not part of it. */
export function sayReading(reading: Reading): string {
  const diagnosis = diagnose(reading);
  switch (diagnosis.kind) {
    case 'healthy':
      return 'healthy';
    case 'faulty':
      return `faulty (status ${diagnosis.status})`;
    case 'unknown':
      return diagnosis.because.startsWith('witness')
        ? `unknown: ${diagnosis.because}, ${diagnosis.detail}`
        : `unknown: ${diagnosis.because}`;
  }
}

export function seconds(durationMs: number): string {
  return `${Math.round(durationMs / 1000)} s`;
}
