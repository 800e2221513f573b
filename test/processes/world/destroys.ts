/** People with keys, a Store that is dead, and a destroy of it, in a world of processes. */
import { createPrivateKey } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { planDigest } from '../../../src/approval/digest.ts';
import { generateKeyPair } from '../../../src/approval/keys.ts';
import { signVote } from '../../../src/approval/signature.ts';
import type { DestroyOutcome } from '../../../src/domain/approval/destroy-outcome.ts';
import type { Plan } from '../../../src/domain/approval/plan.ts';
import type { PlanView } from '../../../src/domain/approval/view.ts';
import { destroyWorkflowId, WORKFLOW_QUEUE } from '../../../src/domain/names.ts';
import { CLUSTER, ProcessWorld, STORE, until } from '../process-world.ts';

const DESTROY = '/crawler/destroy';

const keys = { alice: generateKeyPair(), bob: generateKeyPair(), carol: generateKeyPair() };
export type Person = keyof typeof keys;

/** Who ordered is not proven here, so one approval more is needed: two in all. */
export function approvalOf(...names: readonly Person[]): object {
  return {
    assurance: ['signed'],
    quorum: 1,
    approvers: names.map((name) => ({ name, keys: [keys[name].publicKey] })),
    approveWithin: '10m',
    executeWithin: '60s',
  };
}

/** A Store that is dead, and three people who may approve its end. */
export async function worldOfTheDead(options: Parameters<typeof ProcessWorld.start>[0] = {}): Promise<ProcessWorld> {
  const world = await ProcessWorld.start({ approval: approvalOf('alice', 'bob', 'carol'), ...options });
  world.simulator.kill(STORE);
  return world;
}

export async function orderDestroy(here: ProcessWorld): Promise<WorkflowHandle> {
  return here.client.workflow.start('destroyStore', {
    workflowId: destroyWorkflowId(CLUSTER, STORE),
    taskQueue: WORKFLOW_QUEUE,
    args: [{ cluster: CLUSTER, store: STORE, reason: 'its data moved elsewhere' }],
  });
}

export async function viewOf(handle: WorkflowHandle): Promise<PlanView | null> {
  return handle.query<PlanView>('plan').catch(() => null);
}

export async function planShown(handle: WorkflowHandle): Promise<Plan> {
  let plan: Plan | null = null;
  await until('a plan to be shown', async () => {
    const view = await viewOf(handle);
    plan = view?.phase === 'waiting for votes' ? (view.open?.plan ?? null) : null;
    return plan !== null;
  });
  if (plan === null) throw new Error('it was there a moment ago');
  return plan;
}

export async function approve(handle: WorkflowHandle, plan: Plan, ...names: readonly Person[]): Promise<void> {
  const { planId, store } = plan;
  for (const approver of names) {
    const said = { store, acceptUncovered: true, reason: 'looked at it', at: '2026-01-05T03:00:00Z' };
    const statement = { planDigest: planDigest(plan), verdict: 'approve', approver, ...said } as const;
    const signature = signVote(statement, createPrivateKey(keys[approver].privateKeyPem));
    await handle.signal('approve', { planId, approver, signature, ...said });
  }
}

export async function outcomeOf(handle: WorkflowHandle): Promise<DestroyOutcome> {
  return (await handle.result()) as DestroyOutcome;
}

export function destroys(here: ProcessWorld) {
  return here.simulator.commands().filter((entry) => entry.path === DESTROY);
}

/** Approved, and the destroy's own last look is under way: readings are slow. */
export async function lookingBeforeDestroy(here: ProcessWorld): Promise<WorkflowHandle> {
  const handle = await orderDestroy(here);
  const plan = await planShown(handle);
  await approve(handle, plan, 'alice');
  await until('the first vote to be counted', async () => (await viewOf(handle))?.open?.tally?.approvals.length === 1);
  // Each reading takes 1.2 s from here on, so that what follows lands while the destroy's own one is under way.
  here.simulator.inject(STORE, { kind: 'slow', delay: '48s' });
  await approve(handle, plan, 'bob');
  await until('the last look to begin', () => here.isLookingBefore('destroyStore', handle));
  return handle;
}

export async function lastPlan(handle: WorkflowHandle): Promise<Plan> {
  const plan = (await viewOf(handle))?.open?.plan;
  if (plan === undefined) throw new Error('no plan is shown');
  return plan;
}
