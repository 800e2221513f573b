import { readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import {
  connectClusterManager,
  type ClusterManager,
  type ClusterManagerOptions,
} from '../../src/cluster-manager/cluster-manager.ts';
import { diagnose } from '../../src/domain/reading.ts';
import { AT_MS, crawler, detail, STORE, storeName } from './store-answers.ts';
import { deafPort, http, json, listen, type Answer, type Peer } from './wire-server.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close();
});

async function cmAnswering(
  answer: Answer,
  options: Partial<ClusterManagerOptions> = {},
): Promise<{ cm: ClusterManager; peer: Peer }> {
  const peer = await listen(answer);
  const cm = connectClusterManager({ baseUrl: peer.url, ...options });
  open.push(peer, cm);
  return { cm, peer };
}

const fixture = (name: string): string => readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8');

test("the vendor's own sample, which answers about another port, is accepted and flagged", async () => {
  const text = fixture('detail-healthy.json');
  const asked = storeName('1.1.1.1-7100:p_4223_source-000-0:0000000007');
  const { cm } = await cmAnswering(http(200, text));
  const look = await cm.read(asked, AT_MS);
  expect(look.raw).toBe(text);
  expect(look.reading).toEqual({
    kind: 'seen',
    store: asked,
    trusted: true,
    status: 0,
    message: '[Fri Sep 16 10:24:07 2022] DRC_500:Store p_4223_source-000-0.0000000007 started successfully',
    checkpoints: { oldestS: 1_663_049_354, newestS: 1_663_295_962 },
    port: 17_008,
    role: 'master',
    location: '111',
    answeredAs: '1.1.1.1-7104:p_4223_source-000-0:0000000007',
    atMs: AT_MS,
  });
});

test('a dead Store that still shows the text of its start is faulty', async () => {
  const { cm } = await cmAnswering(http(200, fixture('detail-dead-with-success-text.json')));
  const { reading } = await cm.read(storeName('10.0.16.126-7100:ORACLE_np_56el1g1jvrs0_56el4eyvwvxc-1-0:0000000001'), AT_MS);
  expect(diagnose(reading)).toEqual({ kind: 'faulty', status: 1 });
  expect(reading).toMatchObject({ checkpoints: { oldestS: 1_698_228_006, newestS: 1_698_228_006 }, port: 17_000 });
  expect(reading).not.toHaveProperty('answeredAs');
});

test('the detail is asked for as the vendor documents it, below the prefix, and without compression', async () => {
  const { cm, peer } = await cmAnswering(json(detail()));
  const prefixed = connectClusterManager({ baseUrl: `${peer.url}/cm/v1//` });
  open.push(prefixed);
  expect(prefixed.baseUrl).toBe(`${peer.url}/cm/v1`);
  await cm.read(STORE, AT_MS);
  await prefixed.read(STORE, AT_MS);
  const query = '?filters=&crawler=10.0.0.7-7100%3Ap_4223_source-000-0%3A0000000007 HTTP/1.1\r\n';
  expect(peer.requests[0]).toContain(`GET /crawler/detail${query}`);
  expect(peer.requests[0]).toContain('accept-encoding: identity\r\n');
  expect(peer.requests[1]).toContain(`GET /cm/v1/crawler/detail${query}`);
});

test('nulls, missing lists, foreign fields and an empty data source are no reason to distrust an answer', async () => {
  const { cm } = await cmAnswering(
    json({
      crawler: {
        active: true,
        status: 1,
        name: STORE,
        errMsg: null,
        checkpoints: null,
        port: null,
        datasource: ':',
        novelty: { a: [1] },
      },
    }),
  );
  expect((await cm.read(STORE, AT_MS)).reading).toEqual({
    kind: 'seen',
    store: STORE,
    trusted: true,
    status: 1,
    message: '',
    checkpoints: { oldestS: null, newestS: null },
    port: null,
    role: '',
    location: '',
    atMs: AT_MS,
  });
});

test.each([
  ['a port in letters', { port: '17001' }, { port: null }],
  ['the port 0', { port: 0 }, { port: null }],
  ['a location in figures', { location: 111 }, { location: '111' }],
  ['a message that is no text', { errMsg: { a: 1 } }, { message: '' }],
  [
    'timestamps as digit strings',
    { checkpoints: [[{ timestamp: '20' }, { timestamp: 10 }]] },
    { checkpoints: { oldestS: 10, newestS: 20 } },
  ],
  ['a flat list', { checkpoints: [{ timestamp: 5 }] }, { checkpoints: { oldestS: 5, newestS: 5 } }],
  [
    'several lists, unordered',
    { checkpoints: [[{ timestamp: 9 }], [], [{ timestamp: 3 }, { timestamp: 7 }]] },
    { checkpoints: { oldestS: 3, newestS: 9 } },
  ],
  [
    'timestamps that are none',
    { checkpoints: [[{ timestamp: 0 }, { timestamp: -4 }, { timestamp: null }, { timestamp: 'soon' }, null, 7, 'x', {}]] },
    { checkpoints: { oldestS: null, newestS: null } },
  ],
  ['checkpoints that are no list', { checkpoints: 'none' }, { checkpoints: { oldestS: null, newestS: null } }],
])('%s: the reading takes what it can', async (_, changes, expected) => {
  const { cm } = await cmAnswering(json(detail(changes)));
  expect((await cm.read(STORE, AT_MS)).reading).toMatchObject({ kind: 'seen', trusted: true, status: 0, ...expected });
});

