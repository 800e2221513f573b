import { afterEach, expect, test } from 'vitest';
import { ProcessWorld, STORE, until, type Program } from './process-world.ts';

let world: ProcessWorld | undefined;

afterEach(async () => {
  await world?.close();
  world = undefined;
});

/** A dead Store, one worker, and a heal that is on its way to the stop. */
async function healing(
  options: Parameters<typeof ProcessWorld.start>[0] = {},
): Promise<{ world: ProcessWorld; worker: Program }> {
  world = await ProcessWorld.start(options);
  const worker = await world.startWorker();
  await world.startGuard();
  world.simulator.kill(STORE);
  await world.startHeal(STORE);
  return { world, worker };
}

test('a worker killed between stop and restart leaves a restart that the next worker sends', async () => {
  const { world, worker } = await healing({ patch: { policy: { wait: '3s' } } });
  const stop = await world.arrival('/crawler/clear', STORE);
  await until('the stop to be answered', () => stop.endedMs !== null);
  await until('the wait to begin', async () => (await world.phase(STORE)) === 'waiting before the restart');
  await worker.kill();
  await world.startWorker();

  expect(await world.outcome(STORE)).toMatchObject({ kind: 'healed', attempts: [{ stop: 'done', restart: 'done' }] });
  expect(world.commandPaths(STORE)).toEqual(['/crawler/clear', '/crawler/restore']);
  expect(world.simulator.state(STORE).status).toBe(0);
  expect(world.broken()).toEqual([]);
});

test('a worker killed inside a stop leaves an unknown stop, which is waited out and followed by its restart', async () => {
  // A stop of 2.2 s, so that the kill surely lands inside it.
  const { world, worker } = await healing({ speed: 10 });
  const stop = await world.arrival('/crawler/clear', STORE);
  await worker.kill();
  expect(stop).toMatchObject({ endedMs: null, carriedOut: true });
  await world.startWorker();

  expect(await world.outcome(STORE)).toMatchObject({ kind: 'healed', attempts: [{ stop: 'answer lost', restart: 'done' }] });
  expect(stop.outcome).toBe('client hung up');
  expect(world.commandPaths(STORE)).toEqual(['/crawler/clear', '/crawler/restore']);
  expect(world.simulator.state(STORE).status).toBe(0);
  expect(world.broken({ unwritten: 1 })).toEqual([]);
});

test('a worker killed inside a restart leaves it to the verification, and no second restart is sent on top of it', async () => {
  const { world, worker } = await healing({ speed: 10 });
  const restart = await world.arrival('/crawler/restore', STORE);
  await worker.kill();
  expect(restart).toMatchObject({ endedMs: null, carriedOut: true });
  await world.startWorker();

  expect(await world.outcome(STORE)).toMatchObject({ kind: 'healed', attempts: [{ stop: 'done', restart: 'answer lost' }] });
  expect(restart.outcome).toBe('client hung up');
  expect(world.commandPaths(STORE)).toEqual(['/crawler/clear', '/crawler/restore']);
  expect(world.simulator.state(STORE).status).toBe(0);
  expect(world.broken({ unwritten: 1 })).toEqual([]);
});

test.for([
  { path: '/crawler/clear', activity: 'stopStore', verb: 'stop' },
  { path: '/crawler/restore', activity: 'restartStore', verb: 'restart' },
] as const)(
  'a worker told to end inside a $verb waits for the answer, records it and ends with code 0',
  async ({ path, activity, verb }) => {
    const { world, worker } = await healing({ speed: 10 });
    const command = await world.arrival(path, STORE);
    worker.signal('SIGTERM');
    expect(command.endedMs).toBeNull();

    expect(await worker.exited).toBe(0);
    expect(command).toMatchObject({ outcome: 'answered', status: 200 });
    expect(worker.commands().at(-1)).toMatchObject({ verb, sent: true, answer: 'done' });
    const { events } = await world.healOf(STORE).fetchHistory();
    const scheduled = events?.findLast((event) => event.activityTaskScheduledEventAttributes?.activityType?.name === activity);
    const completed = events?.find((event) =>
      event.activityTaskCompletedEventAttributes?.scheduledEventId?.equals(scheduled?.eventId ?? -1),
    );
    expect(completed, 'the answer in the history').toBeDefined();

    await world.startWorker();
    expect(await world.outcome(STORE)).toMatchObject({ kind: 'healed', attempts: [{ stop: 'done', restart: 'done' }] });
    expect(world.commandPaths(STORE)).toEqual(['/crawler/clear', '/crawler/restore']);
    expect(world.broken()).toEqual([]);
  },
);
