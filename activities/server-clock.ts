import { performance } from 'node:perf_hooks';
import { activityInfo } from '@temporalio/activity';

/**
 * The server's time as an activity knows it: when the server scheduled this attempt, plus what has passed here
 * since the attempt began. The larger of wall and monotonic time counts, so that neither a frozen process nor
 * a clock set back makes anything look younger than it is.
 */
export interface ServerClock {
  /** Epoch milliseconds, server time. */
  now(): number;
}

export function startServerClock(): ServerClock {
  return clockFrom(activityInfo().currentAttemptScheduledTimestampMs);
}

/** A clock that goes on from a server time just learnt. */
export function clockFrom(serverMs: number, stopwatch: () => number = startStopwatch()): ServerClock {
  return { now: () => serverMs + stopwatch() };
}

/** Milliseconds since it was started, never less than either clock says. */
export function startStopwatch(): () => number {
  const wallMs = Date.now();
  const monotonicMs = performance.now();
  return () => Math.max(0, Date.now() - wallMs, performance.now() - monotonicMs);
}
