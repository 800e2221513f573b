import { afterEach, expect, test } from 'vitest';
import {
  connectClusterManager,
  type ClusterManager,
  type ClusterManagerOptions,
} from '../../src/cluster-manager/cluster-manager.ts';
import type { CommandAnswer, Verb } from '../../src/domain/command.ts';
import { STORE } from './store-answers.ts';
import { deafPort, http, json, listen, type Answer, type Peer } from './wire-server.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close();
});

function connect(options: ClusterManagerOptions): ClusterManager {
  const cm = connectClusterManager({ commandTimeoutMs: 3_000, ...options });
  open.push(cm);
  return cm;
}

async function cmAnswering(
  answer: Answer,
  options: Partial<ClusterManagerOptions> = {},
): Promise<{ cm: ClusterManager; peer: Peer }> {
  const peer = await listen(answer);
  open.push(peer);
  return { cm: connect({ baseUrl: peer.url, ...options }), peer };
}

const done = json({ isSuccess: true });
const FORM = 'crawler=10.0.0.7-7100%3Ap_4223_source-000-0%3A0000000007';

test.each([
  ['stop', '/crawler/clear'],
  ['restart', '/crawler/restore'],
  ['destroy', '/crawler/destroy'],
] as const)('%s is one POST to %s with the Store in a form', async (verb: Verb, path) => {
  const { cm, peer } = await cmAnswering(done);
  const answer = await cm.command(verb, STORE);
  expect(answer).toMatchObject({ kind: 'done', detail: 'HTTP 200: {"isSuccess":true}' });
  expect(answer.tookMs).toBeGreaterThanOrEqual(0);
  expect(peer.requests.length).toBe(1);
  const request = peer.requests[0] ?? '';
  expect(request.startsWith(`POST ${path} HTTP/1.1\r\n`)).toBe(true);
  expect(request).toContain('content-type: application/x-www-form-urlencoded\r\n');
  expect(request).toContain('connection: close\r\n');
  expect(request.endsWith(`\r\n\r\n${FORM}`)).toBe(true);
});

test('a site may have the restart, and only the restart, sent by GET', async () => {
  const peer = await listen(done);
  open.push(peer);
  const cm = connect({ baseUrl: `${peer.url}/cm`, restartMethod: 'GET' });
  for (const verb of ['stop', 'restart', 'destroy'] as const) await cm.command(verb, STORE);
  expect(peer.requests.map((request) => request.split(' HTTP')[0])).toEqual([
    'POST /cm/crawler/clear',
    `GET /cm/crawler/restore?${FORM}`,
    'POST /cm/crawler/destroy',
  ]);
});

test('each command has a connection of its own, which is closed after it', async () => {
  const { cm, peer } = await cmAnswering(http(200, '{"isSuccess":true}', ['connection: keep-alive', 'keep-alive: timeout=60']));
  for (let sent = 1; sent <= 3; sent += 1) {
    await cm.command('stop', STORE);
    expect(peer.connections()).toBe(sent);
    await expect.poll(() => peer.ended()).toBe(sent);
  }
});

const lost = (bytes: string): Answer => {
  return (socket) => {
    if (bytes === '') socket.resetAndDestroy();
    else socket.end(bytes);
  };
};

