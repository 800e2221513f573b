import { afterEach, expect, test } from 'vitest';
import { guardWorkflowId } from '../../../src/domain/names.ts';
import { CLUSTER, startVirtualWorld, type VirtualWorld } from '../../virtual-world.ts';
import { A, B, commandsOf, dies, expectPeace, MINUTE, rounds, SECOND } from '../stage.ts';

let world: VirtualWorld;
afterEach(() => world.close());

const guard = () => world.client.workflow.getHandle(guardWorkflowId(CLUSTER));
const HOLD = { store: A, by: 'alice', reason: 'stopped in OMS' };

test('a held Store is left alone, and says whose hold it is; another is healed; once it is free it is healed, too', async () => {
  world = await startVirtualWorld({ stores: [A, B] });
  await dies(world, A);
  world.simulator.kill(B);
  await guard().signal('hold', HOLD);
  const { opened, notOpened } = await world.sweep();
  expect(opened).toEqual([B]);
  expect(notOpened).toEqual([{ store: A, because: 'somebody holds it: hands off (alice: stopped in OMS)' }]);
  expect(await world.outcome(B)).toMatchObject({ kind: 'healed' });
  expect(commandsOf(world)).toEqual(rounds(B, 1));
  await guard().signal('unhold', { store: A, by: 'alice' });
  expect((await world.sweepTwice()).opened).toEqual([A]);
  expect(await world.outcome(A)).toMatchObject({ kind: 'healed' });
  await expectPeace(world);
});

test('a hold between stop and restart hands the stopped Store over at once: nobody touches it, and somebody knows', async () => {
  world = await startVirtualWorld({ stores: [A] });
  await dies(world, A);
  await world.sweep();
  await world.passUntil('it is stopped', async () => (await world.phase(A)) === 'waiting before the restart', { stepMs: SECOND });
  await guard().signal('hold', HOLD);
  const outcome = await world.outcome(A);
  expect(outcome).toMatchObject({ kind: 'handed over', because: expect.stringContaining('alice: stopped in OMS') as string });
  expect(commandsOf(world)).toEqual([`stop ${A}`]);
  expect(world.journal.filter((line) => line.journal === 'hand-over')).toHaveLength(1);
  await world.pass(30 * MINUTE);
  await world.sweepTwice();
  expect(commandsOf(world)).toEqual([`stop ${A}`]);
  await expectPeace(world);
});

test('a heal that was ended after its stop leaves a debt, which under a hold is handed over and not paid', async () => {
  world = await startVirtualWorld({ stores: [A] });
  await dies(world, A);
  await world.sweep();
  await world.passUntil('it is stopped', async () => (await world.phase(A)) === 'waiting before the restart', { stepMs: SECOND });
  await world.client.workflow.getHandle(`heal:${CLUSTER}:${A}`).terminate('a test');
  await guard().signal('hold', { subtopic: 'p_4223_source-000-0', by: 'alice', reason: 'stopped in OMS' });
  await world.sweep();
  await world.passUntil('it is handed over', () => world.journal.some((line) => line.journal === 'hand-over'), {
    stepMs: MINUTE,
  });
  expect(commandsOf(world)).toEqual([`stop ${A}`]);
  await expectPeace(world);
});
