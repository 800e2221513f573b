import { afterEach, beforeEach, expect, test } from 'vitest';
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { A, A2, B, C, carryOut, detail } from './calls.ts';
import { ManualClock } from './manual-clock.ts';

let sim: Simulator;
let clock: ManualClock;

beforeEach(async () => {
  clock = new ManualClock();
  sim = await startSimulator({ stores: [A, A2, B, C], clock });
});

afterEach(async () => sim.close());

const restart = (store = A): Promise<unknown> => carryOut(sim, clock, 'restart', store);
const statusOf = async (store = A): Promise<number> => (await detail(sim, store)).status;

/** The status of A every so often, as a row such as `0 0 1`. */
async function watch(everyMs: number, looks: number): Promise<string> {
  const seen: number[] = [];
  for (let look = 0; look < looks; look += 1) {
    seen.push(await statusOf());
    await clock.advance(everyMs);
  }
  return seen.join(' ');
}

test('reader-died: dead at once, cured by one restart', async () => {
  sim.inject(A, { kind: 'reader-died' });
  expect(await statusOf()).toBe(1);
  expect(await statusOf(B)).toBe(0);
  await restart();
  expect(await statusOf()).toBe(0);
  expect(sim.state(A).faults).toEqual([]);
});

test('says: the message is another and nothing else, until its time is over', async () => {
  const before = await detail(sim, A);
  sim.inject(A, { kind: 'says', message: 'DRC_510:Store stopped by an error', for: '2m' });
  expect(await detail(sim, A)).toEqual({ ...before, errMsg: 'DRC_510:Store stopped by an error' });
  await clock.advance(120_000);
  expect((await detail(sim, A)).errMsg).toBe(before.errMsg);
});

test('reader-died for a while: it comes back by itself, on the same port', async () => {
  sim.inject(A, { kind: 'reader-died', for: '2m' });
  const dead = await detail(sim, A);
  expect(await watch(60_000, 3)).toBe('1 1 0');
  const back = await detail(sim, A);
  expect(back).toMatchObject({ port: dead.port, errMsg: dead.errMsg });
  expect(back.newest.timestamp).toBeGreaterThan(dead.newest.timestamp);
});

test('a stopped Store does not come back when its fault ends', async () => {
  sim.inject(A, { kind: 'reader-died', for: '30s' });
  await carryOut(sim, clock, 'stop', A);
  await clock.advance(60_000);
  expect(sim.state(A).reader).toBe('stopped');
  expect(await statusOf()).toBe(1);
});

test('a killed Store is cured by a restart, and not by clearing faults', async () => {
  sim.kill(A);
  sim.clearFaults('*');
  expect(await statusOf()).toBe(1);
  await restart();
  expect(await statusOf()).toBe(0);
});

test('zombie: each restart shows status 0 and a standing checkpoint, and the reader dies 43 s after its start', async () => {
  sim.inject(A, { kind: 'zombie' });
  const first = await detail(sim, A);
  expect(first.status).toBe(1);
  for (const port of [17_002, 17_003]) {
    await restart();
    expect(await detail(sim, A)).toMatchObject({ status: 0, port, newest: first.newest });
    await clock.advance(39_999); // 3 s of the 43 were over when CM answered
    expect(await detail(sim, A)).toMatchObject({ status: 0, newest: first.newest });
    await clock.advance(1);
    expect(await detail(sim, A)).toMatchObject({ status: 1, port, newest: first.newest });
  }
});

test('zombie with times: the restart after the last of them cures', async () => {
  sim.inject(A, { kind: 'zombie', diesAfter: '127s', times: 1 });
  await restart();
  await clock.advance(300_000);
  expect(await statusOf()).toBe(1);
  await restart();
  await clock.advance(3_600_000);
  expect(await detail(sim, A)).toMatchObject({ status: 0, newest: { timestamp: clock.now() / 1000 - 1 } });
});

