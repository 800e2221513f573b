import type { Screen } from './screen.ts';

const BAR_WIDTH = 30;
const REDRAW_MS = 100;

/** A bar on stderr for work of known size. Off a terminal it is silent. Call `done` before anything else is said. */
export function startProgress(screen: Screen, what: string, total: number): { step(): void; done(): void } {
  let made = 0;
  let drawnMs = Date.now();
  let drawn = false;
  return {
    step() {
      made += 1;
      if (Date.now() - drawnMs < REDRAW_MS) return;
      drawnMs = Date.now();
      drawn = true;
      const full = Math.round((BAR_WIDTH * made) / total);
      screen.redraw(`${what} [${'#'.repeat(full)}${'.'.repeat(BAR_WIDTH - full)}] ${made}/${total}`);
    },
    done() {
      if (drawn) screen.redraw('');
    },
  };
}
