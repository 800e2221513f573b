import { afterEach, describe, expect, test } from 'vitest';
import { guardWorkflowId } from '../../../src/domain/names.ts';
import type { Mode } from '../../../src/domain/policy.ts';
import { CLUSTER, startVirtualWorld, type VirtualWorld } from '../../virtual-world.ts';
import { A, B, commandsOf, dies, expectPeace, healOf, MINUTE, rounds, SECOND, SIBLING, struckBy } from '../stage.ts';

let world: VirtualWorld;
afterEach(() => world.close());

const guardHandle = () => world.client.workflow.getHandle(guardWorkflowId(CLUSTER));

function setMode(mode: Mode): void {
  const { current } = world.config;
  world.config.current = { ...current, policy: { ...current.policy, mode } };
}

/** A's reader dies of something that no restart cures, and its heal has come so far. */
async function hopelessAt(phase: string): Promise<void> {
  world = await startVirtualWorld({ stores: [A, B] });
  await struckBy(world, A, { kind: 'never-comes-up', for: '3h' });
  await world.passUntil(`it is ${phase}`, async () => (await world.phase(A)) === phase);
}

describe('a pause in the middle of a remediation', () => {
  test('between stop and restart: the restart follows, and no second stop does', async () => {
    await hopelessAt('waiting before the restart');
    await guardHandle().signal('pause', { by: 'alice', reason: 'OMS upgrade' });
    expect(await world.outcome(A)).toMatchObject({ kind: 'blocked', because: expect.stringContaining('alice') as string });
    expect(commandsOf(world)).toEqual(rounds(A, 1));
    await expectPeace(world);
  });

  test('between two attempts: there is no second one', async () => {
    await hopelessAt('backing off');
    await guardHandle().signal('pause', { by: 'alice', reason: 'OMS upgrade' });
    expect(await world.outcome(A)).toMatchObject({ kind: 'blocked' });
    expect(commandsOf(world)).toEqual(rounds(A, 1));
    await expectPeace(world);
  });
});

describe('a mode that is taken back from act to observe', () => {
  test.each(['waiting before the restart', 'backing off'])(
    'while a heal is %s: no further stop, and what was stopped is restarted',
    async (phase) => {
      await hopelessAt(phase);
      setMode('observe');
      await world.sweep();
      const outcome = await world.outcome(A);
      expect(outcome.kind).toMatch(/^(would act|blocked)$/);
      expect(commandsOf(world)).toEqual(rounds(A, 1));
      await expectPeace(world);
    },
  );

  test('while a heal confirms: nothing is sent', async () => {
    world = await startVirtualWorld({ stores: [A] });
    await struckBy(world, A, { kind: 'reader-died' });
    await world.passUntil('it confirms', async () => (await world.phase(A)) === 'confirming');
    setMode('observe');
    await world.sweep();
    expect((await world.outcome(A)).kind).toMatch(/^(would act|blocked)$/);
    expect(commandsOf(world)).toEqual([]);
    await expectPeace(world);
  });
});

test('faults that ripen under a pause are all handled after it, on readings from after it', async () => {
  world = await startVirtualWorld({ stores: [A, B] });
  await world.sweepTwice();
  await guardHandle().signal('pause', { by: 'alice', reason: 'OMS upgrade' });
  for (const store of [A, B]) {
    world.simulator.kill(store);
    await world.simulator.settled();
    await world.pass(5 * MINUTE);
    expect((await world.sweep()).opened).toEqual([]);
  }
  await guardHandle().signal('resume', { by: 'alice' });
  const resumedMs = await world.now();
  await world.pass(30 * SECOND);
  expect((await world.sweepTwice()).opened.toSorted()).toEqual([A, B]);
  for (const store of [A, B]) expect(await world.outcome(store)).toMatchObject({ kind: 'healed' });
  // Three readings over ninety seconds, and none from before.
  for (const { path, atMs } of world.simulator.commands())
    if (path === '/crawler/clear') expect(atMs - resumedMs).toBeGreaterThan(90 * SECOND);
  for (const store of [A, B]) expect(commandsOf(world).filter((one) => one.endsWith(store))).toEqual(rounds(store, 1));
  await expectPeace(world);
});

describe('a person and a sweep that heal at the same moment', () => {
  test('two Stores of one subtopic: one lease, and the other gets its turn or is told whose it is', async () => {
    world = await startVirtualWorld({ stores: [A, SIBLING] });
    await world.sweepTwice();
    for (const store of [A, SIBLING]) world.simulator.kill(store);
    await world.simulator.settled();
    await Promise.all([world.heal(A, { reason: 'a person saw it first' }), world.sweep()]);
    const kinds = [(await world.outcome(A)).kind, (await world.outcome(SIBLING)).kind];
    expect(kinds).toContain('healed');
    expect(kinds.filter((kind) => kind !== 'healed' && kind !== 'blocked' && kind !== 'superseded')).toEqual([]);
    await expectPeace(world);
  });

  test('the same Store: one heal, which obeys the order', async () => {
    world = await startVirtualWorld({ stores: [A] });
    await dies(world, A);
    const [, swept] = await Promise.allSettled([world.heal(A, { reason: 'a person saw it first' }), world.sweep()]);
    expect(swept.status).toBe('fulfilled');
    expect(await world.outcome(A)).toMatchObject({ kind: 'healed' });
    expect(commandsOf(world)).toEqual(rounds(A, 1));
    expect((await healOf(world, A).describe()).status.name).toBe('COMPLETED');
    await expectPeace(world);
  });
});
