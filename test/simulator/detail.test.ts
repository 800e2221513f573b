import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { A, C, call, carryOut, detail, json, rawDetail } from './calls.ts';
import { ManualClock } from './manual-clock.ts';

let sim: Simulator;
let clock: ManualClock;

beforeEach(async () => {
  clock = new ManualClock();
  sim = await startSimulator({ stores: [A, { name: C, datasource: ':', location: '111' }], clock });
});

afterEach(async () => sim.close());

/** Keys and types, lists by their first element: what two answers must have in common. */
function shapeOf(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value === null ? 'null' : typeof value;
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shapeOf(inner)]));
}

async function fixture(name: string): Promise<unknown> {
  return JSON.parse(await readFile(new URL(`../fixtures/${name}`, import.meta.url), 'utf8')) as unknown;
}

test('a healthy Store is shown in the fields, types and order of the vendor’s sample', async () => {
  const sample = await fixture('detail-healthy.json');
  const shown = json(await rawDetail(sim, A));
  expect(shapeOf(shown)).toEqual(shapeOf(sample));
  expect(JSON.stringify(shapeOf(shown))).toBe(JSON.stringify(shapeOf(sample)));
});

test('a dead Store is shown as the one seen on a real site, success line and all', async () => {
  sim.kill(C);
  const shown = json(await rawDetail(sim, C)) as { crawler: Record<string, unknown> };
  const sample = (await fixture('detail-dead-with-success-text.json')) as { crawler: Record<string, unknown> };
  expect(shapeOf(shown)).toEqual(shapeOf(sample));
  expect(shown.crawler['status']).toBe(sample.crawler['status']);
  expect(shown.crawler['active']).toBe(true);
  expect(shown.crawler['errMsg']).toMatch(
    /^\[\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}\] DRC_500:Store ORACLE_np_2-1-0\.0000000001 started successfully\n$/,
  );
});

test('the checkpoint string spells out the same numbers as its fields', async () => {
  const { oldest, newest } = await detail(sim, A);
  for (const point of [oldest, newest]) {
    const { dbIpString, dbPort, fileIdx, offset, timestamp, msgId } = point;
    expect(point.checkpoint).toBe([dbIpString, dbPort, fileIdx, offset, timestamp, msgId].join(':'));
  }
  expect(newest.dbIp).toBe(10 * 2 ** 24 + 9 * 2 ** 16 + 1);
  expect(newest.msgId).toBeGreaterThan(oldest.msgId);
});

test('a source without address, as Oracle’s, has :: in the string and -1 for its number', async () => {
  const { newest } = await detail(sim, C);
  expect(newest.checkpoint).toBe(`::${newest.fileIdx}:${newest.offset}:${newest.timestamp}:${newest.msgId}`);
  expect(newest).toMatchObject({ dbIp: -1, dbIpString: '', dbPort: 0 });
});

test('the newest checkpoint follows the clock a second behind, and the oldest the retention', async () => {
  const before = await detail(sim, A);
  expect(before.newest.timestamp).toBe(clock.now() / 1000 - 1);
  expect(before.oldest.timestamp).toBe(before.newest.timestamp - 24 * 3600);
  await clock.advance(90_000);
  const later = await detail(sim, A);
  expect(later.newest.timestamp - before.newest.timestamp).toBe(90);
  expect(later.oldest.timestamp - before.oldest.timestamp).toBe(90);
});

test('a young Store holds no checkpoint from before it was made', async () => {
  sim.addStore({ name: '10.0.0.9-7100:young-1-0:0000000001', age: '10m' });
  const { oldest } = await detail(sim, '10.0.0.9-7100:young-1-0:0000000001');
  expect(oldest.timestamp).toBe(clock.now() / 1000 - 600);
});

test('both checkpoints of a dead Store stand, and after the restart the newest has caught up', async () => {
  sim.kill(A);
  const died = await detail(sim, A);
  await clock.advance(3_600_000);
  const later = await detail(sim, A);
  expect(later).toMatchObject({ status: 1, active: true, errMsg: died.errMsg, port: died.port });
  expect([later.oldest, later.newest]).toEqual([died.oldest, died.newest]);
  await carryOut(sim, clock, 'restart', A);
  expect((await detail(sim, A)).newest.timestamp).toBe(clock.now() / 1000 - 1);
});

test('the start in the message is the host’s local time without a zone', async () => {
  // 08:00:00 UTC and 37 s of restart, on a host in China.
  await carryOut(sim, clock, 'restart', A);
  expect((await detail(sim, A)).errMsg).toBe(
    '[Mon Oct 30 16:00:37 2023] DRC_500:Store p_4223_source-000-0.0000000007 started successfully\n',
  );
});

test('an unknown Store is a refusal with HTTP 200', async () => {
  const unknown = '10.0.0.7-7100:p_4223_source-000-0:0000000099';
  const answer = await rawDetail(sim, unknown);
  expect(answer).toMatchObject({ status: 200, type: 'application/json;charset=UTF-8' });
  expect(json(answer)).toMatchObject({ isSuccess: false, errMsg: `crawler not found: ${unknown}` });
});

test('a removed Store is unknown, an added one is there', async () => {
  sim.removeStore(A);
  expect(json(await rawDetail(sim, A))).toMatchObject({ isSuccess: false });
  expect(() => sim.state(A)).toThrow(/no Store/);
  sim.addStore(A);
  expect((await detail(sim, A)).status).toBe(0);
  expect(() => sim.addStore(A)).toThrow(/there already/);
});

test('CM knows no other address, and no other method', async () => {
  expect(await call(sim, 'GET', '/crawler/everything').answer).toMatchObject({ status: 404 });
  expect(await call(sim, 'GET', `/crawler/clear?crawler=${A}`).answer).toMatchObject({ status: 405 });
  expect(await call(sim, 'GET', `/crawler/destroy?crawler=${A}`).answer).toMatchObject({ status: 405 });
  await clock.advance(60_000);
  expect(sim.state(A)).toMatchObject({ reader: 'running', restarts: 0 });
  expect(sim.commands().map((entry) => entry.carriedOut)).toEqual([false, false]);
});

test('every read is logged with its Store and how it ended', async () => {
  await detail(sim, A);
  await rawDetail(sim, '10.0.0.7-7100:p_4223_source-000-0:0000000099');
  const read = {
    atMs: clock.now(),
    endedMs: clock.now(),
    method: 'GET',
    path: '/crawler/detail',
    outcome: 'answered',
    status: 200,
  };
  expect(sim.log()).toEqual([
    { ...read, seq: 1, store: A, carriedOut: false, note: '' },
    { ...read, seq: 2, store: '10.0.0.7-7100:p_4223_source-000-0:0000000099', carriedOut: false, note: 'no such Store' },
  ]);
  expect(sim.commands()).toEqual([]);
});

test('options that make no sense are refused in words', async () => {
  await expect(startSimulator({ stores: [A], speed: 0 })).rejects.toThrow(/speed is 0/);
  await expect(startSimulator({ stores: ['p_*'] })).rejects.toThrow(/stores\[0\].*wildcard.*For example/);
  await expect(startSimulator({ stores: [A, A] })).rejects.toThrow(/there already/);
});
