import { afterEach, describe, expect, test } from 'vitest';
import { NEW_GUARD_PAUSE } from '../../../src/domain/guard/state.ts';
import { guardWorkflowId } from '../../../src/domain/names.ts';
import { CLUSTER, startVirtualWorld, type VirtualWorld } from '../../virtual-world.ts';
import { A, commandsOf, dies, expectPeace, HOUR, MINUTE, record, rounds, SECOND, struckBy } from '../stage.ts';

let world: VirtualWorld;
afterEach(() => world.close());

const guardHandle = () => world.client.workflow.getHandle(guardWorkflowId(CLUSTER));

describe('a guard that somebody ended', () => {
  test('with a pause, a lease and a debt: the next one begins paused, the debt is paid after the quarantine, and a person resumes', async () => {
    world = await startVirtualWorld({ stores: [A] });
    await struckBy(world, A, { kind: 'zombie', diesAfter: '43s', times: 1 });
    await world.passUntil('the stop was sent', async () => (await world.phase(A)) === 'waiting before the restart');
    await guardHandle().signal('pause', { by: 'alice', reason: 'OMS upgrade' });
    expect(await world.guard()).toMatchObject({ pauses: [{ by: 'alice' }], leases: [{ store: A }], debts: [{ store: A }] });
    await guardHandle().terminate('a person pulled the plug');
    const endedMs = await world.now();

    const outcome = await world.outcome(A);
    expect(outcome).toMatchObject({ kind: 'blocked', because: expect.stringContaining(NEW_GUARD_PAUSE) as string });
    expect(outcome.attempts).toMatchObject([{ restart: 'done', verdict: 'came up and died again' }]);
    expect(commandsOf(world)).toEqual(rounds(A, 1));
    expect((world.simulator.commands()[1]?.atMs ?? 0) - endedMs).toBeGreaterThanOrEqual(240 * SECOND);
    const guard = await expectPeace(world);
    expect(guard.pauses).toMatchObject([
      { by: NEW_GUARD_PAUSE, reason: expect.stringContaining('ended unexpectedly') as string },
    ]);

    expect((await world.sweepTwice()).opened).toEqual([]);
    await guardHandle().signal('resume', { by: 'alice' });
    await world.until('the guard has resumed', async () => (await world.guard()).pauses.length === 0);
    expect((await world.sweepTwice()).opened).toEqual([A]);
    expect(await world.outcome(A)).toMatchObject({ kind: 'healed' });
    expect(commandsOf(world)).toEqual(rounds(A, 2));
    await expectPeace(world);
  });

  test('none found at all: the asker starts one that is paused, and nothing is sent', async () => {
    world = await startVirtualWorld({ stores: [A], guard: false });
    world.simulator.kill(A);
    await world.simulator.settled();
    await world.heal(A);
    expect(await world.outcome(A)).toMatchObject({
      kind: 'blocked',
      because: expect.stringContaining(NEW_GUARD_PAUSE) as string,
    });
    expect(commandsOf(world)).toEqual([]);
    await expectPeace(world);
  });
});

