import { afterAll, beforeAll, expect, test } from 'vitest';
import { A, CLUSTER, startLiveWorld, type LiveWorld } from './live-world.ts';

const STORY = { timeout: 60_000 };
const SUBTOPIC = A.split(':')[1] ?? '';

let world: LiveWorld;
beforeAll(async () => {
  world = await startLiveWorld();
}, 180_000);
afterAll(() => world?.close());

const run = (...args: string[]) => world.run(...args);

test('without a guard nothing can be held, and it says what makes one', STORY, async () => {
  expect(await run('hold', A, '--reason', 'stopped by hand')).toMatchObject({
    code: 1,
    json: { error: { code: 'no-guard', hint: expect.stringContaining('schedule apply') as string } },
  });
});

test('a hold is confirmed by the guard, shown by status, and ended by anybody', STORY, async () => {
  await run('schedule', 'apply');
  expect(await run('hold', SUBTOPIC, '--reason', 'stopped by hand', '--by', 'alice', '--for', '2h')).toMatchObject({
    code: 0,
    json: {
      cluster: CLUSTER,
      held: [{ target: SUBTOPIC, by: 'alice', reason: 'stopped by hand', until: expect.any(String) as string }],
    },
  });
  const status = await world.begin('status').ended;
  expect(status.stdout).toMatch(new RegExp(`hands off ${SUBTOPIC}, by alice .*, ends in .*: stopped by hand`));
  expect(await run('unhold', SUBTOPIC)).toMatchObject({ code: 0, json: { ended: [{ target: SUBTOPIC, by: 'alice' }] } });
  const again = await world.begin('unhold', SUBTOPIC).ended;
  expect([again.code, again.stdout.trim()]).toEqual([0, `${SUBTOPIC}: was not held`]);
});

test.each([
  [['hold', A], 'no-reason', 'hold'],
  [['hold', A, '--reason', 'x', '--for', 'soon'], 'usage', '--for 2h'],
  [['hold', 'p_4223_sourc-000-0', '--reason', 'x'], 'unknown-subtopic', 'storekeeper hold'],
  [['hold', `${A}9`, '--reason', 'x'], 'bad-store-name', 'config show'],
] as const)('%j is refused with what would be right', STORY, async (args, code, hint) => {
  expect(await run(...args)).toMatchObject({ code: 2, json: { error: { code, hint: expect.stringContaining(hint) as string } } });
});
