import { afterEach, beforeEach, expect, test } from 'vitest';
import type { PlanView } from '../../src/domain/approval/view.ts';
import { destroyWorkflowId, WORKFLOW_QUEUE } from '../../src/domain/names.ts';
import { CLUSTER, ProcessWorld, STORE, until } from '../processes/process-world.ts';
import { Operator } from './operator.ts';

/** A plain server knows nobody, and a browser cannot sign: typed names, in development, are what this can be shown with. */
const APPROVAL = {
  assurance: ['declared'],
  quorum: 2,
  approvers: [{ name: 'alice' }, { name: 'bob' }, { name: 'carol' }],
  approveWithin: '10m',
  executeWithin: '2m',
};
const ID = destroyWorkflowId(CLUSTER, STORE);

let world: ProcessWorld;
let operator: Operator;

beforeEach(async () => {
  world = await ProcessWorld.start({ ui: true, approval: APPROVAL });
  await world.startWorker();
  await world.startGuard();
  operator = await Operator.at(world.server.uiUrl ?? '', world.server.namespace);
  world.simulator.kill(STORE);
});
afterEach(async () => {
  await operator.close();
  await world.close();
});

const handle = () => world.client.workflow.getHandle(ID);

/** Starts it from the form, waits for the plan, and opens the page that shows it. */
async function planOnScreen(): Promise<{ runId: string; details: string }> {
  await operator.startWorkflow({
    workflowId: ID,
    taskQueue: WORKFLOW_QUEUE,
    workflowType: 'destroyStore',
    input: JSON.stringify({ cluster: CLUSTER, store: STORE, reason: 'its data moved elsewhere' }),
  });
  await until('a plan to be shown', async () => {
    const view = await handle()
      .query<PlanView>('plan')
      .catch(() => null);
    return view?.phase === 'waiting for votes';
  });
  const { runId } = await handle().describe();
  return { runId, details: await operator.userMetadata(ID, runId) };
}

/** The copied vote with what only the voter knows: why, and who they are. */
function filledIn(copied: string, approver: string): string {
  const vote = JSON.parse(copied) as Record<string, unknown>;
  return JSON.stringify({ ...vote, reason: 'looked at it', approver });
}

function destroys(): number {
  return world.simulator.commands().filter((entry) => entry.path === '/crawler/destroy').length;
}

test('an operator starts destroyStore, copies the vote from the plan, two of them send it, and the Store goes', async () => {
  const { runId, details } = await planOnScreen();
  await operator.look('plan');
  expect(details).toContain('DESTROY this Store for good');
  expect(details).toContain('it is the only Store of its subtopic; consumers that still need');
  expect(details).toContain('DECLARED ONLY');
  const copied = await operator.copyVote();
  expect(JSON.parse(copied)).toMatchObject({ store: STORE, acceptUncovered: true });

  await operator.sendSignal('approve', filledIn(copied, 'alice'));
  await until('the first vote to be counted', async () => {
    const { open } = await handle().query<PlanView>('plan');
    return open?.tally?.approvals.length === 1;
  });
  expect(await operator.userMetadata(ID, runId)).toMatch(/Votes: 1 of 2[\s\S]*approved by alice/);
  await operator.look('plan-one-vote');
  await operator.sendSignal('approve', filledIn(copied, 'bob'));
  expect(await handle().result()).toMatchObject({ kind: 'destroyed' });
  expect(destroys()).toBe(1);
  expect(world.simulator.state(STORE).reader).toBe('destroyed');
  expect(await operator.userMetadata(ID, runId)).toContain('ended: destroyed');
  await operator.look('plan-destroyed');

  // Somebody who comes later finds the plan's id beside the timer that waited for votes.
  await operator.open(`/workflows/${encodeURIComponent(ID)}/${runId}/history`);
  const { planId } = JSON.parse(copied) as { planId: string };
  await operator.page.getByText(planId).first().waitFor();
  await operator.look('destroy-history');
});

test('a vote sent with the encoding json/protobuf by mistake counts as well', async () => {
  await planOnScreen();
  const copied = await operator.copyVote();
  await operator.sendSignal('approve', filledIn(copied, 'alice'), { encoding: 'json/protobuf' });
  await operator.open(`/workflows/${encodeURIComponent(ID)}`);
  await operator.sendSignal('approve', filledIn(copied, 'bob'));
  expect(await handle().result()).toMatchObject({ kind: 'destroyed' });
  const { events } = await handle().fetchHistory();
  const encodings = events?.flatMap((event) => {
    const signal = event.workflowExecutionSignaledEventAttributes;
    const encoding = signal?.signalName === 'approve' ? signal.input?.payloads?.[0]?.metadata?.['encoding'] : undefined;
    return encoding === undefined ? [] : [new TextDecoder().decode(encoding)];
  });
  expect(encodings).toEqual(['json/protobuf', 'json/plain']);
  expect(events?.filter((event) => event.workflowTaskFailedEventAttributes)).toEqual([]);
  expect(destroys()).toBe(1);
});

test('a vote for another Store is refused where everybody sees it, and a rejection ends the plan', async () => {
  const { runId } = await planOnScreen();
  const copied = await operator.copyVote();
  const wrong = filledIn(copied, 'alice').replace(STORE, '10.0.0.9-7100:p_4223_source-000-0:0000000009');
  await operator.sendSignal('approve', wrong);
  await until('the vote to be looked at', async () => {
    const { open } = await handle().query<PlanView>('plan');
    return open?.tally?.refusedCount === 1;
  });
  expect(await operator.userMetadata(ID, runId)).toContain('it names another Store than the plan does');
  await operator.look('plan-refused-vote');
  const reject = JSON.parse(filledIn(copied, 'bob')) as Record<string, unknown>;
  await operator.sendSignal('reject', JSON.stringify({ ...reject, reason: 'it is still needed' }));
  expect(await handle().result()).toMatchObject({ kind: 'rejected', because: 'rejected by bob: it is still needed' });
  expect(destroys()).toBe(0);
});
