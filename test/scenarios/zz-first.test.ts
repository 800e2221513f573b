import { afterEach, expect, test } from 'vitest';
import { startVirtualWorld, storeName, type VirtualWorld } from '../virtual-world.ts';

const A = storeName('10.0.0.7-7100:p_4223_source-000-0:0000000007');
const B = storeName('10.0.0.8-7100:p_4224_source-000-0:0000000008');
let world: VirtualWorld;
afterEach(() => world.close());

test('a dead reader is confirmed, stopped, restarted and verified', async () => {
  world = await startVirtualWorld({ stores: [A, B] });
  console.log(await world.sweepTwice());
  world.simulator.kill(A);
  await world.simulator.settled();
  console.log(await world.now(),Date.now()); console.log(await world.sweep());console.log(await world.now());
  console.log(await world.outcome(A));
  console.log(world.simulator.commands(), world.journal);
  const h = await world.client.workflow.getHandle('heal:test-1:' + A).fetchHistory();
  console.log(h.events?.length, JSON.stringify(h).length);
  console.log(await world.guard());
}, 60000);
