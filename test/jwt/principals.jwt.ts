import { NativeConnection, Worker } from '@temporalio/worker';
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { originOf, signalsIn, type History } from '../../src/approval/history-signals.ts';
import { guardWorkflowId, WORKFLOW_QUEUE } from '../../src/domain/names.ts';
import { workflowBundlePath } from '../../src/temporal/bundle-workflows.ts';
import { dataConverter } from '../../src/temporal/data-converter.ts';
import { registerSearchAttributes } from '../../src/temporal/search-attributes.ts';
import { type JwtServer, NAMESPACE, startJwtServer } from './jwt-server.ts';

const WRITER = [`${NAMESPACE}:write`, `${NAMESPACE}:read`];
const GUARD = guardWorkflowId('jwt-1');

let server: JwtServer;
let worker: Worker;
let running: Promise<void>;
let connection: NativeConnection;

beforeAll(async () => {
  server = await startJwtServer();
  const admin = await server.client(server.token('admin', 'temporal-system:admin', `${NAMESPACE}:admin`));
  await registerSearchAttributes(admin.connection, NAMESPACE);
  const token = server.token('the-worker', `${NAMESPACE}:worker`, `${NAMESPACE}:write`, `${NAMESPACE}:read`);
  connection = await NativeConnection.connect({ address: server.address, metadata: { authorization: `Bearer ${token}` } });
  worker = await Worker.create({
    connection,
    namespace: NAMESPACE,
    taskQueue: WORKFLOW_QUEUE,
    workflowBundle: { codePath: workflowBundlePath() },
    dataConverter: dataConverter(),
  });
}, 120_000);

afterAll(async () => {
  if (worker.getState() === 'RUNNING') worker.shutdown();
  await running;
  await connection.close();
  await server.stop();
}, 60_000);

async function historyOf(handle: WorkflowHandle): Promise<History> {
  return handle.fetchHistory();
}

const said = (history: History) =>
  signalsIn(history, ['pause']).map(({ principal, identity, origin }) => ({ by: principal?.name ?? null, identity, origin }));

test('without a token nothing can be signalled, and a reader may only look', async () => {
  const nobody = await server.client(null);
  await expect(nobody.workflow.getHandle(GUARD).signal('pause', {})).rejects.toThrow();
  const reader = await server.client(server.token('eve', `${NAMESPACE}:read`));
  await expect(reader.workflow.getHandle(GUARD).signal('pause', {})).rejects.toThrow();
});

test('the server says who started and who signalled, whatever a client calls itself, also before the first task', async () => {
  const alice = await server.client(server.token('alice', ...WRITER), 'mallory, spoofed');
  const bob = await server.client(server.token('bob', ...WRITER));
  const handle = await alice.workflow.start('guardCluster', {
    workflowId: GUARD,
    taskQueue: WORKFLOW_QUEUE,
    args: [{ cluster: 'jwt-1', beginning: 'with the schedule' }],
  });
  // No worker runs yet: these are buffered.
  await handle.signal('pause', { by: 'bob', reason: 'says alice' });
  await bob.workflow.getHandle(GUARD).signal('pause', { by: 'bob', reason: 'says bob' });

  const history = await historyOf(handle);
  expect(originOf(history)).toMatchObject({ principal: { type: 'jwt', name: 'alice' }, identity: 'mallory, spoofed' });
  expect(said(history)).toEqual([
    { by: 'alice', identity: 'mallory, spoofed', origin: 'direct' },
    { by: 'bob', identity: expect.any(String) as string, origin: 'direct' },
  ]);
});

test('a reset copies what came before it, applies what came after again under the name of whoever reset, and neither passes for direct', async () => {
  running = worker.run();
  const alice = await server.client(server.token('alice', ...WRITER));
  const handle = alice.workflow.getHandle(GUARD);
  // Answered by the worker: so the first workflow task is done, and can be reset to.
  await expect
    .poll(async () => (await handle.query<{ pauses: unknown[] }>('guard')).pauses.length, { timeout: 20_000 })
    .toBeGreaterThan(0);
  const { runId } = await handle.describe();
  const before = await historyOf(handle);
  const task = before.events?.find((event) => event.workflowTaskCompletedEventAttributes);
  await handle.signal('pause', { by: 'alice', reason: 'after the first task' });

  const mallory = await server.client(server.token('mallory', ...WRITER));
  const { runId: newRunId } = (await mallory.workflowService.resetWorkflowExecution({
    namespace: NAMESPACE,
    workflowExecution: { workflowId: GUARD, runId },
    workflowTaskFinishEventId: task?.eventId ?? null,
    requestId: 'reset-1',
    reason: 'to launder votes',
  })) as { runId: string };
  const again = alice.workflow.getHandle(GUARD, newRunId);
  await again.signal('pause', { by: 'alice', reason: 'after the reset' });

  // A signal that comes during a workflow task enters the history after it.
  await expect.poll(async () => said(await historyOf(again)).length, { timeout: 20_000 }).toBe(4);
  const history = await historyOf(again);
  expect(originOf(history)).toMatchObject({ run: { workflowId: GUARD, runId: newRunId }, resets: [{ newRunId }] });
  const signals = said(history);
  const direct = signals.filter(({ origin }) => origin === 'direct');
  expect(direct.map(({ by }) => by)).toEqual(['alice']);
  const replayed = signals.filter(({ origin }) => origin === 'replayed by reset');
  expect(replayed.map(({ by }) => by)).toEqual(['alice', 'bob', 'mallory']);
}, 60_000);

test('an update carries the name of the worker, so it can never prove who voted', async () => {
  const alice = await server.client(server.token('alice', ...WRITER));
  const handle = alice.workflow.getHandle(GUARD);
  const report = {
    sweepRun: 'one',
    surveyedMs: Date.now(),
    view: {
      everyMs: 30_000,
      mode: 'observe',
      act: [],
      lineageMs: 1,
      inFlight: 1,
      cooldownMs: 1,
      openPerSweep: 1,
      aftermathMs: 1,
    },
    total: 0,
    counts: { healthy: 0, faulty: 0, unknown: 0, frozen: 0 },
    stores: [],
    cutOff: 0,
  };
  await handle.executeUpdate('reportSweep', { args: [report] });
  const { events } = await historyOf(handle);
  const accepted = events?.find((event) => event.workflowExecutionUpdateAcceptedEventAttributes);
  expect(accepted?.principal?.name).toBe('the-worker');
}, 60_000);
