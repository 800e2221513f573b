import { afterEach, describe, expect, test } from 'vitest';
import { guardWorkflowId } from '../../../src/domain/names.ts';
import { CLUSTER, startVirtualWorld, type PolicyPatch, type VirtualWorld } from '../../virtual-world.ts';
import { A, commandsOf, dies, expectPeace, healOf, MINUTE, record, rounds, SECOND, SIBLING, struckBy } from '../stage.ts';

let world: VirtualWorld;
afterEach(() => world.close());

const guardHandle = () => world.client.workflow.getHandle(guardWorkflowId(CLUSTER));

describe('modes that leave it to people', () => {
  /** Dies a second after each start, so that a restart by hand changes the evidence and not the diagnosis. */
  async function wouldAct(policy: PolicyPatch): Promise<void> {
    world = await startVirtualWorld({ stores: [A], policy });
    await struckBy(world, A, { kind: 'permanent', diesAfter: '1s' });
  }

  test('in mode observe it says what it would do, once, and again when the evidence has changed', async () => {
    await wouldAct({ mode: 'observe' });
    expect(await world.outcome(A)).toMatchObject({
      kind: 'would act',
      because: expect.stringContaining('mode observe') as string,
    });
    // Nobody swept while the heal ran: the first sweep after a gap only observes.
    const again = await world.sweepTwice();
    expect(again.opened).toEqual([]);
    expect(again.notOpened).toMatchObject([{ store: A, because: expect.stringContaining('said so') as string }]);
    world.simulator.operatorRestart(A);
    await world.simulator.settled();
    await world.pass(30 * SECOND);
    expect((await world.sweep()).opened).toEqual([A]);
    expect(await world.outcome(A)).toMatchObject({ kind: 'would act' });
    expect(commandsOf(world)).toEqual([]);
    await expectPeace(world);
    await record('would-act', healOf(world, A));
  });

  test('it says so again when the mode has changed, and acts then', async () => {
    await wouldAct({ mode: 'observe', attempts: 1 });
    await world.outcome(A);
    world.config.current = { ...world.config.current, policy: { ...world.config.current.policy, mode: 'act' } };
    expect((await world.sweepTwice()).opened).toEqual([A]);
    await world.outcome(A);
    expect(commandsOf(world)).toEqual(rounds(A, 1));
    await expectPeace(world);
  });

  test('mode ask with nobody who may answer behaves as observe, and says how to mend it', async () => {
    await wouldAct({ mode: 'ask' });
    expect(await world.outcome(A)).toMatchObject({
      kind: 'would act',
      because: expect.stringMatching(/^mode ask: .*Name more people under approval\.approvers/) as string,
    });
    expect(commandsOf(world)).toEqual([]);
    await expectPeace(world);
  });

  test('a canary subtopic acts though the mode is observe', async () => {
    world = await startVirtualWorld({ stores: [A], policy: { mode: 'observe', act: ['p_4223_*'] } });
    await dies(world, A);
    await world.sweep();
    expect(await world.outcome(A)).toMatchObject({ kind: 'healed' });
    expect(commandsOf(world)).toEqual(rounds(A, 1));
    await expectPeace(world);
  });
});

describe('a guard that says no, or nothing', () => {
  test('a cluster that is paused while a fault is confirmed blocks the heal before its lease', async () => {
    world = await startVirtualWorld({ stores: [A] });
    await struckBy(world, A, { kind: 'reader-died' });
    await world.passUntil('the fault is being confirmed', async () => (await world.phase(A)) === 'confirming');
    await guardHandle().signal('pause', { by: 'alice', reason: 'OMS upgrade' });
    expect(await world.outcome(A)).toMatchObject({
      kind: 'blocked',
      because: expect.stringContaining('alice: OMS upgrade') as string,
    });
    expect(commandsOf(world)).toEqual([]);
    await expectPeace(world);
    await record('blocked', healOf(world, A));
  });

  test('a pause between the lease and the stop is seen by the last look', async () => {
    world = await startVirtualWorld({ stores: [A], policy: { guard: { inFlight: 0 } } });
    await struckBy(world, A, { kind: 'reader-died' });
    await world.passUntil('it waits for a slot', async () => (await world.phase(A)) === 'waiting for the guard');
    await guardHandle().signal('pause', { by: 'alice', reason: 'OMS upgrade' });
    expect(await world.outcome(A)).toMatchObject({ kind: 'blocked', because: expect.stringContaining('alice') as string });
    expect(commandsOf(world)).toEqual([]);
    await expectPeace(world);
  });

  test('a guard that nobody runs is silent after ten minutes, and nothing is sent', async () => {
    world = await startVirtualWorld({ stores: [A], guard: false });
    // Its id is taken, so nobody starts another one; its queue has no worker, so it never answers.
    await world.client.workflow.start('guardCluster', {
      workflowId: guardWorkflowId(CLUSTER),
      taskQueue: 'nobody',
      args: [{ cluster: CLUSTER }],
    });
    world.simulator.kill(A);
    await world.simulator.settled();
    const fromMs = await world.now();
    await world.heal(A);
    expect(await world.outcome(A)).toMatchObject({ kind: 'guard silent' });
    expect((await world.now()) - fromMs).toBeGreaterThanOrEqual(10 * MINUTE);
    expect(commandsOf(world)).toEqual([]);
    expect(world.simulator.violations()).toEqual([]);
    await record('guard-silent', healOf(world, A));
  });
});

describe('a Store that has a successor', () => {
  /** A died; its sibling came up afterwards, made so long before. */
  async function replacedBy(age: '48h' | '0s'): Promise<void> {
    world = await startVirtualWorld({ stores: [A, SIBLING] });
    world.simulator.removeStore(SIBLING);
    await dies(world, A);
    await world.pass(10 * SECOND);
    world.simulator.addStore({ name: SIBLING, age });
    await world.simulator.settled();
    await world.sweep();
  }

  test('a healthy sibling that holds everything from its newest checkpoint on supersedes it', async () => {
    await replacedBy('48h');
    expect(await world.outcome(A)).toMatchObject({ kind: 'superseded', because: expect.stringContaining(SIBLING) as string });
    expect(commandsOf(world)).toEqual([]);
    await expectPeace(world);
    await record('superseded', healOf(world, A));
  });

  test('a healthy sibling without that coverage changes nothing', async () => {
    await replacedBy('0s');
    expect(await world.outcome(A)).toMatchObject({ kind: 'healed' });
    expect(commandsOf(world)).toEqual(rounds(A, 1));
    await expectPeace(world);
  });
});
