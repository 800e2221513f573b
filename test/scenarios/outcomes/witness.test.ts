import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connectOmsApi, type OmsApi } from '../../../src/oms-api/oms-api.ts';
import { json, ScriptedServer } from '../../oms-api/scripted-server.ts';
import { startVirtualWorld, type VirtualWorld } from '../../virtual-world.ts';
import { A, commandsOf, expectPeace, healOf, rounds, struckBy } from '../stage.ts';

let world: VirtualWorld;
let oms: ScriptedServer;
let api: OmsApi;

beforeEach(async () => {
  oms = await ScriptedServer.start();
  api = connectOmsApi({ baseUrl: oms.url, user: 'storekeeper', password: 'secret', timeoutMs: 500 });
  world = await startVirtualWorld({ stores: [A], witness: api.witnessFor(['np_1']) });
});
afterEach(async () => {
  await world.close();
  await api.close();
  await oms.close();
});

/** From now on OMS lists A with this status. */
function shows(status: () => string): void {
  oms.script = (_asked, response) => json(response, { success: true, data: { storeList: [{ name: A, status: status() }] } });
}

describe('a Store that CM shows as faulty', () => {
  test('and OMS as well is healed, and what OMS said is kept with the stop', async () => {
    shows(() => 'EXCEPTION');
    await struckBy(world, A, { kind: 'reader-died' });
    expect(await world.outcome(A)).toMatchObject({ kind: 'healed' });
    expect(commandsOf(world)).toEqual(rounds(A, 1));
    const { events } = await healOf(world, A).fetchHistory();
    const results = (events ?? []).map((event) =>
      String(event.activityTaskCompletedEventAttributes?.result?.payloads?.[0]?.data ?? ''),
    );
    expect(results.filter((result) => result.includes('"witness"') && result.includes('EXCEPTION'))).toHaveLength(1);
    await expectPeace(world);
  });

  test.each([
    ['INACTIVE, since somebody stopped it in OMS’s console', 'INACTIVE', 'somebody may have stopped it there'],
    ['ACTIVE', 'ACTIVE', 'OMS shows it as ACTIVE'],
  ])('and OMS as %s is left alone, and it is said why', async (_, status, because) => {
    shows(() => status);
    await struckBy(world, A, { kind: 'reader-died' });
    expect(await world.outcome(A)).toMatchObject({
      kind: 'observer blind',
      because: expect.stringContaining(because) as string,
      next: expect.stringContaining('OMS’s console'.replace('’', "'")) as string,
    });
    expect(commandsOf(world)).toEqual([]);
    await expectPeace(world);
  });

  test('while OMS does not answer is left alone', async () => {
    oms.script = (_asked, response) => json(response, { success: false, message: 'busy' });
    await struckBy(world, A, { kind: 'reader-died' });
    expect(await world.outcome(A)).toMatchObject({
      kind: 'observer blind',
      because: expect.stringContaining('witness silent') as string,
    });
    expect(commandsOf(world)).toEqual([]);
    await expectPeace(world);
  });

  test('until it was confirmed, and that OMS shows as stopped at the last look, is not stopped by us', async () => {
    let asked = 0;
    // Three readings confirm it; then somebody stops it in the console.
    shows(() => ((asked += 1) <= 4 ? 'EXCEPTION' : 'INACTIVE'));
    await struckBy(world, A, { kind: 'reader-died' });
    const outcome = await world.outcome(A);
    expect(outcome.kind).toBe('observer blind');
    expect(commandsOf(world)).toEqual([]);
    await expectPeace(world);
  });

  test('is healed on a person’s order, whatever OMS shows', async () => {
    shows(() => 'INACTIVE');
    world.simulator.kill(A);
    await world.simulator.settled();
    await world.heal(A, { reason: 'I stopped it, and want it back' });
    expect(await world.outcome(A)).toMatchObject({ kind: 'healed' });
    expect(commandsOf(world)).toEqual(rounds(A, 1));
    await expectPeace(world);
  });
});
