import { afterEach, expect, test } from 'vitest';
import { STORE, until, type ProcessWorld } from './process-world.ts';
import { approve, destroys, lookingBeforeDestroy, orderDestroy, outcomeOf, planShown, worldOfTheDead } from './world/destroys.ts';

const LIMIT = { timeout: 120_000 };

let world: ProcessWorld | undefined;

afterEach(async () => {
  await world?.close();
  world = undefined;
});

async function dyingWorld(options: Parameters<typeof ProcessWorld.start>[0] = {}): Promise<ProcessWorld> {
  world = await worldOfTheDead(options);
  return world;
}

test(
  'a worker killed in the last look before a destroy has sent nothing, and no other worker sends it for it',
  LIMIT,
  async () => {
    const here = await dyingWorld({ patch: { readTimeout: '60s' } });
    const worker = await here.startWorker();
    await here.startGuard();
    const handle = await lookingBeforeDestroy(here);
    await worker.kill();
    here.simulator.clearFaults(STORE);
    await here.startWorker();

    // Nobody can know that the killed worker had not sent it; the reading says that the Store is still there.
    expect(await outcomeOf(handle)).toMatchObject({ kind: 'unknown', plans: 1 });
    expect(destroys(here)).toEqual([]);
    expect(here.broken()).toEqual([]);
  },
);

test('a worker killed inside a destroy leaves one request, whose outcome is read', LIMIT, async () => {
  const here = await dyingWorld({ speed: 4 });
  const worker = await here.startWorker();
  await here.startGuard();
  const handle = await orderDestroy(here);
  await approve(handle, await planShown(handle), 'alice', 'bob');
  await until('the destroy to arrive', () => destroys(here).length > 0);
  await worker.kill();
  await here.startWorker();

  expect(await outcomeOf(handle)).toMatchObject({ kind: 'destroyed', because: 'the answer was lost, and it is gone' });
  expect(destroys(here)).toHaveLength(1);
  expect(here.simulator.state(STORE).reader).toBe('destroyed');
  expect(here.broken({ unwritten: 1 })).toEqual([]);
});

test('a worker killed right after the answer to a destroy leaves one request', LIMIT, async () => {
  const here = await dyingWorld();
  const worker = await here.startWorker();
  await here.startGuard();
  const handle = await orderDestroy(here);
  await approve(handle, await planShown(handle), 'alice', 'bob');
  await until('the destroy to be answered', () => destroys(here)[0]?.endedMs != null);
  await worker.kill();
  await here.startWorker();

  expect(await outcomeOf(handle)).toMatchObject({ kind: 'destroyed' });
  expect(destroys(here)).toHaveLength(1);
});
