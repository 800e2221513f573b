import { afterEach, beforeEach, expect, test } from 'vitest';
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { A, A2, B, C, call, carryOut, detail, json, rawDetail, send, until } from './calls.ts';
import { ManualClock } from './manual-clock.ts';

let sim: Simulator;
let clock: ManualClock;

beforeEach(async () => {
  clock = new ManualClock();
  sim = await startSimulator({ stores: [A, A2, B, C], clock });
});

afterEach(async () => sim.close());

test('a stop takes 22 s, is answered like the connector calls, and leaves the Store looking like a dead one', async () => {
  const { answer } = await send(sim, 'stop', A);
  let answered = false;
  void answer.finally(() => (answered = true));
  await clock.advance(11_900);
  expect((await detail(sim, A)).status).toBe(0);
  await clock.advance(200);
  const stopped = await detail(sim, A);
  expect(stopped.status).toBe(1);
  await clock.advance(9800);
  expect(answered).toBe(false);
  await clock.advance(100);
  expect(json(await answer)).toEqual({
    errCode: null,
    errMsg: null,
    errorDetail: null,
    isSuccess: true,
    result: A,
    retryable: null,
  });
  await clock.advance(60_000);
  expect(await detail(sim, A)).toEqual(stopped);
  expect(sim.state(A).reader).toBe('stopped');
});

test('a restart takes 40 s, and ends with status 0, another port and another start time', async () => {
  sim.kill(A);
  const before = await detail(sim, A);
  const { answer } = await send(sim, 'restart', A);
  await clock.advance(36_000);
  expect(await detail(sim, A)).toEqual(before);
  await clock.advance(4000);
  expect(json(await answer)).toMatchObject({ isSuccess: true, result: A });
  const after = await detail(sim, A);
  expect(before.port).toBe(17_001);
  expect(after).toMatchObject({ status: 0, port: 17_002, name: A });
  expect(after.errMsg).not.toBe(before.errMsg);
});

test('a running Store can be restarted too', async () => {
  await carryOut(sim, clock, 'restart', A);
  expect(await detail(sim, A)).toMatchObject({ status: 0, port: 17_002 });
});

test('restart is accepted by GET as by POST', async () => {
  const { answer } = call(sim, 'GET', `/crawler/restore?crawler=${encodeURIComponent(A)}`);
  await until(() => sim.commands().length === 1);
  await clock.advance(40_000);
  expect(json(await answer)).toMatchObject({ isSuccess: true });
  expect(sim.state(A).restarts).toBe(1);
});

test('a destroyed Store is gone', async () => {
  expect(json(await carryOut(sim, clock, 'destroy', A))).toMatchObject({ isSuccess: true, result: A });
  expect(json(await rawDetail(sim, A))).toMatchObject({ isSuccess: false, errMsg: `crawler not found: ${A}` });
  expect(sim.state(A).reader).toBe('destroyed');
  expect(json(await (await send(sim, 'restart', A)).answer)).toMatchObject({ isSuccess: false });
  await clock.advance(60_000);
  expect(sim.state(A).reader).toBe('destroyed');
});

test('a restart wipes the error details', async () => {
  sim.inject(A, { kind: 'permanent' });
  expect(sim.state(A).errorDetails).toMatch(/log file does not exist/);
  await send(sim, 'restart', A);
  expect(sim.state(A).errorDetails).toBeNull();
});

test('commands go on after their client has hung up', async () => {
  const stop = await send(sim, 'stop', A);
  await clock.advance(1000);
  stop.hangUp();
  await until(() => sim.commands()[0]?.outcome === 'client hung up');
  expect(sim.commands()[0]).toMatchObject({ endedMs: null, status: null });
  await clock.advance(21_000);
  expect(sim.state(A).reader).toBe('stopped');
  expect(sim.commands()[0]).toMatchObject({ outcome: 'client hung up', endedMs: clock.now(), status: null, carriedOut: true });
});

test('an answered command is logged with its beginning and its end', async () => {
  const atMs = clock.now();
  await carryOut(sim, clock, 'stop', A);
  expect(sim.commands()).toEqual([
    {
      seq: 1,
      atMs,
      endedMs: atMs + 22_000,
      method: 'POST',
      path: '/crawler/clear',
      store: A,
      outcome: 'answered',
      status: 200,
      carriedOut: true,
      note: '',
    },
  ]);
});

test('two commands at once on one subtopic are a violation that names both', async () => {
  await send(sim, 'stop', A);
  await clock.advance(21_999);
  await send(sim, 'restart', A2);
  const [stop, restart] = sim.commands();
  expect(sim.violations()).toEqual([
    { kind: 'overlap', atMs: clock.now(), subtopic: 'p_4223_source-000-0', entries: [stop, restart] },
  ]);
});

