/** People with keys, who order destroys and vote on them, in a world in virtual time. */
import { createPrivateKey } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { expect } from 'vitest';
import { planDigest } from '../../../src/approval/digest.ts';
import { generateKeyPair } from '../../../src/approval/keys.ts';
import { signOrder, signVote } from '../../../src/approval/signature.ts';
import { type ApprovalPolicy, defaultApproval } from '../../../src/domain/approval/approval-policy.ts';
import type { DestroyOutcome } from '../../../src/domain/approval/destroy-outcome.ts';
import type { Plan } from '../../../src/domain/approval/plan.ts';
import type { OpenPlan, PlanView } from '../../../src/domain/approval/view.ts';
import type { Verdict } from '../../../src/domain/approval/vote.ts';
import type { Override } from '../../../src/domain/guard/messages.ts';
import { destroyWorkflowId, guardWorkflowId, WORKFLOW_QUEUE } from '../../../src/domain/names.ts';
import type { StoreName } from '../../../src/domain/store.ts';
import { commandsOf, expectPeace } from '../stage.ts';
import { CLUSTER, type VirtualWorld } from '../../virtual-world.ts';

const PEOPLE = ['alice', 'bob', 'carol', 'dave', 'erin'] as const;
export type Person = (typeof PEOPLE)[number];

const keys = Object.fromEntries(PEOPLE.map((name) => [name, generateKeyPair()])) as Record<
  Person,
  ReturnType<typeof generateKeyPair>
>;

export function publicKeyOf(name: Person): string {
  return keys[name].publicKey;
}

export function approverOf(name: Person) {
  return { name, principals: [], keys: [keys[name].publicKey] };
}

/** alice, bob and carol may approve; dave and erin have a key, and no say. */
export function approvalWith(patch: Partial<ApprovalPolicy> = {}): ApprovalPolicy {
  return {
    ...defaultApproval,
    assurance: ['signed'],
    approvers: [approverOf('alice'), approverOf('bob'), approverOf('carol')],
    ...patch,
  };
}

export interface Said {
  readonly verdict?: Verdict;
  readonly reason?: string;
  readonly acceptUncovered?: boolean;
  /** Fields laid over the finished payload, as somebody with a text editor would. */
  readonly forged?: Readonly<Record<string, unknown>>;
  /** Whose key signs; the named person's own unless said. */
  readonly signedBy?: Person;
  /** The name that the vote gives, where it is not the person's own. */
  readonly as?: string;
}

/** A signed vote as the command line makes it. */
export function ballotOf(plan: Plan, name: Person, said: Said = {}): Record<string, unknown> {
  const { verdict = 'approve', reason = 'looked at it', acceptUncovered = true } = said;
  const at = '2026-01-05T03:00:00Z';
  const { planId, store } = plan;
  const approver = said.as ?? name;
  const statement = { planDigest: planDigest(plan), verdict, approver, store, acceptUncovered, reason, at };
  const signature = signVote(statement, createPrivateKey(keys[said.signedBy ?? name].privateKeyPem));
  return { planId, store, reason, acceptUncovered, approver, at, signature, ...said.forged };
}

/** An order of a destroy, signed by the person. `at` is the world's time: old orders prove nothing. */
export async function signedOrder(world: VirtualWorld, store: StoreName, orderer: Person): Promise<Record<string, unknown>> {
  const at = `${new Date(await world.now()).toISOString().slice(0, 19)}Z`;
  const reason = 'its data moved elsewhere';
  const order = { action: 'destroy', cluster: CLUSTER, store, reason, override: [], restartHealthy: false, orderer, at } as const;
  const signature = signOrder(order, createPrivateKey(keys[orderer].privateKeyPem));
  return { cluster: CLUSTER, store, reason, orderer, at, signature };
}

/** An order of a heal, signed by the person at the world's time. Fit for a start's input and for the signal alike. */
export async function signedHeal(
  world: VirtualWorld,
  store: StoreName,
  orderer: Person,
  override: readonly Override[] = [],
): Promise<Record<string, unknown>> {
  const at = `${new Date(await world.now()).toISOString().slice(0, 19)}Z`;
  const said = { reason: 'I know this one', override, restartHealthy: false, orderer, at };
  const signature = signOrder(
    { action: 'heal', cluster: CLUSTER, store, ...said },
    createPrivateKey(keys[orderer].privateKeyPem),
  );
  return { ...said, signature };
}

/** Starts a destroy as the command line does. carol orders it unless said. */
export async function ordersDestroy(
  world: VirtualWorld,
  store: StoreName,
  input?: Readonly<Record<string, unknown>>,
): Promise<WorkflowHandle> {
  return world.client.workflow.start('destroyStore', {
    workflowId: destroyWorkflowId(CLUSTER, store),
    taskQueue: WORKFLOW_QUEUE,
    args: [input ?? (await signedOrder(world, store, 'carol'))],
  });
}

export function destroyOf(world: VirtualWorld, store: StoreName): WorkflowHandle {
  return world.client.workflow.getHandle(destroyWorkflowId(CLUSTER, store));
}

export async function viewOf(world: VirtualWorld, handle: WorkflowHandle): Promise<PlanView> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await world.client.withDeadline(Date.now() + 1_500, () => handle.query<PlanView>('plan'));
    } catch (error) {
      if (tries >= 4) throw error;
    }
  }
}

