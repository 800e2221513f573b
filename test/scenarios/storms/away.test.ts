import { afterEach, describe, expect, test } from 'vitest';
import { defaultPayloadConverter } from '@temporalio/common';
import { startVirtualWorld, type VirtualWorld } from '../../virtual-world.ts';
import type { CommandReport } from '../../../src/domain/activities.ts';
import { A, commandsOf, dies, expectPeace, HOUR, SECOND, struckBy } from '../stage.ts';

let world: VirtualWorld;
afterEach(() => world.close());

interface SentCommand {
  readonly verb: string;
  readonly scheduledMs: number;
  readonly lookedMs: number | null;
}

/** Every command activity of every heal that sent something, as the histories have it. */
async function sentCommands(): Promise<SentCommand[]> {
  const runs = new Map(world.journal.map((line) => [line.runId, line.workflowId]));
  const found: SentCommand[] = [];
  for (const [runId, workflowId] of runs) {
    const { events } = await world.client.workflow.getHandle(workflowId, runId).fetchHistory();
    const scheduled = new Map<string, { readonly type: string; readonly atMs: number }>();
    for (const event of events ?? []) {
      const type = event.activityTaskScheduledEventAttributes?.activityType?.name;
      if (type === 'stopStore' || type === 'restartStore') {
        const atMs = Number(event.eventTime?.seconds ?? 0) * 1_000 + Math.floor((event.eventTime?.nanos ?? 0) / 1e6);
        scheduled.set(String(event.eventId), { type, atMs });
      }
      // On a machine that is loaded, hours may pass between a command and its answer: then the server has given it up.
      const lost = scheduled.get(String(event.activityTaskTimedOutEventAttributes?.scheduledEventId));
      if (lost !== undefined) found.push({ verb: lost.type, scheduledMs: lost.atMs, lookedMs: null });
      const done = event.activityTaskCompletedEventAttributes;
      const begun = scheduled.get(String(done?.scheduledEventId));
      const [result] = done?.result?.payloads ?? [];
      if (begun === undefined || result === undefined) continue;
      const report = defaultPayloadConverter.fromPayload<CommandReport>(result);
      if (report.kind !== 'sent') continue;
      found.push({ verb: begun.type, scheduledMs: begun.atMs, lookedMs: report.evidence?.reading.atMs ?? null });
    }
  }
  return found.toSorted((a, b) => a.scheduledMs - b.scheduledMs);
}

async function sweepUntilHealthy(): Promise<void> {
  await world.passUntil(
    'it is healthy and no heal is open',
    async () => {
      await world.sweep();
      const guard = await world.guard();
      return (
        world.simulator.state(A).status === 0 &&
        guard.leases.length === 0 &&
        guard.debts.length === 0 &&
        guard.stores.every((memory) => memory.openRun === null)
      );
    },
    { stepMs: 75 * SECOND },
  );
}

describe('a heal whose only worker is away for two hours', () => {
  test.each([
    ['while it confirms', 'confirming', 0],
    ['between stop and restart', 'waiting before the restart', 1],
    ['while it verifies', 'verifying', 2],
    ['between two attempts', 'backing off', 2],
  ] as const)('%s ends with a healthy Store, and nothing is sent on what was seen before', async (_, phase, before) => {
    world = await startVirtualWorld({ stores: [A], workersLeave: true });
    await struckBy(world, A, phase === 'backing off' ? { kind: 'never-comes-up', for: '50m' } : { kind: 'reader-died' });
    await world.passUntil(`it is ${phase}`, async () => (await world.phase(A)) === phase);
    expect(world.simulator.commands()).toHaveLength(before);
    await world.stopWorkers();
    await world.pass(2 * HOUR);
    const backMs = await world.now();
    await world.startWorkers();
    await sweepUntilHealthy();
    expect(world.simulator.state(A).status).toBe(0);

    const sent = await sentCommands();
    expect(sent.map((command) => command.verb.replace('Store', ''))).toEqual(
      commandsOf(world).map((command) => command.split(' ')[0]),
    );
    for (const [index, command] of sent.entries()) {
      const atMs = world.simulator.commands()[index]?.atMs ?? 0;
      expect(atMs - command.scheduledMs).toBeLessThan(60 * SECOND);
      const { lookedMs } = command;
      if (command.verb === 'stopStore' && index >= before && lookedMs !== null) expect(lookedMs).toBeGreaterThanOrEqual(backMs);
    }
    await expectPeace(world);
  });

  test('before it begins, with a worker for workflows alone: the observer is the incident after a minute, and nothing is sent', async () => {
    world = await startVirtualWorld({ stores: [A], workersLeave: true });
    await dies(world, A);
    await world.stopWorkers();
    await world.startWorkers(false);
    await world.heal(A);
    expect(await world.outcome(A)).toMatchObject({
      kind: 'observer blind',
      next: expect.stringContaining('start a worker') as string,
    });
    expect(commandsOf(world)).toEqual([]);
    await expectPeace(world);
  });
});
