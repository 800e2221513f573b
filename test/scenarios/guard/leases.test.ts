import { afterEach, describe, expect, test } from 'vitest';
import { guardWorkflowId } from '../../../src/domain/names.ts';
import { CLUSTER, startVirtualWorld, type VirtualWorld } from '../../virtual-world.ts';
import { A, commandsOf, dies, expectPeace, healOf, MINUTE, rounds, SECOND, SIBLING, struckBy } from '../stage.ts';

let world: VirtualWorld;
afterEach(() => world.close());

const guardHandle = () => world.client.workflow.getHandle(guardWorkflowId(CLUSTER));

function inFlight(count: number): void {
  const { current } = world.config;
  world.config.current = { ...current, policy: { ...current.policy, guard: { ...current.policy.guard, inFlight: count } } };
}

describe('a pause', () => {
  test('opens nothing and forgets nothing: after it everything is looked at afresh', async () => {
    world = await startVirtualWorld({ stores: [A] });
    await world.sweepTwice();
    await guardHandle().signal('pause', { by: 'alice', reason: 'OMS upgrade' });
    world.simulator.kill(A);
    await world.simulator.settled();
    for (let sweep = 0; sweep < 3; sweep += 1) {
      await world.pass(30 * SECOND);
      expect(await world.sweep()).toMatchObject({
        faulty: 1,
        opened: [],
        notOpened: [{ store: A, because: 'the cluster is paused (alice: OMS upgrade)' }],
      });
    }
    const firstFaultyMs = (await world.guard()).stores[0]?.firstFaultyMs;
    await guardHandle().signal('resume', { by: 'alice' });
    await world.pass(30 * SECOND);
    expect((await world.sweepTwice()).opened).toEqual([A]);
    expect((await world.guard()).stores[0]).toMatchObject({ store: A, firstFaultyMs });
    expect(await world.outcome(A)).toMatchObject({ kind: 'healed' });
    expect(commandsOf(world)).toEqual(rounds(A, 1));
    await expectPeace(world);
  });

  test('with an end is over by itself', async () => {
    world = await startVirtualWorld({ stores: [A] });
    await dies(world, A);
    await guardHandle().signal('pause', { by: 'alice', reason: 'a moment', minutes: 10 });
    expect((await world.sweep()).opened).toEqual([]);
    await world.pass(11 * MINUTE);
    expect((await world.sweepTwice()).opened).toEqual([A]);
    expect(await world.outcome(A)).toMatchObject({ kind: 'healed' });
    await expectPeace(world);
  });
});

describe('after a gap', () => {
  test('the first sweep only observes', async () => {
    world = await startVirtualWorld({ stores: [A] });
    await dies(world, A);
    await world.pass(10 * MINUTE);
    const first = await world.sweep();
    expect(first).toMatchObject({ faulty: 1, opened: [], notes: [expect.stringContaining('only observes') as string] });
    await world.pass(30 * SECOND);
    expect((await world.sweep()).opened).toEqual([A]);
    await world.outcome(A);
    expect(commandsOf(world)).toEqual(rounds(A, 1));
    await expectPeace(world);
  });

  test('a heal whose evidence is older than the gap confirms again before it acts', async () => {
    world = await startVirtualWorld({ stores: [A], policy: { confirm: { overMs: 4 * MINUTE } } });
    await struckBy(world, A, { kind: 'reader-died' });
    await world.pass(2 * MINUTE);
    expect((await world.sweep()).notes).toEqual([expect.stringContaining('only observes')]);
    const freshMs = await world.now();
    expect(await world.outcome(A)).toMatchObject({ kind: 'healed' });
    expect((world.simulator.commands()[0]?.atMs ?? 0) - freshMs).toBeGreaterThan(4 * MINUTE);
    expect(commandsOf(world)).toEqual(rounds(A, 1));
    await expectPeace(world);
  });

  test('a heal that waits for a slot across a gap confirms again before its stop', async () => {
    world = await startVirtualWorld({ stores: [A], policy: { guard: { inFlight: 0 } } });
    await struckBy(world, A, { kind: 'reader-died' });
    await world.passUntil('it waits for a slot', async () => (await world.phase(A)) === 'waiting for the guard');
    await world.pass(2 * MINUTE);
    inFlight(2);
    await world.sweep();
    const freshMs = await world.now();
    expect(await world.outcome(A)).toMatchObject({ kind: 'healed' });
    expect((world.simulator.commands()[0]?.atMs ?? 0) - freshMs).toBeGreaterThan(90 * SECOND);
    expect(commandsOf(world)).toEqual(rounds(A, 1));
    await expectPeace(world);
  });
});

describe('a holder that is dead', () => {
  /** A's heal holds the lease of the subtopic, has sent nothing, and is terminated. */
  async function deadHolder(): Promise<void> {
    world = await startVirtualWorld({ stores: [A, SIBLING], policy: { guard: { inFlight: 0 } } });
    world.simulator.kill(A);
    world.simulator.kill(SIBLING);
    await world.simulator.settled();
    await world.heal(A);
    await world.passUntil('it waits for a slot', async () => (await world.phase(A)) === 'waiting for the guard');
    await healOf(world, A).terminate('a person pulled the plug');
    expect((await world.guard()).leases).toMatchObject([{ store: A }]);
    inFlight(2);
  }

  test('loses its lease when a sibling wants it', async () => {
    await deadHolder();
    await world.heal(SIBLING);
    expect(await world.outcome(SIBLING)).toMatchObject({ kind: 'healed' });
    expect(commandsOf(world)).toEqual(rounds(SIBLING, 1));
    await expectPeace(world);
  });

  test('loses its lease at the next sweep', async () => {
    await deadHolder();
    await world.sweep();
    const guard = await expectPeace(world);
    expect(guard.stores.find((memory) => memory.store === A)).toMatchObject({ openRun: null, last: { outcome: 'terminated' } });
    expect(commandsOf(world)).toEqual([]);
  });
});

describe('two Stores of one subtopic', () => {
  test('are never remediated at once: the other ends blocked, and is opened later', async () => {
    world = await startVirtualWorld({ stores: [A, SIBLING] });
    // A keeps a minute only, so that a healed A holds nothing of what SIBLING lacks.
    world.simulator.removeStore(A);
    world.simulator.addStore({ name: A, retention: '60s' });
    await world.simulator.settled();
    await world.sweepTwice();
    world.simulator.kill(A);
    world.simulator.kill(SIBLING);
    await world.simulator.settled();
    expect((await world.sweep()).opened.toSorted()).toEqual([A, SIBLING]);
    const outcomes = [await world.outcome(A), await world.outcome(SIBLING)];
    expect(outcomes.map((outcome) => outcome.kind).toSorted()).toEqual(['blocked', 'healed']);
    expect(outcomes.find((outcome) => outcome.kind === 'blocked')?.because).toContain('another remediation holds this subtopic');
    const [first, second] = outcomes[0]?.kind === 'healed' ? [A, SIBLING] : [SIBLING, A];
    expect(commandsOf(world)).toEqual(rounds(first, 1));
    await world.passUntil('a sweep opens the other', async () => (await world.sweep()).opened.includes(second), {
      stepMs: 30 * SECOND,
    });
    const { kind } = await world.outcome(second);
    // Where the one healed first has everything, the other has become superfluous.
    expect(kind).toBe(first === A ? 'healed' : 'superseded');
    expect(commandsOf(world)).toEqual(first === A ? [...rounds(A, 1), ...rounds(SIBLING, 1)] : rounds(SIBLING, 1));
    await expectPeace(world);
  });
});
