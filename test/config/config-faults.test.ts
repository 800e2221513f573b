import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load-config.ts';
import { cluster, faultsOf, folder, load, OTHER, STORE } from './written.ts';

describe('a file with faults', () => {
  test('is told all of them at once, each with its path and an example', async () => {
    const faults = await faultsOf(`
environment: prod
approval: {quorom: 2}
notify: [{kind: dingtalk, url: "\${DINGTALK_URL}"}]
clusters:
  - name: hangzhou 1
    cm: 10.0.0.5:8088
    stores: ["10.0.0.7-7100:p_*:0000000007", "${STORE}", "${STORE}"]
    every: 30
    evry: 30s
    mode: atc
    confirm: {readings: 3}
    policy:
      attempts: 0
      verify: { healthyFor: 5m, within: 5 min }
      backoff: [2m, soon]
      hopeless: ["("]
    guard: { inFlight: 1.5, brake: { faultyShare: 20 } }
  - cm: "\${CM_B}"
    policy: { verify: { healthyFor: 5m, within: 4m }, alertAfter: 2m }
    discover: {oms: "http://10.0.0.4:8089", user: u, password: "\${OMS_PASSWORD_GONE}", projects: [np_1]}
`);
    const expected = [
      /^environment: must be one of production, development; for example environment: production$/,
      /^approval\.quorom: is not a key of storekeeper\.yaml; did you mean quorum\?/,
      /^notify: is not built yet/,
      /^clusters\[0\]\.name: a cluster's name is .* "hangzhou 1"; for example name: hangzhou-1$/,
      /^clusters\[0\]\.cm: .*http.*for example cm: http:\/\/10\.0\.0\.5:8088$/,
      /^clusters\[0\]\.stores\[0\]: .*wildcard.*for example stores: /,
      /^clusters\[0\]\.stores\[2\]: .*named twice/,
      /^clusters\[0\]\.every: 30 has no unit.*for example every: 30s$/,
      /^clusters\[0\]\.evry: .*did you mean every\?.*for example every: 30s$/,
      /^clusters\[0\]\.mode: must be one of observe, ask, act; for example mode: observe$/,
      /^clusters\[0\]\.confirm: does not belong here; its place is clusters\[\]\.policy\.confirm; for example confirm: /,
      /^clusters\[0\]\.policy\.attempts: must be at least 1; for example attempts: 3$/,
      /^clusters\[0\]\.policy\.verify\.within: "5 min" is not a duration.*for example within: 15m$/,
      /^clusters\[0\]\.policy\.backoff\[1\]: "soon" is not a duration.*for example backoff: /,
      /^clusters\[0\]\.policy\.hopeless\[0\]: .*not a regular expression.*for example hopeless: /,
      /^clusters\[0\]\.guard\.inFlight: must be a whole number; for example inFlight: 2$/,
      /^clusters\[0\]\.guard\.brake\.faultyShare: must be at most 1; for example faultyShare: 0\.2$/,
      /^clusters\[1\]\.name: is missing; for example name: hangzhou-1$/,
      /^clusters\[1\]\.cm: the environment variable CM_B is not set/,
      /^clusters\[1\]\.policy\.verify\.within: 4m leaves no room for healthyFor: 5m.*for example within: 15m$/,
      /^clusters\[1\]\.policy\.alertAfter: 2m is later than confirm\.over/,
      /^clusters\[1\]\.discover\.password: the environment variable OMS_PASSWORD_GONE is not set/,
    ];
    for (const pattern of expected) expect(faults).toContainEqual(expect.stringMatching(pattern));
    expect(faults).toHaveLength(expected.length);
  });

  test('is not blamed for what follows from a fault already told', async () => {
    expect(await faultsOf(cluster('policy: {verify: {healthyFor: 3 minutes, within: 4m}}', 'mode: acts', 'act: [p_*]'))).toEqual([
      expect.stringMatching(/^clusters\[0\]\.mode: /),
      expect.stringMatching(/^clusters\[0\]\.policy\.verify\.healthyFor: /),
    ]);
    expect(await faultsOf('clusters: [{name: a, cm: 5, stores: none}]')).toHaveLength(2);
    expect(await faultsOf(`clusters: [oops, {name: a, cm: "http://10.0.0.5:8088", stores: ["${STORE}"], every: 0s}]`)).toEqual([
      expect.stringMatching(/^clusters\[0\]: must be a group of settings/),
      expect.stringMatching(/^clusters\[1\]\.every: must be longer than nothing/),
    ]);
  });

  test('that is no YAML is told the line', async () => {
    const faults = await faultsOf('environment: production\nclusters:\n  - name: "a\n');
    expect(faults[0]).toMatch(/^line \d+, column \d+: this is not YAML: /);
    expect(await faultsOf(`${cluster()}\n    every: 30s\n    every: 60s`)).toEqual([
      expect.stringMatching(/^line 6, column \d+: .*unique/),
    ]);
  });

  test('that is empty, missing or without clusters is told what it needs', async () => {
    expect(await faultsOf('')).toEqual([expect.stringMatching(/^clusters: is missing.*for example clusters: /)]);
    expect(await faultsOf('clusters: []')).toEqual([expect.stringMatching(/^clusters: is empty.*for example clusters: /)]);
    expect(await faultsOf('environment: production')).toEqual([expect.stringMatching(/^clusters: is missing/)]);
    await expect(loadConfig(join(folder, 'none.yaml'), {})).rejects.toThrow(
      /none\.yaml has a fault:\n {2}- cannot be read \(ENOENT\)/,
    );
  });

  test('names a Store source that holds nothing or cannot be read', async () => {
    await writeFile(join(folder, 'empty.txt'), '# none yet\n');
    await writeFile(join(folder, 'bad.txt'), `${STORE}\nnot-a-store\n${STORE}\n`);
    const source = (line: string): string => `clusters: [{name: a, cm: "http://10.0.0.5:8088", ${line}}]`;
    expect(await faultsOf(source('storesFile: empty.txt'))).toEqual([
      expect.stringMatching(/^clusters\[0\]\.stores: no Store is named/),
    ]);
    expect(await faultsOf(source('stores: []'))).toEqual([expect.stringMatching(/^clusters\[0\]\.stores: no Store is named/)]);
    expect(await faultsOf(source('storesFile: gone.txt'))).toEqual([
      expect.stringMatching(/^clusters\[0\]\.storesFile: .*gone\.txt cannot be read \(ENOENT\)/),
    ]);
    expect(await faultsOf(source('storesFile: bad.txt'))).toEqual([
      expect.stringMatching(/^clusters\[0\]\.storesFile: line 2: "not-a-store"/),
      expect.stringMatching(/^clusters\[0\]\.storesFile: line 3: .*named twice/),
    ]);
    expect(await faultsOf(source(`stores: ["${STORE}"], storesFile: bad.txt`))).toContainEqual(
      expect.stringMatching(/storesFile: line 1: .*named twice/),
    );
  });

  test('names exactly one way to the Cluster Manager', async () => {
    await writeFile(join(folder, 'drc.properties'), 'cm.host=10.0.0.5\n');
    const way = (line: string): string => `clusters: [{name: a, stores: ["${STORE}"], ${line}}]`;
    expect(await faultsOf(way('every: 30s'))).toEqual([
      expect.stringMatching(/^clusters\[0\]\.cm: is missing, and drcProperties/),
    ]);
    expect(await faultsOf(way('cm: "http://10.0.0.5:8088", drcProperties: drc.properties'))).toEqual([
      expect.stringMatching(/^clusters\[0\]\.drcProperties: stands beside cm/),
    ]);
    expect(await faultsOf(way('drcProperties: drc.properties'))).toEqual([
      expect.stringMatching(/^clusters\[0\]\.drcProperties: .*cm\.url/),
    ]);
    expect(await faultsOf(way('drcProperties: gone.properties'))).toEqual([
      expect.stringMatching(/^clusters\[0\]\.drcProperties: .*ENOENT/),
    ]);
    expect(await faultsOf(way('cm: "http://admin:s3cret@10.0.0.5:8088"'))).toEqual([expect.not.stringMatching(/s3cret/)]);
  });

  test('with a list of canaries beside mode: act is refused', async () => {
    expect(await faultsOf(cluster('mode: act', 'act: [p_1]'))).toEqual([
      expect.stringMatching(/^clusters\[0\]\.act: stands beside mode: act/),
    ]);
  });

  test('asks for intervals that a schedule can keep', async () => {
    expect(await faultsOf(cluster('every: 10500ms'))).toEqual([
      expect.stringMatching(/^clusters\[0\]\.every: must be whole seconds/),
    ]);
  });
});

