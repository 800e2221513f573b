import { afterEach, describe, expect, test } from 'vitest';
import { WORKFLOW_QUEUE } from '../../../src/domain/names.ts';
import { CLUSTER, startVirtualWorld, type VirtualWorld } from '../../virtual-world.ts';
import { A, B, commandsOf, expectPeace, HOUR, MINUTE, record } from '../stage.ts';
import {
  approvalWith,
  approved,
  approverOf,
  asksPeople,
  ballotOf,
  counted,
  destroyOf,
  detailsOf,
  eventsOf,
  ordersDestroy,
  outcomeOf,
  pausesGuard,
  planShown,
  resumesGuard,
  signedOrder,
  toldOf,
  viewOf,
  votes,
} from './people.ts';

let world: VirtualWorld;
afterEach(() => world.close());

const unsigned = { cluster: CLUSTER, store: A, reason: 'its data moved elsewhere' };

async function nothingWasDestroyed(): Promise<void> {
  await world.pass(20 * MINUTE);
  expect(commandsOf(world)).toEqual([]);
  const guard = await expectPeace(world);
  expect(guard.proposals).toEqual([]);
}

describe('a no', () => {
  test('one rejection ends it, and what came behind it counts no more', async () => {
    world = await startVirtualWorld({ stores: [A], approval: approvalWith() });
    const { handle, plan } = await asksPeople(world, A);
    await votes(handle, plan, 'alice');
    await votes(handle, plan, 'bob', { verdict: 'reject', reason: 'the consumers are not done' });
    await votes(handle, plan, 'bob', { reason: 'or are they' });
    expect(await outcomeOf(world, handle)).toMatchObject({
      kind: 'rejected',
      because: 'rejected by bob: the consumers are not done',
      planId: plan.planId,
    });
    expect((await viewOf(world, handle)).open?.tally).toMatchObject({
      state: { kind: 'rejected', by: { name: 'bob' }, withdrawn: false },
      refused: [{ reason: 'already ended', count: 1, latest: [{ detail: 'by bob' }] }],
    });
    expect(await detailsOf(world, handle)).toContain('**Now**: ended: rejected. rejected by bob: the consumers are not done');
    expect(toldOf(world, A)).toEqual(['asked', 'ended']);
    await nothingWasDestroyed();
    await record('destroy-rejected', handle);
  });

  test('who ordered it cannot approve it, and can call it off', async () => {
    world = await startVirtualWorld({ stores: [A], approval: approvalWith() });
    const { handle, plan } = await asksPeople(world, A);
    await votes(handle, plan, 'carol', { verdict: 'reject', reason: 'it was the wrong Store' });
    expect(await outcomeOf(world, handle)).toMatchObject({
      kind: 'rejected',
      because: 'rejected by carol: it was the wrong Store',
    });
    await nothingWasDestroyed();
  });

  test('an approval is taken back after the quorum, as long as nothing was sent', async () => {
    world = await startVirtualWorld({ stores: [A], approval: approvalWith() });
    const { handle, plan } = await asksPeople(world, A);
    await pausesGuard(world);
    await approved(world, handle, plan);
    await world.pass(2 * MINUTE);
    expect((await viewOf(world, handle)).phase).toBe('waiting for the guard');
    expect(await detailsOf(world, handle)).toContain('the cluster is paused');
    await votes(handle, plan, 'alice', { verdict: 'reject', reason: 'I misread the name' });
    expect(await outcomeOf(world, handle)).toMatchObject({
      kind: 'rejected',
      because: 'its approval was taken back by alice: I misread the name',
    });
    await resumesGuard(world);
    await nothingWasDestroyed();
  });

  test('a destroy that is cancelled while people are asked sends nothing', async () => {
    world = await startVirtualWorld({ stores: [A], approval: approvalWith() });
    const { handle, plan } = await asksPeople(world, A);
    await votes(handle, plan, 'alice');
    await counted(world, handle, 1);
    await handle.cancel();
    expect(await outcomeOf(world, handle)).toMatchObject({
      kind: 'cancelled',
      because: 'a person cancelled it before anything was sent',
    });
    await nothingWasDestroyed();
    await record('destroy-cancelled', handle);
  });

  test('a destroy that is cancelled while it waits for the guard sends nothing', async () => {
    world = await startVirtualWorld({ stores: [A], approval: approvalWith() });
    const { handle, plan } = await asksPeople(world, A);
    await pausesGuard(world);
    await approved(world, handle, plan);
    await handle.cancel();
    expect(await outcomeOf(world, handle)).toMatchObject({ kind: 'cancelled' });
    await resumesGuard(world);
    await nothingWasDestroyed();
  });
});

