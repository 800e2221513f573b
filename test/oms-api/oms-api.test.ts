import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connectOmsApi, type OmsApi } from '../../src/oms-api/oms-api.ts';
import { parseStoreName, type StoreName } from '../../src/domain/store.ts';
import { witnessVerdict } from '../../src/domain/witness.ts';
import { json, ScriptedServer } from './scripted-server.ts';

const SECRET = 'pa:ss wörd';
const SUBTOPIC = 'OB_MYSQL_np_7h2k-1-0';
const OLD = name(`10.0.0.7-7100:${SUBTOPIC}:0000000007`);
const NEW = name(`10.0.0.8-7101:${SUBTOPIC}:0001000002`);

let server: ScriptedServer;
let api: OmsApi;
beforeEach(async () => {
  server = await ScriptedServer.start();
  api = connectOmsApi({ baseUrl: `${server.url}/oms/`, user: 'storekeeper', password: SECRET, timeoutMs: 500 });
});
afterEach(async () => {
  await api.close();
  await server.close();
});

function name(text: string): StoreName {
  const parsed = parseStoreName(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

const entry = (store: string, more: object = {}) => ({
  name: store,
  subtopic: SUBTOPIC,
  status: 'ACTIVE',
  delay: 1,
  gmt: 1_795_522_029,
  toSwitch: false,
  errorDetails: null,
  errMsg: null,
  config: { sink: { password: 'hunter2' } },
  ...more,
});
const answer = (storeList: unknown, reverseStoreList: unknown = null) => ({
  success: true,
  data: { storeList, reverseStoreList },
});

describe('a listing', () => {
  test('asks as the vendor’s reference says, and gives each Store with what OMS says of it, and never its config', async () => {
    const detail = {
      code: 'CM-SCHEOR000203',
      level: 'ERROR',
      message: 'Failed to start.',
      reason: 'It ended.',
      proposal: 'Look at its log.',
    };
    server.script = (_asked, response) =>
      json(
        response,
        answer(
          [entry(OLD, { status: 'EXCEPTION', delay: 5_412, errorDetails: [detail], errMsg: 'DRC_500', toSwitch: true })],
          [entry(NEW)],
        ),
      );
    const listing = await api.listStores(['np_1']);
    expect(server.asked).toEqual([
      {
        method: 'POST /oms/api/v2',
        action: 'DescribeProjectComponents',
        authorization: `Basic ${Buffer.from(`storekeeper:${SECRET}`).toString('base64')}`,
        body: { id: 'np_1' },
      },
    ]);
    expect(listing).toEqual({
      kind: 'listed',
      stores: [
        {
          store: OLD,
          projects: ['np_1'],
          subtopic: SUBTOPIC,
          status: 'EXCEPTION',
          delayS: 5_412,
          sampledAtS: 1_795_522_029,
          errorDetails: [detail],
          errorMessage: 'DRC_500',
          toSwitch: true,
        },
        expect.objectContaining({ store: NEW, status: 'ACTIVE' }) as unknown,
      ],
    });
    expect(JSON.stringify(listing)).not.toContain('hunter2');
  });

  test('has a Store of two projects once, with both', async () => {
    server.script = (_asked, response) => json(response, answer([entry(OLD)]));
    expect(await api.listStores(['np_2', 'np_1'])).toMatchObject({ stores: [{ store: OLD, projects: ['np_1', 'np_2'] }] });
  });

  test('is read also where keys are in PascalCase, and truths and numbers are texts', async () => {
    const pascal = { Name: OLD, Subtopic: SUBTOPIC, Status: 'EXCEPTION', Delay: '12', Gmt: '1795522029', ToSwitch: 'true' };
    server.script = (_asked, response) => json(response, { Success: 'true', Data: { StoreList: [pascal] } });
    expect(await api.listStores(['np_1'])).toMatchObject({
      stores: [{ store: OLD, status: 'EXCEPTION', delayS: 12, sampledAtS: 1_795_522_029, toSwitch: true }],
    });
  });

  test('counts as listed by its success alone, also beside a filled code', async () => {
    server.script = (_asked, response) =>
      json(response, { ...answer([]), code: 'INNER_ERROR', errorDetail: { code: 'GHANA-1' } });
    expect(await api.listStores(['np_1'])).toEqual({ kind: 'listed', stores: [] });
  });

  test('that fails for one of its projects is none', async () => {
    server.script = ({ body }, response) =>
      json(
        response,
        body['id'] === 'np_1'
          ? answer([entry(OLD)])
          : { success: false, errorDetail: { code: 'GHANA-OPERAT000099', message: 'The project does not exist.' } },
      );
    expect(await api.listStores(['np_1', 'np_9'])).toEqual({
      kind: 'silent',
      because: 'refused',
      detail: 'project np_9: OMS says no: GHANA-OPERAT000099 The project does not exist.',
    });
  });

  test.each<[string, unknown, number, string, RegExp]>([
    ['no success', { data: { storeList: [] } }, 200, 'malformed', /whether it succeeded/],
    ['no JSON', '<html>', 200, 'malformed', /no JSON object/],
    ['a list', [], 200, 'malformed', /no JSON object/],
    ['a storeList that is none', { success: true, data: { storeList: 'none' } }, 200, 'malformed', /no list of Stores/],
    ['no data', { success: true, data: null }, 200, 'malformed', /no list of Stores/],
    ['a Store without a full name', { success: true, data: { storeList: [{ name: '*' }] } }, 200, 'malformed', /wildcard/],
    ['a wrong password', { message: 'Unauthorized' }, 401, 'refused', /user or password is not accepted/],
    [
      'an error of the server',
      { code: 'INNER_ERROR', message: 'A system error occurred.' },
      500,
      'refused',
      /HTTP 500: INNER_ERROR A system error/,
    ],
  ])('of %s is silence that says why', async (_, body, status, because, detail) => {
    server.script = (_asked, response) => json(response, body, status);
    const listing = await api.listStores(['np_1']);
    expect(listing).toMatchObject({ kind: 'silent', because, detail: expect.stringMatching(detail) as string });
    expect(JSON.stringify(listing)).not.toContain(SECRET);
  });

  test('that does not come, comes drop by drop, or is cut short ends within its time', async () => {
    server.script = () => undefined;
    expect(await api.listStores(['np_1'])).toMatchObject({ kind: 'silent', because: 'timed out' });
    server.script = (_asked, response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write(' '), 50);
      response.on('close', () => clearInterval(drip));
    };
    expect(await api.listStores(['np_1'])).toMatchObject({ kind: 'silent', because: 'timed out' });
    server.script = (_asked, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{');
      setTimeout(() => response.destroy(), 20);
    };
    expect((await api.listStores(['np_1'])).kind).toBe('silent');
  });

  test('from nobody is unreachable, and no word of it holds the password or where it is', async () => {
    const nobody = connectOmsApi({ baseUrl: 'http://127.0.0.1:1', user: 'storekeeper', password: SECRET, timeoutMs: 500 });
    const listing = await nobody.listStores(['np_1']);
    await nobody.close();
    expect(listing).toMatchObject({
      kind: 'silent',
      because: 'unreachable',
      detail: expect.stringContaining('ECONNREFUSED') as string,
    });
    expect(JSON.stringify(listing)).not.toMatch(/pa:ss|Basic/);
  });

  test('that is given up by its asker rejects with the asker’s reason', async () => {
    server.script = () => undefined;
    const asker = new AbortController();
    const listing = api.listStores(['np_1'], asker.signal);
    asker.abort(new Error('the sweep is over'));
    await expect(listing).rejects.toThrow('the sweep is over');
  });
});

describe('the projects', () => {
  test('are walked page by page, the oldest first, until a page is short', async () => {
    const all = Array.from({ length: 180 }, (_, index) => ({
      id: `np_${index}`,
      name: `p${index}`,
      status: 'RUNNING',
      enableIncrTransfer: index % 2 === 0,
    }));
    server.script = ({ body }, response) => {
      const from = (Number(body['pageNumber']) - 1) * 150;
      json(response, { success: 'true', totalCount: '2', data: all.slice(from, from + 150) });
    };
    const listed = await api.listProjects();
    expect(listed).toMatchObject({ kind: 'listed' });
    expect(listed.kind === 'listed' && listed.projects).toHaveLength(180);
    expect(listed.kind === 'listed' && listed.projects.slice(0, 2)).toEqual([
      { id: 'np_0', name: 'p0', status: 'RUNNING', incremental: true },
      { id: 'np_1', name: 'p1', status: 'RUNNING', incremental: false },
    ]);
    expect(server.asked.map(({ action, body }) => [action, body['pageNumber'], body['sortField'], body['order']])).toEqual([
      ['ListProjects', 1, 'gmtCreate', 'asc'],
      ['ListProjects', 2, 'gmtCreate', 'asc'],
    ]);
  });

  test('are silence where a page cannot be read', async () => {
    server.script = ({ body }, response) =>
      body['pageNumber'] === 1
        ? json(response, { success: true, data: Array.from({ length: 150 }, (_, i) => ({ id: `np_${i}` })) })
        : json(response, {}, 502);
    expect(await api.listProjects()).toMatchObject({ kind: 'silent', because: 'refused', detail: 'HTTP 502' });
  });
});

describe('the witness', () => {
  test('asks all projects the first time, and then the one that listed the Store', async () => {
    server.script = ({ body }, response) =>
      json(response, answer(body['id'] === 'np_2' ? [entry(OLD, { status: 'EXCEPTION' })] : []));
    const witness = api.witnessFor(['np_1', 'np_2']);
    expect(await witness.ask(OLD)).toMatchObject({ kind: 'said', store: { status: 'EXCEPTION' } });
    expect(await witness.ask(OLD)).toMatchObject({ kind: 'said' });
    expect(server.asked.map(({ body }) => String(body['id'])).toSorted((a, b) => a.localeCompare(b))).toEqual([
      'np_1',
      'np_2',
      'np_2',
    ]);
  });

  test('looks everywhere again when the Store is no longer where it was, and says when nobody lists it', async () => {
    let home = 'np_2';
    server.script = ({ body }, response) => json(response, answer(body['id'] === home ? [entry(OLD)] : []));
    const witness = api.witnessFor(['np_1', 'np_2']);
    await witness.ask(OLD);
    home = 'np_1';
    expect(await witness.ask(OLD)).toMatchObject({ kind: 'said', store: { projects: ['np_1'] } });
    home = 'none';
    expect(await witness.ask(OLD)).toEqual({
      kind: 'silent',
      because: 'not listed',
      detail: 'OMS lists no such Store in np_1, np_2',
    });
  });

  test('is silent where OMS is', async () => {
    server.script = (_asked, response) => json(response, { success: false });
    expect(await api.witnessFor(['np_1']).ask(OLD)).toMatchObject({ kind: 'silent', because: 'refused' });
  });

  test.each([
    ['ACTIVE', 'healthy'],
    ['EXCEPTION', 'faulty'],
    ['INACTIVE', 'unknown'],
    ['active', 'unknown'],
    ['', 'unknown'],
  ])('takes %s for %s', (status, verdict) => {
    expect(witnessVerdict({ status })).toBe(verdict);
  });
});
