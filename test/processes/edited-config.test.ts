import { afterEach, expect, test } from 'vitest';
import { ProcessWorld, STORE, until } from './process-world.ts';

let world: ProcessWorld | undefined;

afterEach(async () => {
  await world?.close();
  world = undefined;
});

test('while storekeeper.yaml cannot be read nothing is stopped, and once it can be read again the Store is healed', async () => {
  world = await ProcessWorld.start();
  const worker = await world.startWorker();
  await world.applySchedule();
  await until('a sweep that may act', async () => (await world?.guard().catch(() => null))?.lastSweep?.reply.note === null);
  await world.write('environment: development\nclusters: [ {name: site-1, mode: a');
  world.simulator.kill(STORE);

  await until('a stop to be refused for it', () => worker.commands().some((line) => line.answer === 'mode'));
  expect(worker.commands().at(-1)).toMatchObject({
    verb: 'stop',
    sent: false,
    detail: expect.stringContaining('the configuration cannot be read'),
  });
  expect(worker.lines.filter((line) => line.includes('nothing is stopped until it can'))).toHaveLength(1);
  expect(world.simulator.commands()).toEqual([]);

  await world.configure();
  await until(
    'the Store to be healed',
    async () => (await world?.guard())?.stores.some((memory) => memory.last?.outcome === 'healed') === true,
  );
  expect(world.simulator.state(STORE).status).toBe(0);
  expect(world.commandPaths(STORE)).toEqual(['/crawler/clear', '/crawler/restore']);
  expect(world.broken()).toEqual([]);
});

test('a heal confirmed under act sends no stop once the file says observe, even when it says so during the last look', async () => {
  world = await ProcessWorld.start();
  const worker = await world.startWorker();
  await world.startGuard();
  world.simulator.kill(STORE);
  // Each reading takes 1.2 s: the edit lands after the confirmation, while the stop’s own reading is under way.
  world.simulator.inject(STORE, { kind: 'slow', delay: '48s' });
  await world.startHeal(STORE);
  await until('the last look before the stop', async () => (await world?.isLookingBeforeStop(STORE)) === true);
  await world.configure({ mode: 'observe' });

  expect(await world.outcome(STORE)).toMatchObject({ kind: 'blocked', because: expect.stringContaining('observe') });
  expect(worker.commands()).toMatchObject([{ verb: 'stop', sent: false, answer: 'mode' }]);
  expect(world.simulator.commands()).toEqual([]);

  world.simulator.clearFaults(STORE);
  await world.startHeal(STORE);
  expect(await world.outcome(STORE)).toMatchObject({ kind: 'would act' });
  expect(world.simulator.commands()).toEqual([]);
});

test('an edit between a worker’s start and its first look counts', async () => {
  world = await ProcessWorld.start();
  await world.startWorker();
  await world.configure({ mode: 'observe' });
  await world.startGuard();
  world.simulator.kill(STORE);
  await world.startHeal(STORE);
  expect(await world.outcome(STORE)).toMatchObject({ kind: 'would act' });
  expect(world.simulator.commands()).toEqual([]);
});
