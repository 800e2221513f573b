import { setTimeout as pause } from 'node:timers/promises';

const POLL_MS = 20;

/** Polls until it holds. Rejects after `withinMs`, saying what was waited for. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, withinMs = 60_000): Promise<void> {
  const untilMs = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > untilMs) throw new Error(`waited ${withinMs / 1000} s in vain for ${what}`);
    await pause(POLL_MS);
  }
}
