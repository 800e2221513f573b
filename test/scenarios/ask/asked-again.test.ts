import { afterEach, describe, expect, test } from 'vitest';
import type { ApprovalPolicy } from '../../../src/domain/approval/approval-policy.ts';
import type { VirtualWorld } from '../../virtual-world.ts';
import { ballotOf, counted, planShown, signedHeal, toldOf, viewOf, votes } from '../destroy/people.ts';
import { A, B, commandsOf, dies, expectPeace, healOf, MINUTE, record, rounds, SECOND } from '../stage.ts';
import { type Asked, asksAbout, askWorld } from './asking.ts';

let world: VirtualWorld;
afterEach(() => world.close());

async function asked(approval: Partial<ApprovalPolicy> = {}): Promise<Asked> {
  world = await askWorld([A], {}, approval);
  return asksAbout(world, A);
}

const timesAsked = (): number => toldOf(world, A).filter((event) => event === 'asked').length;

describe('people are asked twice at most', () => {
  test('also where they said yes twice, and the fault could be confirmed neither time before their word lapsed', async () => {
    const { handle, plan } = await asked();
    world.simulator.inject(A, { kind: 'blind', for: '20m' });
    await world.simulator.settled();
    await votes(handle, plan, 'alice');
    const { plan: second } = await planShownLater(plan.planId);
    world.simulator.inject(A, { kind: 'blind', for: '20m' });
    await world.simulator.settled();
    await votes(handle, second, 'bob');
    expect(await world.outcome(A)).toMatchObject({
      kind: 'declined',
      because: 'people were asked 2 times, and nobody decided in time',
      attempts: [],
    });
    expect(timesAsked()).toBe(2);
    expect(commandsOf(world)).toEqual([]);
    await expectPeace(world);
  });

  test('and a no stands, although an order that counts for nothing came before it', async () => {
    const { handle, plan } = await asked();
    await handle.signal('order', { reason: 'just do it' });
    await counted(world, handle, 1);
    await votes(handle, plan, 'carol', { verdict: 'reject', reason: 'we are looking at it' });
    expect(await world.outcome(A)).toMatchObject({ kind: 'declined', because: 'rejected by carol: we are looking at it' });
    expect(toldOf(world, A)).toEqual(['asked', 'ended']);
    expect(commandsOf(world)).toEqual([]);
    await expectPeace(world);
  });
});

describe('a vote is on one question', () => {
  test('the yes to the first one answers no second one', async () => {
    const { handle, plan } = await asked({ approveWithinMs: 10 * MINUTE });
    await world.pass(10 * MINUTE);
    const { plan: second } = await planShown(world, handle, plan.planId);
    await votes(handle, plan, 'alice');
    const { open } = await counted(world, handle, 1);
    expect(open?.tally).toMatchObject({ approvals: [], refused: [{ reason: 'wrong plan', count: 1 }] });
    await handle.signal('approve', ballotOf(plan, 'alice', { forged: { planId: second.planId } }));
    expect((await counted(world, handle, 2)).open?.tally).toMatchObject({ approvals: [], refusedCount: 2 });
    await votes(handle, second, 'alice');
    expect(await world.outcome(A)).toMatchObject({ kind: 'healed' });
    expect(commandsOf(world)).toEqual(rounds(A, 1));
    await expectPeace(world);
    await record('ask-again', handle);
  });

  test('the yes to one incident answers no later one', async () => {
    const { handle, plan } = await asked();
    await handle.terminate('a test');
    // The sweep finds it dead, and from then on it cools down.
    await world.sweep();
    await world.pass(10 * MINUTE);
    expect((await world.sweepTwice()).opened).toEqual([A]);
    const again = healOf(world, A);
    const { plan: next } = await planShown(world, again, plan.planId);
    expect(next.runId).not.toBe(plan.runId);
    await votes(again, plan, 'alice');
    const { open } = await counted(world, again, 1);
    expect(open?.tally).toMatchObject({ approvals: [], refused: [{ reason: 'wrong run' }] });
    await votes(again, next, 'alice');
    expect(await world.outcome(A)).toMatchObject({ kind: 'healed' });
    expect(commandsOf(world)).toEqual(rounds(A, 1));
    await expectPeace(world);
  });

  test('the order of another Store, whoever signed it, is a vote on none but that', async () => {
    const { handle, plan } = await asked();
    await handle.signal('order', await signedHeal(world, B, 'bob'));
    const { open, phase } = await counted(world, handle, 1);
    expect(phase).toBe('waiting for a vote');
    expect(open?.tally).toMatchObject({ approvals: [], refused: [{ reason: 'bad signature' }] });
    await votes(handle, plan, 'alice', { verdict: 'reject', reason: 'the wrong one' });
    expect(await world.outcome(A)).toMatchObject({ kind: 'declined' });
    expect(commandsOf(world)).toEqual([]);
    await expectPeace(world);
  });
});

describe('who may answer', () => {
  test('whoever ordered the restart may also vote for it', async () => {
    world = await askWorld([A]);
    await dies(world, A);
    // Nobody signed the order, so it is no vote.
    const handle = await world.heal(A, { reason: 'I know this one', orderer: 'carol' });
    const { plan, needed } = await planShown(world, handle);
    expect(needed).toBe(1);
    await votes(handle, plan, 'carol');
    expect(await world.outcome(A)).toMatchObject({ kind: 'healed' });
    expect(commandsOf(world)).toEqual(rounds(A, 1));
    await expectPeace(world);
  });

  test('where two are wanted, a signed order is one of them, and the same person is not the other', async () => {
    const { handle, plan } = await asked({ restartQuorum: 2 });
    await handle.signal('order', await signedHeal(world, A, 'bob'));
    await votes(handle, plan, 'bob');
    const { open } = await counted(world, handle, 2);
    expect(open?.tally).toMatchObject({
      state: { kind: 'open', missing: 1 },
      approvals: [{ name: 'bob' }],
      refused: [{ reason: 'duplicate' }],
    });
    await votes(handle, plan, 'alice');
    expect(await world.outcome(A)).toMatchObject({ kind: 'healed' });
    expect(commandsOf(world)).toEqual(rounds(A, 1));
    await expectPeace(world);
  });

  test('after a no the order of an approver opens it anew, and is their vote', async () => {
    const { handle, plan } = await asked();
    await votes(handle, plan, 'carol', { verdict: 'reject', reason: 'not now' });
    expect(await world.outcome(A)).toMatchObject({ kind: 'declined' });
    await world.heal(A, await signedHeal(world, A, 'carol'));
    expect(await world.outcome(A)).toMatchObject({ kind: 'healed' });
    expect(commandsOf(world)).toEqual(rounds(A, 1));
    await expectPeace(world);
  });
});

/** Their word lapses a quarter of an hour after it, and the Cluster Manager is blind for longer than that. */
async function planShownLater(after: string): ReturnType<typeof planShown> {
  await world.passUntil(
    'their word has lapsed',
    async () =>
      (await viewOf(world, healOf(world, A))).open?.plan.planId !== after && (await world.phase(A)) === 'waiting for a vote',
    { stepMs: 30 * SECOND },
  );
  return planShown(world, healOf(world, A), after);
}
