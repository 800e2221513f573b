/** Where the simulator takes its time from. Tests give one of their own, so that checkpoints and delays move with virtual time. */
export interface SimulatorClock {
  /** Epoch milliseconds. A promise where the time lives in another process, as with Temporal's time-skipping server. */
  now(): Promise<number> | number;
  /** Waits `ms` of this clock's milliseconds. The signal says that nobody waits any longer; a clock may ignore it. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's own clock. */
export function realClock(): SimulatorClock {
  return { now: () => Date.now(), sleep: sleepOnTimer };
}

async function sleepOnTimer(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done, { once: true });
  });
}

/**
 * The clock as the rest of the simulator sees it: it never runs backwards, and what is done to the cluster
 * gets its time in the order in which it was asked for, even where the clock answers by a promise.
 */
export class Timeline {
  readonly #clock: SimulatorClock;
  readonly #failures: unknown[] = [];
  #queue: Promise<void> = Promise.resolve();
  #queued = 0;
  #knownMs = 0;

  private constructor(clock: SimulatorClock) {
    this.#clock = clock;
  }

  static async start(clock: SimulatorClock): Promise<Timeline> {
    const timeline = new Timeline(clock);
    await timeline.now();
    return timeline;
  }

  /** The time for one request: one reading of the clock, after everything that was asked of `act` before. */
  async now(): Promise<number> {
    while (this.#queued > 0) await this.#queue;
    return this.#learn(await this.#clock.now());
  }

  /** The latest time known without waiting. Exact for a clock that answers at once. */
  known(): number {
    if (this.#queued > 0) return this.#knownMs;
    const now = this.#clock.now();
    if (typeof now === 'number') return this.#learn(now);
    now.then(
      (ms) => this.#learn(ms),
      (error: unknown) => this.#failures.push(error),
    );
    return this.#knownMs;
  }

  /** Does `work` now; where the clock answers by a promise, as soon as it has answered. */
  act(work: (nowMs: number) => void): void {
    const now = this.#clock.now();
    if (typeof now === 'number' && this.#queued === 0) {
      work(this.#learn(now));
      return;
    }
    this.#queued += 1;
    this.#queue = this.#doAfter(this.#queue, Promise.resolve(now), work);
  }

  /** Resolves when everything asked of `act` is done. Rejects with the first failure among it, or of the clock. */
  async settled(): Promise<void> {
    await this.now();
    const [failure] = this.#failures.splice(0);
    if (failure !== undefined) throw failure;
  }

  async #doAfter(before: Promise<void>, now: Promise<number>, work: (nowMs: number) => void): Promise<void> {
    try {
      const [nowMs] = await Promise.all([now, before]);
      work(this.#learn(nowMs));
    } catch (error) {
      this.#failures.push(error);
    } finally {
      this.#queued -= 1;
    }
  }

  #learn(nowMs: number): number {
    this.#knownMs = Math.max(this.#knownMs, nowMs);
    return this.#knownMs;
  }
}
