import type { SimulatorClock } from '../../src/simulator/clock.ts';

interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
}

/** A clock that stands still until a test moves it, and wakes sleepers in the order of their time. */
export class ManualClock implements SimulatorClock {
  #nowMs: number;
  #sleepers: Sleeper[] = [];
  readings = 0;

  constructor(nowMs = Date.UTC(2023, 9, 30, 8, 0, 0)) {
    this.#nowMs = nowMs;
  }

  now(): number {
    this.readings += 1;
    return this.#nowMs;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#sleepers.push({ atMs: this.#nowMs + ms, wake: resolve });
      signal?.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  get sleepers(): number {
    return this.#sleepers.length;
  }

  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const next = this.#sleepers.filter((one) => one.atMs <= untilMs).toSorted((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) break;
      this.#sleepers = this.#sleepers.filter((one) => one !== next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.wake();
      await turns();
    }
    this.#nowMs = untilMs;
    await turns();
  }
}

/** The same time, told by a promise only, as by a clock in another process. */
export class DistantClock implements SimulatorClock {
  readonly near = new ManualClock();

  async now(): Promise<number> {
    const nowMs = this.near.now();
    await turns();
    return nowMs;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    await this.near.sleep(ms, signal);
  }
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
}
