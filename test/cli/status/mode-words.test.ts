import { expect, test } from 'vitest';
import { showStatus } from '../../../src/cli/status/show-status.ts';
import { newGuard, type GuardState } from '../../../src/domain/guard/state.ts';
import { STORE, T0 } from '../../domain/readings.ts';
import { view } from '../../domain/guard/guard-desk.ts';

const wouldAct: GuardState['stores'][number] = {
  store: STORE,
  attempts: 0,
  firstFaultyMs: T0,
  healthySinceMs: null,
  openRun: null,
  last: { outcome: 'would act', runId: 'r', endedMs: T0, notBeforeMs: T0, evidenceKey: 'k' },
  touchedMs: T0,
};

function headline(mode: 'observe' | 'act', act: readonly string[], memory = wouldAct): string {
  const guard = { ...newGuard('c1', 'with the schedule', T0), view: { ...view, mode, act }, stores: [memory] };
  const screen = { columns: null, paint: (_colour: string, text: string) => text };
  return showStatus({ name: 'c1', guard, schedule: null, trouble: [] }, screen, T0)[0] ?? '';
}

test.each<[string, string, 'observe' | 'act', readonly string[], GuardState['stores'][number]]>([
  ['observe', 'c1  mode observe, observing only: 1 Store would have been restarted', 'observe', [], wouldAct],
  ['act, where it said so before the mode changed', 'c1  mode act', 'act', [], wouldAct],
  ['a canary that covers the Store', 'c1  mode observe, but act on p_4223_*', 'observe', ['p_4223_*'], wouldAct],
  ['observe, where the Store is healthy again', 'c1  mode observe', 'observe', [], { ...wouldAct, healthySinceMs: T0 }],
])('in %s', (_, words, mode, act, memory) => {
  expect(headline(mode, act, memory)).toBe(words);
});
