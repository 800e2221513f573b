import { afterAll, beforeAll, expect, test } from 'vitest';
import { A, B, CLUSTER, startLiveWorld, type LiveWorld } from '../live-world.ts';

const STORY = { timeout: 60_000 };

let world: LiveWorld;
beforeAll(async () => {
  world = await startLiveWorld({ mode: 'observe' });
}, 180_000);
afterAll(() => world?.close());

test('without a guard it says that nobody decides, and what shows more', STORY, async () => {
  expect(await world.run('why', A)).toMatchObject({ code: 0, json: { store: A, ok: true, look: { diagnosis: 'healthy' } } });
});

test('a healthy Store is fine, and a dead one says what keeps it from being healed', STORY, async () => {
  await world.run('schedule', 'apply');
  expect(await world.run('why', B)).toMatchObject({ code: 0, json: { cluster: CLUSTER, ok: true, run: null } });
  world.simulator.kill(A);
  for (;;) {
    const { code, stdout } = await world.begin('why', A).ended;
    expect(code).toBe(1);
    if (!stdout.includes('would act')) continue;
    expect(stdout).toContain(`${A}, cluster ${CLUSTER}`);
    expect(stdout).toMatch(/seen: +faulty \(status 1\)/);
    expect(stdout).toMatch(/held back: +the mode does not let it act \(observe\)/);
    expect(stdout).toMatch(new RegExp(`do: +storekeeper heal ${A} --override mode`));
    break;
  }
});

test('a Store that is not configured is refused with the one that is near', STORY, async () => {
  expect(await world.run('why', A.replace('0007', '0008'))).toMatchObject({
    code: 2,
    json: { error: { message: expect.stringContaining(A) as string } },
  });
});
