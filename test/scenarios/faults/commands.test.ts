import { afterEach, describe, expect, test } from 'vitest';
import { startVirtualWorld, type VirtualWorld } from '../../virtual-world.ts';
import { A, commandsOf, dies, expectPeace, healOf, MINUTE, record, rounds, SECOND } from '../stage.ts';

let world: VirtualWorld;
afterEach(() => world.close());

/** A reader that died, and a fault of one command on top. */
async function diesAnd(
  fault: Parameters<VirtualWorld['simulator']['inject']>[1],
  options: { readonly commandTimeoutMs?: number } = {},
): Promise<void> {
  world = await startVirtualWorld({ stores: [A], ...options });
  await dies(world, A);
  world.simulator.inject(A, fault);
  await world.simulator.settled();
  await world.sweep();
}

const gapsMs = (): number[] => {
  const at = world.simulator.commands().map((entry) => entry.atMs);
  return at.slice(1).map((ms, index) => ms - (at[index] ?? 0));
};

describe('answers that are lost', () => {
  test.each([
    ['cut off', 'answer-lost'],
    ['never given', 'hang'],
  ] as const)('a stop whose answer is %s is waited out, and the restart follows', async (_, kind) => {
    await diesAnd({ kind, verb: 'stop' }, { commandTimeoutMs: 500 });
    const outcome = await world.outcome(A);
    expect(outcome).toMatchObject({ kind: 'healed', attempts: [{ stop: 'answer lost', restart: 'done' }] });
    expect(commandsOf(world)).toEqual(rounds(A, 1));
    expect(gapsMs()[0]).toBeGreaterThanOrEqual(210 * SECOND);
    await expectPeace(world);
  });

  test('a restart whose answer is lost is not repeated: its verification decides', async () => {
    await diesAnd({ kind: 'answer-lost', verb: 'restart' });
    const outcome = await world.outcome(A);
    expect(outcome).toMatchObject({ kind: 'healed', attempts: [{ restart: 'answer lost' }] });
    expect(commandsOf(world)).toEqual(rounds(A, 1));
    await expectPeace(world);
  });

  test('a restart whose answer is lost and that did nothing leaves a failed attempt behind, and the next one heals', async () => {
    world = await startVirtualWorld({ stores: [A] });
    await world.sweepTwice();
    world.simulator.inject(A, { kind: 'never-comes-up', for: '20m' });
    world.simulator.inject(A, { kind: 'answer-lost', verb: 'restart' });
    await world.simulator.settled();
    await world.sweep();
    const outcome = await world.outcome(A);
    expect(outcome).toMatchObject({
      kind: 'healed',
      attempts: [{ restart: 'answer lost', verdict: 'did not come up' }, { restart: 'done' }],
    });
    expect(commandsOf(world)).toEqual(rounds(A, 2));
    await expectPeace(world);
  });

  test('a stop that a proxy answered while CM carried it out is followed by the restart', async () => {
    await diesAnd({ kind: 'html', carriedOut: true, affects: 'commands', for: '4m' });
    expect(await world.outcome(A)).toMatchObject({ kind: 'healed' });
    expect(commandsOf(world)).toEqual(rounds(A, 1));
    await expectPeace(world);
  });
});

