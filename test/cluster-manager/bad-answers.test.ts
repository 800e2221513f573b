import { afterEach, expect, test } from 'vitest';
import { connectClusterManager, type ClusterManagerOptions, type Look } from '../../src/cluster-manager/cluster-manager.ts';
import { AT_MS, crawler, detail, STORE } from './store-answers.ts';
import { http, json, listen, type Answer } from './wire-server.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close();
});

async function look(answer: Answer, options: Partial<ClusterManagerOptions> = {}): Promise<Look> {
  const peer = await listen(answer);
  const cm = connectClusterManager({ baseUrl: peer.url, readTimeoutMs: 3_000, ...options });
  open.push(peer, cm);
  return await cm.read(STORE, AT_MS);
}

const good = JSON.stringify(detail());
const raw = (bytes: string): Answer => {
  return (socket) => void socket.end(bytes);
};

const badAnswers: readonly (readonly [string, Answer, string, RegExp])[] = [
  [
    'isSuccess: false with 200',
    json({ ...(detail() as object), isSuccess: false, errMsg: 'metadb busy' }),
    'refused',
    /metadb busy/,
  ],
  ['isSuccess as a word', json({ crawler: crawler(), isSuccess: 'true' }), 'malformed', /isSuccess/],
  ['isSuccess: 0', json({ crawler: crawler(), isSuccess: 0 }), 'malformed', /isSuccess/],
  ['"not found" in the text', json({ isSuccess: false, errMsg: 'crawler not found' }), 'not found', /crawler not found/],
  ['"not exist" in the text', json({ isSuccess: false, message: 'store not exist' }), 'not found', /not exist/],
  [
    '"does not exist" in nested text',
    json({ isSuccess: false, errorDetail: { message: 'It does not exist' } }),
    'not found',
    /exist/,
  ],
  ['"no such crawler" in the text', json({ isSuccess: false, errMsg: 'No such crawler' }), 'not found', /No such crawler/],
  ['"不存在" in the text', json({ isSuccess: false, errMsg: 'crawler 不存在' }), 'not found', /不存在/],
  ['404 with JSON', json({ isSuccess: false }, 404), 'not found', /HTTP 404/],
  ['404 of a framework', json({ status: 404, error: 'Not Found', path: '/crawler/detail' }, 404), 'refused', /HTTP 404/],
  ['404 with a page', http(404, '<html>no</html>'), 'refused', /HTTP 404: <html>/],
  ['400', json({ isSuccess: false, errMsg: 'bad' }, 400), 'refused', /HTTP 400/],
  ['401', http(401, ''), 'refused', /HTTP 401/],
  ['500 with a healthy body', http(500, good), 'refused', /HTTP 500/],
  ['503', http(503, 'try later'), 'refused', /HTTP 503: try later/],
  ['201 with a healthy body', http(201, good), 'malformed', /HTTP 201/],
  ['204', raw('HTTP/1.1 204 No Content\r\n\r\n'), 'malformed', /HTTP 204/],
  ['an empty body', http(200, ''), 'malformed', /empty/],
  ['a page', http(200, '<html><body>OMS login</body></html>'), 'malformed', /OMS login/],
  ['half a JSON', http(200, good.slice(0, -9)), 'malformed', /no JSON/],
  ['a JSON list', http(200, `[${good}]`), 'malformed', /no JSON object/],
  ['a JSON text', http(200, '"healthy"'), 'malformed', /no JSON object/],
  ['JSON null', http(200, 'null'), 'malformed', /no JSON object/],
  ['ten thousand nested lists', http(200, '['.repeat(10_000)), 'malformed', /no JSON/],
  ['success without a crawler', json({ isSuccess: true }), 'not found', /no crawler/],
  ['success with crawler: null', json({ isSuccess: true, crawler: null }), 'not found', /no crawler/],
  ['neither success nor crawler', json({}), 'malformed', /crawler/],
  ['a crawler that is a list', json({ isSuccess: true, crawler: [crawler()] }), 'malformed', /crawler/],
  ['a crawler that is a text', json({ isSuccess: true, crawler: 'fine' }), 'malformed', /crawler/],
  [
    'a crawler hidden in __proto__',
    http(200, `{"isSuccess":true,"__proto__":{"crawler":${JSON.stringify(crawler())}}}`),
    'not found',
    /no crawler/,
  ],
  [
    'fields hidden in __proto__',
    http(200, `{"isSuccess":true,"crawler":{"__proto__":${JSON.stringify(crawler())}}}`),
    'malformed',
    /name/,
  ],
  ['no name', json(detail({ name: undefined })), 'malformed', /crawler\.name/],
  ['a name that is none', json(detail({ name: '10.0.0.7' })), 'malformed', /crawler\.name/],
  ['a name that is a list', json(detail({ name: [STORE] })), 'malformed', /crawler\.name/],
  ['another host', json(detail({ name: '10.0.0.8-7100:p_4223_source-000-0:0000000007' })), 'about another store', /10\.0\.0\.8/],
  ['another subtopic', json(detail({ name: '10.0.0.7-7100:p_4224_source-000-0:0000000007' })), 'about another store', /p_4224/],
  ['another seq', json(detail({ name: '10.0.0.7-7100:p_4223_source-000-0:0000000008' })), 'about another store', /0000000008/],
  ['no active', json(detail({ active: undefined })), 'malformed', /active/],
  ['active: null', json(detail({ active: null })), 'malformed', /active/],
  ['active as a word', json(detail({ active: 'true' })), 'malformed', /active/],
  ['active: 1', json(detail({ active: 1 })), 'malformed', /active/],
  ['no status', json(detail({ status: undefined })), 'malformed', /status/],
  ['status: null', json(detail({ status: null })), 'malformed', /status/],
  ['status as a digit string', json(detail({ status: '0' })), 'malformed', /status/],
  ['status: false', json(detail({ status: false })), 'malformed', /status/],
  ['a fraction as status', json(detail({ status: 0.5 })), 'malformed', /status/],
  ['a body cut short', raw(`HTTP/1.1 200 OK\r\ncontent-length: ${good.length + 1}\r\n\r\n${good}`), 'malformed', /cut short/],
  [
    'chunks without an end',
    raw(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${good.length.toString(16)}\r\n${good}\r\n`),
    'malformed',
    /cut short/,
  ],
  [
    'a chunk size that is none',
    raw(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n${good}\r\n0\r\n\r\n`),
    'malformed',
    /cut short/,
  ],
  ['a body longer than announced', raw(`HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n${good}`), 'malformed', /no JSON/],
  ['a gzip body', http(200, good, ['content-encoding: gzip']), 'malformed', /gzip/],
  ['a br body', http(200, good, ['content-encoding: br']), 'malformed', /br/],
  ['another protocol', raw('SSH-2.0-OpenSSH_9.6\r\n'), 'malformed', /no HTTP/],
  ['headers without end', raw(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(200_000)}\r\n\r\n`), 'malformed', /no HTTP/],
  ['a connection closed without an answer', (socket) => void socket.end(), 'unreachable', /closed/],
  ['a connection reset', (socket) => void socket.resetAndDestroy(), 'unreachable', /ECONNRESET/],
  ['a head cut short', raw('HTTP/1.1 200 OK\r\nconte'), 'unreachable', /closed/],
];

test.each(badAnswers)('%s never passes for health', async (_, answer, because, inDetail) => {
  const { reading } = await look(answer);
  expect(reading).toMatchObject({ kind: 'unseen', store: STORE, because, atMs: AT_MS });
  expect(reading.kind === 'unseen' && reading.detail).toMatch(inDetail);
});

test('the raw text of a bad answer is kept when it arrived whole, and only then', async () => {
  expect((await look(http(500, 'stack trace'))).raw).toBe('stack trace');
  expect((await look(http(200, '<html>'))).raw).toBe('<html>');
  expect((await look(raw(`HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n${good}`))).raw).toBeNull();
});

test('a redirect is refused, and its target hears nothing', async () => {
  const target = await listen(http(200, good));
  open.push(target);
  for (const status of [301, 302, 303, 307, 308]) {
    const { reading } = await look(http(status, '', [`location: ${target.url}/crawler/detail`]));
    expect(reading).toMatchObject({ kind: 'unseen', because: 'refused' });
  }
  expect(target.connections()).toBe(0);
});

test('a silent CM, a drip of headers and a drip of the body all end at the one deadline', async () => {
  const drip =
    (text: string): Answer =>
    (socket) => {
      let sent = 0;
      const timer = setInterval(() => socket.write(text[sent++ % text.length] ?? ''), 20);
      socket.on('close', () => clearInterval(timer));
    };
  const slow: Answer[] = [
    () => {},
    drip('HTTP/1.1 200 OK\r\nx-long: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'),
    (socket, request) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n');
      drip(' ')(socket, request);
    },
  ];
  for (const answer of slow) {
    const startedMs = performance.now();
    const { reading, raw: text } = await look(answer, { readTimeoutMs: 250 });
    expect(reading).toMatchObject({ kind: 'unseen', because: 'timed out' });
    expect(text).toBeNull();
    expect(performance.now() - startedMs).toBeLessThan(1_500);
  }
});

test('reads that wait in line for a connection end at their deadline as well, and are not sent later', async () => {
  const peer = await listen(() => {});
  const cm = connectClusterManager({ baseUrl: peer.url, readTimeoutMs: 250, connections: 1 });
  open.push(peer, cm);
  const looks = await Promise.all([1, 2, 3].map(async () => await cm.read(STORE, AT_MS)));
  expect(looks.map(({ reading }) => reading.kind === 'unseen' && reading.because)).toEqual([
    'timed out',
    'timed out',
    'timed out',
  ]);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(peer.requests.length).toBe(1);
});

test('an endless body is left at the bound, and the connection with it', async () => {
  let written = 0;
  const peer = await listen((socket) => {
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
    const chunk = Buffer.alloc(64 * 1024, 32);
    const pour = (): void => {
      while (!socket.destroyed) {
        written += chunk.length;
        if (!socket.write(chunk)) {
          socket.once('drain', pour);
          return;
        }
      }
    };
    pour();
  });
  const cm = connectClusterManager({ baseUrl: peer.url });
  open.push(peer, cm);
  const { reading, raw: text } = await cm.read(STORE, AT_MS);
  expect(reading).toMatchObject({ kind: 'unseen', because: 'malformed', detail: expect.stringContaining('1048576') as string });
  expect(text).toBeNull();
  await expect.poll(() => peer.ended()).toBe(1);
  expect(written).toBeLessThan(32 * 1024 * 1024);
});

test('a body of exactly 1 MiB is still read', async () => {
  const { reading } = await look(http(200, good.padEnd(1024 * 1024)));
  expect(reading).toMatchObject({ kind: 'seen', status: 0 });
  expect((await look(http(200, good.padEnd(1024 * 1024 + 1)))).reading).toMatchObject({ because: 'malformed' });
});

test('a detail is one bounded line without control characters, and without the credentials of an address', async () => {
  const nasty = `first\r\nsecond\u001B[31m\u202Eback\u2028 see http://root:s3cret@10.0.0.4:8089/x ${'😀'.repeat(400)}`;
  const { reading } = await look(json({ isSuccess: false, errMsg: nasty }));
  if (reading.kind !== 'unseen') throw new Error('not unseen');
  expect(reading.detail).toMatch(/^isSuccess is false: first second \[31m back see http:\/\/10\.0\.0\.4:8089\/x /);
  expect(reading.detail).not.toMatch(/\p{C}|\p{Zl}|\p{Zp}/u);
  expect(reading.detail.length).toBeLessThanOrEqual(300);
});
