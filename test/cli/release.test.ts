import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { A, B, CLUSTER, startLiveWorld, type LiveWorld } from './live-world.ts';

const STORY = { timeout: 60_000 };
const SUBTOPIC = A.split(':')[1] ?? '';

let world: LiveWorld;
beforeAll(async () => {
  // Two faulty Stores of two are a storm here.
  const brake = { stores: 2, subtopics: 2, faultyShare: 0.5, unknown: 99, unknownShare: 1 };
  world = await startLiveWorld({ guard: { cooldown: '10m', brake } });
}, 180_000);
afterAll(() => world?.close());

const run = (...args: string[]) => world.run(...args);

async function statusUntil(holds: (text: string) => boolean): Promise<string> {
  for (;;) {
    const { stdout } = await world.begin('status').ended;
    if (holds(stdout)) return stdout;
    await pause(300);
  }
}

test('without a guard there is nothing to release, and it says what makes one', STORY, async () => {
  for (const args of [['release-brake'], ['release-lease', A]]) {
    expect(await run(...args, '--reason', 'the host is back')).toMatchObject({
      code: 1,
      json: { error: { code: 'no-guard', hint: expect.stringContaining('schedule apply') as string } },
    });
  }
});

test('a brake is shown by status with the command that releases it, and is off once somebody has said why', STORY, async () => {
  await run('schedule', 'apply');
  expect(await run('release-brake', '--reason', 'just in case')).toMatchObject({ code: 0, json: { released: false } });
  expect(await run('release-lease', SUBTOPIC, '--reason', 'just in case')).toMatchObject({ code: 0, json: { released: false } });
  // What no restart cures keeps its heal, and so its lease, for as long as this takes on a busy machine.
  for (const store of [A, B]) world.simulator.inject(store, { kind: 'never-comes-up' });
  const braked = await statusUntil((text) => text.includes('brake'));
  expect(braked).toMatch(/! the brake is on: 2 of 2 Stores on 2 subtopics are faulty\..*from .*Z on/);
  expect(braked).toContain(`(storekeeper release-brake --cluster ${CLUSTER} --reason "the host is back")`);
  expect(world.simulator.commands()).toEqual([]);

  const released = await world.begin('release-brake', '--reason', 'the host is back', '--by', 'alice').ended;
  expect([released.code, released.stdout.trim()]).toEqual([
    0,
    `${CLUSTER}: the brake is off (it was on because 2 of 2 Stores on 2 subtopics are faulty)`,
  ]);
  const after = await run('status');
  expect(after.json).toMatchObject({
    clusters: [{ guard: { brake: null, acts: [{ text: 'alice released the brake: the host is back' }] } }],
  });
});

test('a lease is ended by its subtopic, and says whose it was', STORY, async () => {
  await statusUntil((text) => text.includes(`held: ${SUBTOPIC}`));
  expect(await run('release-lease', SUBTOPIC, '--reason', 'its heal hangs')).toMatchObject({
    code: 0,
    json: { cluster: CLUSTER, target: SUBTOPIC, released: true, holder: { workflowId: `heal:${CLUSTER}:${A}` } },
  });
  const { stdout } = await world.begin('status').ended;
  expect(stdout).toMatch(/budget left: \d+ restarts this hour, \d+ today/);
  expect(stdout).toContain(`released the lease that heal:${CLUSTER}:${A} held on ${SUBTOPIC}: its heal hangs`);
});

test.each([
  [['release-brake'], 'no-reason', '--reason'],
  [['release-brake', '--reason', 'x', '--by', ' '], 'usage', '--by alice'],
  [['release-lease', A], 'no-reason', '--reason'],
  [['release-lease', 'p_4223_sourc-000-0', '--reason', 'x'], 'unknown-subtopic', 'storekeeper'],
] as const)('%j is refused with what would be right', STORY, async (args, code, hint) => {
  expect(await run(...args)).toMatchObject({ code: 2, json: { error: { code, hint: expect.stringContaining(hint) as string } } });
});