describe('who asked', () => {
  test('is whoever started it, also under another id than its own', async () => {
    world = await startVirtualWorld({ stores: [A], approval: approvalWith() });
    world.simulator.kill(A);
    await world.simulator.settled();
    const start = await world.client.workflow.start('destroyStore', {
      workflowId: 'from-the-web-ui',
      taskQueue: WORKFLOW_QUEUE,
      args: [await signedOrder(world, A, 'carol')],
    });
    const handle = destroyOf(world, A);
    expect(await start.result()).toMatchObject({ kind: 'attached', workflowId: handle.workflowId });
    const { plan, needed } = await planShown(world, handle);
    expect(needed).toBe(2);
    await votes(handle, plan, 'carol');
    expect((await counted(world, handle, 1)).open?.tally).toMatchObject({ approvals: [], refused: [{ reason: 'requester' }] });
    await votes(handle, plan, 'alice');
    await votes(handle, plan, 'bob');
    expect(await outcomeOf(world, handle)).toMatchObject({ kind: 'destroyed' });
    expect(commandsOf(world)).toEqual([`destroy ${A}`]);
    await expectPeace(world);
  });

  test('is not proven by an order that was signed an hour ago', async () => {
    world = await startVirtualWorld({ stores: [A], approval: approvalWith() });
    world.simulator.kill(A);
    await world.simulator.settled();
    const old = await signedOrder(world, A, 'carol');
    await world.pass(HOUR);
    const outcome = await outcomeOf(world, await ordersDestroy(world, A, old));
    expect(outcome).toMatchObject({ kind: 'refused', refusal: 'cannot be approved here' });
    expect(outcome.because).toContain('It is not proven who ordered, so one more is needed; a signed order avoids that.');
    await nothingWasDestroyed();
  });
});

describe('how many are needed', () => {
  test('an order that nobody signed needs one approval more', async () => {
    world = await startVirtualWorld({ stores: [A], approval: approvalWith() });
    world.simulator.kill(A);
    await world.simulator.settled();
    const handle = await ordersDestroy(world, A, unsigned);
    const { plan, needed, warnings } = await planShown(world, handle);
    expect(needed).toBe(3);
    expect(warnings).toContain('it is not proven who ordered this, so one approval more is needed');
    await votes(handle, plan, 'alice');
    await votes(handle, plan, 'bob');
    expect((await counted(world, handle, 2)).open?.tally?.state).toEqual({ kind: 'open', missing: 1 });
    await world.pass(5 * MINUTE);
    expect(commandsOf(world)).toEqual([]);
    await votes(handle, plan, 'carol');
    expect(await outcomeOf(world, handle)).toMatchObject({ kind: 'destroyed' });
    expect(commandsOf(world)).toEqual([`destroy ${A}`]);
    await expectPeace(world);
  });

  test.each([
    ['nobody is named', approvalWith({ approvers: [] }), {}, '3 approvals are needed, and 0 of 0 approvers could give one'],
    [
      'the requester would have to approve',
      approvalWith({ quorum: 3 }),
      {},
      '3 approvals are needed, and 2 of 3 approvers could give one',
    ],
    [
      'one more is needed than there are, as the order is not signed',
      approvalWith({ approvers: [approverOf('alice'), approverOf('bob')] }),
      unsigned,
      '3 approvals are needed, and 2 of 2 approvers could give one',
    ],
    [
      'a typed name stands for the requester',
      approvalWith(),
      { ...unsigned, orderer: 'carol' },
      '3 approvals are needed, and 2 of 3 approvers could give one',
    ],
    [
      'approvers have principals, and this server stamps none',
      approvalWith({
        assurance: ['attested', 'signed'],
        approvers: ['alice', 'bob'].map((name) => ({ name, principals: [{ type: 'jwt', name }], keys: [] })),
      }),
      {},
      'The server stamps no principals, so nothing is attested here',
    ],
  ])('where %s, nobody is asked in vain', async (why, approval, order, because) => {
    world = await startVirtualWorld({ stores: [A], approval });
    world.simulator.kill(A);
    await world.simulator.settled();
    const handle = await ordersDestroy(world, A, 'cluster' in order ? order : undefined);
    const outcome = await outcomeOf(world, handle);
    expect(outcome).toMatchObject({ kind: 'refused', refusal: 'cannot be approved here', plans: 0, planId: null });
    expect(outcome.because).toContain(because);
    expect(outcome.because).toContain('Name more people under approval.approvers; a key made by `storekeeper keys new`');
    expect(toldOf(world, A)).toEqual([]);
    await nothingWasDestroyed();
    if (why === 'nobody is named') await record('destroy-refused', handle);
  });

  test('typed names count where the rules say so, and are shown as what they are', async () => {
    const approvers = (['alice', 'bob', 'carol'] as const).map((name) => ({ name, principals: [], keys: [] }));
    world = await startVirtualWorld({ stores: [A], approval: approvalWith({ assurance: ['declared'], approvers }) });
    world.simulator.kill(A);
    await world.simulator.settled();
    const handle = await ordersDestroy(world, A, { ...unsigned, orderer: 'carol' });
    const { plan, needed, warnings } = await planShown(world, handle);
    expect(needed).toBe(2);
    expect(warnings).toContain('a typed name counts as a vote here, which proves nothing: environment development');
    const says = (approver: string) => {
      const { planId, store } = plan;
      return handle.signal('approve', { planId, store, reason: 'looked', acceptUncovered: true, approver });
    };
    await says('carol');
    await says('alice');
    const { tally } = (await counted(world, handle, 2)).open ?? {};
    expect(tally).toMatchObject({ approvals: [{ name: 'alice', assurance: 'declared' }], refused: [{ reason: 'requester' }] });
    const details = await detailsOf(world, handle);
    expect(details).toContain('approved by alice (DECLARED ONLY, proven by nothing): looked');
    expect(details).toContain('2 approvals needed (DECLARED ONLY, proven by nothing)');
    await says('bob');
    expect(await outcomeOf(world, handle)).toMatchObject({ kind: 'destroyed' });
    expect(commandsOf(world)).toEqual([`destroy ${A}`]);
    await expectPeace(world);
  });
});