test('zombie whose checkpoint moves: it gets something done before it dies again', async () => {
  sim.inject(A, { kind: 'zombie', checkpoint: 'moves' });
  const first = await detail(sim, A);
  await restart();
  await clock.advance(60_000);
  const second = await detail(sim, A);
  expect(second.status).toBe(1);
  expect(second.newest.timestamp).toBeGreaterThan(first.newest.timestamp);
});

test('a reader that a restart brought up lives and reads on when the cause of its death ends in time', async () => {
  sim.inject(A, { kind: 'zombie' });
  await restart();
  sim.clearFaults(A);
  await clock.advance(600_000);
  expect(await detail(sim, A)).toMatchObject({ status: 0, newest: { timestamp: clock.now() / 1000 - 1 } });
});

test('permanent: after every restart up for seconds, then dead at the same place', async () => {
  sim.inject(A, { kind: 'permanent' });
  const first = await detail(sim, A);
  for (let attempt = 0; attempt < 3; attempt += 1) {
    await restart();
    expect(await statusOf()).toBe(0);
    await clock.advance(7000);
    expect(await detail(sim, A)).toMatchObject({ status: 1, newest: first.newest });
  }
  expect(sim.state(A).errorDetails).toMatch(/FATAL/);
});

test('permanent for a while: when its cause ends the Store stays dead, and the next restart cures', async () => {
  sim.inject(A, { kind: 'permanent', for: '10m' });
  await clock.advance(600_000);
  expect(await statusOf()).toBe(1);
  await restart();
  await clock.advance(60_000);
  expect(await statusOf()).toBe(0);
});

test('never-comes-up: a restart is answered with success, and nothing at all has changed', async () => {
  sim.inject(A, { kind: 'never-comes-up' });
  const before = await detail(sim, A);
  expect(before.status).toBe(1);
  expect(await restart()).toMatchObject({ body: expect.stringContaining('"isSuccess":true') });
  expect(await detail(sim, A)).toEqual(before);
});

test('frozen: green, the checkpoint stands through a restart, and catches up when the fault ends', async () => {
  sim.inject(A, { kind: 'frozen', for: '30m' });
  const before = await detail(sim, A);
  await clock.advance(600_000);
  expect(await detail(sim, A)).toEqual(before);
  await restart();
  expect(await detail(sim, A)).toMatchObject({ status: 0, port: 17_002, newest: before.newest });
  await clock.advance(1_200_000);
  expect((await detail(sim, A)).newest.timestamp).toBe(clock.now() / 1000 - 1);
});

test('blind: not active, and everything else as it was, whatever happens to the Store', async () => {
  const before = await detail(sim, A);
  sim.inject(A, { kind: 'blind', for: '10m' });
  sim.kill(A);
  await clock.advance(300_000);
  expect(await detail(sim, A)).toEqual({ ...before, active: false });
  await clock.advance(300_000);
  expect(await detail(sim, A)).toMatchObject({ active: true, status: 1 });
});

test('blind with a status shows that status', async () => {
  sim.inject('*', { kind: 'blind', status: 1 });
  expect(await detail(sim, B)).toMatchObject({ active: false, status: 1 });
  expect(sim.state(B).reader).toBe('running');
});

test('flapping: dead and alive by turns, with neither port nor start time changed, restart or not', async () => {
  const before = await detail(sim, A);
  sim.inject(A, { kind: 'flapping', period: '60s' });
  expect(await watch(30_000, 6)).toBe('1 0 1 0 1 0');
  expect(await detail(sim, A)).toMatchObject({ port: before.port, errMsg: before.errMsg });
  await restart();
  expect(await watch(30_000, 2)).toMatch(/^(0 1|1 0)$/);
});

test('flapping: the checkpoint moves only in the living half', async () => {
  sim.inject(A, { kind: 'flapping', period: '60s' });
  const start = (await detail(sim, A)).newest.timestamp;
  await clock.advance(29_000);
  expect((await detail(sim, A)).newest.timestamp).toBe(start);
  await clock.advance(21_000);
  expect((await detail(sim, A)).newest.timestamp).toBe(start + 50);
  await clock.advance(30_000);
  expect((await detail(sim, A)).newest.timestamp).toBe(start + 60);
});

