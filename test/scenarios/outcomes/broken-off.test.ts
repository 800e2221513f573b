import { afterEach, describe, expect, test } from 'vitest';
import { startVirtualWorld, type VirtualWorld } from '../../virtual-world.ts';
import { A, commandsOf, expectPeace, healOf, MINUTE, record, rounds, SECOND, struckBy } from '../stage.ts';

let world: VirtualWorld;
afterEach(() => world.close());

/** A heal that has come to this phase. */
async function at(phase: string, fault: Parameters<typeof struckBy>[2] = { kind: 'reader-died' }): Promise<void> {
  world = await startVirtualWorld({ stores: [A] });
  await struckBy(world, A, fault);
  await world.passUntil(`the heal is ${phase}`, async () => (await world.phase(A)) === phase);
}

describe('a heal that a person cancels', () => {
  test('while it confirms it ends at once, and nothing is sent', async () => {
    await at('confirming');
    await healOf(world, A).cancel();
    expect(await world.outcome(A)).toMatchObject({ kind: 'cancelled' });
    expect(commandsOf(world)).toEqual([]);
    await expectPeace(world);
  });

  test('after its stop was sent it pays the restart first', async () => {
    await at('waiting before the restart');
    expect(commandsOf(world)).toEqual([`stop ${A}`]);
    await healOf(world, A).cancel();
    expect(await world.outcome(A)).toMatchObject({ kind: 'cancelled' });
    expect(commandsOf(world)).toEqual(rounds(A, 1));
    const guard = await expectPeace(world);
    expect(guard.stores[0]?.last?.outcome).toBe('cancelled');
    await record('cancelled', healOf(world, A));
  });

  test('a cancellation while CM refuses the restart does not end the trying', async () => {
    world = await startVirtualWorld({ stores: [A] });
    await struckBy(world, A, { kind: 'reader-died' });
    world.simulator.inject(A, { kind: 'refuse', verb: 'restart', times: 3 });
    await world.simulator.settled();
    await world.passUntil('the first restart was refused', () => world.simulator.commands().length >= 2, { stepMs: 2_000 });
    await healOf(world, A).cancel();
    expect(await world.outcome(A)).toMatchObject({ kind: 'cancelled' });
    expect(commandsOf(world)).toEqual([`stop ${A}`, ...Array.from({ length: 4 }, () => `restart ${A}`)]);
    await expectPeace(world);
  });

  test('while it verifies or rests between attempts it ends, and owes nothing', async () => {
    await at('backing off', { kind: 'never-comes-up' });
    await healOf(world, A).cancel();
    expect(await world.outcome(A)).toMatchObject({ kind: 'cancelled' });
    expect(commandsOf(world)).toEqual(rounds(A, 1));
    await expectPeace(world);
  });
});

describe('a heal that is terminated', () => {
  test('after its stop: the guard pays the restart by a heal of its own, with no sweep running', async () => {
    await at('waiting before the restart');
    await healOf(world, A).terminate('a person pulled the plug');
    const stoppedMs = world.simulator.commands()[0]?.atMs ?? 0;
    await world.passUntil('the restart was sent', () => world.simulator.commands().length === 2, { limitMs: 20 * MINUTE });
    expect((world.simulator.commands()[1]?.atMs ?? 0) - stoppedMs).toBeGreaterThanOrEqual(240 * SECOND);
    const outcome = await world.outcome(A);
    expect(outcome).toMatchObject({ kind: 'healed', attempts: [{ stop: 'sent by an earlier run', restart: 'done' }] });
    expect(commandsOf(world)).toEqual(rounds(A, 1));
    await expectPeace(world);
    await record('debt-paid', healOf(world, A));
  });

  test('while its stop may still run at CM: the debt is paid after the quarantine, not before', async () => {
    world = await startVirtualWorld({ stores: [A] });
    await struckBy(world, A, { kind: 'reader-died' });
    world.simulator.inject(A, { kind: 'answer-lost', verb: 'stop' });
    await world.simulator.settled();
    await world.passUntil('the stop was sent', () => world.simulator.commands().length === 1);
    await healOf(world, A).terminate('a person pulled the plug');
    // The next sweep finds the dead holder at once; the command may run on.
    await world.pass(10 * SECOND);
    await world.sweep();
    const guard = await world.guard();
    expect(guard).toMatchObject({
      leases: [],
      debts: [{ store: A, holder: null }],
      quarantines: [{ subtopic: 'p_4223_source-000-0' }],
    });
    const stoppedMs = world.simulator.commands()[0]?.atMs ?? 0;
    await world.passUntil('the restart was sent', () => world.simulator.commands().length === 2, { limitMs: 20 * MINUTE });
    expect((world.simulator.commands()[1]?.atMs ?? 0) - stoppedMs).toBeGreaterThanOrEqual(240 * SECOND);
    expect(await world.outcome(A)).toMatchObject({ kind: 'healed' });
    expect(commandsOf(world)).toEqual(rounds(A, 1));
    await expectPeace(world);
  });

  test('after its stop, and somebody restarts the Store by hand: the debt is settled by a healthy reading', async () => {
    await at('waiting before the restart');
    await healOf(world, A).terminate('a person pulled the plug');
    await world.pass(30 * SECOND);
    world.simulator.operatorRestart(A);
    await world.simulator.settled();
    await world.passUntil('a heal of the guard has looked', async () => (await world.phase(A)) === 'recovered');
    expect(await world.outcome(A)).toMatchObject({ kind: 'recovered', attempts: [] });
    expect(commandsOf(world)).toEqual([`stop ${A}`]);
    await expectPeace(world);
  });
});
