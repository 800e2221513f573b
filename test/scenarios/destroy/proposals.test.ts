import { afterEach, describe, expect, test } from 'vitest';
import { healWorkflowId } from '../../../src/domain/names.ts';
import { CLUSTER, startVirtualWorld, type PolicyPatch, type VirtualWorld } from '../../virtual-world.ts';
import { A, commandsOf, dies, expectPeace, healOf, record, rounds, SIBLING } from '../stage.ts';
import { approvalWith, counted, destroyOf, ordersDestroy, outcomeOf, planShown, signedHeal, viewOf, votes } from './people.ts';

let world: VirtualWorld;
afterEach(() => world.close());

/** A Store that no restart helps, and a healer that tries once. */
async function hopeless(policy: PolicyPatch = {}): Promise<void> {
  world = await startVirtualWorld({
    stores: [A],
    policy: { attempts: 1, whenExhausted: 'propose-destroy', ...policy },
    approval: approvalWith(),
  });
  await dies(world, A);
  world.simulator.inject(A, { kind: 'never-comes-up' });
  await world.simulator.settled();
}

describe('whoever ordered the heal', () => {
  test('has asked for the destroy that it proposes: they cannot approve it, and their signed order proves who asked', async () => {
    await hopeless();
    await world.heal(A, await signedHeal(world, A, 'carol'));
    expect(await world.outcome(A)).toMatchObject({ kind: 'escalated' });
    const handle = destroyOf(world, A);
    const { plan, needed, warnings } = await planShown(world, handle);
    expect([needed, warnings]).toEqual([2, []]);
    await votes(handle, plan, 'carol');
    await votes(handle, plan, 'alice');
    expect((await counted(world, handle, 2)).open?.tally).toMatchObject({
      state: { kind: 'open', missing: 1 },
      approvals: [{ name: 'alice' }],
      refused: [{ reason: 'requester', latest: [{ detail: 'carol' }] }],
    });
    await votes(handle, plan, 'bob');
    expect(await outcomeOf(world, handle)).toMatchObject({ kind: 'destroyed' });
    expect(commandsOf(world)).toEqual([...rounds(A, 1), `destroy ${A}`]);
    await expectPeace(world);
    await record('destroy-proposed', handle);
  });

  test('by a signal while it ran has asked for it, too', async () => {
    await hopeless({ mode: 'ask' });
    const heal = await world.heal(A, await signedHeal(world, A, 'carol', ['mode']));
    await world.passUntil('it is under way', async () => commandsOf(world).length > 0);
    await heal.signal('order', await signedHeal(world, A, 'bob', ['mode']));
    expect(await world.outcome(A)).toMatchObject({ kind: 'escalated', attempts: [{}, {}] });
    // Two askers, both proven, so two are needed: of three approvers one is left, and nobody is asked in vain.
    const outcome = await outcomeOf(world, destroyOf(world, A));
    expect(outcome).toMatchObject({ kind: 'refused', refusal: 'cannot be approved here' });
    expect(outcome.because).toContain('2 approvals are needed, and 1 of 3 approvers could give one');
    expect(commandsOf(world)).toEqual(rounds(A, 2));
    await expectPeace(world);
  });

  test('is not whoever voted for its restart: they may vote again', async () => {
    await hopeless({ mode: 'ask' });
    await world.sweep();
    const restart = await planShown(world, healOf(world, A));
    await votes(healOf(world, A), restart.plan, 'alice');
    expect(await world.outcome(A)).toMatchObject({ kind: 'escalated' });
    const handle = destroyOf(world, A);
    const { plan, needed } = await planShown(world, handle);
    // The sweep of this test was started by hand, so the chain is not proven: one more.
    expect(needed).toBe(3);
    for (const name of ['alice', 'bob', 'carol'] as const) await votes(handle, plan, name);
    expect(await outcomeOf(world, handle)).toMatchObject({ kind: 'destroyed' });
    expect(commandsOf(world)).toEqual([...rounds(A, 1), `destroy ${A}`]);
    await expectPeace(world);
  });
});

describe('a heal that can do no more', () => {
  test('proposes the destroy also where it found that no restart helps', async () => {
    world = await startVirtualWorld({
      stores: [A],
      policy: { whenExhausted: 'propose-destroy' },
      approval: approvalWith(),
    });
    await world.sweepTwice();
    world.simulator.inject(A, { kind: 'permanent', diesAfter: '43s' });
    await world.simulator.settled();
    await world.sweep();
    expect(await world.outcome(A)).toMatchObject({ kind: 'permanent' });
    const handle = destroyOf(world, A);
    await planShown(world, handle);
    expect((await viewOf(world, handle)).reason).toMatch(/^the heal of this Store ended as permanent: /);
    await handle.cancel();
    expect(await outcomeOf(world, handle)).toMatchObject({ kind: 'cancelled' });
    expect(commandsOf(world)).toEqual(rounds(A, 2));
    await expectPeace(world);
  });

  test('proposes none where a person has ordered one: that one goes on, and is theirs', async () => {
    await hopeless();
    const handle = await ordersDestroy(world, A);
    const { plan } = await planShown(world, handle);
    await world.heal(A, await signedHeal(world, A, 'bob'));
    expect(await world.outcome(A)).toMatchObject({ kind: 'escalated' });
    expect((await world.incident(A)).notes).toContain('A destroy of it waits for people already.');
    const view = await viewOf(world, handle);
    expect(view.reason).toBe('its data moved elsewhere');
    // The restart changed nothing of what its plan rests on.
    expect(view.open?.plan.planId).toBe(plan.planId);
    await votes(handle, plan, 'alice');
    await votes(handle, plan, 'bob');
    expect(await outcomeOf(world, handle)).toMatchObject({ kind: 'destroyed', planId: plan.planId, plans: 1 });
    expect(commandsOf(world)).toEqual([...rounds(A, 1), `destroy ${A}`]);
    await expectPeace(world);
  });

  test('proposes nothing where it is only to escalate', async () => {
    await hopeless({ whenExhausted: 'escalate' });
    await world.sweep();
    expect(await world.outcome(A)).toMatchObject({ kind: 'escalated' });
    await expect(destroyOf(world, A).describe()).rejects.toThrow(/not found/i);
    const { events } = await world.client.workflow.getHandle(healWorkflowId(CLUSTER, A)).fetchHistory();
    expect((events ?? []).filter((event) => event.startChildWorkflowExecutionInitiatedEventAttributes)).toEqual([]);
    expect(commandsOf(world)).toEqual(rounds(A, 1));
    await expectPeace(world);
  });

  test('proposes nothing where it never got its turn', async () => {
    world = await startVirtualWorld({
      stores: [A, SIBLING],
      policy: { attempts: 5, whenExhausted: 'propose-destroy', whenBlocked: 'wait' },
      approval: approvalWith(),
    });
    world.simulator.inject(SIBLING, { kind: 'never-comes-up' });
    world.simulator.kill(A);
    await world.simulator.settled();
    await world.heal(SIBLING);
    await world.passUntil('the sibling is stopped', () => commandsOf(world).length > 0);
    await world.heal(A);
    expect(await world.outcome(A)).toMatchObject({
      kind: 'blocked',
      because: 'nothing was sent in 20 rounds',
      attempts: [],
    });
    await expect(destroyOf(world, A).describe()).rejects.toThrow(/not found/i);
    expect(commandsOf(world)).not.toContain(`stop ${A}`);
    await healOf(world, SIBLING).cancel();
    await world.outcome(SIBLING);
    await expectPeace(world);
  });
});
