import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { ProcessWorld, STORE, until, type Program } from './process-world.ts';
import { Cable } from './world/cable.ts';

const LIMIT = { timeout: 120_000 };
/** The server gives a command up when its worker was silent for so long. */
const GIVEN_UP_AFTER_MS = 15_000;

let world: ProcessWorld | undefined;
let cable: Cable | undefined;

afterEach(async () => {
  await world?.close();
  cable?.close();
  world = undefined;
  cable = undefined;
});

interface Frozen {
  readonly world: ProcessWorld;
  readonly worker: Program;
  readonly freeze: () => void;
  /** Wakes it, and returns what it writes about its commands. */
  readonly wake: () => Promise<ReturnType<Program['commands']>>;
}

/** A dead Store and a worker that can be frozen together with its network: as a suspended machine is. */
async function worldOfTheSuspended(patch: object): Promise<Frozen> {
  const here = await ProcessWorld.start({ patch });
  world = here;
  const line = await Cable.to(here.server.address);
  cable = line;
  const worker = await here.startWorker(line.address);
  await here.startGuard();
  let written = 0;
  return {
    world: here,
    worker,
    freeze() {
      worker.signal('SIGSTOP');
      line.cut();
      written = worker.commands().length;
    },
    async wake() {
      worker.signal('SIGCONT');
      line.mend();
      await until('the woken worker to end its command', () => worker.commands().length > written);
      return worker.commands().slice(written);
    },
  };
}

test('a worker frozen inside its last look, and woken after it was given up, sends no stop', LIMIT, async () => {
  const { world, worker, freeze, wake } = await worldOfTheSuspended({ readTimeout: '60s' });
  world.simulator.kill(STORE);
  // Each reading takes 1.2 s, so that the freeze lands while the stop's own one is under way.
  world.simulator.inject(STORE, { kind: 'slow', delay: '48s' });
  await world.startHeal(STORE);
  await until('the last look before the stop', () => world.isLookingBeforeStop(STORE));
  freeze();
  expect(worker.commands()).toEqual([]);
  expect(world.simulator.commands()).toEqual([]);
  world.simulator.clearFaults(STORE);
  await world.startWorker();

  // Whoever finishes the heal cannot know that the stop was never sent.
  expect(await world.outcome(STORE)).toMatchObject({ kind: 'healed', attempts: [{ stop: 'answer lost', restart: 'done' }] });
  const before = world.simulator.commands().length;
  expect(await wake()).toMatchObject([{ verb: 'stop', sent: false, answer: 'too late' }]);
  expect(world.simulator.commands()).toHaveLength(before);
  expect(world.commandPaths(STORE)).toEqual(['/crawler/restore']);
  expect(world.simulator.state(STORE).status).toBe(0);
  expect(world.broken({ mayHaveStopped: 1 })).toEqual([]);
});

test(
  'a worker frozen between the guard’s word and the sending, and woken after it was given up, sends no restart',
  LIMIT,
  async () => {
    const { world, worker, freeze, wake } = await worldOfTheSuspended({
      policy: { wait: '1s', verify: { healthyFor: '2s', within: '5s' } },
    });
    world.simulator.kill(STORE);
    await world.startHeal(STORE);
    const stop = await world.arrival('/crawler/clear', STORE);
    await until('the stop to be answered', () => stop.endedMs !== null);
    // The guard lets the restart pass, and then there is nobody to send it to: the worker tries again until sendBy.
    world.simulator.inject('*', { kind: 'refusing' });
    await until('the guard to let the restart pass', async () => (await world.guard()).leases[0]?.passed?.verb === 'restart');
    // The guard has decided; its word is on its way to the worker, and takes some milliseconds.
    await pause(500);
    freeze();
    expect(worker.commands().map(({ verb }) => verb)).toEqual(['stop']);
    const frozenMs = Date.now();
    world.simulator.clearFaults('*');
    await world.simulator.settled();
    await world.startWorker();

    const outcome = await world.outcome(STORE);
    expect(Date.now() - frozenMs).toBeGreaterThan(GIVEN_UP_AFTER_MS - 5_000);
    expect(outcome).toMatchObject({
      kind: 'healed',
      attempts: [
        { stop: 'done', restart: 'answer lost' },
        { stop: 'done', restart: 'done' },
      ],
    });
    // Its last word from the Cluster Manager was a refused connection; what counts is that it did not try once more.
    expect(await wake()).toMatchObject([
      { verb: 'restart', sent: false, answer: expect.stringMatching(/^(unreachable|too late)$/) },
    ]);
    expect(world.commandPaths(STORE)).toEqual(['/crawler/clear', '/crawler/clear', '/crawler/restore']);
    expect(world.simulator.state(STORE).status).toBe(0);
    expect(world.broken()).toEqual([]);
  },
);