test('an infinite timestamp is passed over and an infinite status is malformed', async () => {
  const text = JSON.stringify(detail({ checkpoints: [[{ timestamp: 111 }, { timestamp: 222 }]], status: 0 }));
  const { cm } = await cmAnswering(http(200, text.replace('222', '1e999')));
  expect((await cm.read(STORE, AT_MS)).reading).toMatchObject({ checkpoints: { oldestS: 111, newestS: 111 } });
  const other = await cmAnswering(http(200, text.replace('"status":0', '"status":1e999')));
  expect((await other.cm.read(STORE, AT_MS)).reading).toMatchObject({ kind: 'unseen', because: 'malformed' });
});

test('CM not fresh is told by the reading, whatever the status', async () => {
  for (const status of [0, 1]) {
    const { cm } = await cmAnswering(json(detail({ active: false, status })));
    expect(diagnose((await cm.read(STORE, AT_MS)).reading)).toMatchObject({ kind: 'unknown', because: 'cm not fresh' });
  }
});

test('an envelope that is silent on its success is accepted with a proper crawler', async () => {
  for (const body of [{ crawler: crawler() }, { crawler: crawler(), isSuccess: null }]) {
    const { cm } = await cmAnswering(json(body));
    expect(diagnose((await cm.read(STORE, AT_MS)).reading)).toEqual({ kind: 'healthy' });
  }
});

test('a message of any length is kept within bounds, with its text in the raw answer', async () => {
  const { cm } = await cmAnswering(json(detail({ errMsg: 'x'.repeat(50_000) })));
  const { reading, raw } = await cm.read(STORE, AT_MS);
  expect(reading.kind === 'seen' && reading.message.length).toBe(4_000);
  expect(raw?.length).toBeGreaterThan(50_000);
});

test('half characters in a message do not travel on, so that it stays equal to itself in a history', async () => {
  const { cm } = await cmAnswering(http(200, JSON.stringify(detail({ errMsg: 'a#b' })).replace('#', String.raw`\ud83d`)));
  expect((await cm.read(STORE, AT_MS)).reading).toMatchObject({ message: 'a\uFFFDb' });
  const cut = await cmAnswering(json(detail({ errMsg: `${'x'.repeat(3_999)}😀` })));
  expect((await cut.cm.read(STORE, AT_MS)).reading).toMatchObject({ message: `${'x'.repeat(3_999)}\uFFFD` });
});

test('a byte order mark and broken UTF-8 inside the message do not hide the status', async () => {
  const { cm } = await cmAnswering((socket) => {
    const body = Buffer.concat([Buffer.from('\uFEFF'), Buffer.from(JSON.stringify(detail({ errMsg: 'a#b' })))]);
    body[body.indexOf('#')] = 0xff;
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n`);
    socket.write(body);
  });
  expect((await cm.read(STORE, AT_MS)).reading).toMatchObject({ kind: 'seen', status: 0, message: 'a\uFFFDb' });
});

test('reads share the connections of the pool, never more than configured', async () => {
  const { cm, peer } = await cmAnswering(json(detail()), { connections: 2 });
  const looks = await Promise.all(Array.from({ length: 50 }, async () => await cm.read(STORE, AT_MS)));
  expect(looks.every(({ reading }) => reading.kind === 'seen')).toBe(true);
  expect(peer.requests.length).toBe(50);
  expect(peer.connections()).toBeLessThanOrEqual(2);
});

test('a hundred reads of a CM that refuses connections all come back as unreachable', async () => {
  const cm = connectClusterManager({ baseUrl: `http://127.0.0.1:${await deafPort()}`, connections: 2, readTimeoutMs: 5_000 });
  open.push(cm);
  const looks = await Promise.all(Array.from({ length: 100 }, async () => await cm.read(STORE, AT_MS)));
  for (const { reading, raw } of looks) {
    expect(reading).toMatchObject({ kind: 'unseen', because: 'unreachable' });
    expect(raw).toBeNull();
  }
});

test('only an abort through the signal is rethrown, as it was given, and it frees the connection', async () => {
  const { cm, peer } = await cmAnswering(() => {});
  const reason = new Error('the activity was cancelled');
  const abort = new AbortController();
  const reading = cm.read(STORE, AT_MS, abort.signal);
  await expect.poll(() => peer.requests.length).toBe(1);
  abort.abort(reason);
  await expect(reading).rejects.toBe(reason);
  await expect.poll(() => peer.ended()).toBe(1);
  await expect(cm.read(STORE, AT_MS, abort.signal)).rejects.toBe(reason);
  expect(peer.requests.length).toBe(1);
});

test('many reads under one signal warn of nothing', async () => {
  const warnings: Error[] = [];
  const hear = (warning: Error): void => void warnings.push(warning);
  process.on('warning', hear);
  const { cm } = await cmAnswering(json(detail()), { connections: 40 });
  const { signal } = new AbortController();
  await Promise.all(Array.from({ length: 100 }, async () => await cm.read(STORE, AT_MS, signal)));
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', hear);
  expect(warnings).toEqual([]);
});

test('a closed client says so instead of calling CM unreachable, and reads in flight still come back', async () => {
  const { cm, peer } = await cmAnswering(() => {});
  const reading = cm.read(STORE, AT_MS);
  await expect.poll(() => peer.requests.length).toBe(1);
  await cm.close();
  expect((await reading).reading).toMatchObject({ kind: 'unseen', because: 'unreachable' });
  await expect(cm.read(STORE, AT_MS)).rejects.toThrow('was closed');
  await cm.close();
});
