import { afterEach, beforeEach, expect, test } from 'vitest';
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { A, A2, C, call, detail, json, send } from './calls.ts';
import { ManualClock } from './manual-clock.ts';

let sim: Simulator;
let clock: ManualClock;

beforeEach(async () => {
  clock = new ManualClock();
  sim = await startSimulator({ stores: [A, A2, C], clock });
});

afterEach(async () => sim.close());

async function control(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
  const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await call(sim, method, path, text, 'application/json').answer;
  return { status: answer.kind === 'answer' ? answer.status : 0, body: json(answer) };
}

test('the Stores are listed with what only the simulator knows', async () => {
  const { status, body } = await control('GET', '/_sim/stores');
  expect(status).toBe(200);
  expect(body).toMatchObject([{ name: A, reader: 'running', status: 0, faults: [] }, { name: A2 }, { name: C }]);
});

test('a fault is injected and cleared over HTTP, for one Store, a host or all', async () => {
  expect(await control('POST', '/_sim/faults', { target: A, fault: { kind: 'blind', for: '5m' } })).toEqual({
    status: 200,
    body: { ok: true },
  });
  expect(await detail(sim, A)).toMatchObject({ active: false });
  await control('POST', '/_sim/faults', { target: { host: '10.0.0.8' }, fault: { kind: 'host-failure' } });
  expect(sim.states().map((state) => state.status)).toEqual([0, 1, 1]);
  await control('DELETE', `/_sim/faults?store=${encodeURIComponent(C)}`);
  expect(sim.states().map((state) => state.status)).toEqual([0, 1, 0]);
  await control('DELETE', '/_sim/faults');
  expect(sim.states().map((state) => [state.active, state.status])).toEqual([
    [true, 0],
    [true, 0],
    [true, 0],
  ]);
  await control('POST', '/_sim/faults', { target: '*', fault: { kind: 'frozen' } });
  expect(sim.states().map((state) => state.faults)).toEqual([['frozen'], ['frozen'], ['frozen']]);
});

test('a Store is killed and restarted by hand over HTTP', async () => {
  await control('POST', '/_sim/kill', { store: A });
  expect((await detail(sim, A)).status).toBe(1);
  await control('POST', '/_sim/operator-restart', { store: A });
  expect(await detail(sim, A)).toMatchObject({ status: 0, port: 17_002 });
});

test('log and violations are told over HTTP, and the control address is in neither', async () => {
  await detail(sim, C);
  await send(sim, 'stop', A);
  await send(sim, 'stop', A2);
  const paths = (body: unknown): string[] => (body as { path: string }[]).map((entry) => entry.path);
  expect(paths((await control('GET', '/_sim/log')).body)).toEqual(['/crawler/detail', '/crawler/clear', '/crawler/clear']);
  expect(paths((await control('GET', '/_sim/log?commands=true')).body)).toHaveLength(2);
  expect(paths((await control('GET', `/_sim/log?store=${encodeURIComponent(C)}`)).body)).toEqual(['/crawler/detail']);
  expect((await control('GET', '/_sim/violations')).body).toMatchObject([
    { kind: 'overlap', entries: [{ store: A }, { store: A2 }] },
  ]);
});

test('the control address answers while CM is down', async () => {
  await control('POST', '/_sim/faults', { target: '*', fault: { kind: 'down' } });
  expect((await control('GET', '/_sim/stores')).status).toBe(200);
  expect((await control('DELETE', '/_sim/faults')).status).toBe(200);
  expect((await detail(sim, A)).status).toBe(0);
});

test.each([
  ['no JSON', '/_sim/faults', '{"target": ', /the body is not JSON/],
  ['no fault', '/_sim/faults', { target: A }, /body\.fault/],
  [
    'an unknown kind',
    '/_sim/faults',
    { target: A, fault: { kind: 'explode' } },
    /fault\.kind \\"explode\\" is no fault; faults are/,
  ],
  [
    'a bad duration',
    '/_sim/faults',
    { target: A, fault: { kind: 'slow', delay: 5 } },
    /fault\.delay 5 has no unit.*\{kind: slow, delay: 5s\}/,
  ],
  ['an unknown Store', '/_sim/faults', { target: 'x', fault: { kind: 'slow' } }, /no Store \\"x\\"/],
  ['an unknown host', '/_sim/faults', { target: { host: 'x' }, fault: { kind: 'slow' } }, /no host \\"x\\"/],
  ['a target of another kind', '/_sim/faults', { target: 7, fault: { kind: 'slow' } }, /body\.target is wrong/],
  ['an outage of one Store', '/_sim/faults', { target: A, fault: { kind: 'down' } }, /whole Cluster Manager/],
  [
    'refusing without an end',
    '/_sim/faults',
    { target: '*', fault: { kind: 'refusing' } },
    /could not be told over HTTP to listen again/,
  ],
  ['no Store to kill', '/_sim/kill', {}, /body\.store/],
  ['a key too many', '/_sim/kill', { store: A, now: true }, /body\.now is not known here/],
  ['an unknown Store to restart', '/_sim/operator-restart', { store: 'x' }, /no Store \\"x\\"/],
])('%s is refused with what, why and how, and changes nothing', async (_what, path, body, says) => {
  const answer = await control('POST', path, body);
  expect(answer.status).toBe(400);
  const { error } = answer.body as { error: Record<string, string> };
  expect(Object.keys(error)).toEqual(['what', 'why', 'how']);
  expect(Object.values(error).every((text) => text.length > 3)).toBe(true);
  expect(JSON.stringify(error)).toMatch(says);
  expect(sim.states().flatMap((state) => [state.status, ...state.faults])).toEqual([0, 0, 0]);
});

test('an unknown control address names those there are', async () => {
  expect(await control('GET', '/_sim/everything')).toMatchObject({
    status: 404,
    body: { error: { how: expect.stringContaining('POST /_sim/kill') } },
  });
});
