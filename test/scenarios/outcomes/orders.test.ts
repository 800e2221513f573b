import type { WorkflowFailedError, WorkflowHandle } from '@temporalio/client';
import { afterEach, describe, expect, test } from 'vitest';
import { guardWorkflowId, healWorkflowId, WORKFLOW_QUEUE } from '../../../src/domain/names.ts';
import type { Attached } from '../../../src/domain/outcome.ts';
import { CLUSTER, startVirtualWorld, type VirtualWorld } from '../../virtual-world.ts';
import { A, commandsOf, dies, expectPeace, healOf, MINUTE, rounds, SECOND, struckBy } from '../stage.ts';

let world: VirtualWorld;
afterEach(() => world.close());

const ORDER = { reason: 'the reader is stuck' };

describe('an order to an open heal', () => {
  test('is obeyed at once in the back-off between two attempts', async () => {
    world = await startVirtualWorld({ stores: [A] });
    await dies(world, A);
    world.simulator.inject(A, { kind: 'refuse', verb: 'stop' });
    await world.simulator.settled();
    await world.sweep();
    await world.passUntil('it rests between attempts', async () => (await world.phase(A)) === 'backing off');
    const orderedMs = await world.now();
    await healOf(world, A).signal('order', ORDER);
    await world.passUntil('the next stop was sent', () => world.simulator.commands().length >= 2, { stepMs: 1_000 });
    expect((world.simulator.commands()[1]?.atMs ?? 0) - orderedMs).toBeLessThan(10 * SECOND);
    expect(await world.outcome(A)).toMatchObject({ kind: 'healed' });
    expect(commandsOf(world)).toEqual([`stop ${A}`, ...rounds(A, 1)]);
    expect(world.journal).toContainEqual(expect.objectContaining({ verb: 'stop', why: `ordered: ${ORDER.reason}` }));
    await expectPeace(world);
  });

  test('without a reason is refused with an example, and the heal goes on as before', async () => {
    world = await startVirtualWorld({ stores: [A] });
    await struckBy(world, A, { kind: 'reader-died' });
    await world.passUntil('the fault is being confirmed', async () => (await world.phase(A)) === 'confirming');
    for (const bad of [{}, null, 'now', { reason: '' }, { reason: 'x', override: ['pause'] }])
      await healOf(world, A).signal('order', bad);
    await world.until('the refusal is on screen', async () => (await world.incident(A)).notes.length === 5);
    const { notes } = await world.incident(A);
    for (const note of notes) expect(note).toContain('An order was refused. Give one JSON object such as {"reason": ');
    expect(await world.outcome(A)).toMatchObject({ kind: 'healed' });
    expect(commandsOf(world)).toEqual(rounds(A, 1));
    await expectPeace(world);
  });
});

