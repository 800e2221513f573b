import { randomUUID } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import type { Attached } from '../../src/domain/outcome.ts';
import { healWorkflowId } from '../../src/domain/names.ts';
import { CLUSTER, OTHER, ProcessWorld, STORE, until } from './process-world.ts';

let world: ProcessWorld | undefined;

afterEach(async () => {
  await world?.close();
  world = undefined;
});

test('the schedule’s own sweeps find a dead Store and heal it, and nobody starts anything by hand', async () => {
  world = await ProcessWorld.start({ stores: [STORE, OTHER] });
  const worker = await world.startWorker();
  await world.applySchedule();
  world.simulator.kill(STORE);

  await until(
    'the Store to be healed',
    async () => (await world?.guard().catch(() => null))?.stores.some((memory) => memory.last?.outcome === 'healed') === true,
  );
  expect(world.simulator.state(STORE).status).toBe(0);
  expect(world.commandPaths(STORE)).toEqual(['/crawler/clear', '/crawler/restore']);
  expect(world.commandPaths(OTHER)).toEqual([]);
  expect(await world.outcome(STORE)).toMatchObject({
    kind: 'healed',
    store: STORE,
    attempts: [{ stop: 'done', restart: 'done' }],
  });
  const description = await world.healOf(STORE).describe();
  expect(description.raw.workflowExecutionInfo?.parentExecution?.workflowId).toMatch(`sweep:${CLUSTER}-`);
  expect(worker.commands().map(({ verb, answer }) => [verb, answer])).toEqual([
    ['stop', 'done'],
    ['restart', 'done'],
  ]);
  expect(world.broken()).toEqual([]);
});

test('a heal started as the Web UI starts one, under a random id, ends attached, and the canonical heal heals', async () => {
  world = await ProcessWorld.start();
  await world.startWorker();
  await world.startGuard();
  world.simulator.kill(STORE);
  const workflowId = randomUUID();
  // What the page's form sends: one payload, encoded as json/plain, and nothing that an SDK would add.
  await world.client.workflowService.startWorkflowExecution({
    namespace: 'default',
    workflowId,
    requestId: randomUUID(),
    workflowType: { name: 'healStore' },
    taskQueue: { name: 'storekeeper' },
    identity: 'alice',
    input: {
      payloads: [
        {
          metadata: { encoding: Buffer.from('json/plain') },
          data: Buffer.from(JSON.stringify({ cluster: CLUSTER, store: STORE }, null, 2)),
        },
      ],
    },
  });

  const attached = (await world.client.workflow.getHandle(workflowId).result()) as Attached;
  expect(attached).toMatchObject({ kind: 'attached', store: STORE, workflowId: healWorkflowId(CLUSTER, STORE) });
  expect(attached.because).toContain(`/namespaces/default/workflows/${encodeURIComponent(healWorkflowId(CLUSTER, STORE))}`);
  expect(await world.outcome(STORE, attached.runId ?? undefined)).toMatchObject({ kind: 'healed' });
  expect(world.simulator.state(STORE).status).toBe(0);
  expect(world.broken()).toEqual([]);
});