describe('commands that CM refuses', () => {
  test('a refused stop is a failed attempt: nothing is restarted, and the next attempt comes after the back-off', async () => {
    await diesAnd({ kind: 'refuse', verb: 'stop' });
    const outcome = await world.outcome(A);
    expect(outcome.kind).toBe('healed');
    expect(outcome.attempts.map((attempt) => attempt.verdict)).toEqual(['CM refused the stop', 'healthy and moving']);
    expect(commandsOf(world)).toEqual([`stop ${A}`, ...rounds(A, 1)]);
    expect(gapsMs()[0]).toBeGreaterThanOrEqual(2 * MINUTE);
    await expectPeace(world);
  });

  test('a stop that CM refuses for ever uses up the attempts and owes nothing', async () => {
    await diesAnd({ kind: 'refuse', verb: 'stop', times: 1_000 });
    expect(await world.outcome(A)).toMatchObject({ kind: 'escalated' });
    expect(commandsOf(world)).toEqual([`stop ${A}`, `stop ${A}`, `stop ${A}`]);
    await expectPeace(world);
  });

  test('a restart that CM refuses three times is tried until CM takes it', async () => {
    await diesAnd({ kind: 'refuse', verb: 'restart', times: 3 });
    const outcome = await world.outcome(A);
    expect(outcome).toMatchObject({ kind: 'healed', attempts: [{ restart: 'done' }] });
    expect(commandsOf(world)).toEqual([`stop ${A}`, ...Array.from({ length: 4 }, () => `restart ${A}`)]);
    await expectPeace(world);
  });

  test('a restart that CM refuses to the end is handed over to people, and with it the debt', async () => {
    await diesAnd({ kind: 'refuse', verb: 'restart', times: 1_000 });
    const outcome = await world.outcome(A);
    expect(outcome).toMatchObject({ kind: 'handed over', next: expect.stringContaining(`restart ${A} by hand`) as string });
    expect(commandsOf(world)).toEqual([`stop ${A}`, ...Array.from({ length: 5 }, () => `restart ${A}`)]);
    expect(world.journal.filter((line) => line.journal === 'hand-over')).toMatchObject([
      { store: A, outcome: 'handed over', because: outcome.because },
    ]);
    const guard = await expectPeace(world);
    expect(guard.stores[0]?.last?.outcome).toBe('handed over');
    // Nobody pays it a second time.
    await world.pass(30 * MINUTE);
    expect(commandsOf(world)).toHaveLength(6);
    await record('handed-over', healOf(world, A));
  });

  test('a Cluster Manager that refuses connections for a while gets each command once', async () => {
    world = await startVirtualWorld({ stores: [A] });
    await dies(world, A);
    await world.sweep();
    await world.passUntil('the restart is near', async () => (await world.phase(A)) === 'waiting before the restart');
    world.simulator.inject('*', { kind: 'refusing', for: '900s' });
    expect(await world.outcome(A)).toMatchObject({ kind: 'healed' });
    expect(commandsOf(world)).toEqual(rounds(A, 1));
    await expectPeace(world);
  });
});

describe('a last look before the stop', () => {
  test('a restart by hand after the fault was confirmed starts the confirmation again', async () => {
    world = await startVirtualWorld({ stores: [A], policy: { guard: { inFlight: 0 } } });
    await world.sweepTwice();
    world.simulator.inject(A, { kind: 'permanent', diesAfter: '1s' });
    await world.simulator.settled();
    await world.sweep();
    // No slot is free: the heal has its lease, and stands before the stop.
    await world.passUntil('it waits for a slot', async () => (await world.phase(A)) === 'waiting for the guard');
    world.simulator.operatorRestart(A);
    await world.simulator.settled();
    const restartedMs = await world.now();
    world.config.current = {
      ...world.config.current,
      policy: { ...world.config.current.policy, guard: { ...world.config.current.policy.guard, inFlight: 2 } },
    };
    await world.pass(2 * SECOND);
    await world.sweep();
    await world.passUntil('the stop was sent', () => world.simulator.commands().length > 0);
    // Three readings over 90 s of the new life went before it.
    expect((world.simulator.commands()[0]?.atMs ?? 0) - restartedMs).toBeGreaterThan(90 * SECOND);
    const refused = world.journal.flatMap((line) => (line.journal === 'command' && !line.sent ? [line.answer] : []));
    expect(refused).toContain('somebody restarted it');
    await world.outcome(A);
    await expectPeace(world);
  });

  test('a Store that is healthy at the last look is recovered, and nothing is sent', async () => {
    world = await startVirtualWorld({ stores: [A], policy: { guard: { inFlight: 0 } } });
    await dies(world, A);
    await world.sweep();
    await world.passUntil('it waits for a slot', async () => (await world.phase(A)) === 'waiting for the guard');
    world.simulator.operatorRestart(A);
    await world.simulator.settled();
    expect(await world.outcome(A)).toMatchObject({ kind: expect.stringMatching('recovered') as string, attempts: [] });
    expect(commandsOf(world)).toEqual([]);
    await expectPeace(world);
  });
});