const answers: readonly (readonly [string, Answer, CommandAnswer['kind']])[] = [
  [
    'isSuccess: true',
    json({ errCode: null, errMsg: null, errorDetail: null, isSuccess: true, result: 'x', retryable: null }),
    'done',
  ],
  ['an object that is silent on its success', json({ result: 'x' }), 'done'],
  ['isSuccess: null', json({ isSuccess: null, errCode: null, errMsg: '', errorDetail: null }), 'done'],
  ['an empty object', json({}), 'done'],
  ['an empty body', http(200, ''), 'done'],
  ['a blank body', http(200, ' \n'), 'done'],
  ['204', lost('HTTP/1.1 204 No Content\r\n\r\n'), 'done'],
  ['202 with success', http(202, '{"isSuccess":true}'), 'done'],
  ['isSuccess: false', json({ isSuccess: false, errMsg: 'CM-SCHEOR000203' }), 'refused'],
  ['400', http(400, 'bad'), 'refused'],
  ['404', json({ isSuccess: false }, 404), 'refused'],
  ['405', http(405, ''), 'refused'],
  ['302', http(302, '', ['location: /login']), 'refused'],
  ['307', http(307, '', ['location: /elsewhere']), 'refused'],
  ['500', http(500, '{"isSuccess":false}'), 'unknown'],
  ['501', http(501, ''), 'unknown'],
  ['502', http(502, '<html>bad gateway</html>'), 'unknown'],
  ['503', http(503, ''), 'unknown'],
  ['504', http(504, ''), 'unknown'],
  ['silence with an error code', json({ errCode: 'CM-SCHEOR000203', errMsg: 'failed' }), 'unknown'],
  ['success: false', json({ success: false }), 'unknown'],
  ['isSuccess as a word', json({ isSuccess: 'true' }), 'unknown'],
  ['a page', http(200, '<html>login</html>'), 'unknown'],
  ['a plain word', http(200, 'OK'), 'unknown'],
  ['a JSON list', http(200, '[]'), 'unknown'],
  ['JSON true', http(200, 'true'), 'unknown'],
  ['half a JSON', http(200, '{"isSuccess":true'), 'unknown'],
  ['success hidden in __proto__ of a list', http(200, '[{"__proto__":{"isSuccess":true}}]'), 'unknown'],
  ['a gzip body', http(200, '{"isSuccess":true}', ['content-encoding: gzip']), 'unknown'],
  ['a body over 1 MiB', http(200, '{"isSuccess":true}'.padEnd(1024 * 1024 + 1)), 'unknown'],
  ['a body cut short', lost('HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{"isSuccess":true}'), 'unknown'],
  ['a 400 cut short', lost('HTTP/1.1 400 Bad\r\ncontent-length: 99\r\n\r\nbad'), 'unknown'],
  ['chunks without an end', lost('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n'), 'unknown'],
  ['another protocol', lost('220 smtp ready\r\n'), 'unknown'],
  ['a connection reset after the request', lost(''), 'unknown'],
  ['a connection closed after the request', (socket) => void socket.end(), 'unknown'],
];

test.each(answers)('after a command, %s', async (name, answer, kind) => {
  const { cm, peer } = await cmAnswering(answer);
  const result = await cm.command('stop', STORE, { mayStillSend: () => true });
  expect(`${name} is ${result.kind}`).toBe(`${name} is ${kind}`);
  expect(result.detail).not.toBe('');
  expect(result.detail.length).toBeLessThanOrEqual(300);
  expect(peer.requests.length).toBe(1);
  expect(peer.connections()).toBe(1);
});

test('a redirected command never reaches the target', async () => {
  const target = await listen(done);
  open.push(target);
  for (const status of [301, 302, 303, 307, 308]) {
    const { cm } = await cmAnswering(http(status, '', [`location: ${target.url}/crawler/destroy`]));
    expect(await cm.command('destroy', STORE)).toMatchObject({ kind: 'refused' });
  }
  expect(target.connections()).toBe(0);
});

test('a silent CM and a dripping answer are unknown at the deadline, and nothing is sent again', async () => {
  const silent: Answer = () => {};
  const dripping: Answer = (socket) => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n');
    const timer = setInterval(() => socket.write(' '), 20);
    socket.on('close', () => clearInterval(timer));
  };
  for (const answer of [silent, dripping]) {
    const { cm, peer } = await cmAnswering(answer, { commandTimeoutMs: 250 });
    const result = await cm.command('restart', STORE, { mayStillSend: () => true });
    expect(result).toMatchObject({ kind: 'unknown' });
    expect(result.tookMs).toBeGreaterThanOrEqual(245);
    expect(result.tookMs).toBeLessThan(1_500);
    await expect.poll(() => peer.ended()).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect([peer.requests.length, peer.connections()]).toEqual([1, 1]);
  }
});

test('when it is too late at the moment of sending, not one byte is written on the standing connection', async () => {
  const { cm, peer } = await cmAnswering(done);
  let asked = 0;
  const mayStillSend = (): boolean => {
    asked += 1;
    return false;
  };
  for (const verb of ['stop', 'restart', 'destroy'] as const) {
    expect(await cm.command(verb, STORE, { mayStillSend })).toMatchObject({ kind: 'never sent', because: 'too late' });
  }
  expect(asked).toBe(3);
  await expect.poll(() => peer.ended()).toBe(3);
  expect([peer.connections(), peer.bytesHeard()]).toEqual([3, 0]);
});

