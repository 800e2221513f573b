import { afterEach, beforeEach, expect, test } from 'vitest';
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { A, B, call, carryOut, detail, rawDetail, send, until } from './calls.ts';
import { DistantClock, ManualClock } from './manual-clock.ts';

let sim: Simulator;
let clock: ManualClock;

beforeEach(async () => {
  clock = new ManualClock();
  sim = await startSimulator({ stores: [A, B], clock });
});

afterEach(async () => sim.close());

test('down: every connection is cut without an answer, and nothing is carried out', async () => {
  sim.inject('*', { kind: 'down', for: '30s' });
  expect(await rawDetail(sim, A)).toMatchObject({ kind: 'failed', code: 'ECONNRESET' });
  expect((await (await send(sim, 'stop', B)).answer).kind).toBe('failed');
  expect(sim.log().map((entry) => [entry.outcome, entry.carriedOut])).toEqual([
    ['answer lost', false],
    ['answer lost', false],
  ]);
  await clock.advance(30_000);
  expect(await detail(sim, B)).toMatchObject({ status: 0 });
});

test('down: commands that were running go on and are answered', async () => {
  const { answer } = await send(sim, 'stop', A);
  sim.inject('*', { kind: 'down' });
  await clock.advance(22_000);
  expect((await answer).kind).toBe('answer');
  expect(sim.state(A).reader).toBe('stopped');
});

test('down may begin later and ends with its faults', async () => {
  sim.inject('*', { kind: 'down', after: '10s' });
  expect((await rawDetail(sim, A)).kind).toBe('answer');
  await clock.advance(10_000);
  expect((await rawDetail(sim, A)).kind).toBe('failed');
  sim.clearFaults('*');
  expect((await rawDetail(sim, A)).kind).toBe('answer');
});

test('refusing: nobody listens, and later CM is back on the same port', async () => {
  const url = sim.url;
  sim.inject('*', { kind: 'refusing', for: '30s' });
  expect(await rawDetail(sim, A)).toMatchObject({ kind: 'failed', code: 'ECONNREFUSED' });
  await clock.advance(29_999);
  await sim.settled();
  expect(await rawDetail(sim, A)).toMatchObject({ code: 'ECONNREFUSED' });
  await clock.advance(1);
  await sim.settled();
  expect(sim.url).toBe(url);
  expect(await detail(sim, A)).toMatchObject({ status: 0 });
  expect(sim.log()).toHaveLength(1);
});

test('refusing: a running command is cut off, goes on, and is not held against the client', async () => {
  const { answer } = await send(sim, 'stop', A);
  sim.inject('*', { kind: 'refusing' });
  expect((await answer).kind).toBe('failed');
  await until(() => sim.commands()[0]?.outcome === 'answer lost');
  await clock.advance(22_000);
  expect(sim.state(A).reader).toBe('stopped');
});

test('refusing may begin later, twice at once, and ends with the faults', async () => {
  sim.inject('*', { kind: 'refusing', after: '10s', for: '20s' });
  sim.inject('*', { kind: 'refusing', after: '20s', for: '20s' });
  expect((await rawDetail(sim, A)).kind).toBe('answer');
  await clock.advance(35_000);
  await sim.settled();
  expect(await rawDetail(sim, A)).toMatchObject({ code: 'ECONNREFUSED' });
  await clock.advance(5000);
  await sim.settled();
  expect((await rawDetail(sim, A)).kind).toBe('answer');
  sim.inject('*', { kind: 'refusing' });
  sim.clearFaults('*');
  await sim.settled();
  expect((await rawDetail(sim, A)).kind).toBe('answer');
});

test('refusing that was to come is forgotten with the faults', async () => {
  sim.inject('*', { kind: 'refusing', after: '10s' });
  sim.clearFaults('*');
  await clock.advance(10_000);
  await sim.settled();
  expect((await rawDetail(sim, A)).kind).toBe('answer');
});

test('a simulator that refuses can be closed', async () => {
  const own = await startSimulator({ stores: [A], clock });
  own.inject('*', { kind: 'refusing' });
  await own.close();
  expect(await rawDetail(own, A)).toMatchObject({ code: 'ECONNREFUSED' });
});

test('a clock that answers by a promise is read once for each request', async () => {
  const distant = new DistantClock();
  const far = await startSimulator({ stores: [A, B], clock: distant });
  try {
    const before = distant.near.readings;
    await detail(far, A);
    expect(distant.near.readings).toBe(before + 1);
    const { answer } = await send(far, 'stop', A);
    await distant.near.advance(22_000);
    await answer;
    expect(distant.near.readings).toBe(before + 2);
    expect(far.commands()[0]).toMatchObject({ outcome: 'answered', carriedOut: true });
  } finally {
    await far.close();
  }
});

test('with a clock that answers by a promise, what is injected holds for the next request', async () => {
  const distant = new DistantClock();
  const far = await startSimulator({
    stores: [A],
    clock: distant,
    faults: [{ target: A, fault: { kind: 'blind', after: '60s' } }],
  });
  try {
    far.kill(A);
    far.addStore(B);
    far.inject(B, { kind: 'frozen' });
    expect((await detail(far, A)).status).toBe(1);
    await far.settled();
    expect(far.state(B).faults).toEqual(['frozen']);
    const stood = await detail(far, B);
    await carryOut(far, distant.near, 'restart', A);
    await distant.near.advance(20_000);
    expect(await detail(far, A)).toMatchObject({ active: false, status: 0 });
    expect((await detail(far, B)).newest).toEqual(stood.newest);
  } finally {
    await far.close();
  }
});

test('a request that comes while an injection still waits for the clock is answered after it', async () => {
  let answerClock: (() => void) | undefined;
  let slow = false;
  const now = async (): Promise<number> => {
    if (slow) {
      slow = false;
      await new Promise<void>((resolve) => (answerClock = resolve));
    }
    return 1_700_000_000_000;
  };
  const far = await startSimulator({ stores: [A], clock: { now, sleep: () => Promise.resolve() } });
  try {
    slow = true;
    far.kill(A);
    const asked = detail(far, A);
    await new Promise<void>((resolve) => setTimeout(resolve, 30));
    answerClock?.();
    expect((await asked).status).toBe(1);
  } finally {
    await far.close();
  }
});

test('a clock that fails is told by settled, and requests are not answered as if nothing were', async () => {
  let broken = false;
  const far = await startSimulator({
    stores: [A],
    clock: {
      now: () => (broken ? Promise.reject(new Error('clock gone')) : Promise.resolve(1_700_000_000_000)),
      sleep: () => Promise.resolve(),
    },
  });
  try {
    broken = true;
    far.kill(A);
    expect(await call(far, 'GET', `/crawler/detail?crawler=${A}`).answer).toMatchObject({
      status: 500,
      body: 'simulator: clock gone\n',
    });
    await expect(far.settled()).rejects.toThrow(/clock gone/);
  } finally {
    await far.close();
  }
});
