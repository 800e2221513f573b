import { afterEach, test } from 'vitest';
import { startVirtualWorld, type VirtualWorld } from '../virtual-world.ts';
import { A, struckBy, HOUR, healOf, commandsOf } from './stage.ts';
let world: VirtualWorld;
afterEach(() => world.close());
test('x', async () => {
    world = await startVirtualWorld({ stores: [A] });
    await struckBy(world, A, { kind: 'reader-died' });
    await world.passUntil(`it is`, async () => (await world.phase(A)) === 'confirming');
    let t = Date.now(); const lap = (w: string) => { console.log('LAP', w, Date.now() - t); t = Date.now(); };
    await world.stopWorkers(); lap('stopped');
    await world.pass(2 * HOUR); lap('passed');
    await world.startWorkers(); lap('started');
    for (let i = 0; i < 20; i++) {
      const o = await world.sweep().catch((e: any) => String(e.cause ?? e)); lap('sweep ' + JSON.stringify(o).slice(0,300));
      console.log('LAP', await world.phase(A), commandsOf(world));
      await world.pass(30_000); lap('pass');
    }
}, 60000);