describe('votes do not carry over', () => {
  test('the approvals of one Store destroy no other', async () => {
    world = await startVirtualWorld({ stores: [A, B], approval: approvalWith() });
    const { handle: handleOfA, plan: planOfA } = await asksPeople(world, A);
    const { handle, plan } = await asksPeople(world, B);
    await votes(handle, planOfA, 'alice');
    await votes(handle, planOfA, 'bob', { forged: { store: B } });
    // The signature is over the plan of A, whatever id stands beside it.
    await handle.signal('approve', { ...ballotOf(planOfA, 'alice'), planId: plan.planId, store: B });
    const { open } = await counted(world, handle, 3);
    expect(open?.tally).toMatchObject({ state: { kind: 'open', missing: 2 }, approvals: [] });
    expect(open?.tally?.refused.map(({ reason, count }) => `${count} ${reason}`)).toEqual(['2 wrong run', '1 bad signature']);
    await handle.signal('reject', ballotOf(plan, 'alice', { verdict: 'reject', reason: 'enough' }));
    expect(await outcomeOf(world, handle)).toMatchObject({ kind: 'rejected' });
    await votes(handleOfA, planOfA, 'carol', { verdict: 'reject', reason: 'enough' });
    expect(await outcomeOf(world, handleOfA)).toMatchObject({ kind: 'rejected' });
    await nothingWasDestroyed();
  });

  test('the approvals of one run destroy nothing in the next', async () => {
    world = await startVirtualWorld({ stores: [A], approval: approvalWith() });
    const { handle, plan } = await asksPeople(world, A);
    await votes(handle, plan, 'carol', { verdict: 'reject', reason: 'not today' });
    await outcomeOf(world, handle);
    const again = await ordersDestroy(world, A);
    const { plan: next } = await planShown(world, again);
    expect(next.runId).not.toBe(plan.runId);
    await votes(again, plan, 'alice');
    await votes(again, plan, 'bob');
    await again.signal('approve', ballotOf(plan, 'alice', { forged: { planId: next.planId } }));
    const { open } = await counted(world, again, 3);
    expect(open?.tally?.refused).toMatchObject([
      { reason: 'wrong run', count: 2, latest: [{ detail: plan.runId }, { detail: plan.runId }] },
      { reason: 'bad signature', count: 1 },
    ]);
    await votes(again, next, 'alice');
    await votes(again, next, 'bob');
    expect(await outcomeOf(world, again)).toMatchObject({ kind: 'destroyed', planId: next.planId });
    expect(commandsOf(world)).toEqual([`destroy ${A}`]);
    await eventsOf(again);
    await expectPeace(world);
  });
});
