import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { healWorkflowId } from '../../src/domain/names.ts';
import { CLUSTER, OTHER, STORE, until } from '../processes/process-world.ts';
import { UiWorld } from './ui-world.ts';

let world: UiWorld;

beforeAll(async () => {
  // Slow enough for somebody to watch it being proven.
  world = await UiWorld.start([STORE, OTHER], { policy: { verify: { healthyFor: '6s', within: '40s' } } });
});
afterEach(async ({ task }) => {
  expect(await world.everybodyLeaves(task.result?.state === 'fail')).toEqual([]);
});
afterAll(() => world.close());

test('an operator starts a heal from the form and follows it until the Store is healed', async () => {
  const operator = await world.operator('healer');
  const input = { cluster: CLUSTER, store: STORE, reason: 'its reader is dead' };
  await operator.startWorkflow({ type: 'healStore', workflowId: healWorkflowId(CLUSTER, STORE), input });
  expect(await operator.status()).toBe('RUNNING');

  const meanwhile = await operator.detailsThatShow('verifying');
  expect(meanwhile).toContain(`${STORE} of cluster ${CLUSTER}`);
  expect(meanwhile).toContain('its reader is dead');
  await operator.screenshot('meanwhile');

  expect(await operator.detailsThatShow('ended: healed')).toContain('Attempt 1');
  await operator.screenshot('details');
  expect(await operator.shown('Result', '"kind"')).toContain('"kind": "healed"');
  // What was done to the Store, and why, stands in the timeline in plain words.
  for (const summary of [`stop ${STORE}: ordered: its reader is dead`, `restart ${STORE}`, 'did the restart hold']) {
    await operator.page.getByText(summary).first().waitFor();
  }
  await until('the end of the run to be shown', async () => (await operator.status()) === 'COMPLETED');
  await operator.screenshot('timeline');
  expect(world.site.commandPaths(STORE)).toEqual(['/crawler/clear', '/crawler/restore']);
  expect(world.site.simulator.state(STORE).reader).toBe('running');
});

test('a heal started under the random id of the form leads to the incident under its own id', async () => {
  const operator = await world.operator('newcomer');
  const input = { cluster: CLUSTER, store: OTHER, reason: 'its reader is dead' };
  const started = await operator.startWorkflow({ type: 'healStore', input });
  expect(started).toMatch(/^[0-9a-f-]{36}$/);
  expect(await operator.shown('Result', '"kind"')).toContain('"kind": "attached"');

  const incident = healWorkflowId(CLUSTER, OTHER);
  await operator.detailsThatShow(incident);
  await operator.screenshot('attached');
  await operator.followLink(incident);
  await operator.detailsThatShow('ended: healed');
  await operator.screenshot('details');
  expect(world.site.commandPaths(OTHER)).toEqual(['/crawler/clear', '/crawler/restore']);
  expect(world.site.simulator.state(OTHER).reader).toBe('running');
});