test('host-failure: every Store of that host dies at one moment, each to be cured alone', async () => {
  sim.inject({ host: '10.0.0.7' }, { kind: 'host-failure' });
  expect(sim.states().map((state) => state.status)).toEqual([1, 0, 1, 0]);
  await restart(A);
  expect(sim.states().map((state) => state.status)).toEqual([0, 0, 1, 0]);
});

test('host-failure on one Store means its host', async () => {
  sim.inject(B, { kind: 'host-failure' });
  expect(sim.states().map((state) => state.status)).toEqual([1, 0, 1, 0]);
});

test('operator-restarts: port and start time change by themselves, and no command is logged', async () => {
  const before = await detail(sim, A);
  sim.inject(A, { kind: 'operator-restarts', every: '2m' });
  await clock.advance(119_000);
  expect(await detail(sim, A)).toMatchObject({ port: before.port, errMsg: before.errMsg });
  await clock.advance(1000);
  const once = await detail(sim, A);
  expect(once.port).toBe(before.port + 1);
  expect(once.errMsg).not.toBe(before.errMsg);
  await clock.advance(240_000);
  expect(await detail(sim, A)).toMatchObject({ port: before.port + 3 });
  expect(sim.commands()).toEqual([]);
});

test('a restart by hand cures as ours does', async () => {
  sim.kill(A);
  sim.operatorRestart(A);
  expect(await detail(sim, A)).toMatchObject({ status: 0, port: 17_002 });
  expect(sim.commands()).toEqual([]);
});

test('a fault may set in later, and last for a while', async () => {
  sim.inject(A, { kind: 'blind', after: '30s', for: '60s' });
  const seen: boolean[] = [];
  for (let look = 0; look < 4; look += 1) {
    seen.push((await detail(sim, A)).active);
    await clock.advance(30_000);
  }
  expect(seen).toEqual([true, false, false, true]);
});

test('a Store that nobody looked at for a month tells the same as one looked at all the time', async () => {
  for (const store of [A, B]) {
    sim.inject(store, { kind: 'flapping', period: '7m' });
    sim.inject(store, { kind: 'operator-restarts', every: '11m', for: '20h' });
    sim.inject(store, { kind: 'frozen', after: '3h', for: '2h' });
    sim.inject(store, { kind: 'zombie', diesAfter: '100s', after: '9h', times: 3 });
  }
  for (let look = 0; look < 720; look += 1) {
    sim.state(A);
    await clock.advance(3_600_000);
  }
  const { name: _a, port: portA, ...a } = sim.state(A);
  const { name: _b, port: portB, ...b } = sim.state(B);
  expect(a).toEqual(b);
  expect(portA - 17_001).toBe(portB - 17_011);
  expect(a.restarts).toBe(109);
});

test('clearing a target’s faults leaves the others theirs, and forgets those to come', async () => {
  sim.inject('*', { kind: 'frozen' });
  sim.inject(A, { kind: 'reader-died', after: '1m' });
  sim.clearFaults({ host: '10.0.0.7' });
  expect(sim.states().map((state) => state.faults)).toEqual([[], ['frozen'], [], ['frozen']]);
  await clock.advance(120_000);
  expect(await statusOf()).toBe(0);
});

test('a fault for an unknown target, or that cannot be read, is refused in words', () => {
  expect(() => sim.inject('nobody', { kind: 'frozen' })).toThrow(/no Store "nobody".*such as 10\.0\.0\.7-7100/);
  expect(() => sim.inject({ host: '10.9.9.9' }, { kind: 'frozen' })).toThrow(/no host "10\.9\.9\.9".*10\.0\.0\.7/);
  expect(() => sim.inject(A, JSON.parse('{"kind":"frozen","for":30}'))).toThrow(/fault\.for 30 has no unit/);
  expect(() => sim.inject(A, { kind: 'down' })).toThrow(/whole Cluster Manager/);
});
