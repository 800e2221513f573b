import { afterEach, describe, expect, test } from 'vitest';
import { startVirtualWorld, type VirtualWorld } from '../../virtual-world.ts';
import { A, B, commandsOf, dies, expectPeace, MINUTE, record, rounds, struckBy } from '../stage.ts';

let world: VirtualWorld;
afterEach(() => world.close());

type Fault = Parameters<VirtualWorld['simulator']['inject']>[1];

describe('what cannot be seen is evidence of nothing', () => {
  test.each<[string, Fault]>([
    ['a Store that CM does not vouch for, whatever its status', { kind: 'blind', status: 1 }],
    ['a page of a proxy in place of CM', { kind: 'html' }],
    ['a Store that CM does not know', { kind: 'not-found' }],
    ['an answer about another Store', { kind: 'wrong-store', as: B }],
    ['an answer cut short', { kind: 'malformed' }],
  ])('%s is unknown: nothing is opened, nothing is sent', async (_, fault) => {
    world = await startVirtualWorld({ stores: [A, B] });
    await world.sweepTwice();
    world.simulator.inject(A, fault);
    await world.simulator.settled();
    for (let sweep = 0; sweep < 3; sweep += 1) {
      await world.pass(30_000);
      expect(await world.sweep()).toMatchObject({ healthy: 1, faulty: 0, unknown: 1, opened: [], notOpened: [] });
    }
    expect(commandsOf(world)).toEqual([]);
    await expectPeace(world);
  });

  test.each<[string, Fault]>([
    ['CM stops vouching for the Store', { kind: 'blind' }],
    ['CM no longer knows the Store', { kind: 'not-found' }],
  ])('when %s while its fault is confirmed, the observer is the incident once patience ends', async (_, fault) => {
    world = await startVirtualWorld({ stores: [A] });
    await dies(world, A);
    const heal = await world.heal(A);
    await world.passUntil('the fault is being confirmed', async () => (await world.phase(A)) === 'confirming');
    world.simulator.inject(A, fault);
    await world.simulator.settled();
    const outcome = await world.outcome(A);
    expect(outcome).toMatchObject({
      kind: 'observer blind',
      attempts: [],
      next: expect.stringContaining('Cluster Manager') as string,
    });
    expect(commandsOf(world)).toEqual([]);
    await expectPeace(world);
    await record('observer-blind', heal);
  });

  test('a Cluster Manager that goes down while a fault is confirmed is the incident, after thirty minutes of patience', async () => {
    world = await startVirtualWorld({ stores: [A] });
    await dies(world, A);
    await world.heal(A);
    await world.passUntil('the fault is being confirmed', async () => (await world.phase(A)) === 'confirming');
    const fromMs = await world.now();
    world.simulator.inject('*', { kind: 'down' });
    await world.simulator.settled();
    expect(await world.outcome(A)).toMatchObject({ kind: 'observer blind' });
    expect((await world.now()) - fromMs).toBeGreaterThan(29 * MINUTE);
    expect(commandsOf(world)).toEqual([]);
    await expectPeace(world);
  });

  test('a blind spell while a fault is confirmed delays the stop and does not prevent it', async () => {
    world = await startVirtualWorld({ stores: [A] });
    await struckBy(world, A, { kind: 'reader-died' });
    await world.passUntil('the fault is being confirmed', async () => (await world.phase(A)) === 'confirming');
    world.simulator.inject(A, { kind: 'blind', for: '5m' });
    await world.simulator.settled();
    const fromMs = await world.now();
    expect(await world.outcome(A)).toMatchObject({ kind: 'healed' });
    expect(commandsOf(world)).toEqual(rounds(A, 1));
    expect((world.simulator.commands()[0]?.atMs ?? 0) - fromMs).toBeGreaterThan(5 * MINUTE);
    await expectPeace(world);
  });

  test('an attempt whose verification nobody could see is no failed attempt', async () => {
    world = await startVirtualWorld({ stores: [A] });
    await struckBy(world, A, { kind: 'reader-died' });
    await world.passUntil('the restart is verified', async () => (await world.phase(A)) === 'verifying');
    world.simulator.inject(A, { kind: 'blind' });
    await world.simulator.settled();
    const outcome = await world.outcome(A);
    expect(outcome).toMatchObject({ kind: 'observer blind', attempts: [{ verdict: 'nobody could see' }] });
    expect(commandsOf(world)).toEqual(rounds(A, 1));
    await expectPeace(world);
  });
});
