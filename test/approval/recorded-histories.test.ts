import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { decodeJson } from '../../src/approval/history-fields.ts';
import { originOf, signalsIn, type History } from '../../src/approval/history-signals.ts';
import { votesIn } from '../../src/approval/votes-in-history.ts';
import { BEFORE_RUN, recorded, recordedIncident, RESET_RUN, RESET_TWICE_RUN } from './recorded.ts';

/** Each vote signal of the recordings names in its planId when it was sent. */
function told(history: History): [string, string][] {
  return signalsIn(history, ['approve', 'reject']).flatMap(({ payloads, origin }): [string, string][] => {
    const [payload] = payloads;
    const decoded = payload ? decodeJson(payload, 1_000) : undefined;
    return decoded?.kind === 'json' ? [[(decoded.value as { planId: string }).planId, origin]] : [];
  });
}

describe('in the history of a run that was never reset', () => {
  test('every signal was sent to this run, also those before its first task', async () => {
    const history = await recorded('before-reset');
    expect(told(history)).toEqual(
      ['before first task', 'by json/protobuf', 'first', 'second', 'third'].map((when) => [when, 'direct']),
    );
    expect(originOf(history)).toMatchObject({
      run: { runId: BEFORE_RUN },
      resets: [],
      parent: null,
      continuedFrom: null,
      identity: 'alice@desk',
      principal: null,
    });
  });

  test('json/protobuf is read, and what is not JSON is malformed, as is a signal without payload', async () => {
    const votes = votesIn(await recorded('before-reset'));
    expect(votes.map(({ verdict }) => verdict)).toEqual([
      'approve',
      'approve',
      'approve',
      'approve',
      'approve',
      'reject',
      'approve',
    ]);
    const details = votes.map(({ parsed }) => (parsed.ok ? '' : `${parsed.reason}: ${parsed.detail}`));
    expect(details[1]).toContain('"store"');
    expect(details[2]).toContain('binary/plain');
    expect(details[3]).toContain('nothing came');
    expect(votes[1]).toMatchObject({ identity: 'someone@desk', principal: null });
    expect(votes.every(({ requestId, atMs }) => requestId !== '' && atMs > Date.UTC(2026, 0) && atMs < Date.UTC(2030, 0))).toBe(
      true,
    );
  });
});

describe('in the history of a reset', () => {
  test('what was copied and what was applied again is told from what was sent to the new run', async () => {
    const history = await recorded('reset');
    expect(told(history)).toEqual([
      ['before first task', 'replayed by reset'],
      ['by json/protobuf', 'replayed by reset'],
      ['first', 'replayed by reset'],
      ['second', 'replayed by reset'],
      ['third', 'replayed by reset'],
      ['after reset, before task', 'direct'],
      ['after task', 'direct'],
    ]);
  });

  test('the run is the new one, though the start still names the old one', async () => {
    const history = await recorded('reset');
    expect(originOf(history)).toMatchObject({
      run: { runId: RESET_RUN },
      resets: [{ baseRunId: BEFORE_RUN, newRunId: RESET_RUN }],
    });
    expect(history.events?.[0]?.workflowExecutionStartedEventAttributes?.originalExecutionRunId).toBe(BEFORE_RUN);
  });

  test('a reset of a reset replays what was sent to both', async () => {
    const history = await recorded('reset-twice');
    const direct = told(history).filter(([, origin]) => origin === 'direct');
    expect(direct).toEqual([['after second reset', 'direct']]);
    expect(told(history)).toHaveLength(8);
    expect(originOf(history)).toMatchObject({
      run: { runId: RESET_TWICE_RUN },
      resets: [
        { baseRunId: BEFORE_RUN, newRunId: RESET_RUN },
        { baseRunId: RESET_RUN, newRunId: RESET_TWICE_RUN },
      ],
    });
  });
});

describe('in every recorded history of an incident', () => {
  const names = readdirSync(new URL('../histories', import.meta.url)).filter((file) => file.endsWith('.json'));
  test.each(names)('%s: the run and what started it are found, and its votes are those of people', async (file) => {
    const history = await recordedIncident(file.replace('.json', ''));
    const origin = originOf(history);
    const start = history.events?.[0]?.workflowExecutionStartedEventAttributes;
    expect(origin?.run).toEqual({ workflowId: start?.workflowId, runId: start?.originalExecutionRunId });
    expect(origin?.run.runId).toMatch(/^[0-9a-f-]{36}$/);
    expect(origin?.parent?.workflowId).toBe(start?.parentWorkflowExecution?.workflowId);
    // A destroy that a heal proposed has what started the heal for its root.
    expect(origin?.root === null).toBe(origin?.parent === null);
    if (file !== 'destroy-superseded.json') expect(origin?.root).toEqual(origin?.parent);
    // Only where people were asked has anybody voted, and all of it was sent to that very run.
    const asked = /^(ask|destroy)-/.test(file);
    if (!asked) expect(votesIn(history)).toEqual([]);
    expect(votesIn(history).filter((vote) => vote.origin !== 'direct')).toEqual([]);
    for (const { origin } of signalsIn(history, ['guardAnswer', 'opened'])) expect(origin).toBe('direct');
  });
});
