import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { ClusterConfig } from '../../src/config/config.ts';
import { cluster, faultsOf, folder, load, noLookup, OTHER, STORE } from './written.ts';

const PASSWORD = 'correct horse: battery';
const ENV = { OMS_PASSWORD: PASSWORD };

/** `discover` as it is written, but for what is replaced. */
function discover(parts: Record<string, string> = {}): string {
  const all = {
    oms: '"http://10.0.0.4:8089"',
    user: 'storekeeper',
    password: '"${OMS_PASSWORD}"',
    projects: '[np_2, np_1]',
    ...parts,
  };
  return `discover: {${Object.entries(all)
    .map(([key, value]) => `${key}: ${value}`)
    .join(', ')}}`;
}

const discovering = (...lines: string[]): string =>
  ['clusters:', '  - name: hangzhou-1', '    cm: http://10.0.0.5:8088', ...lines.map((line) => `    ${line}`)].join('\n');

async function only(yaml: string, env: Record<string, string> = ENV): Promise<ClusterConfig> {
  const [first] = (await load(yaml, env)).clusters;
  if (first === undefined) throw new Error('there is no cluster');
  return first;
}

describe('discover', () => {
  test('is a source of Stores of its own', async () => {
    const { stores, discover: found } = await only(discovering(discover()));
    expect(stores).toEqual([]);
    expect(found).toMatchObject({
      oms: 'http://10.0.0.4:8089',
      user: 'storekeeper',
      projects: ['np_1', 'np_2'],
      everyMs: 300_000,
      graceMs: 3_600_000,
      timeoutMs: 20_000,
    });
    expect(found?.password.reveal()).toBe(PASSWORD);
  });

  test('stands beside Stores that are named, and may be absent', async () => {
    expect(await only(cluster(discover({ every: '10m', grace: '2h', timeout: '30s' })))).toMatchObject({
      stores: [STORE],
      discover: { everyMs: 600_000, graceMs: 7_200_000, timeoutMs: 30_000 },
    });
    expect(await only(cluster())).not.toHaveProperty('discover');
  });

  test('may be quicker in development', async () => {
    const quick = `environment: development\n${discovering(discover({ every: '1s', grace: '5s' }))}`;
    expect((await only(quick)).discover).toMatchObject({ everyMs: 1_000, graceMs: 5_000 });
    expect(await faultsOf(quick.replace('every: 1s', 'every: 500ms'), ENV)).toEqual([
      expect.stringMatching(/discover\.every: 500ms is below the floor of 1s for environment: development/),
    ]);
  });

  test('tells all its faults at once, each with an example', async () => {
    const faults = await faultsOf(
      discovering(
        discover({
          oms: '10.0.0.4:8089',
          user: '"a:b"',
          projects: '[np_1, np_2, np_1]',
          every: '30s',
          grace: '20s',
          timeout: '2m',
          pasword: 'x',
        }),
      ),
      ENV,
    );
    const expected = [
      /^clusters\[0\]\.discover\.pasword: .*did you mean password\?; for example password: "\$\{OMS_PASSWORD\}"$/,
      /^clusters\[0\]\.discover\.timeout: must not exceed 60s.*; for example timeout: 20s$/,
      /^clusters\[0\]\.discover\.oms: .*http:\/\/ or https.*the address of OMS like http:\/\/10\.0\.0\.4:8089/,
      /^clusters\[0\]\.discover\.user: has a ':'.*; for example user: storekeeper$/,
      /^clusters\[0\]\.discover\.projects\[2\]: the project np_1 is named twice.*; for example projects: /,
      /^clusters\[0\]\.discover\.grace: 20s is shorter than discover\.every \(30s\).*; for example grace: 1h$/,
      /^clusters\[0\]\.discover\.every: 30s is below the floor of 1m.*; for example every: 5m$/,
    ];
    for (const pattern of expected) expect(faults).toContainEqual(expect.stringMatching(pattern));
    expect(faults).toHaveLength(expected.length);
  });

  test.each(['oms', 'user', 'password', 'projects'])('needs %s, and is not blamed for having no Stores besides', async (key) => {
    const without = discover({ [key]: 'null' });
    expect(await faultsOf(discovering(without, 'ha: true'), ENV)).toEqual([
      expect.stringMatching(new RegExp(`^clusters\\[0\\]\\.discover\\.${key}: .*for example ${key}: `)),
    ]);
    expect(await faultsOf(discovering(discover({ projects: '[]' })), ENV)).toEqual([
      expect.stringMatching(/discover\.projects: is empty; for example projects: \[np_/),
    ]);
  });

  test('that no list could be read of twice within grace is refused', async () => {
    expect(await faultsOf(discovering(discover({ every: '2h' })), ENV)).toEqual([
      expect.stringMatching(/discover\.grace: 1h is shorter than discover\.every \(2h\).*for example grace: 1h/),
    ]);
  });

  test('of one project for two clusters is refused: its subtopics would have two guards', async () => {
    const second = `\n  - name: b\n    cm: http://10.0.0.9:8088\n    ${discover({ projects: '[np_3, np_2]' })}`;
    expect(await faultsOf(discovering(discover()) + second, ENV)).toEqual([
      expect.stringMatching(/^clusters\[1\]\.discover\.projects: the project np_2 is discovered for clusters\[0\], too/),
    ]);
    const elsewhere = second.replace('10.0.0.4', '10.0.0.5');
    await expect(load(discovering(discover()) + elsewhere, ENV)).resolves.toBeDefined();
  });
});

describe("OMS's password", () => {
  test.each(['hunter2', '"hunter2"', '123456', '"hunter2${OMS_PASSWORD}"', '"${OMS_PASSWORD}${OMS_PASSWORD}"'])(
    'is refused in the file itself, and never repeated: %s',
    async (password) => {
      const faults = await faultsOf(discovering(discover({ password })), ENV);
      expect(faults).toEqual([
        expect.stringMatching(/^clusters\[0\]\.discover\.password: must be .*for example password: "\$\{OMS_P/),
      ]);
      expect(faults.join()).not.toMatch(/hunter2|123456|battery/);
    },
  );

  test('comes from a file of its own as well, which is watched for changes', async () => {
    await writeFile(join(folder, 'oms-password'), `${PASSWORD}\n`);
    const config = await load(discovering(discover({ password: '"${file:oms-password}"' })));
    expect(config.clusters[0]?.discover?.password.reveal()).toBe(PASSWORD);
    expect(config.files).toEqual([join(folder, 'storekeeper.yaml'), join(folder, 'oms-password')]);
  });

  test('that is not there is told by its variable, once', async () => {
    expect(await faultsOf(discovering(discover()))).toEqual([
      expect.stringMatching(/^clusters\[0\]\.discover\.password: the environment variable OMS_PASSWORD is not set/),
    ]);
  });

  test('is not needed by who asks nobody with it, and a literal one is refused all the same', async () => {
    const lenient = { ...noLookup, secrets: 'if there' } as const;
    for (const password of ['"${OMS_PASSWORD}"', '"${file:gone}"']) {
      const config = await load(discovering(discover({ password })), {}, lenient);
      expect(config.clusters[0]?.discover?.password.isKnown).toBe(false);
      expect(config.digest).toBe((await load(discovering(discover()), ENV)).digest);
    }
    expect((await load(discovering(discover()), ENV, lenient)).clusters[0]?.discover?.password.reveal()).toBe(PASSWORD);
    expect(await faultsOf(discovering(discover({ password: 'hunter2' })), {}, lenient)).toHaveLength(1);
    expect(await faultsOf(discovering(discover({ user: '"${OMS_USER}"' })), {}, lenient)).toEqual([
      expect.stringMatching(/discover\.user: the environment variable OMS_USER is not set/),
    ]);
  });

  test('shows in no form of the configuration, and in no fault beside it', async () => {
    const config = await load(discovering(discover()), ENV);
    const password = config.clusters[0]?.discover?.password;
    const forms = [JSON.stringify(config), stringify(config), inspect(config, { depth: 9 }), String(password)];
    for (const form of forms) expect(form).not.toMatch(/horse/);
    expect(JSON.stringify(config)).toContain('"password":"(not shown)"');
    const faults = await faultsOf(discovering(discover({ oms: `"http://${PASSWORD}@10.0.0.4"` })), ENV);
    expect(faults.join()).not.toMatch(/horse/);
  });

  test('makes no difference to the digest; where, as whom and what does', async () => {
    const digest = async (yaml: string, env = ENV): Promise<string> => (await only(yaml, env)).digest;
    const base = await digest(discovering(discover()));
    expect(await digest(discovering(discover()), { OMS_PASSWORD: 'another' })).toBe(base);
    expect(await digest(discovering(discover({ projects: '[np_1, np_2]', grace: '60m' })))).toBe(base);
    const others = [{ user: 'other' }, { oms: '"http://10.0.0.3:8089"' }, { projects: '[np_1]' }, { every: '6m' }];
    for (const other of others) expect(await digest(discovering(discover(other)))).not.toBe(base);
  });
});

describe('ha: true', () => {
  test('is refused without discovery', async () => {
    expect(await faultsOf(cluster('ha: true'))).toEqual([
      expect.stringMatching(/^clusters\[0\]\.ha: true needs discover.*for example ha: false/),
    ]);
  });

  test("waits out OMS's own HA before a fault is confirmed, and between attempts", async () => {
    const { policy } = await only(discovering(discover(), 'ha: true'));
    expect(policy).toMatchObject({ ha: true, confirm: { overMs: 840_000 }, backoffMs: [600_000, 600_000, 720_000] });
    expect(policy.alertAfterMs).toBe(60_000);
    const hasty = discovering(discover(), 'ha: true', 'policy: {confirm: {over: 90s}, backoff: [2m]}');
    expect(await faultsOf(hasty, ENV)).toEqual([
      expect.stringMatching(/policy\.confirm\.over: 90s is below the floor of 14m with ha: true.*for example over: /),
      expect.stringMatching(/policy\.backoff\[0\]: 2m is below the floor of 10m/),
    ]);
  });
});

test('a Store that is named in two clusters is refused, also where they discover more', async () => {
  const first = cluster(discover());
  const sibling = STORE.replace('0000000007', '0000000008');
  const second = `\n  - {name: b, cm: "http://10.0.0.9:8088", stores: ["${sibling}", "${OTHER}"]}`;
  expect(await faultsOf(first + second, ENV)).toEqual([
    expect.stringMatching(/^clusters\[1\]\.stores\[0\]: the subtopic p_4223_source-000-0 belongs to clusters\[0\], too/),
  ]);
});
