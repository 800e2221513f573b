import { afterEach, describe, expect, test } from 'vitest';
import { defaultPayloadConverter } from '@temporalio/common';
import { A, attemptsOf, B, commandsOf, dies, expectPeace, healOf, MINUTE, record, rounds, struckBy } from '../stage.ts';
import { startVirtualWorld, type VirtualWorld } from '../../virtual-world.ts';

let world: VirtualWorld;
afterEach(() => world.close());

describe('what a restart cures', () => {
  test('a reader that died is healed by one attempt', async () => {
    world = await startVirtualWorld({ stores: [A, B] });
    await dies(world, A);
    const { opened } = await world.sweep();
    expect(opened).toEqual([A]);
    const outcome = await world.outcome(A);
    expect(outcome).toMatchObject({ kind: 'healed', store: A });
    expect(attemptsOf(outcome)).toBe(1);
    expect(commandsOf(world)).toEqual(rounds(A, 1));
    const guard = await expectPeace(world);
    expect(guard.stores.find((memory) => memory.store === A)).toMatchObject({
      attempts: 1,
      openRun: null,
      last: { outcome: 'healed' },
    });
    await record('healed', healOf(world, A));
  });

  test('the whole answer of CM is in the history before the restart is sent', async () => {
    world = await startVirtualWorld({ stores: [A] });
    await dies(world, A);
    await world.sweep();
    await world.outcome(A);
    const { events = [] } = await healOf(world, A).fetchHistory();
    const scheduled = (type: string): number =>
      events?.findIndex((event) => event.activityTaskScheduledEventAttributes?.activityType?.name === type) ?? -1;
    const results = (events ?? [])
      .slice(0, scheduled('restartStore'))
      .flatMap((event) => event.activityTaskCompletedEventAttributes?.result?.payloads ?? []);
    const reports = results.map((payload) =>
      defaultPayloadConverter.fromPayload<{ kind?: string; evidence?: { raw: { data: string } } }>(payload),
    );
    const stop = reports.find((report) => report.kind === 'sent');
    const raw = JSON.parse(stop?.evidence?.raw.data ?? 'null') as {
      crawler: { name: string; status: number; errMsg: string; checkpoints: unknown[] };
    };
    expect(raw.crawler).toMatchObject({ name: A, active: true, status: 1 });
    expect(raw.crawler.errMsg).toContain('DRC_500');
    expect(raw.crawler.checkpoints).toHaveLength(1);
    await expectPeace(world);
  });

  test('a reader that dies once more 43 s after its start is healed by the second attempt', async () => {
    world = await startVirtualWorld({ stores: [A] });
    await struckBy(world, A, { kind: 'zombie', diesAfter: '43s', times: 1 });
    const outcome = await world.outcome(A);
    expect(outcome.kind).toBe('healed');
    expect(outcome.attempts.map((attempt) => attempt.verdict)).toEqual(['came up and died again', 'healthy and moving']);
    expect(commandsOf(world)).toEqual(rounds(A, 2));
    const [, restart, stop] = world.simulator.commands();
    expect((stop?.atMs ?? 0) - (restart?.atMs ?? 0)).toBeGreaterThan(2 * MINUTE);
    await expectPeace(world);
  });

  test('a slow Cluster Manager is waited for', async () => {
    world = await startVirtualWorld({ stores: [A] });
    await world.sweepTwice();
    // The simulator waits a thousandth of it.
    world.simulator.inject(A, { kind: 'slow', delay: '150s' });
    world.simulator.kill(A);
    await world.simulator.settled();
    await world.sweep();
    expect(await world.outcome(A)).toMatchObject({ kind: 'healed' });
    expect(commandsOf(world)).toEqual(rounds(A, 1));
    await expectPeace(world);
  });

  test('a Store that heals itself while its fault is confirmed is left alone', async () => {
    world = await startVirtualWorld({ stores: [A] });
    await struckBy(world, A, { kind: 'reader-died', for: '65s' });
    expect(await world.outcome(A)).toMatchObject({ kind: 'recovered', attempts: [] });
    expect(commandsOf(world)).toEqual([]);
    await expectPeace(world);
    await record('recovered', healOf(world, A));
  });

  test('a Store that dies and revives by itself is never stopped', async () => {
    world = await startVirtualWorld({ stores: [A] });
    await struckBy(world, A, { kind: 'flapping', period: '100s' });
    expect(await world.outcome(A)).toMatchObject({ kind: 'recovered' });
    expect(commandsOf(world)).toEqual([]);
    await expectPeace(world);
  });
});
