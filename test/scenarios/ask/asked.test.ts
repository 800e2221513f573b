import { afterEach, describe, expect, test } from 'vitest';
import { startVirtualWorld, type PolicyPatch, type VirtualWorld } from '../../virtual-world.ts';
import { approvalWith, approverOf, counted, planShown, signedHeal, toldOf, viewOf, votes } from '../destroy/people.ts';
import { A, commandsOf, dies, expectPeace, healOf, HOUR, MINUTE, record, rounds, SECOND } from '../stage.ts';
import { type Asked, asksAbout, askWorld } from './asking.ts';

let world: VirtualWorld;
afterEach(() => world.close());

async function asked(policy: PolicyPatch = {}): Promise<Asked> {
  world = await askWorld([A], policy);
  return asksAbout(world, A);
}

describe('people are asked before the first stop', () => {
  test('one of them says yes: the fault is confirmed afresh, and then it is stopped and restarted', async () => {
    const { handle, plan } = await asked();
    expect(toldOf(world, A)).toEqual(['asked']);
    expect((await world.guard()).leases).toEqual([]);
    expect(commandsOf(world)).toEqual([]);
    const votedMs = await world.now();
    await votes(handle, plan, 'alice');
    expect(await world.outcome(A)).toMatchObject({ kind: 'healed', attempts: [{ stop: 'done', restart: 'done' }] });
    expect(commandsOf(world)).toEqual(rounds(A, 1));
    const stop = world.simulator.commands()[0];
    const readings = world.simulator
      .log()
      .filter((entry) => entry.path === '/crawler/detail' && entry.atMs > votedMs && entry.atMs < (stop?.atMs ?? 0));
    expect((stop?.atMs ?? 0) - votedMs).toBeGreaterThanOrEqual(90 * SECOND);
    expect(readings.length).toBeGreaterThanOrEqual(4);
    expect(toldOf(world, A)).toEqual(['asked', 'decided']);
    await expectPeace(world);
    await record('ask-healed', handle);
  });

  test('once an incident: what follows a yes needs no other', async () => {
    const { handle, plan } = await asked();
    world.simulator.inject(A, { kind: 'zombie', diesAfter: '43s', times: 1, checkpoint: 'moves' });
    await votes(handle, plan, 'bob');
    expect(await world.outcome(A)).toMatchObject({ kind: 'healed', attempts: [{}, {}] });
    expect(commandsOf(world)).toEqual(rounds(A, 2));
    expect(toldOf(world, A).filter((event) => event === 'asked')).toHaveLength(1);
    await expectPeace(world);
  });

  test('one of them says no: declined, and nothing was done', async () => {
    const { handle, plan } = await asked();
    await votes(handle, plan, 'carol', { verdict: 'reject', reason: 'we are looking at it' });
    expect(await world.outcome(A)).toMatchObject({ kind: 'declined', because: 'rejected by carol: we are looking at it' });
    expect(commandsOf(world)).toEqual([]);
    // Final: no sweep opens it again.
    expect((await world.sweepTwice()).opened).toEqual([]);
    await expectPeace(world);
    await record('ask-declined', handle);
  });

  test('nobody answers: they are asked a second time, and then it is declined', async () => {
    const { handle, plan } = await asked();
    const second = await (async () => {
      await world.pass(4 * HOUR);
      return planShown(world, handle, plan.planId);
    })();
    expect(second.plan.planId).toContain('.2.');
    await world.pass(4 * HOUR);
    expect(await world.outcome(A)).toMatchObject({
      kind: 'declined',
      because: expect.stringContaining('asked 2 times') as string,
    });
    expect(toldOf(world, A).filter((event) => event === 'asked')).toHaveLength(2);
    expect(commandsOf(world)).toEqual([]);
    await expectPeace(world);
  });

  test('it recovers while they think: nothing is left to ask', async () => {
    const { handle } = await asked();
    world.simulator.operatorRestart(A);
    await world.simulator.settled();
    expect(await world.outcome(A)).toMatchObject({ kind: 'recovered', attempts: [] });
    expect(commandsOf(world)).toEqual([]);
    await expectPeace(world);
    await record('ask-recovered', handle);
  });

  test('it recovers between the yes and the stop: the confirmation sees it', async () => {
    const { handle, plan } = await asked();
    await votes(handle, plan, 'alice');
    await world.passUntil('it is confirmed afresh', async () => (await world.phase(A)) === 'confirming', { stepMs: SECOND });
    world.simulator.operatorRestart(A);
    await world.simulator.settled();
    expect(await world.outcome(A)).toMatchObject({ kind: 'recovered', attempts: [] });
    expect(commandsOf(world)).toEqual([]);
    await expectPeace(world);
  });

  test('the confirmation outlasts the approval: they are asked once more, and no third time', async () => {
    const { handle, plan } = await asked();
    world.simulator.inject(A, { kind: 'blind', for: '20m' });
    await world.simulator.settled();
    await votes(handle, plan, 'alice');
    await world.pass(20 * MINUTE);
    const second = await planShown(world, handle, plan.planId);
    expect(commandsOf(world)).toEqual([]);
    await votes(handle, second.plan, 'alice');
    expect(await world.outcome(A)).toMatchObject({ kind: 'healed' });
    expect(toldOf(world, A).filter((event) => event === 'asked')).toHaveLength(2);
    await expectPeace(world);
  });

  test('an approval that is taken back before the stop stops it at the last gate', async () => {
    const { handle, plan } = await asked();
    await votes(handle, plan, 'alice');
    await world.passUntil('it is confirmed afresh', async () => (await world.phase(A)) === 'confirming', { stepMs: SECOND });
    await votes(handle, plan, 'alice', { verdict: 'reject', reason: 'wrong Store' });
    expect(await world.outcome(A)).toMatchObject({ kind: 'declined', because: expect.stringContaining('wrong Store') as string });
    expect(commandsOf(world)).toEqual([]);
    await expectPeace(world);
  });

  test('who was struck off the list after they voted has no say any more', async () => {
    const { handle, plan } = await asked();
    await votes(handle, plan, 'alice');
    await world.passUntil('it is confirmed afresh', async () => (await world.phase(A)) === 'confirming', { stepMs: SECOND });
    world.config.current = { ...world.config.current, approval: approvalWith({ approvers: [approverOf('bob')] }) };
    expect(await world.outcome(A)).toMatchObject({
      kind: 'declined',
      because: expect.stringContaining('0 of 1 approvals') as string,
    });
    expect(commandsOf(world)).toEqual([]);
    await expectPeace(world);
  });

  test('votes that do not count are shown, and do not move it', async () => {
    const { handle, plan } = await asked();
    await votes(handle, plan, 'alice', { signedBy: 'dave' });
    await handle.signal('approve', 'yes');
    const view = await counted(world, handle, 2);
    expect(view.open?.tally).toMatchObject({ approvals: [], refusedCount: 2 });
    await votes(handle, plan, 'bob');
    expect(await world.outcome(A)).toMatchObject({ kind: 'healed' });
    await expectPeace(world);
  });
});