test('a command whose client hung up still overlaps with the next one', async () => {
  (await send(sim, 'stop', A)).hangUp();
  await until(() => sim.commands()[0]?.outcome === 'client hung up');
  await send(sim, 'stop', A);
  expect(sim.violations()).toHaveLength(1);
});

test('a timer that wakes a hair early makes no overlap of a command sent after the answer', async () => {
  const early = { now: () => clock.now(), sleep: async (ms: number) => clock.sleep(ms - 2) };
  const own = await startSimulator({ stores: [A], clock: early });
  try {
    const { answer } = await send(own, 'stop', A);
    await clock.advance(21_998);
    expect((await answer).kind).toBe('answer');
    await send(own, 'restart', A);
    expect(own.violations()).toEqual([]);
  } finally {
    await own.close();
  }
});

test('commands one after the other, or on different subtopics, are no violation', async () => {
  await carryOut(sim, clock, 'stop', A);
  await send(sim, 'restart', A);
  await send(sim, 'stop', B);
  await send(sim, 'stop', C);
  await clock.advance(40_000);
  await carryOut(sim, clock, 'stop', A2);
  expect(sim.violations()).toEqual([]);
});

test.each([
  ['an empty name', ''],
  ['a wildcard', '10.0.0.7-7100:*:0000000007'],
  ['half a name', 'p_4223_source-000-0'],
])('%s on the wire is a violation and does nothing', async (_what, name) => {
  const { answer } = await send(sim, 'destroy', name);
  expect(json(await answer)).toMatchObject({ isSuccess: false });
  await clock.advance(60_000);
  expect(sim.states().map((state) => state.reader)).toEqual(['running', 'running', 'running', 'running']);
  expect(sim.violations()).toMatchObject([{ kind: 'malformed name', entries: [{ path: '/crawler/destroy' }] }]);
});

test('two names in one call are a violation', async () => {
  call(sim, 'POST', '/crawler/clear', `crawler=${encodeURIComponent(A)}&crawler=${encodeURIComponent(B)}`);
  await until(() => sim.commands().length === 1);
  expect(sim.violations()).toMatchObject([{ kind: 'malformed name', fault: '2 names at once' }]);
});

test('a JSON body names no Store to CM: only a form does', async () => {
  const { answer } = call(sim, 'POST', '/crawler/clear', JSON.stringify({ crawler: A }), 'application/json');
  expect(json(await answer)).toMatchObject({ isSuccess: false, errMsg: 'parameter crawler is required' });
});

test('a command for an unknown Store is refused', async () => {
  const unknown = '10.0.0.7-7100:unknown-1-0:0000000007';
  const { answer } = await send(sim, 'stop', unknown);
  expect(json(await answer)).toMatchObject({ isSuccess: false, errMsg: `crawler not found: ${unknown}` });
  expect(sim.commands()[0]).toMatchObject({ carriedOut: false, note: 'no such Store' });
});

test('speed divides what commands and deaths take, and nothing of the checkpoint', async () => {
  const fast = await startSimulator({ stores: [A], clock, speed: 10 });
  try {
    fast.inject(A, { kind: 'zombie', diesAfter: '43s' });
    const { answer } = await send(fast, 'restart', A);
    await clock.advance(4000);
    expect(json(await answer)).toMatchObject({ isSuccess: true });
    expect((await detail(fast, A)).status).toBe(0);
    await clock.advance(3900);
    expect((await detail(fast, A)).status).toBe(0);
    await clock.advance(100);
    expect((await detail(fast, A)).status).toBe(1);
    fast.clearFaults('*');
    fast.operatorRestart(A);
    const before = await detail(fast, A);
    await clock.advance(60_000);
    expect((await detail(fast, A)).newest.timestamp - before.newest.timestamp).toBe(60);
  } finally {
    await fast.close();
  }
});

test('closing cuts what is still open', async () => {
  const own = await startSimulator({ stores: [A], clock });
  const { answer } = await send(own, 'stop', A);
  await own.close();
  expect((await answer).kind).toBe('failed');
});

test('with the machine’s own clock and a high speed a whole restart takes milliseconds', async () => {
  const real = await startSimulator({ stores: [A], speed: 1000 });
  try {
    real.kill(A);
    const startedMs = performance.now();
    const stop = await send(real, 'stop', A);
    expect(json(await stop.answer)).toMatchObject({ isSuccess: true });
    const restart = await send(real, 'restart', A);
    expect(json(await restart.answer)).toMatchObject({ isSuccess: true });
    expect(performance.now() - startedMs).toBeGreaterThan(55);
    expect(performance.now() - startedMs).toBeLessThan(2000);
    expect(await detail(real, A)).toMatchObject({ status: 0, port: 17_002 });
    expect(real.violations()).toEqual([]);
  } finally {
    await real.close();
  }
});
