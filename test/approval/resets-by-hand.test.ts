/** The histories here are made by hand. */
import { describe, expect, test } from 'vitest';
import { originOf, type History } from '../../src/approval/history-signals.ts';
import { votesIn } from '../../src/approval/votes-in-history.ts';
import { jwt, OTHER_RUN_ID, payloadOf, planOf, RUN_ID } from '../domain/approval/ballots.ts';
import { T0 } from '../domain/readings.ts';
import { BOB_PRIVATE } from './fixed-keys.ts';
import { counted, good, historyOf, plan, resetTo, scheduled, signal, signedBy, started } from './hand-made.ts';

describe('a reset, in a hand-made history', () => {
  const approvals = [signal({ value: good, by: 'alice' }), signal({ value: good, by: 'bob' })];
  const newPlan = planOf({ runId: OTHER_RUN_ID });

  test('launders no votes: copied ones keep their principals and still do not count', () => {
    const history = historyOf(started(), ...approvals, resetTo(OTHER_RUN_ID), scheduled);
    for (const on of [plan, newPlan])
      expect(counted(history, on)).toMatchObject({ approvals: [], refused: [{ reason: 'replayed by reset', count: 2 }] });
  });

  test('by an approver makes no votes of theirs: what was applied again does not count', () => {
    const again = [
      signal({ value: payloadOf(newPlan), by: 'alice' }),
      signal({ value: signedBy('bob', BOB_PRIVATE, 'approve', newPlan), by: 'alice' }),
    ];
    expect(counted(historyOf(started(), scheduled, resetTo(OTHER_RUN_ID), ...again, scheduled), newPlan)).toMatchObject({
      approvals: [],
      refused: [{ reason: 'replayed by reset', count: 2 }],
    });
  });

  test('that is followed by nothing leaves nothing that was sent to the new run', () => {
    expect(counted(historyOf(started(), resetTo(OTHER_RUN_ID), ...approvals))).toMatchObject({ approvals: [] });
  });

  test('does not stand in the way of votes on the new plan', () => {
    const fresh = ['alice', 'bob'].map((by) => signal({ value: payloadOf(newPlan), by }));
    expect(counted(historyOf(started(), ...approvals, resetTo(OTHER_RUN_ID), scheduled, ...fresh), newPlan).state.kind).toBe(
      'approved',
    );
  });

  test('names who reset, who is in the chain of starts from then on', () => {
    expect(originOf(historyOf(started(), resetTo(OTHER_RUN_ID)))).toMatchObject({
      run: { workflowId: 'destroy:x', runId: OTHER_RUN_ID },
      resets: [{ principal: jwt('resetter@site') }],
    });
  });

  test('is not a task that failed for another cause', () => {
    const failed = { workflowTaskFailedEventAttributes: { cause: 1 } };
    expect(counted(historyOf(started(), ...approvals, failed, scheduled)).state.kind).toBe('approved');
  });
});

describe('what started a run, by a hand-made history', () => {
  test('its parent, its root, the run it continues and who started it', () => {
    const parent = { workflowId: 'heal:x', runId: RUN_ID };
    const root = { workflowId: 'sweep:x', runId: OTHER_RUN_ID };
    const origin = originOf(
      historyOf(started({ parentWorkflowExecution: parent, rootWorkflowExecution: root, continuedExecutionRunId: OTHER_RUN_ID })),
    );
    expect(origin).toMatchObject({
      parent,
      root,
      continuedFrom: { workflowId: 'destroy:x', runId: OTHER_RUN_ID },
      principal: jwt('operator@site'),
      identity: 'ui',
      startedMs: T0,
      workflowType: 'destroyStore',
    });
  });

  test.each<[string, History]>([
    ['nothing', {}],
    ['no events', { events: [] }],
    ['a page from the middle', { events: (historyOf(started(), started()).events ?? []).slice(1) }],
    ['another first event', historyOf(scheduled)],
  ])('%s tells no origin', (_, history) => {
    expect(originOf(history)).toBeNull();
    expect(votesIn(history)).toEqual([]);
  });

  test('half a principal is none', () => {
    for (const principal of [{ type: 'jwt', name: '' }, { type: '', name: 'alice@site' }, {}]) {
      expect(originOf(historyOf({ ...started(), principal }))?.principal).toBeNull();
    }
  });
});
