import { expect, test } from 'vitest';
import {
  cmQueue,
  destroyQueue,
  destroyWorkflowId,
  guardWorkflowId,
  healWorkflowId,
  SEARCH_ATTRIBUTES,
  sweepScheduleId,
  WORKFLOW_QUEUE,
} from '../../../src/domain/names.ts';
import { STORE, storeName } from '../readings.ts';

test('ids and queues are spelled as the design spells them', () => {
  expect(healWorkflowId('hangzhou-1', STORE)).toBe(`heal:hangzhou-1:${STORE}`);
  expect(destroyWorkflowId('hangzhou-1', STORE)).toBe(`destroy:hangzhou-1:${STORE}`);
  expect(guardWorkflowId('hangzhou-1')).toBe('guard:hangzhou-1');
  expect(sweepScheduleId('hangzhou-1')).toBe('sweep:hangzhou-1');
  expect(WORKFLOW_QUEUE).toBe('storekeeper');
  expect(cmQueue('hangzhou-1')).toBe('storekeeper-cm-hangzhou-1');
  expect(destroyQueue('hangzhou-1')).toBe('storekeeper-destroy-hangzhou-1');
});

test('the longest id that can be made fits into the 255 characters of an SQL column', () => {
  const longest = storeName(`10.0.0.7-7100:${'p'.repeat(180 - '10.0.0.7-7100::0000000007'.length)}:0000000007`);
  expect(longest).toHaveLength(180);
  expect(destroyWorkflowId('x'.repeat(40), longest).length).toBeLessThanOrEqual(255);
});

test('Stores and clusters never share an id', () => {
  const ids = [
    healWorkflowId('a', STORE),
    healWorkflowId('b', STORE),
    destroyWorkflowId('a', STORE),
    guardWorkflowId('a'),
    sweepScheduleId('a'),
  ];
  expect(new Set(ids).size).toBe(ids.length);
});

test('the search attributes leave room in a namespace on SQL, which has ten of their kind', () => {
  expect(SEARCH_ATTRIBUTES).toEqual(['StorekeeperCluster', 'StorekeeperStore', 'StorekeeperSubtopic', 'StorekeeperPhase']);
});