describe('a guard that lives long', () => {
  test('carries its pauses and its memory over into a new run each day, and still listens', async () => {
    world = await startVirtualWorld({ stores: [A] });
    await dies(world, A);
    await world.sweep();
    await world.outcome(A);
    await guardHandle().signal('pause', { by: 'alice', reason: 'night' });
    await world.until('the guard is paused', async () => (await world.guard()).pauses.length === 1);
    const { runId } = await guardHandle().describe();
    const first = world.client.workflow.getHandle(guardWorkflowId(CLUSTER), runId);
    await world.pass(25 * HOUR);
    await world.until('the guard has a new run', async () => (await guardHandle().describe()).runId !== runId);
    await record('guard', first);
    expect(await world.guard()).toMatchObject({
      pauses: [{ by: 'alice' }],
      stores: [{ store: A, attempts: 1, last: { outcome: 'healed' } }],
    });

    world.simulator.kill(A);
    await world.simulator.settled();
    expect((await world.sweepTwice()).notOpened).toMatchObject([
      { store: A, because: expect.stringContaining('paused') as string },
    ]);
    await guardHandle().signal('resume', { by: 'alice' });
    await world.until('the guard has resumed', async () => (await world.guard()).pauses.length === 0);
    expect((await world.sweepTwice()).opened).toEqual([A]);
    expect(await world.outcome(A)).toMatchObject({ kind: 'healed' });
    expect(commandsOf(world)).toEqual(rounds(A, 2));
    await expectPeace(world);
  });

  test('still pays a debt that was open when its run ended', async () => {
    world = await startVirtualWorld({ stores: [A], policy: { waitMs: 26 * HOUR } });
    await struckBy(world, A, { kind: 'reader-died' });
    await world.passUntil('the stop was sent', async () => (await world.phase(A)) === 'waiting before the restart');
    const { runId } = await guardHandle().describe();
    await world.pass(25 * HOUR);
    await world.until('the guard has a new run', async () => (await guardHandle().describe()).runId !== runId);
    expect(await world.guard()).toMatchObject({ leases: [{ store: A }], debts: [{ store: A }], slots: [{ store: A }] });
    expect(await world.outcome(A)).toMatchObject({ kind: 'healed' });
    expect(commandsOf(world)).toEqual(rounds(A, 1));
    await expectPeace(world);
  });
});

describe('the outcome of a heal is remembered', () => {
  test('a final one is not opened again until the Store was healthy for an hour', async () => {
    world = await startVirtualWorld({ stores: [A], policy: { attempts: 1 } });
    await dies(world, A);
    world.simulator.inject(A, { kind: 'refuse', verb: 'stop' });
    await world.simulator.settled();
    await world.sweep();
    expect(await world.outcome(A)).toMatchObject({ kind: 'escalated' });
    await world.pass(3 * HOUR);
    expect((await world.sweepTwice()).notOpened).toMatchObject([
      { store: A, because: expect.stringContaining('for good') as string },
    ]);
    world.simulator.operatorRestart(A);
    await world.simulator.settled();
    await world.pass(MINUTE);
    await world.sweepTwice();
    world.simulator.kill(A);
    await world.simulator.settled();
    const tooSoon = { opened: [], notOpened: [{ store: A, because: expect.stringContaining('for good') as string }] };
    expect(await world.sweep()).toMatchObject(tooSoon);
    world.simulator.operatorRestart(A);
    await world.simulator.settled();
    await world.sweepTwice();
    await world.pass(HOUR);
    await world.sweepTwice();
    world.simulator.kill(A);
    await world.simulator.settled();
    expect((await world.sweep()).opened).toEqual([A]);
    expect(await world.outcome(A)).toMatchObject({ kind: 'healed' });
    expect(commandsOf(world)).toEqual([`stop ${A}`, ...rounds(A, 1)]);
    await expectPeace(world);
  });

  test('an open one cools down for ten minutes', async () => {
    world = await startVirtualWorld({ stores: [A] });
    await dies(world, A);
    await world.sweep();
    await world.outcome(A);
    const endedMs = await world.now();
    world.simulator.kill(A);
    await world.simulator.settled();
    expect((await world.sweepTwice()).notOpened).toMatchObject([
      { store: A, because: expect.stringContaining('a moment ago') as string },
    ]);
    // Also a person's start without a word about it.
    await world.heal(A, { reason: 'again' });
    expect(await world.outcome(A)).toMatchObject({ kind: 'blocked' });
    await world.passUntil('a sweep opens it', async () => (await world.sweep()).opened.length > 0, { stepMs: 30 * SECOND });
    expect((await world.now()) - endedMs).toBeGreaterThanOrEqual(10 * MINUTE);
    expect(await world.outcome(A)).toMatchObject({ kind: 'healed' });
    expect(commandsOf(world)).toEqual(rounds(A, 2));
    await expectPeace(world);
  });
});
