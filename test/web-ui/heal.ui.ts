import { afterEach, beforeEach, expect, test } from 'vitest';
import { healWorkflowId, WORKFLOW_QUEUE } from '../../src/domain/names.ts';
import { CLUSTER, ProcessWorld, STORE } from '../processes/process-world.ts';
import { Operator } from './operator.ts';

let world: ProcessWorld;
let operator: Operator;

beforeEach(async () => {
  world = await ProcessWorld.start({ ui: true });
  await world.startWorker();
  await world.startGuard();
  operator = await Operator.at(world.server.uiUrl ?? '', world.server.namespace);
});
afterEach(async () => {
  await operator.close();
  await world.close();
});

test('an operator starts healStore from the form, and follows it until it is healed', async () => {
  world.simulator.kill(STORE);
  await operator.startWorkflow({
    workflowId: healWorkflowId(CLUSTER, STORE),
    taskQueue: WORKFLOW_QUEUE,
    workflowType: 'healStore',
    input: JSON.stringify({ cluster: CLUSTER, store: STORE, reason: 'the reader is stuck' }),
  });
  const { runId } = await world.healOf(STORE).describe();
  expect(await operator.userMetadata(healWorkflowId(CLUSTER, STORE), runId)).toContain('Ordered by a person');
  await operator.look('heal-running');
  expect(await world.outcome(STORE)).toMatchObject({ kind: 'healed' });
  expect(await operator.userMetadata(healWorkflowId(CLUSTER, STORE), runId)).toContain('ended: healed');
  await operator.look('heal-ended');
  await operator.open(`/workflows/${encodeURIComponent(healWorkflowId(CLUSTER, STORE))}/${runId}/history`);
  await operator.page.getByText('Completed', { exact: true }).first().waitFor();
  await operator.look('heal-history');
});

test('a start without a reason shows the right example first', async () => {
  await operator.startWorkflow({
    workflowId: 'by-hand-1',
    taskQueue: WORKFLOW_QUEUE,
    workflowType: 'destroyStore',
    input: JSON.stringify({ cluster: CLUSTER, store: STORE }),
  });
  const { runId } = await world.client.workflow.getHandle('by-hand-1').describe();
  await operator.open(`/workflows/by-hand-1/${runId}/history`);
  const failure = operator.page.getByText(/Give one JSON object such as/).first();
  await failure.waitFor();
  await operator.look('start-refused');
  // The failure is shown as JSON within JSON.
  expect((await failure.innerText()).replaceAll('\\', '')).toContain('"reason": "replaced by a newer Store"');
});
