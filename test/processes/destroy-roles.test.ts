import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { CLUSTER, configurationText, STORE, until, type ProcessWorld } from './process-world.ts';
import {
  approvalOf,
  approve,
  destroys,
  lastPlan,
  orderDestroy,
  outcomeOf,
  planShown,
  viewOf,
  worldOfTheDead,
} from './world/destroys.ts';

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

test('a worker without the role cannot destroy; a process of its own, with its own file, does it', LIMIT, async () => {
  const here = await dyingWorld();
  const worker = await here.startWorker(undefined, ['--except', 'destroy']);
  await here.startGuard();
  const handle = await orderDestroy(here);
  const plan = await planShown(handle);
  expect((await viewOf(handle))?.open?.warnings.join()).toContain(`storekeeper-destroy-${CLUSTER}`);
  await approve(handle, plan, 'alice', 'bob');
  await until('it to be approved', async () => (await viewOf(handle))?.phase === 'destroying');
  expect(destroys(here)).toEqual([]);

  const own = join(here.folder, 'destroyer.yaml');
  await writeFile(own, configurationText(here.simulator.url, [STORE], {}, approvalOf('alice', 'bob')));
  const destroyer = await here.startWorker(undefined, ['--only', 'destroy'], own);
  expect(await outcomeOf(handle)).toMatchObject({ kind: 'destroyed' });
  expect(worker.commands()).toEqual([]);
  expect(destroyer.commands()).toMatchObject([{ verb: 'destroy', sent: true, answer: 'done' }]);
  expect(here.broken()).toEqual([]);
});

test('who stands in the file of the site and not in that of the process that destroys has no say', LIMIT, async () => {
  const here = await dyingWorld();
  await here.startWorker(undefined, ['--except', 'destroy']);
  const own = join(here.folder, 'destroyer.yaml');
  await writeFile(own, configurationText(here.simulator.url, [STORE], {}, approvalOf('alice', 'carol')));
  const destroyer = await here.startWorker(undefined, ['--only', 'destroy'], own);
  await here.startGuard();
  const handle = await orderDestroy(here);
  await approve(handle, await planShown(handle), 'alice', 'bob');
  await until('the process to refuse', () => destroyer.commands().length > 0);
  expect(destroyer.commands()[0]).toMatchObject({ sent: false, answer: 'the votes do not stand' });
  // An approval that it knows makes up for the other.
  await approve(handle, await lastPlan(handle), 'carol');
  expect(await outcomeOf(handle)).toMatchObject({ kind: 'destroyed' });
  expect(destroys(here)).toHaveLength(1);
});
