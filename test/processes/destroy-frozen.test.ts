import { afterEach, expect, test } from 'vitest';
import { configurationText, STORE, until, type ProcessWorld, type Program } from './process-world.ts';
import { Cable } from './world/cable.ts';
import { approvalOf, destroys, lookingBeforeDestroy, outcomeOf, worldOfTheDead } from './world/destroys.ts';

const LIMIT = { timeout: 120_000 };

let world: ProcessWorld | undefined;
/** Between worker and server, and between worker and Cluster Manager. */
const cables: Cable[] = [];

afterEach(async () => {
  await world?.close();
  for (const cable of cables.splice(0)) cable.close();
  world = undefined;
});

async function dyingWorld(options: Parameters<typeof ProcessWorld.start>[0] = {}): Promise<ProcessWorld> {
  world = await worldOfTheDead(options);
  return world;
}

/** A worker that can be frozen together with its network: as a suspended machine is. */
async function suspendable(here: ProcessWorld): Promise<{ worker: Program; freeze: () => void; wake: () => void }> {
  const line = await Cable.to(here.server.address);
  cables.push(line);
  const worker = await here.startWorker(line.address);
  return {
    worker,
    freeze() {
      worker.signal('SIGSTOP');
      line.cut();
    },
    wake() {
      worker.signal('SIGCONT');
      line.mend();
    },
  };
}

test('a worker frozen in its last look, and woken after it was given up, sends no destroy', LIMIT, async () => {
  const here = await dyingWorld({ patch: { readTimeout: '60s' } });
  const { worker, freeze, wake } = await suspendable(here);
  await here.startGuard();
  const handle = await lookingBeforeDestroy(here);
  freeze();
  here.simulator.clearFaults(STORE);
  await here.startWorker();
  expect(await outcomeOf(handle)).toMatchObject({ kind: 'unknown' });
  wake();
  await until('the woken worker to end its command', () => worker.commands().length > 0);
  expect(worker.commands()).toMatchObject([{ verb: 'destroy', sent: false }]);
  expect(destroys(here)).toEqual([]);
  expect(here.broken()).toEqual([]);
});

test(
  'a worker frozen between the guard’s word and the sending, and woken after it was given up, sends no destroy',
  LIMIT,
  async () => {
    const here = await dyingWorld({ patch: { readTimeout: '60s' } });
    const road = await Cable.to(here.simulator.url.replace('http://', ''));
    cables.push(road);
    await here.write(
      configurationText(`http://${road.address}`, [STORE], { readTimeout: '60s' }, approvalOf('alice', 'bob', 'carol')),
    );
    const { worker, freeze, wake } = await suspendable(here);
    await here.startGuard();
    const handle = await lookingBeforeDestroy(here);
    // The reading that is under way comes through. The guard lets it pass, and then nobody takes the connection.
    road.refuse();
    await until('the guard to let the destroy pass', async () => (await here.guard()).leases[0]?.passed?.verb === 'destroy');
    freeze();
    await road.accept();
    here.simulator.clearFaults(STORE);
    await here.startWorker();
    expect(await outcomeOf(handle)).toMatchObject({ kind: 'unknown' });
    wake();
    await until('the woken worker to end its command', () => worker.commands().length > 0);
    expect(worker.commands()).toMatchObject([{ verb: 'destroy', sent: false }]);
    expect(destroys(here)).toEqual([]);
    expect(here.broken()).toEqual([]);
  },
);
