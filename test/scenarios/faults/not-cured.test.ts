import { afterEach, describe, expect, test } from 'vitest';
import { startVirtualWorld, type VirtualWorld } from '../../virtual-world.ts';
import { A, B, commandsOf, dies, expectPeace, healOf, MINUTE, record, rounds, struckBy } from '../stage.ts';

let world: VirtualWorld;
afterEach(() => world.close());

const handedOver = (): string[] =>
  world.journal.flatMap((line) => (line.journal === 'hand-over' ? [`${line.store}: ${line.outcome}`] : []));

describe('what no restart cures goes to people', () => {
  test.each(['43s', '127s'] as const)(
    'a reader that dies %s after each start, at the same checkpoint, is permanent after two attempts',
    async (diesAfter) => {
      world = await startVirtualWorld({ stores: [A] });
      await struckBy(world, A, { kind: 'zombie', diesAfter });
      const outcome = await world.outcome(A);
      expect(outcome.kind).toBe('permanent');
      expect(outcome.attempts.map(({ cameUp, verdict }) => ({ cameUp, verdict }))).toEqual([
        { cameUp: true, verdict: 'came up and died again' },
        { cameUp: true, verdict: 'came up and died again' },
      ]);
      expect(commandsOf(world)).toEqual(rounds(A, 2));
      expect(handedOver()).toEqual([`${A}: permanent`]);
      await expectPeace(world);
      await record('permanent', healOf(world, A));
    },
  );

  test('a reader that gets further before each death uses up its attempts', async () => {
    world = await startVirtualWorld({ stores: [A] });
    await struckBy(world, A, { kind: 'zombie', diesAfter: '127s', checkpoint: 'moves' });
    const outcome = await world.outcome(A);
    expect(outcome).toMatchObject({ kind: 'escalated', next: expect.stringContaining('find out why it dies') as string });
    expect(commandsOf(world)).toEqual(rounds(A, 3));
    expect(handedOver()).toEqual([`${A}: escalated`]);
    const guard = await expectPeace(world);
    expect(guard.stores[0]).toMatchObject({ attempts: 3, last: { outcome: 'escalated' } });
  });

  test('a Store that never comes up is escalated after three attempts, with ever longer peace between them', async () => {
    world = await startVirtualWorld({ stores: [A] });
    await struckBy(world, A, { kind: 'never-comes-up' });
    const outcome = await world.outcome(A);
    expect(outcome.kind).toBe('escalated');
    expect(outcome.attempts.map((attempt) => attempt.verdict)).toEqual(['did not come up', 'did not come up', 'did not come up']);
    expect(commandsOf(world)).toEqual(rounds(A, 3));
    const at = world.simulator.commands().map((entry) => entry.atMs);
    const peace = [(at[2] ?? 0) - (at[1] ?? 0), (at[4] ?? 0) - (at[3] ?? 0)];
    expect(peace[0]).toBeGreaterThan(17 * MINUTE);
    expect(peace[1]).toBeGreaterThan((peace[0] ?? 0) + 3 * MINUTE);
    await expectPeace(world);
    await record('escalated', healOf(world, A));
  });

  test('a source log that is gone is permanent once the reader was seen to die at the same place again', async () => {
    world = await startVirtualWorld({ stores: [A] });
    await struckBy(world, A, { kind: 'permanent', diesAfter: '40s' });
    expect(await world.outcome(A)).toMatchObject({ kind: 'permanent' });
    expect(commandsOf(world)).toEqual(rounds(A, 2));
    await expectPeace(world);
  });

  test('a Store that dies between two looks after each start still goes to people', async () => {
    world = await startVirtualWorld({ stores: [A] });
    await struckBy(world, A, { kind: 'permanent', diesAfter: '10s' });
    const { kind } = await world.outcome(A);
    expect(['permanent', 'escalated']).toContain(kind);
    expect(commandsOf(world)).toEqual(rounds(A, kind === 'permanent' ? 2 : 3));
    await expectPeace(world);
  });

  test('a message that matches a hopeless pattern is permanent without a restart', async () => {
    world = await startVirtualWorld({ stores: [A], policy: { hopeless: ['DRC_500'] } });
    await dies(world, A);
    await world.sweep();
    expect(await world.outcome(A)).toMatchObject({ kind: 'permanent', attempts: [] });
    expect(commandsOf(world)).toEqual([]);
    await expectPeace(world);
  });

  test('a restart that leaves the checkpoint standing is not proven', async () => {
    world = await startVirtualWorld({ stores: [A] });
    await dies(world, A);
    world.simulator.inject(A, { kind: 'frozen' });
    await world.simulator.settled();
    await world.sweep();
    const outcome = await world.outcome(A);
    expect(outcome).toMatchObject({ kind: 'not proven', because: expect.stringContaining('has not passed') as string });
    expect(commandsOf(world)).toEqual(rounds(A, 1));
    await expectPeace(world);
    await record('not-proven', healOf(world, A));
  });

  test('a Store that somebody else restarts again and again is flapping after the third time', async () => {
    world = await startVirtualWorld({ stores: [A] });
    await world.sweepTwice();
    world.simulator.inject(A, { kind: 'permanent', diesAfter: '1s' });
    world.simulator.inject(A, { kind: 'operator-restarts', every: '25s' });
    await world.simulator.settled();
    await world.pass(28_000);
    expect((await world.sweep()).opened).toEqual([A]);
    expect(await world.outcome(A)).toMatchObject({ kind: 'flapping', attempts: [] });
    expect(commandsOf(world)).toEqual([]);
    await expectPeace(world);
    await record('flapping', healOf(world, A));
  });
});

describe('what looks green is not touched', () => {
  test('a green Store whose checkpoint stands is counted as frozen, and nothing is sent', async () => {
    world = await startVirtualWorld({ stores: [A, B] });
    await world.sweepTwice();
    world.simulator.inject(A, { kind: 'frozen' });
    await world.simulator.settled();
    await world.pass(30_000);
    await world.sweep();
    await world.pass(16 * MINUTE);
    await world.sweep();
    await world.pass(30_000);
    expect(await world.sweep()).toMatchObject({ healthy: 2, faulty: 0, frozen: 1, opened: [] });
    expect(commandsOf(world)).toEqual([]);
    await expectPeace(world);
  });
});
