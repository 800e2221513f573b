import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { voteRefusalWords } from '../../src/domain/approval/vote-refusal.ts';
import { destroyWorkflowId } from '../../src/domain/names.ts';
import { DESTROY_EXAMPLE } from '../../src/domain/requests.ts';
import type { StoreName } from '../../src/domain/store.ts';
import { CLUSTER, manyStores } from '../processes/process-world.ts';
import type { Operator, Signal } from './operator.ts';
import { UiWorld } from './ui-world.ts';

const STORES = manyStores(5);
const REASON = 'its data moved elsewhere';
/** So many characters of a block are seen where the window is 1440 pixels wide. */
const CUT_OFF_AFTER = 70;

let world: UiWorld;
let next = 0;

beforeAll(async () => {
  world = await UiWorld.start(STORES);
});
afterEach(async ({ task }) => {
  expect(await world.everybodyLeaves(task.result?.state === 'fail')).toEqual([]);
});
afterAll(() => world.close());

/** A dead Store that nobody has touched yet. */
function deadStore(): StoreName {
  const store = STORES[next];
  next += 1;
  if (store === undefined) throw new Error('there are more tests than Stores');
  return store;
}

async function orderDestroy(operator: Operator, store: StoreName): Promise<void> {
  const workflowId = destroyWorkflowId(CLUSTER, store);
  await operator.startWorkflow({ type: 'destroyStore', workflowId, input: { cluster: CLUSTER, store, reason: REASON } });
  await operator.detailsThatShow('waiting for votes');
}

/** What an approver does with the JSON on the page: says why, and who. */
async function vote(operator: Operator, approver: string, signal: Partial<Signal> = {}): Promise<void> {
  const copied = await operator.copyVote();
  const { name = 'approve', data = {}, encoding = 'json/plain' } = signal;
  await operator.sendSignal({ name, data: { ...copied, reason: 'looked at it', approver, ...data }, encoding });
}

test('two approvers copy the vote from the page, send it by the dialog, and the Store goes by one request', async () => {
  const store = deadStore();
  const alice = await world.operator('two-approve alice');
  await orderDestroy(alice, store);
  const plan = await alice.detailsThatShow('Votes: none yet');
  for (const said of [store, REASON, 'DESTROY', 'status 1', 'uncovered', 'will be cut off', 'DECLARED ONLY'])
    expect(plan).toContain(said);
  await alice.screenshot('plan');
  const copied = await alice.copyVote();
  expect(copied).toMatchObject({ store, acceptUncovered: true });
  expect(plan).toContain(copied['planId']);
  // The page cuts off what is longer, and a voter must see all that they put their name to; the id stands above as well.
  const lines = (await alice.voteShown()).split('\n').filter((line) => !/^ *"planId": "[^"]*",?$/.test(line));
  expect(lines.filter((line) => line.length > CUT_OFF_AFTER)).toEqual([]);

  await vote(alice, 'alice');
  expect(await alice.detailsThatShow('approved by alice')).toContain('1 of 2');
  await alice.screenshot('after her vote');
  expect(world.destroys(store)).toEqual([]);

  const bob = await world.operator('two-approve bob');
  await bob.open(destroyWorkflowId(CLUSTER, store));
  await bob.detailsThatShow('approved by alice');
  expect(await bob.copyVote()).toEqual(copied);
  await vote(bob, 'bob');

  await bob.detailsThatShow('ended: destroyed');
  await bob.screenshot('destroyed');
  expect(await bob.shown('Result', '"kind"')).toContain('"kind": "destroyed"');
  await bob.screenshot('timeline');
  expect(world.site.simulator.state(store).reader).toBe('destroyed');
  expect(world.destroys(store)).toHaveLength(1);
  expect(world.site.broken()).toEqual([]);
});