test('whether it may still be sent is asked once the connection stands, not before', async () => {
  const { cm, peer } = await cmAnswering(done);
  const seen: number[] = [];
  await cm.command('stop', STORE, {
    mayStillSend: () => {
      seen.push(peer.bytesHeard());
      return true;
    },
  });
  expect(seen).toEqual([0]);
  const refusing = connect({ baseUrl: `http://127.0.0.1:${await deafPort()}`, commandTimeoutMs: 100 });
  const asked: string[] = [];
  await refusing.command('stop', STORE, { mayStillSend: () => asked.push('after the refusal') < 1 });
  expect(asked).toEqual(['after the refusal']);
});

test('a fault inside the question itself rejects, and nothing is written', async () => {
  const { cm, peer } = await cmAnswering(done);
  const bug = new Error('no clock');
  const mayStillSend = (): boolean => {
    throw bug;
  };
  await expect(cm.command('stop', STORE, { mayStillSend })).rejects.toBe(bug);
  await expect.poll(() => peer.ended()).toBe(1);
  expect(peer.bytesHeard()).toBe(0);
});

test('a refused connection without a word on how long to try is never sent, at once', async () => {
  const cm = connect({ baseUrl: `http://127.0.0.1:${await deafPort()}` });
  const result = await cm.command('stop', STORE);
  expect(result).toMatchObject({ kind: 'never sent', because: 'unreachable' });
  expect(result.detail).toContain('ECONNREFUSED');
  expect(result.tookMs).toBeLessThan(200);
});

test('a CM that comes back while it may still be sent gets the command once', async () => {
  const port = await deafPort();
  const cm = connect({ baseUrl: `http://127.0.0.1:${port}` });
  const command = cm.command('restart', STORE, { mayStillSend: () => true });
  await new Promise((resolve) => setTimeout(resolve, 100));
  const peer = await listen(done, port);
  open.push(peer);
  expect(await command).toMatchObject({ kind: 'done' });
  expect([peer.connections(), peer.requests.length]).toEqual([1, 1]);
});

test('a CM that comes back when it is too late hears nothing', async () => {
  const port = await deafPort();
  const cm = connect({ baseUrl: `http://127.0.0.1:${port}` });
  let late = false;
  const command = cm.command('stop', STORE, { mayStillSend: () => !late });
  await new Promise((resolve) => setTimeout(resolve, 100));
  late = true;
  const peer = await listen(done, port);
  open.push(peer);
  expect(await command).toMatchObject({ kind: 'never sent', because: 'unreachable' });
  expect(peer.connections()).toBe(0);
});

test('a refused connection is tried no longer than a command may take', async () => {
  const cm = connect({ baseUrl: `http://127.0.0.1:${await deafPort()}`, commandTimeoutMs: 600 });
  const result = await cm.command('stop', STORE, { mayStillSend: () => true });
  expect(result).toMatchObject({ kind: 'never sent', because: 'unreachable' });
  expect(result.tookMs).toBeGreaterThan(240);
  expect(result.tookMs).toBeLessThan(900);
});

test('a name that does not resolve, and a peer that speaks no TLS, are never sent', async () => {
  const unknown = connect({ baseUrl: 'http://cm.invalid:8088' });
  expect(await unknown.command('stop', STORE)).toMatchObject({ kind: 'never sent', because: 'unreachable' });
  const { peer } = await cmAnswering(done);
  const tls = connect({ baseUrl: peer.url.replace('http:', 'https:'), commandTimeoutMs: 500 });
  expect(await tls.command('stop', STORE)).toMatchObject({ kind: 'never sent', because: 'unreachable' });
  expect(peer.requests).toEqual([]);
});

test('closing the client leaves a command that runs to its answer', async () => {
  const { cm, peer } = await cmAnswering((socket, request) => {
    setTimeout(() => done(socket, request), 150);
  });
  const command = cm.command('stop', STORE);
  await expect.poll(() => peer.requests.length).toBe(1);
  await cm.close();
  expect(await command).toMatchObject({ kind: 'done' });
});
