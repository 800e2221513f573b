/**
 * Lets virtual time run, and mends the one fault of the time-skipping server that would stop it for good.
 *
 * The server counts locks: time skips while there is none. It takes one for every pending workflow task and
 * activity, and forgets to give it back when a child ends after its parent (a heal opened by a sweep does), or
 * when a workflow ends with work pending. It also keeps one for work that no worker polls for. So where time
 * stands although nothing is under way here, one lock is given back.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { TestWorkflowEnvironment } from '@temporalio/testing';

const LOOK_EVERY_MS = 60;
/** Time that stood over so many looks, with a lost lock known of or no worker there, stands for good. */
const STANDING_LOOKS = 4;
/** Without such a reason it may be that this machine is merely slow. */
const STANDING_LOOKS_LONG = 30;

export interface VirtualTime {
  /** Lets exactly so much virtual time pass. */
  pass(ms: number): Promise<void>;
  /** Lets time run from timer to timer until the work is done. */
  runUntil<T>(work: Promise<T>): Promise<T>;
  /** The workers are back: they give back the locks of what had no worker, so these must not be missing. */
  workersAreBack(): Promise<void>;
}

interface Conditions {
  /** A request to the Cluster Manager is under way. */
  readonly busy: () => boolean;
  /** Some queue has no worker. */
  readonly away: () => boolean;
  /** How many heals that a sweep opened have ended so far. */
  readonly orphansEnded: () => Promise<number>;
}

export function virtualTime(env: TestWorkflowEnvironment, conditions: Conditions): VirtualTime {
  const { testService } = env.connection;
  if (testService === undefined) throw new Error('this server cannot skip time');
  let unlockedWhileAway = 0;
  let givenBack = false;
  let orphansPaid = 0;

  const hasReason = async (): Promise<boolean> => {
    if (conditions.away()) return true;
    if ((await conditions.orphansEnded()) <= orphansPaid) return false;
    orphansPaid += 1;
    return true;
  };

  const giveLockBack = async (): Promise<void> => {
    if (conditions.away()) unlockedWhileAway += 1;
    givenBack = true;
    await testService.unlockTimeSkipping({});
  };

  /** A lock given back in error (this machine was merely slow) would let time run on between two lines of a test. */
  const standStill = async (): Promise<void> => {
    if (!givenBack) return;
    givenBack = false;
    const beforeMs = await env.currentTimeMs();
    await pause(20);
    if ((await env.currentTimeMs()) - beforeMs > 1_000) await testService.lockTimeSkipping({});
  };

  /** Resolves with the work; meanwhile time that stands for no reason is set going again. */
  const watchOver = async <T>(work: Promise<T>): Promise<T> => {
    const settled = work.then(
      () => true,
      () => true,
    );
    let standing = 0;
    let before = { virtualMs: await env.currentTimeMs(), realMs: Date.now() };
    while (!(await Promise.race([settled, pause(LOOK_EVERY_MS, false)]))) {
      const now = { virtualMs: await env.currentTimeMs(), realMs: Date.now() };
      const skipped = now.virtualMs - before.virtualMs > 2 * (now.realMs - before.realMs) + 50;
      standing = skipped || conditions.busy() ? 0 : standing + 1;
      before = now;
      if (standing < STANDING_LOOKS || (standing < STANDING_LOOKS_LONG && !(await hasReason()))) continue;
      standing = 0;
      await giveLockBack();
    }
    return work;
  };

  return {
    async pass(ms) {
      await watchOver(env.sleep(ms));
      await standStill();
    },
    async runUntil(work) {
      await testService.unlockTimeSkipping({});
      try {
        return await watchOver(work);
      } finally {
        await testService.lockTimeSkipping({});
        await standStill();
      }
    },
    async workersAreBack() {
      for (; unlockedWhileAway > 0; unlockedWhileAway -= 1) await testService.lockTimeSkipping({});
    },
  };
}
