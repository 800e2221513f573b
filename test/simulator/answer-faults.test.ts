import { afterEach, beforeEach, expect, test } from 'vitest';
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { A, B, call, carryOut, detail, detailPath, json, rawDetail, send, until } from './calls.ts';
import { ManualClock } from './manual-clock.ts';

let sim: Simulator;
let clock: ManualClock;

beforeEach(async () => {
  clock = new ManualClock();
  sim = await startSimulator({ stores: [A, B], clock });
});

afterEach(async () => sim.close());

test('slow: detail comes late and tells what was so when it was asked', async () => {
  sim.inject(A, { kind: 'slow', delay: '5s' });
  const asked = rawDetail(sim, A);
  await until(() => clock.sleepers === 1);
  sim.kill(A);
  await clock.advance(4999);
  expect(sim.log()[0]).toMatchObject({ outcome: 'open', endedMs: null, note: 'slow' });
  await clock.advance(1);
  expect(json(await asked)).toMatchObject({ crawler: { status: 0 } });
  expect(await detail(sim, B)).toMatchObject({ status: 0 });
});

test('slow: a client that waits no longer is logged as hung up', async () => {
  sim.inject(A, { kind: 'slow' });
  const asked = call(sim, 'GET', detailPath(A));
  await until(() => clock.sleepers === 1);
  asked.hangUp();
  await until(() => sim.log()[0]?.outcome === 'client hung up');
});

test('html: a proxy’s page instead of JSON, and the command never reached CM', async () => {
  sim.inject(A, { kind: 'html' });
  expect(await rawDetail(sim, A)).toMatchObject({
    status: 502,
    type: 'text/html;charset=UTF-8',
    body: expect.stringMatching(/^<html>/),
  });
  expect(await (await send(sim, 'stop', A)).answer).toMatchObject({ status: 502 });
  await clock.advance(60_000);
  expect(sim.state(A).reader).toBe('running');
  expect(sim.commands()[0]).toMatchObject({ carriedOut: false, status: 502 });
});

test('html with status 200 is still no answer of CM’s', async () => {
  sim.inject(A, { kind: 'html', status: 200, affects: 'detail' });
  expect(await rawDetail(sim, A)).toMatchObject({ status: 200, body: expect.stringMatching(/^<html>/) });
  expect(json(await carryOut(sim, clock, 'stop', A))).toMatchObject({ isSuccess: true });
});

test('html with carriedOut: the page comes in the end, and the command is carried out', async () => {
  sim.inject(A, { kind: 'html', status: 504, carriedOut: true, affects: 'commands' });
  expect(await carryOut(sim, clock, 'stop', A)).toMatchObject({ status: 504 });
  expect(sim.state(A).reader).toBe('stopped');
  expect(await detail(sim, A)).toMatchObject({ status: 1 });
});

test('answer-lost: the command is carried out, the connection cut, and only as often as said', async () => {
  sim.inject(A, { kind: 'answer-lost', verb: 'stop', times: 1 });
  expect(await carryOut(sim, clock, 'stop', A)).toMatchObject({ kind: 'failed', code: 'ECONNRESET' });
  expect(sim.state(A).reader).toBe('stopped');
  expect(sim.commands()[0]).toMatchObject({ outcome: 'answer lost', carriedOut: true, endedMs: clock.now(), status: null });
  expect(json(await carryOut(sim, clock, 'restart', A))).toMatchObject({ isSuccess: true });
  expect(json(await carryOut(sim, clock, 'stop', A))).toMatchObject({ isSuccess: true });
});

test('answer-lost on destroy: the Store is gone though nobody said so', async () => {
  sim.inject(A, { kind: 'answer-lost', verb: 'destroy' });
  expect((await carryOut(sim, clock, 'destroy', A)).kind).toBe('failed');
  expect(json(await rawDetail(sim, A))).toMatchObject({ errMsg: `crawler not found: ${A}` });
});