test('a vote sent as json/protobuf by mistake counts, and a destroy started under a random id leads to its plan', async () => {
  const store = deadStore();
  const operator = await world.operator('protobuf');
  await operator.startWorkflow({ type: 'destroyStore', input: { cluster: CLUSTER, store, reason: REASON } });
  const destroy = destroyWorkflowId(CLUSTER, store);
  await operator.detailsThatShow(destroy);
  await operator.followLink(destroy);
  await operator.detailsThatShow('waiting for votes');

  await vote(operator, 'alice', { encoding: 'json/protobuf' });
  await operator.detailsThatShow('approved by alice');
  await vote(operator, 'bob');
  await operator.detailsThatShow('ended: destroyed');
  await operator.screenshot('destroyed');
  expect(world.site.simulator.state(store).reader).toBe('destroyed');
  expect(world.destroys(store)).toHaveLength(1);
  const { encodings, failedTasks } = await voted(destroy);
  expect(encodings).toEqual(['json/protobuf', 'json/plain']);
  expect(failedTasks).toBe(0);
});

/** In what encodings the approvals of the latest run came, and how often they stopped the workflow for a while. */
async function voted(workflowId: string): Promise<{ encodings: string[]; failedTasks: number }> {
  const { events } = await world.site.client.workflow.getHandle(workflowId).fetchHistory();
  const all = events ?? [];
  const encodings = all.flatMap(({ workflowExecutionSignaledEventAttributes: signal }) => {
    const encoding = signal?.signalName === 'approve' ? signal.input?.payloads?.[0]?.metadata?.['encoding'] : undefined;
    return encoding === undefined ? [] : [new TextDecoder().decode(encoding)];
  });
  return { encodings, failedTasks: all.filter((event) => event.workflowTaskFailedEventAttributes != null).length };
}

test('a vote with the name of another Store is refused, the page says why, and a rejection ends it', async () => {
  const store = deadStore();
  const operator = await world.operator('wrong-store');
  await orderDestroy(operator, store);
  await vote(operator, 'alice');
  await operator.detailsThatShow('approved by alice');
  // The quorum would be reached by it.
  await vote(operator, 'bob', { data: { store: deadStore() } });
  const refused = await operator.detailsThatShow(voteRefusalWords['wrong store'].en);
  expect(refused).toContain('1 of 2');
  expect(refused).toContain('waiting for votes');
  await operator.screenshot('refused');
  expect(world.destroys(store)).toEqual([]);

  await vote(operator, 'bob', { name: 'reject', data: { reason: 'it is still needed' } });
  await operator.detailsThatShow('ended: rejected. rejected by bob: it is still needed');
  await operator.screenshot('rejected');
  expect(await operator.shown('Result', '"kind"')).toContain('"kind": "rejected"');
  expect(world.site.commandPaths(store)).toEqual([]);
  expect(world.site.simulator.state(store).reader).not.toBe('destroyed');
});

test('timeline and history name the plan in the timer that waits, and the list of signals says what to send', async () => {
  const store = deadStore();
  const operator = await world.operator('page');
  await orderDestroy(operator, store);
  const copied = await operator.copyVote();
  const offered = await operator.signalsOffered();
  for (const name of ['approve', 'reject']) {
    const described = offered.find((text) => text.startsWith(`${name}\n`)) ?? 'it is not in the list';
    for (const field of ['"planId"', '"store"', '"reason"']) expect(described).toContain(field);
  }

  const summary = `votes on plan ${String(copied['planId'])}`;
  await operator.openTab('Timeline');
  expect(await operator.isInSight(operator.page.getByText(summary).last())).toBe(true);
  await operator.screenshot('timeline');
  await operator.openTab('Event History');
  const timers = operator.page.getByTestId('event-summary-row').filter({ hasText: 'Timer Started' });
  await timers.filter({ hasText: summary }).waitFor();
  await operator.screenshot('history');
  await operator.detailsThatShow('waiting for votes');
  await vote(operator, 'carol', { name: 'reject' });
  await operator.detailsThatShow('ended: rejected');
  expect(world.site.commandPaths(store)).toEqual([]);
});

test('a start that says no reason fails, and the page shows first what a right one looks like', async () => {
  const [store] = STORES;
  const operator = await world.operator('usage');
  await operator.startWorkflow({ type: 'destroyStore', input: { cluster: CLUSTER, store } });
  const shown = (await operator.shown('Result', '"message"')).replaceAll(/\s+/g, ' ');
  await operator.screenshot('failed');
  expect(await operator.status()).toBe('FAILED');
  const message = shown.slice(0, shown.indexOf('"stackTrace"'));
  expect(message).toContain(JSON.stringify(`Give one JSON object such as ${DESTROY_EXAMPLE}.`).slice(0, -1));
  expect(message).toContain('an order without a reason');
});