describe('an order to a Store that waits for a vote', () => {
  test('is the vote of the approver who signed it', async () => {
    const { handle } = await asked();
    await handle.signal('order', await signedHeal(world, A, 'bob'));
    expect(await world.outcome(A)).toMatchObject({ kind: 'healed' });
    expect(commandsOf(world)).toEqual(rounds(A, 1));
    await expectPeace(world);
  });

  test('counts for nothing where nobody signed it, or somebody without a say did', async () => {
    const { handle, plan } = await asked();
    await handle.signal('order', { reason: 'just do it', orderer: 'alice' });
    await handle.signal('order', await signedHeal(world, A, 'dave'));
    const view = await counted(world, handle, 2);
    expect(view.phase).toBe('waiting for a vote');
    expect(view.open?.tally).toMatchObject({ approvals: [], refusedCount: 2 });
    await votes(handle, plan, 'alice', { verdict: 'reject', reason: 'no' });
    expect(await world.outcome(A)).toMatchObject({ kind: 'declined', because: 'rejected by alice: no' });
    expect(commandsOf(world)).toEqual([]);
    await expectPeace(world);
  });

  test('that passes the mode needs no vote', async () => {
    const { handle } = await asked();
    await handle.signal('order', { reason: 'the source is about to lose its logs', override: ['mode'] });
    expect(await world.outcome(A)).toMatchObject({ kind: 'healed' });
    expect(commandsOf(world)).toEqual(rounds(A, 1));
    await expectPeace(world);
  });

  test('given at the start by an approver is their vote already', async () => {
    world = await askWorld([A]);
    await dies(world, A);
    const handle = await world.heal(A, await signedHeal(world, A, 'carol'));
    expect(await world.outcome(A)).toMatchObject({ kind: 'healed' });
    expect(commandsOf(world)).toEqual(rounds(A, 1));
    await expectPeace(world);
    await record('ask-ordered', handle);
  });
});

test('a file that wants votes stops a heal that learnt of none', async () => {
  world = await startVirtualWorld({ stores: [A], policy: { mode: 'act' }, approval: approvalWith() });
  await dies(world, A);
  await world.sweep();
  await world.passUntil('it is confirming', async () => (await world.phase(A)) === 'confirming', { stepMs: SECOND });
  world.config.current = { ...world.config.current, policy: { ...world.config.current.policy, mode: 'ask' } };
  expect(await world.outcome(A)).toMatchObject({ kind: 'blocked', because: expect.stringContaining('mode ask') as string });
  expect(commandsOf(world)).toEqual([]);
  expect((await viewOf(world, healOf(world, A))).open).toBeNull();
  await world.pass(MINUTE);
  await expectPeace(world);
});
