import type { Client, Connection, ScheduleUpdateOptions } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import proto from '@temporalio/proto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SEARCH_ATTRIBUTES } from '../../src/domain/names.ts';
import { clientOn, connectClient } from '../../src/temporal/connect.ts';
import { startDevServer, type DevServer } from '../../src/temporal/dev-server.ts';
import { retentionDays, setRetention } from '../../src/temporal/retention.ts';
import { applySchedules, describeSchedules, removeSchedule } from '../../src/temporal/schedules.ts';
import {
  missingSearchAttributes,
  registerSearchAttributes,
  requireSearchAttributes,
  searchAttributeKeys,
} from '../../src/temporal/search-attributes.ts';
import { devServerPath } from '../temporal-servers.ts';

const SLOW = { timeout: 60_000 };
const { IndexedValueType } = proto.temporal.api.enums.v1;

let server: DevServer;
let connection: Connection;
let client: Client;

beforeAll(async () => {
  server = await startDevServer({ ui: false, port: 0, env: { ...process.env, TEMPORAL_CLI_PATH: await devServerPath() } });
  const connected = await connectClient({ TEMPORAL_ADDRESS: server.address });
  connection = connected.connection;
  client = clientOn(connected);
}, 180_000);
afterAll(async () => {
  await connection?.close();
  await server?.stop();
});

describe('the schedule of a sweep', () => {
  test('is created once, with limits that fit its interval', SLOW, async () => {
    expect(await applySchedules(client, [{ name: 'new', everyMs: 30_000 }])).toEqual([{ cluster: 'new', result: 'created' }]);
    const described = await client.schedule.getHandle('sweep:new').describe();
    expect(described.spec.intervals).toMatchObject([{ every: 30_000 }]);
    expect(described.spec.jitter).toBe(3_000);
    expect(described.policies).toEqual({ overlap: 'SKIP', catchupWindow: 30_000, pauseOnFailure: false });
    expect(described.action).toMatchObject({
      workflowType: 'sweepCluster',
      args: [{ cluster: 'new' }],
      taskQueue: 'storekeeper',
      workflowId: 'sweep:new',
      workflowRunTimeout: 120_000,
    });
    expect(described.action.searchAttributes).toEqual({ StorekeeperCluster: ['new'] });
  });

  test.each([
    [1_000, { jitter: 100, catchupWindow: 10_000, runTimeout: 120_000 }],
    [60_000, { jitter: 5_000, catchupWindow: 60_000, runTimeout: 180_000 }],
  ])('with an interval of %i ms keeps the floors of its limits', SLOW, async (everyMs, expected) => {
    const name = `every-${everyMs}`;
    await applySchedules(client, [{ name, everyMs }]);
    const { spec, policies, action } = await client.schedule.getHandle(`sweep:${name}`).describe();
    expect({ jitter: spec.jitter, catchupWindow: policies.catchupWindow, runTimeout: action.workflowRunTimeout }).toEqual(
      expected,
    );
    expect(await applySchedules(client, [{ name, everyMs }])).toEqual([{ cluster: name, result: 'unchanged' }]);
    await removeSchedule(client, name);
  });

  test('that is right already is not touched', SLOW, async () => {
    await applySchedules(client, [{ name: 'same', everyMs: 30_000 }]);
    const before = await client.schedule.getHandle('sweep:same').describe();
    expect(await applySchedules(client, [{ name: 'same', everyMs: 30_000 }])).toEqual([{ cluster: 'same', result: 'unchanged' }]);
    const after = await client.schedule.getHandle('sweep:same').describe();
    expect(after.info.lastUpdatedAt).toEqual(before.info.lastUpdatedAt);
  });

  test('that an operator paused stays paused, with the note, through a change', SLOW, async () => {
    await applySchedules(client, [{ name: 'held', everyMs: 30_000 }]);
    const handle = client.schedule.getHandle('sweep:held');
    await handle.pause('until the disk is replaced (Li)');
    expect(await applySchedules(client, [{ name: 'held', everyMs: 30_000 }])).toEqual([{ cluster: 'held', result: 'unchanged' }]);
    expect(await applySchedules(client, [{ name: 'held', everyMs: 60_000 }])).toEqual([{ cluster: 'held', result: 'updated' }]);
    const described = await handle.describe();
    expect(described.state).toMatchObject({ paused: true, note: 'until the disk is replaced (Li)' });
    expect(described.spec.intervals).toMatchObject([{ every: 60_000 }]);
    expect(described.policies).toEqual({ overlap: 'SKIP', catchupWindow: 60_000, pauseOnFailure: false });
    expect(described.typedSearchAttributes.get(searchAttributeKeys.cluster)).toBe('held');
  });

  test('keeps the number of remaining actions through a change', SLOW, async () => {
    await applySchedules(client, [{ name: 'few', everyMs: 3_600_000 }]);
    const handle = client.schedule.getHandle('sweep:few');
    await handle.update((previous) => ({ ...previous, state: { ...previous.state, remainingActions: 5 } }));
    expect(await applySchedules(client, [{ name: 'few', everyMs: 1_800_000 }])).toEqual([{ cluster: 'few', result: 'updated' }]);
    expect((await handle.describe()).state.remainingActions).toBe(5);
  });

  test.each([
    ['its catch-up window', { policies: { catchupWindow: '1 year', overlap: 'SKIP' } }],
    ['its overlap policy', { policies: { catchupWindow: 30_000, overlap: 'ALLOW_ALL' } }],
    ['its intervals', { spec: { intervals: [{ every: 30_000 }, { every: 7_000 }], jitter: 3_000 } }],
    ['its calendar', { spec: { intervals: [{ every: 30_000 }], jitter: 3_000, calendars: [{ hour: 3 }] } }],
    ['its end', { spec: { intervals: [{ every: 30_000 }], jitter: 3_000, endAt: new Date('2031-01-01T00:00:00Z') } }],
  ] as const)('that somebody changed by hand, in %s, is put right', SLOW, async (_what, change) => {
    await applySchedules(client, [{ name: 'edited', everyMs: 30_000 }]);
    const handle = client.schedule.getHandle('sweep:edited');
    await handle.update((previous) => ({ ...previous, ...change }) as ScheduleUpdateOptions);
    expect(await applySchedules(client, [{ name: 'edited', everyMs: 30_000 }])).toEqual([
      { cluster: 'edited', result: 'updated' },
    ]);
    expect(await applySchedules(client, [{ name: 'edited', everyMs: 30_000 }])).toEqual([
      { cluster: 'edited', result: 'unchanged' },
    ]);
  });

  test('is described, and once removed is gone', SLOW, async () => {
    await applySchedules(client, [{ name: 'short', everyMs: 3_600_000 }]);
    await client.schedule.getHandle('sweep:short').pause('a test');
    expect(await describeSchedules(client, ['short', 'none'])).toEqual([
      {
        cluster: 'short',
        scheduleId: 'sweep:short',
        paused: true,
        note: 'a test',
        everyMs: 3_600_000,
        nextMs: expect.any(Number),
        lastMs: null,
        taken: 0,
        skippedForOverlap: 0,
        missed: 0,
      },
    ]);
    expect(await removeSchedule(client, 'short')).toBe(true);
    expect(await removeSchedule(client, 'short')).toBe(false);
    expect(await describeSchedules(client, ['short'])).toEqual([]);
    expect(await applySchedules(client, [{ name: 'short', everyMs: 3_600_000 }])).toEqual([
      { cluster: 'short', result: 'created' },
    ]);
  });
});