test('refuse: HTTP 200 with isSuccess false at once, nothing carried out, and only as often as said', async () => {
  sim.inject(A, { kind: 'refuse', verb: 'restart', times: 2 });
  sim.kill(A);
  for (let time = 0; time < 2; time += 1) {
    const answer = await (await send(sim, 'restart', A)).answer;
    expect(answer).toMatchObject({ status: 200 });
    expect(json(answer)).toMatchObject({
      isSuccess: false,
      errCode: 'CM-SCHEOR000203',
      errMsg: 'failed to start crawler',
      result: null,
    });
  }
  expect(sim.state(A).reader).toBe('dead');
  expect(sim.commands().map((entry) => entry.carriedOut)).toEqual([false, false]);
  await carryOut(sim, clock, 'restart', A);
  expect(sim.state(A).reader).toBe('running');
});

test('refusing one verb leaves the others', async () => {
  sim.inject(A, { kind: 'refuse', verb: 'restart' });
  expect(json(await carryOut(sim, clock, 'stop', A))).toMatchObject({ isSuccess: true });
});

test('not-found: CM knows no such Store until the fault ends', async () => {
  sim.inject(A, { kind: 'not-found', for: '1m' });
  expect(json(await rawDetail(sim, A))).toMatchObject({ isSuccess: false, errMsg: `crawler not found: ${A}` });
  expect(json(await (await send(sim, 'stop', A)).answer)).toMatchObject({ isSuccess: false });
  await clock.advance(60_000);
  expect(await detail(sim, A)).toMatchObject({ status: 0 });
});

test.each([
  ['truncated', (body: string) => body.startsWith('{"crawler":') && !body.endsWith('}')],
  ['empty', (body: string) => body === ''],
  ['not-json', (body: string) => body === 'OK'],
  ['no-crawler', (body: string) => body === '{"isSuccess":true}'],
  ['wrong-types', (body: string) => body.includes('"status":"running"')],
] as const)('malformed, %s: detail is spoilt, and commands are carried out all the same', async (shape, isSpoilt) => {
  sim.inject(A, { kind: 'malformed', shape });
  const answer = await rawDetail(sim, A);
  expect(answer).toMatchObject({ status: 200 });
  expect(answer.kind === 'answer' && isSpoilt(answer.body)).toBe(true);
  const stopped = await carryOut(sim, clock, 'stop', A);
  expect(stopped.kind === 'answer' && stopped.body).not.toContain('"retryable"');
  expect(sim.state(A).reader).toBe('stopped');
});

test('wrong-store: detail is about the next Store, status and all', async () => {
  sim.inject(A, { kind: 'wrong-store' });
  sim.kill(B);
  const other = await detail(sim, A);
  expect(other).toEqual(await detail(sim, B));
  expect(other).toMatchObject({ name: B, status: 1 });
});

test('wrong-store as a name that differs in the port alone, as in the vendor’s sample', async () => {
  const as = A.replace('-7100:', '-7104:');
  sim.inject(A, { kind: 'wrong-store', as });
  expect(await detail(sim, A)).toMatchObject({
    name: as,
    status: 0,
    errMsg: expect.stringContaining('p_4223_source-000-0.0000000007'),
  });
});

test('wrong-store in a cluster of one is about a sibling that nobody made', async () => {
  sim.removeStore(B);
  sim.inject(A, { kind: 'wrong-store' });
  expect((await detail(sim, A)).name).toBe(A.replace('0000000007', '0000009999'));
});

test('hang: the command is carried out and never answered', async () => {
  sim.inject(A, { kind: 'hang', verb: 'restart' });
  sim.kill(A);
  const sent = await send(sim, 'restart', A);
  let answered = false;
  void sent.answer.finally(() => (answered = true));
  await clock.advance(3_600_000);
  expect(sim.state(A).reader).toBe('running');
  expect(answered).toBe(false);
  expect(sim.commands()[0]).toMatchObject({ outcome: 'open', carriedOut: true, note: 'carried out, never answered' });
  sent.hangUp();
  await until(() => sim.commands()[0]?.outcome === 'client hung up');
});
