import { expect, test } from 'vitest';
import {
  cmQueue,
  destroyQueue,
  destroyWorkflowId,
  guardWorkflowId,
  healWorkflowId,
  sweepScheduleId,
} from '../../src/domain/names.ts';
import { parseStoreName } from '../../src/domain/store.ts';

const store = parseStoreName('10.0.0.7-7100:p_4223_source-000-0:0000000007');
if (!store.ok) throw new Error(store.error);

test('the id of a heal is made of cluster and Store, so that a second one cannot start', () => {
  expect(healWorkflowId('hangzhou-1', store.value)).toBe('heal:hangzhou-1:10.0.0.7-7100:p_4223_source-000-0:0000000007');
  expect(destroyWorkflowId('hangzhou-1', store.value)).toBe('destroy:hangzhou-1:10.0.0.7-7100:p_4223_source-000-0:0000000007');
});

test('each cluster has its own guard, schedule and queues', () => {
  expect([guardWorkflowId('a'), sweepScheduleId('a'), cmQueue('a'), destroyQueue('a')]).toEqual([
    'guard:a',
    'sweep:a',
    'storekeeper-cm-a',
    'storekeeper-destroy-a',
  ]);
});