describe('search attributes', () => {
  async function namespace(name: string): Promise<string> {
    await connection.workflowService.registerNamespace({ namespace: name, workflowExecutionRetentionPeriod: msToTs('1 day') });
    return name;
  }

  test('are all there on the embedded server', SLOW, async () => {
    expect(await missingSearchAttributes(connection, 'default')).toEqual([]);
    await expect(requireSearchAttributes(connection, 'default')).resolves.toBeUndefined();
    expect(await registerSearchAttributes(connection, 'default')).toEqual([]);
  });

  test('that are missing are named with the command that registers them', SLOW, async () => {
    await untilThere(await namespace('bare'));
    expect(await missingSearchAttributes(connection, 'bare')).toEqual([...SEARCH_ATTRIBUTES]);
    await expect(requireSearchAttributes(connection, 'bare')).rejects.toThrow(
      'temporal operator search-attribute create --namespace bare --name StorekeeperCluster --type Keyword --name StorekeeperStore --type Keyword',
    );
  });

  test('are registered once and can be used at once', SLOW, async () => {
    await untilThere(await namespace('fresh'));
    expect(await registerSearchAttributes(connection, 'fresh')).toEqual([...SEARCH_ATTRIBUTES]);
    expect(await registerSearchAttributes(connection, 'fresh')).toEqual([]);
    const query = 'StorekeeperPhase = "healed"';
    await expect(connection.workflowService.countWorkflowExecutions({ namespace: 'fresh', query })).resolves.toBeDefined();
  });

  test('of another type are reported, since the server would say nothing', SLOW, async () => {
    await untilThere(await namespace('clash'));
    const searchAttributes = { StorekeeperPhase: IndexedValueType.INDEXED_VALUE_TYPE_INT };
    await connection.operatorService.addSearchAttributes({ namespace: 'clash', searchAttributes });
    await expect(registerSearchAttributes(connection, 'clash')).rejects.toThrow(
      /StorekeeperPhase is a int; it must be a Keyword/,
    );
    expect(
      Object.keys((await connection.operatorService.listSearchAttributes({ namespace: 'clash' })).customAttributes ?? {}),
    ).toEqual(['StorekeeperPhase']);
  });

  test('of a namespace that is not there end in an error that names it', SLOW, async () => {
    await expect(requireSearchAttributes(connection, 'nowhere')).rejects.toThrow(/namespace nowhere/);
  });

  test('and retention are set without touching the rest of the namespace', SLOW, async () => {
    await setRetention(connection, 'default', 30);
    expect(await retentionDays(connection, 'default')).toBe(30);
    expect(await missingSearchAttributes(connection, 'default')).toEqual([]);
  });

  async function untilThere(name: string): Promise<void> {
    for (let tries = 0; ; tries += 1) {
      try {
        await connection.operatorService.listSearchAttributes({ namespace: name });
        return;
      } catch (error) {
        if (tries > 50) throw error;
        await new Promise((settle) => setTimeout(settle, 200));
      }
    }
  }
});
