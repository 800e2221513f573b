import { diagnose, startTimeOf, type Reading, type SeenReading } from './reading.ts';

/** What tells one life of a Store from the next: a restart by anybody changes at least one of them. */
export interface StoreLife {
  readonly port: number | null;
  /** From the message; null while no message told it. */
  readonly startedAt: string | null;
}

/** Consecutive trusted-faulty readings of one Store. All times are the server's, in epoch milliseconds. */
export interface Streak {
  readonly readings: number;
  /** When the first trusted-faulty reading of this streak was made; null while there is none. */
  readonly sinceMs: number | null;
  /** Time that trusted-faulty readings cover. Time spent not knowing is not part of it. */
  readonly coveredMs: number;
  /** The last reading of any kind, to notice a hole. A hole that ended in `unknown` stays open until a trusted reading. */
  readonly lookedMs: number | null;
  /** The last reading, if it was trusted-faulty: the next one covers the time from here. */
  readonly faultyMs: number | null;
  readonly life: StoreLife | null;
  /** Restarts by a foreign hand since the streak's incident began. They outlive a streak started anew. */
  readonly foreignRestarts: number;
}

export const emptyStreak: Streak = {
  readings: 0,
  sinceMs: null,
  coveredMs: 0,
  lookedMs: null,
  faultyMs: null,
  life: null,
  foreignRestarts: 0,
};

/** A hole is more than this many intervals without any look. */
export const HOLE_INTERVALS = 3;

/**
 * Adds one reading. `unknown` freezes the streak: it neither advances nor clears it. A healthy reading
 * ends it; a hole or a foreign hand starts it again with this reading.
 */
export function foldStreak(streak: Streak, reading: Reading, everyMs: number): Streak {
  const diagnosis = diagnose(reading);
  if (reading.kind === 'unseen' || diagnosis.kind === 'unknown') {
    const hole = isHole(streak, reading.atMs, everyMs);
    return { ...streak, lookedMs: hole ? streak.lookedMs : reading.atMs, faultyMs: null };
  }
  const life = lifeOf(reading, streak.life);
  const foreign = streak.life !== null && isForeignHand(streak.life, life);
  const foreignRestarts = streak.foreignRestarts + (foreign ? 1 : 0);
  if (diagnosis.kind === 'healthy') return { ...emptyStreak, life, foreignRestarts, lookedMs: reading.atMs };
  const base = foreign || isHole(streak, reading.atMs, everyMs) ? restarted(streak) : streak;
  return {
    readings: base.readings + 1,
    sinceMs: base.sinceMs ?? reading.atMs,
    coveredMs: base.coveredMs + (base.faultyMs === null ? 0 : Math.max(0, reading.atMs - base.faultyMs)),
    lookedMs: reading.atMs,
    faultyMs: reading.atMs,
    life,
    foreignRestarts,
  };
}

function restarted(streak: Streak): Streak {
  return { ...emptyStreak, life: streak.life, foreignRestarts: streak.foreignRestarts };
}

function isHole(streak: Streak, atMs: number, everyMs: number): boolean {
  return streak.lookedMs !== null && atMs - streak.lookedMs > HOLE_INTERVALS * everyMs;
}

/** A message that tells no start time leaves the one known before. */
export function lifeOf(reading: SeenReading, before: StoreLife | null): StoreLife {
  return {
    port: reading.port ?? before?.port ?? null,
    startedAt: startTimeOf(reading.message) ?? before?.startedAt ?? null,
  };
}

/** Whether somebody started the Store between two looks. Unknown on either side proves nothing. */
export function isForeignHand(before: StoreLife, now: StoreLife): boolean {
  const portChanged = before.port !== null && now.port !== null && before.port !== now.port;
  const startChanged = before.startedAt !== null && now.startedAt !== null && before.startedAt !== now.startedAt;
  return portChanged || startChanged;
}

/** Long enough in count and in time for a stop to be considered. */
export function isConfirmed(streak: Streak, confirm: { readonly readings: number; readonly overMs: number }): boolean {
  return streak.faultyMs !== null && streak.readings >= confirm.readings && streak.coveredMs >= confirm.overMs;
}
