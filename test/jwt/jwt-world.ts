/** A site whose server knows who everybody is: workers, a Cluster Manager, and people with tokens of their own. */
import type { Client, WorkflowHandle } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { expect } from 'vitest';
import type { ClusterSource } from '../../activities/cluster-source.ts';
import { connectClusterManager } from '../../src/cluster-manager/cluster-manager.ts';
import { type ApprovalPolicy, defaultApproval } from '../../src/domain/approval/approval-policy.ts';
import type { OpenPlan, PlanView } from '../../src/domain/approval/view.ts';
import { destroyWorkflowId, guardWorkflowId, WORKFLOW_QUEUE } from '../../src/domain/names.ts';
import { defaultPolicy, type Mode } from '../../src/domain/policy.ts';
import type { StoreName } from '../../src/domain/store.ts';
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { registerSearchAttributes } from '../../src/temporal/search-attributes.ts';
import type { Workers } from '../../src/worker.ts';
import { startTestWorkers } from '../test-workers.ts';
import { type JwtServer, NAMESPACE, startJwtServer } from './jwt-server.ts';

export const WRITER = [`${NAMESPACE}:write`, `${NAMESPACE}:read`];
export const WORKER = [`${NAMESPACE}:worker`, ...WRITER];
const NEW_PLAN = { timeout: 30_000, interval: 100 };

export interface JwtWorld {
  readonly server: JwtServer;
  readonly cluster: string;
  readonly simulator: Simulator;
  /** A client with the token of this person, who may call themselves whatever they like. */
  as(person: string, identity?: string): Promise<Client>;
  startWorkers(): Promise<void>;
  stopWorkers(): Promise<void>;
  orderDestroy(person: string, store: StoreName): Promise<WorkflowHandle>;
  /** The plan that is shown, once there is one that is not `after`. */
  plan(handle: WorkflowHandle, after?: string): Promise<OpenPlan>;
  view(handle: WorkflowHandle): Promise<PlanView>;
  /** The signal as this person sends it. */
  vote(person: string, handle: WorkflowHandle, open: OpenPlan, said?: Readonly<Record<string, unknown>>): Promise<void>;
  /** Why votes were not counted, once there are so many. */
  refusals(handle: WorkflowHandle, count: number): Promise<string[]>;
  destroys(): number;
  close(): Promise<void>;
}

const person = (name: string) => ({ name, principals: [{ type: 'jwt', name }], keys: [] });

/** alice, bob and carol approve; dave only orders. */
export const attestedBy: ApprovalPolicy = {
  ...defaultApproval,
  assurance: ['attested'],
  approvers: [person('alice'), person('bob'), person('carol')],
  approveWithinMs: 600_000,
  executeWithinMs: 60_000,
};

export interface JwtWorldOptions {
  readonly stores: readonly StoreName[];
  readonly approval?: ApprovalPolicy;
  readonly mode?: Mode;
}

export async function startJwtWorld({ stores, approval = attestedBy, mode = 'act' }: JwtWorldOptions): Promise<JwtWorld> {
  const cluster = 'jwt-site';
  const server = await startJwtServer();
  const simulator = await startSimulator({ stores, speed: 40 });
  const cm = connectClusterManager({ baseUrl: simulator.url, readTimeoutMs: 2_000, commandTimeoutMs: 5_000 });
  const policy = {
    ...defaultPolicy,
    mode,
    everyMs: 500,
    confirm: { readings: 2, overMs: 500, patienceMs: 20_000 },
    waitMs: 300,
    verify: { healthyForMs: 1_000, withinMs: 10_000 },
    command: { timeoutMs: 5_000 },
    sendByMs: 5_000,
  };
  const config = {
    name: cluster,
    cm: simulator.url,
    restartMethod: 'POST',
    readTimeoutMs: 2_000,
    commandTimeoutMs: 5_000,
    stores,
    policy,
    approval,
    digest: 'test',
  } as const;
  const source: ClusterSource = {
    get: async () => ({ config, stores: config.stores, witness: null, cm, digest: config.digest, stale: null }),
  };
  const admin = await server.client(server.token('admin', 'temporal-system:admin', `${NAMESPACE}:admin`));
  await registerSearchAttributes(admin.connection, NAMESPACE);
  const connection = await NativeConnection.connect({
    address: server.address,
    metadata: { authorization: `Bearer ${server.token('the-worker', ...WORKER)}` },
  });
  let workers: Workers | undefined;

  const world: JwtWorld = {
    server,
    cluster,
    simulator,
    as: (name, identity) => server.client(server.token(name, ...WRITER), identity),
    async startWorkers() {
      workers = await startTestWorkers({ connection, namespace: NAMESPACE, cluster, source, identity: 'worker' });
    },
    async stopWorkers() {
      await workers?.stop();
      workers = undefined;
    },
    async orderDestroy(name, store) {
      const client = await world.as(name);
      return client.workflow.start('destroyStore', {
        workflowId: destroyWorkflowId(cluster, store),
        taskQueue: WORKFLOW_QUEUE,
        args: [{ cluster, store, reason: 'its data moved elsewhere' }],
      });
    },
    view: (handle) => handle.query<PlanView>('plan'),
    async plan(handle, after = '') {
      let open: OpenPlan | null = null;
      await expect
        .poll(async () => {
          const view = await world.view(handle);
          open = view.open;
          return open !== null && open.plan.planId !== after && view.phase.startsWith('waiting for');
        }, NEW_PLAN)
        .toBe(true);
      if (open === null) throw new Error('it was there a moment ago');
      return open;
    },
    async vote(name, handle, { plan }, said = {}) {
      const client = await world.as(name);
      const { verdict = 'approve', ...fields } = said;
      const payload = { planId: plan.planId, store: plan.store, reason: 'looked at it', acceptUncovered: true, ...fields };
      await client.workflow.getHandle(handle.workflowId, plan.runId).signal(String(verdict), payload);
    },
    async refusals(handle, count) {
      let found: string[] = [];
      await expect
        .poll(async () => {
          const tally = (await world.view(handle)).open?.tally;
          found = (tally?.refused ?? []).flatMap(({ reason, count: times }) => Array.from({ length: times }, () => reason));
          return found.length;
        }, NEW_PLAN)
        .toBe(count);
      return found;
    },
    destroys: () => simulator.commands().filter(({ path }) => path === '/crawler/destroy').length,
    async close() {
      await world.stopWorkers();
      await connection.close();
      await cm.close();
      await simulator.close();
      await server.stop();
    },
  };
  await world.startWorkers();
  const dave = await world.as('dave');
  await dave.workflow.start('guardCluster', {
    workflowId: guardWorkflowId(cluster),
    taskQueue: WORKFLOW_QUEUE,
    args: [{ cluster, beginning: 'with the schedule' }],
  });
  return world;
}
