import { createPrivateKey } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { afterEach, expect, test } from 'vitest';
import { planDigest } from '../../src/approval/digest.ts';
import { generateKeyPair } from '../../src/approval/keys.ts';
import { signVote } from '../../src/approval/signature.ts';
import type { DestroyOutcome } from '../../src/domain/approval/destroy-outcome.ts';
import type { Plan } from '../../src/domain/approval/plan.ts';
import type { PlanView } from '../../src/domain/approval/view.ts';
import { destroyWorkflowId, WORKFLOW_QUEUE } from '../../src/domain/names.ts';
import { CLUSTER, configurationText, ProcessWorld, STORE, until, type Program } from './process-world.ts';
import { Cable } from './world/cable.ts';

const LIMIT = { timeout: 120_000 };
const DESTROY = '/crawler/destroy';

const keys = { alice: generateKeyPair(), bob: generateKeyPair(), carol: generateKeyPair() };
type Person = keyof typeof keys;

/** Who ordered is not proven here, so one approval more is needed: two in all. */
function approvalOf(...names: readonly Person[]): object {
  return {
    assurance: ['signed'],
    quorum: 1,
    approvers: names.map((name) => ({ name, keys: [keys[name].publicKey] })),
    approveWithin: '10m',
    executeWithin: '60s',
  };
}

let world: ProcessWorld | undefined;
let cable: Cable | undefined;
const roads: Cable[] = [];

afterEach(async () => {
  await world?.close();
  cable?.close();
  for (const road of roads.splice(0)) road.close();
  world = undefined;
  cable = undefined;
});

async function dyingWorld(options: Parameters<typeof ProcessWorld.start>[0] = {}): Promise<ProcessWorld> {
  const here = await ProcessWorld.start({ approval: approvalOf('alice', 'bob', 'carol'), ...options });
  world = here;
  here.simulator.kill(STORE);
  return here;
}

async function orderDestroy(here: ProcessWorld): Promise<WorkflowHandle> {
  return here.client.workflow.start('destroyStore', {
    workflowId: destroyWorkflowId(CLUSTER, STORE),
    taskQueue: WORKFLOW_QUEUE,
    args: [{ cluster: CLUSTER, store: STORE, reason: 'its data moved elsewhere' }],
  });
}

async function viewOf(handle: WorkflowHandle): Promise<PlanView | null> {
  return handle.query<PlanView>('plan').catch(() => null);
}

async function planShown(handle: WorkflowHandle): Promise<Plan> {
  let plan: Plan | null = null;
  await until('a plan to be shown', async () => {
    const view = await viewOf(handle);
    plan = view?.phase === 'waiting for votes' ? (view.open?.plan ?? null) : null;
    return plan !== null;
  });
  if (plan === null) throw new Error('it was there a moment ago');
  return plan;
}

async function approve(handle: WorkflowHandle, plan: Plan, ...names: readonly Person[]): Promise<void> {
  const { planId, store } = plan;
  for (const approver of names) {
    const said = { store, acceptUncovered: true, reason: 'looked at it', at: '2026-01-05T03:00:00Z' };
    const statement = { planDigest: planDigest(plan), verdict: 'approve', approver, ...said } as const;
    const signature = signVote(statement, createPrivateKey(keys[approver].privateKeyPem));
    await handle.signal('approve', { planId, approver, signature, ...said });
  }
}

async function outcomeOf(handle: WorkflowHandle): Promise<DestroyOutcome> {
  return (await handle.result()) as DestroyOutcome;
}

function destroys(here: ProcessWorld) {
  return here.simulator.commands().filter((entry) => entry.path === DESTROY);
}

/** Approved, and the destroy's own last look is under way: readings are slow. */
async function lookingBeforeDestroy(here: ProcessWorld): Promise<WorkflowHandle> {
  const handle = await orderDestroy(here);
  const plan = await planShown(handle);
  await approve(handle, plan, 'alice');
  await until('the first vote to be counted', async () => (await viewOf(handle))?.open?.tally?.approvals.length === 1);
  // Each reading takes 1.2 s from here on, so that what follows lands while the destroy's own one is under way.
  here.simulator.inject(STORE, { kind: 'slow', delay: '48s' });
  await approve(handle, plan, 'bob');
  await until('the last look to begin', async () => {
    const { raw } = await handle.describe();
    const begun = raw.pendingActivities?.some(({ activityType, state }) => activityType?.name === 'destroyStore' && state === 2);
    return begun === true && here.simulator.log().at(-1)?.outcome === 'open';
  });
  return handle;
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

/** A worker that can be frozen together with its network: as a suspended machine is. */
async function suspendable(here: ProcessWorld): Promise<{ worker: Program; freeze(): void; wake(): void }> {
  const line = await Cable.to(here.server.address);
  cable = line;
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
    roads.push(road);
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
  await approve(handle, await planShownLast(handle), 'carol');
  expect(await outcomeOf(handle)).toMatchObject({ kind: 'destroyed' });
  expect(destroys(here)).toHaveLength(1);
});

async function planShownLast(handle: WorkflowHandle): Promise<Plan> {
  const plan = (await viewOf(handle))?.open?.plan;
  if (plan === undefined) throw new Error('no plan is shown');
  return plan;
}