/** The plan that people are shown, once there is one that is not `after`. Lets time pass where that is needed. */
export async function planShown(world: VirtualWorld, handle: WorkflowHandle, after: string | null = null): Promise<OpenPlan> {
  let open: OpenPlan | null = null;
  await world.passUntil(
    'a plan is shown',
    async () => {
      const view = await viewOf(world, handle);
      open = view.open;
      return open !== null && open.plan.planId !== after && /waiting for (votes|a vote)/.test(view.phase);
    },
    { stepMs: 1_000, limitMs: 600_000 },
  );
  if (open === null) throw new Error('it was there a moment ago');
  return open;
}

export async function votes(handle: WorkflowHandle, plan: Plan, name: Person, said: Said = {}): Promise<void> {
  await handle.signal(said.verdict ?? 'approve', ballotOf(plan, name, said));
}

/** Until so many votes stand in the count, refused ones included. */
export async function counted(world: VirtualWorld, handle: WorkflowHandle, votesCounted: number): Promise<PlanView> {
  let view = await viewOf(world, handle);
  await world.passUntil(
    `${votesCounted} votes are counted`,
    async () => {
      view = await viewOf(world, handle);
      const tally = view.open?.tally;
      if (tally === null || tally === undefined) return false;
      const rejection = tally.state.kind === 'rejected' ? 1 : 0;
      return tally.approvals.length + tally.refusedCount + rejection >= votesCounted;
    },
    { stepMs: 1_000, limitMs: 120_000 },
  );
  return view;
}

/** A payload as it goes over the wire: what no client of ours would make of a value. */
export interface RawPayload {
  readonly encoding: string | null;
  readonly data: string | Uint8Array;
}

/** Sends a signal as whoever speaks the protocol can: any encoding, any bytes, any number of values. */
export async function signalsRaw(
  world: VirtualWorld,
  handle: WorkflowHandle,
  signalName: string,
  payloads: readonly RawPayload[],
): Promise<void> {
  await world.client.workflowService.signalWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId: handle.workflowId },
    signalName,
    input: {
      payloads: payloads.map(({ encoding, data }) => ({
        metadata: encoding === null ? {} : { encoding: Buffer.from(encoding) },
        data: typeof data === 'string' ? Buffer.from(data) : data,
      })),
    },
    identity: 'somebody',
  });
}

/** What the Web UI shows of a workflow, under User Metadata. */
export async function detailsOf(world: VirtualWorld, handle: WorkflowHandle): Promise<string> {
  const query = () => handle.query<{ currentDetails?: string }>('__temporal_workflow_metadata');
  return (await world.client.withDeadline(Date.now() + 5_000, query)).currentDetails ?? '';
}

/** How many events of each kind a run has. No kind may be a failed workflow task: that is a wedged workflow. */
export async function eventsOf(
  handle: WorkflowHandle,
): Promise<{ readonly total: number; readonly activities: Record<string, number> }> {
  const { events } = await handle.fetchHistory();
  const activities: Record<string, number> = {};
  for (const event of events ?? []) {
    expect(event.workflowTaskFailedEventAttributes?.failure?.message ?? null).toBeNull();
    const name = event.activityTaskScheduledEventAttributes?.activityType?.name;
    if (name) activities[name] = (activities[name] ?? 0) + 1;
  }
  return { total: (events ?? []).length, activities };
}

/** When a run ended: time runs on while a test waits for a result. */
export async function endedMs(handle: WorkflowHandle): Promise<number> {
  return (await handle.describe()).closeTime?.getTime() ?? Infinity;
}

/** What people were told of a Store's plans, in order. */
export function toldOf(world: VirtualWorld, store: StoreName): string[] {
  return world.journal.flatMap((line) => (line.journal === 'plan' && line.store === store ? [line.event] : []));
}

/** The Store is struck now, and a destroy is ordered of which people see the first plan. */
export async function asksPeople(
  world: VirtualWorld,
  store: StoreName,
  fault: Parameters<VirtualWorld['simulator']['inject']>[1] = { kind: 'reader-died' },
): Promise<{ handle: WorkflowHandle; plan: Plan }> {
  world.simulator.inject(store, fault);
  await world.simulator.settled();
  const handle = await ordersDestroy(world, store);
  const { plan } = await planShown(world, handle);
  return { handle, plan };
}

export async function pausesGuard(world: VirtualWorld): Promise<void> {
  const guard = world.client.workflow.getHandle(guardWorkflowId(CLUSTER));
  await guard.signal('pause', { by: 'alice', reason: 'OMS upgrade' });
}

export async function resumesGuard(world: VirtualWorld): Promise<void> {
  await world.client.workflow.getHandle(guardWorkflowId(CLUSTER)).signal('resume', { by: 'alice' });
}

/** Alice and bob approve, and the count is in. With a guard that is paused nothing follows from it. */
export async function approved(world: VirtualWorld, handle: WorkflowHandle, plan: Plan): Promise<void> {
  await votes(handle, plan, 'alice');
  await votes(handle, plan, 'bob');
  const isDecided = async () => (await viewOf(world, handle)).executeByMs !== null;
  await world.passUntil('the votes have decided', isDecided, { stepMs: 1_000, limitMs: 60_000 });
}

export function outcomeOf(world: VirtualWorld, handle: WorkflowHandle): Promise<DestroyOutcome> {
  return world.runUntil(handle.result() as Promise<DestroyOutcome>);
}

/** Nothing reached the Cluster Manager, and nobody holds or waits for anything. */
export async function nothingWasDestroyed(world: VirtualWorld): Promise<void> {
  expect(commandsOf(world)).toEqual([]);
  expect((await expectPeace(world)).proposals).toEqual([]);
}
