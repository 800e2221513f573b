import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DestroyOutcome } from '../../src/domain/approval/destroy-outcome.ts';
import { parseStoreName, type StoreName } from '../../src/domain/store.ts';
import { NAMESPACE } from './jwt-server.ts';
import { attestedBy, type JwtWorld, startJwtWorld, WORKER } from './jwt-world.ts';

const LIMIT = 60_000;
/** Each test has a Store of its own, on a subtopic of its own. */
const STORES = Array.from({ length: 8 }, (_, index) => storeName(`10.0.0.${index + 1}-7100:p_${index}_source-000-0:0000000001`));

function storeName(text: string): StoreName {
  const parsed = parseStoreName(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

let world: JwtWorld;
let next = 0;

beforeAll(async () => {
  world = await startJwtWorld({ stores: STORES });
}, 120_000);
afterAll(() => world.close(), 60_000);

/** A dead Store that nobody has touched yet. */
async function deadStore(): Promise<StoreName> {
  const store = STORES[next];
  next += 1;
  if (store === undefined) throw new Error('there are more tests than Stores');
  world.simulator.kill(store);
  await world.simulator.settled();
  return store;
}

test(
  'two approvers approve with their own tokens, and the Store goes by one request',
  async () => {
    const store = await deadStore();
    const handle = await world.orderDestroy('dave', store);
    const open = await world.plan(handle);
    // Who ordered is proven by the server, so the quorum is not raised.
    expect(open.needed).toBe(attestedBy.quorum);
    await world.vote('alice', handle, open);
    await world.vote('bob', handle, open);
    expect(await handle.result()).toMatchObject({ kind: 'destroyed' });
    const { open: last } = await world.view(handle);
    expect(last?.tally?.approvals.map(({ name, assurance }) => [name, assurance])).toEqual([
      ['alice', 'attested'],
      ['bob', 'attested'],
    ]);
    expect(world.destroys()).toBe(1);
    expect(world.simulator.state(store).reader).toBe('destroyed');
  },
  LIMIT,
);

test(
  'a spoofed identity, a typed name, the worker’s token, and who ordered it: none of them is a vote',
  async () => {
    const store = await deadStore();
    const before = world.destroys();
    const handle = await world.orderDestroy('carol', store);
    const open = await world.plan(handle);
    const { plan } = open;
    const payload = { planId: plan.planId, store, reason: 'looked at it', acceptUncovered: true };

    const mallory = await world.as('mallory', 'alice');
    await mallory.workflow.getHandle(handle.workflowId).signal('approve', payload);
    await mallory.workflow.getHandle(handle.workflowId).signal('approve', { ...payload, approver: 'alice' });
    const worker = await world.server.client(world.server.token('the-worker', ...WORKER), 'bob');
    await worker.workflow.getHandle(handle.workflowId).signal('approve', payload);
    await world.vote('carol', handle, open);
    // alice votes, under the name of bob.
    await world.vote('alice', handle, open, { approver: 'bob' });

    expect((await world.refusals(handle, 5)).toSorted()).toEqual([
      'another name',
      'requester',
      'unauthorised',
      'unauthorised',
      'worker',
    ]);
    expect((await world.view(handle)).open?.tally?.approvals).toEqual([]);
    await world.vote('bob', handle, open, { verdict: 'reject', reason: 'it is still needed' });
    expect(await handle.result()).toMatchObject({ kind: 'rejected', because: 'rejected by bob: it is still needed' });
    expect(world.destroys()).toBe(before);
  },
  LIMIT,
);

test(
  'an update is no vote: the server would stamp it with the name of the worker',
  async () => {
    const store = await deadStore();
    const handle = await world.orderDestroy('dave', store);
    const { plan } = await world.plan(handle);
    const alice = await world.as('alice');
    const update = alice.workflow
      .getHandle(handle.workflowId)
      .executeUpdate('approve', { args: [{ planId: plan.planId, store, reason: 'looked at it', acceptUncovered: true }] });
    await expect(update).rejects.toThrow();
    const view = await world.view(handle);
    expect(view.open?.tally ?? null).toBeNull();
    await handle.cancel();
    expect(await handle.result()).toMatchObject({ kind: 'cancelled' });
  },
  LIMIT,
);

test(
  'votes that come while no worker runs count for whom they are once one is back',
  async () => {
    const store = await deadStore();
    const before = world.destroys();
    const handle = await world.orderDestroy('dave', store);
    const open = await world.plan(handle);
    await world.stopWorkers();
    await world.vote('alice', handle, open);
    await world.vote('bob', handle, open);
    await world.startWorkers();
    expect(await handle.result()).toMatchObject({ kind: 'destroyed' });
    expect(world.destroys()).toBe(before + 1);
  },
  LIMIT,
);

test(
  'a reset does not carry two votes over: neither as they were, nor under the name of whoever reset',
  async () => {
    const store = await deadStore();
    const before = world.destroys();
    // Paused, so that the decided destroy waits and can be reset.
    const guard = (await world.as('dave')).workflow.getHandle(`guard:${world.cluster}`);
    const handle = await world.orderDestroy('dave', store);
    const open = await world.plan(handle);
    await guard.signal('pause', { by: 'dave', reason: 'to look at the reset' });
    await world.vote('alice', handle, open);
    await world.vote('bob', handle, open);
    await expect.poll(async () => (await world.view(handle)).phase, { timeout: 20_000 }).toBe('waiting for the guard');

    const { events } = await handle.fetchHistory();
    const firstTask = events?.find((event) => event.workflowTaskCompletedEventAttributes);
    // bob, who may approve, resets: the signals are applied again under his name.
    const bob = await world.as('bob');
    const { runId } = (await bob.workflowService.resetWorkflowExecution({
      namespace: NAMESPACE,
      workflowExecution: { workflowId: handle.workflowId, runId: open.plan.runId },
      workflowTaskFinishEventId: firstTask?.eventId ?? null,
      requestId: 'reset-votes',
      reason: 'to launder votes',
    })) as { runId: string };
    await guard.signal('resume', { by: 'dave' });

    const again = (await world.as('dave')).workflow.getHandle(handle.workflowId, runId);
    const fresh = await world.plan(again, open.plan.planId);
    expect(fresh.plan.runId).toBe(runId);
    expect(await world.refusals(again, 2)).toEqual(['replayed by reset', 'replayed by reset']);
    // The old votes sent once more, to the new run: they name a plan of the old one.
    await world.vote('alice', again, { ...open, plan: { ...open.plan, runId } });
    expect((await world.refusals(again, 3)).filter((reason) => reason === 'wrong run')).toHaveLength(1);
    // Whoever reset has started it again, and is a requester now.
    await world.vote('bob', again, fresh);
    expect((await world.refusals(again, 4)).filter((reason) => reason === 'requester')).toHaveLength(1);
    expect(world.destroys()).toBe(before);
    await world.vote('alice', again, fresh);
    await world.vote('carol', again, fresh);
    expect(((await again.result()) as DestroyOutcome).kind).toBe('destroyed');
    expect(world.destroys()).toBe(before + 1);
  },
  LIMIT,
);