describe('two clusters', () => {
  const two = (first: string, second: string, secondStore = OTHER, secondName = 'b'): string =>
    `clusters: [{name: a, cm: "${first}", stores: ["${STORE}"]}, {name: ${secondName}, cm: "${second}", stores: ["${secondStore}"]}]`;
  const names: Record<string, string[]> = {
    'cm.example': ['10.0.0.5', '10.0.0.6'],
    'vip.example': ['10.0.0.6'],
    'far.example': ['10.0.0.9'],
  };
  const lookup = (host: string): Promise<string[]> => {
    const found = names[host];
    return found === undefined ? Promise.reject(new Error('ENOTFOUND')) : Promise.resolve(found);
  };

  test('with a CM, a name and subtopics each stand side by side', async () => {
    const config = await load(two('http://cm.example:8088', 'http://far.example:8088'), {}, { lookup });
    expect(config.clusters.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  test.each([
    ['written differently', 'http://10.0.0.5:8088', 'http://10.0.0.5:8088/cm'],
    ['by name and by address', 'http://10.0.0.6:8088', 'http://cm.example:8088'],
    ['by two names with one common address', 'http://cm.example:8088', 'http://vip.example:8088'],
    ['by a name that does not resolve', 'http://lost.example:80', 'http://LOST.example.'],
  ])('at one CM are refused: %s', async (_how, first, second) => {
    expect(await faultsOf(two(first, second), {}, { lookup })).toEqual([
      expect.stringMatching(/^clusters\[1\]\.cm: is at .* clusters\[0\]/),
    ]);
  });

  test('on two ports of one host are two', async () => {
    await expect(load(two('http://cm.example:8088', 'http://cm.example:8089'), {}, { lookup })).resolves.toBeDefined();
  });

  test('with one name are refused', async () => {
    expect(await faultsOf(two('http://10.0.0.5:8088', 'http://10.0.0.9:8088', OTHER, 'a'))).toEqual([
      expect.stringMatching(/^clusters\[1\]\.name: a is the name of clusters\[0\], too/),
    ]);
  });

  test('that share a subtopic are refused, though the Stores differ', async () => {
    const sibling = STORE.replace('0000000007', '0000000008');
    expect(await faultsOf(two('http://10.0.0.5:8088', 'http://10.0.0.9:8088', sibling))).toEqual([
      expect.stringMatching(/^clusters\[1\]\.stores\[0\]: the subtopic p_4223_source-000-0 belongs to clusters\[0\], too/),
    ]);
  });
});