describe('a start by a person', () => {
  const start = (workflowId: string, input: unknown): Promise<WorkflowHandle> =>
    world.client.workflow.start('healStore', { workflowId, taskQueue: WORKFLOW_QUEUE, args: [input] });

  test('under another id attaches to the open heal, and hands its order over', async () => {
    world = await startVirtualWorld({ stores: [A], policy: { confirm: { overMs: 10 * MINUTE } } });
    await struckBy(world, A, { kind: 'reader-died' });
    await world.passUntil('the fault is being confirmed', async () => (await world.phase(A)) === 'confirming');
    const request = await start('from-the-web-ui-1', { cluster: CLUSTER, store: A });
    expect(await world.runUntil(request.result())).toMatchObject({
      kind: 'attached',
      workflowId: healWorkflowId(CLUSTER, A),
    } satisfies Partial<Attached>);
    expect((await world.incident(A)).order).toBeNull();
    const orderedMs = await world.now();
    const order = await start('from-the-web-ui-2', { cluster: CLUSTER, store: A, ...ORDER });
    expect(await world.runUntil(order.result())).toMatchObject({
      kind: 'attached',
      because: expect.stringContaining('has been given the order') as string,
    });
    await world.passUntil('the stop was sent', () => world.simulator.commands().length > 0);
    expect((world.simulator.commands()[0]?.atMs ?? 0) - orderedMs).toBeLessThan(MINUTE);
    expect(await world.outcome(A)).toMatchObject({ kind: 'healed' });
    expect(commandsOf(world)).toEqual(rounds(A, 1));
    await expectPeace(world);
  });

  test('under another id opens the heal under its own id when none is open', async () => {
    world = await startVirtualWorld({ stores: [A] });
    await dies(world, A);
    const request = await start('from-the-web-ui', { cluster: CLUSTER, store: A });
    const attached = (await world.runUntil(request.result())) as Attached;
    expect(attached).toMatchObject({ kind: 'attached', workflowId: healWorkflowId(CLUSTER, A) });
    expect((await healOf(world, A).describe()).runId).toBe(attached.runId);
    expect(await world.outcome(A)).toMatchObject({ kind: 'healed' });
    await expectPeace(world);
  });

  test('on a healthy Store does nothing, unless the order says restartHealthy', async () => {
    world = await startVirtualWorld({ stores: [A] });
    await world.sweepTwice();
    await world.heal(A, ORDER);
    expect(await world.outcome(A)).toMatchObject({ kind: 'recovered' });
    expect(commandsOf(world)).toEqual([]);
    await world.heal(A, { ...ORDER, restartHealthy: true, override: ['cooldown'] });
    expect(await world.outcome(A)).toMatchObject({ kind: 'healed' });
    expect(commandsOf(world)).toEqual(rounds(A, 1));
    await expectPeace(world);
  });

  test('in mode observe acts only with the override that names the mode', async () => {
    world = await startVirtualWorld({ stores: [A], policy: { mode: 'observe' } });
    await dies(world, A);
    await world.heal(A, ORDER);
    expect(await world.outcome(A)).toMatchObject({ kind: 'would act' });
    await world.heal(A, { ...ORDER, override: ['mode'] });
    expect(await world.outcome(A)).toMatchObject({ kind: 'healed' });
    expect(commandsOf(world)).toEqual(rounds(A, 1));
    await expectPeace(world);
  });

  test.each([
    ['no input', undefined],
    ['a text', 'heal it'],
    ['no Store', { cluster: CLUSTER }],
    ['a wildcard', { cluster: CLUSTER, store: '*' }],
    ['a field that is none of ours', { cluster: CLUSTER, store: A, force: true }],
  ])('with %s fails at once, and the right example comes first', async (_, input) => {
    world = await startVirtualWorld({ stores: [A] });
    const failure = await world
      .runUntil((await start('by-hand', input)).result())
      .catch((error: unknown) => error as WorkflowFailedError);
    expect((failure as WorkflowFailedError).cause).toMatchObject({
      type: 'InvalidInput',
      message: expect.stringMatching(/^Give one JSON object such as \{"cluster": "hangzhou-1", "store": "/) as string,
    });
    expect(commandsOf(world)).toEqual([]);
  });
});

describe('what the Web UI sends as json/protobuf', () => {
  const payloads = (text: string) => ({
    payloads: [{ metadata: { encoding: Buffer.from('json/protobuf') }, data: Buffer.from(text) }],
  });
  const signal = (workflowId: string, signalName: string, text: string) =>
    world.env.connection.workflowService.signalWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId },
      signalName,
      input: payloads(text),
    });

  test('is read like any JSON, as input and as signal, and wedges nothing', async () => {
    world = await startVirtualWorld({ stores: [A] });
    await dies(world, A);
    const workflowId = healWorkflowId(CLUSTER, A);
    await world.env.connection.workflowService.startWorkflowExecution({
      namespace: 'default',
      workflowId,
      requestId: 'once',
      workflowType: { name: 'healStore' },
      taskQueue: { name: WORKFLOW_QUEUE },
      input: payloads(JSON.stringify({ cluster: CLUSTER, store: A })),
    });
    await world.passUntil('the fault is being confirmed', async () => (await world.phase(A)) === 'confirming');
    await signal(workflowId, 'order', 'this is no JSON');
    await signal(workflowId, 'order', JSON.stringify(ORDER));
    await signal(guardWorkflowId(CLUSTER), 'pause', JSON.stringify({ by: 'bob', reason: 'to see', minutes: 1 }));
    await signal(guardWorkflowId(CLUSTER), 'resume', JSON.stringify({ by: 'bob' }));
    await signal(guardWorkflowId(CLUSTER), 'requestLease', 'not even JSON');
    await world.until('the guard has noted what it did not understand', async () => (await world.guard()).notes.length > 0);
    expect(await world.outcome(A)).toMatchObject({ kind: 'healed' });
    expect(commandsOf(world)).toEqual(rounds(A, 1));
    const guard = await expectPeace(world);
    expect(guard.pauses).toEqual([]);
  });
});
