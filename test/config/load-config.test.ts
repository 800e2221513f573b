import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { defaultApproval } from '../../src/domain/approval/approval-policy.ts';
import { defaultPolicy } from '../../src/domain/policy.ts';
import { cluster, faultsOf, folder, load, OTHER, STORE } from './written.ts';

describe('a file that holds together', () => {
  test('needs a name, a CM and Stores; everything else has its default', async () => {
    const config = await load(cluster());
    expect(config).toEqual({
      environment: 'production',
      path: join(folder, 'storekeeper.yaml'),
      files: [join(folder, 'storekeeper.yaml')],
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      approval: defaultApproval,
      clusters: [
        {
          name: 'hangzhou-1',
          cm: 'http://10.0.0.5:8088',
          restartMethod: 'POST',
          readTimeoutMs: 10_000,
          commandTimeoutMs: 150_000,
          stores: [STORE],
          policy: defaultPolicy,
          approval: defaultApproval,
          digest: expect.stringMatching(/^[0-9a-f]{64}$/),
        },
      ],
    });
  });

  test('says everything that can be said', async () => {
    const config = await load(`
environment: production
clusters:
  - name: hangzhou-1
    cm: http://10.0.0.5:8088/
    restartMethod: GET
    readTimeout: 2500ms
    commandTimeout: 100s
    stores: [ "${OTHER}", "${STORE}" ]
    every: 20s
    mode: observe
    act: ["p_4223_*"]
    ha: false
    policy:
      confirm: { readings: 4, over: 2m, patience: 40m }
      attempts: 2
      wait: 0s
      verify: { healthyFor: 4m, within: 20m }
      backoff: [3m, 7m]
      lineage: 2h
      sendBy: 30s
      alertAfter: 90s
      hopeless: ["log file does not exist"]
      frozen: { after: 10m }
      whenExhausted: propose-destroy
      whenBlocked: wait
    guard: { inFlight: 1, proposals: 4, perHour: 6, perDay: 12, cooldown: 15m, openPerSweep: 7, brake: { stores: 4, subtopics: 3, faultyShare: 0.1, unknown: 2, unknownShare: 0.25 } }
`);
    expect(config.clusters[0]).toMatchObject({
      cm: 'http://10.0.0.5:8088',
      restartMethod: 'GET',
      readTimeoutMs: 2_500,
      commandTimeoutMs: 100_000,
      stores: [STORE, OTHER],
    });
    expect(config.clusters[0]?.policy).toEqual({
      everyMs: 20_000,
      mode: 'observe',
      act: ['p_4223_*'],
      ha: false,
      confirm: { readings: 4, overMs: 120_000, patienceMs: 2_400_000 },
      attempts: 2,
      waitMs: 0,
      verify: { healthyForMs: 240_000, withinMs: 1_200_000 },
      backoffMs: [180_000, 420_000],
      lineageMs: 7_200_000,
      sendByMs: 30_000,
      alertAfterMs: 90_000,
      hopeless: ['log file does not exist'],
      frozenAfterMs: 600_000,
      whenExhausted: 'propose-destroy',
      whenBlocked: 'wait',
      command: { timeoutMs: 100_000 },
      guard: {
        inFlight: 1,
        proposals: 4,
        perHour: 6,
        perDay: 12,
        cooldownMs: 900_000,
        openPerSweep: 7,
        brake: { stores: 4, subtopics: 3, faultyShare: 0.1, unknown: 2, unknownShare: 0.25 },
      },
    });
  });

  test('alerts no later than it confirms, unless told otherwise', async () => {
    const config = await load(cluster('policy: {confirm: {over: 45s}}'));
    expect(config.clusters[0]?.policy.alertAfterMs).toBe(45_000);
    const slower = await load(cluster('policy: {confirm: {over: 5m}}'));
    expect(slower.clusters[0]?.policy.alertAfterMs).toBe(60_000);
  });

  test('takes Stores from a file beside it, one a line, with comments', async () => {
    await writeFile(join(folder, 'stores.txt'), `\uFEFF# all of zone 1\r\n${STORE} # the shared one\r\n\r\n  ${OTHER}\n`);
    const config = await load('clusters: [{name: a, cm: "http://10.0.0.5:8088", storesFile: stores.txt}]');
    expect(config.clusters[0]?.stores).toEqual([STORE, OTHER]);
  });

  test('takes the address of CM from the drc.properties of OMS', async () => {
    await writeFile(join(folder, 'drc.properties'), '# OMS\nother=1\ncm.url=http://10.0.0.5:8088\n');
    const config = await load(`clusters: [{name: a, drcProperties: drc.properties, stores: ["${STORE}"]}]`);
    expect(config.clusters[0]?.cm).toBe('http://10.0.0.5:8088');
  });

  test('takes values from the environment and from files', async () => {
    await writeFile(join(folder, 'region'), 'north\n');
    const config = await load(
      `clusters: [{name: "hz-\${file:region}", cm: "http://\${CM_HOST}:\${CM_PORT}", stores: ["${STORE}"]}]`,
      {
        CM_HOST: '10.0.0.5',
        CM_PORT: '8088',
      },
    );
    expect(config.clusters[0]).toMatchObject({ name: 'hz-north', cm: 'http://10.0.0.5:8088' });
  });
});

describe('development', () => {
  const fast = [
    'every: 1s',
    'policy: {confirm: {over: 0s, patience: 10s}, verify: {healthyFor: 1s, within: 20s}, backoff: [0s], lineage: 10s}',
    'guard: {cooldown: 0s}',
  ];

  test('lowers the floors so that a demo takes seconds', async () => {
    const config = await load(`environment: development\n${cluster(...fast)}`);
    expect(config.environment).toBe('development');
    expect(config.clusters[0]?.policy).toMatchObject({ everyMs: 1_000, backoffMs: [0], verify: { healthyForMs: 1_000 } });
  });

  test('is the only place where they are lower', async () => {
    expect((await faultsOf(cluster(...fast))).map((fault) => fault.split(':')[0])).toEqual([
      'clusters[0].every',
      'clusters[0].policy.verify.healthyFor',
      'clusters[0].guard.cooldown',
      'clusters[0].policy.backoff[0]',
    ]);
  });

  test('changes nothing but floors', async () => {
    const config = await load(`environment: development\n${cluster()}`);
    expect(config.clusters[0]?.policy).toEqual(defaultPolicy);
  });
});

describe('secrets', () => {
  test('stay out of what is said about them', async () => {
    const faults = await faultsOf(
      cluster('every: "${EVERY}"', 'policy: {hopeless: ["(${PATTERN}"]}').replace('hangzhou-1', '"${NAME}"'),
      {
        EVERY: 'hunter2-hunter2',
        NAME: 'pass "word" of the house',
        PATTERN: 'tops3cret',
      },
    );
    expect(faults).toHaveLength(3);
    expect(faults.join('\n')).not.toMatch(/hunter2|word|tops3cret/);
    expect(faults.join('\n')).toContain('"${EVERY}" is not a duration');
  });

  test('are kept out when they are so short that any sentence holds them', async () => {
    expect(await faultsOf(cluster('every: "${EVERY}"'), { EVERY: 'a' })).toEqual([
      'clusters[0].every: the value of ${EVERY} cannot stand here',
    ]);
  });

  test('that are missing are named by their variable or file', async () => {
    expect(await faultsOf(cluster('storesFile: "${STORES}"', 'act: ["${file:act.txt}", "${no name}"]'), { STORES: '' })).toEqual([
      expect.stringMatching(/^clusters\[0\]\.storesFile: the environment variable STORES is not set/),
      expect.stringMatching(/^clusters\[0\]\.act\[0\]: \$\{file:act\.txt\} cannot be read \(ENOENT/),
      expect.stringMatching(/^clusters\[0\]\.act\[1\]: \$\{no name\} is neither/),
    ]);
  });

  test('cannot change the structure of the file', async () => {
    const config = await load(cluster('act: ["${ACT}"]'), { ACT: 'p_1"]\n    mode: act' });
    expect(config.clusters[0]?.policy).toMatchObject({ mode: 'observe', act: ['p_1"]\n    mode: act'] });
  });
});

describe('the digest', () => {
  test('is the same for files that mean the same', async () => {
    const plain = await load(cluster());
    const spelled = await load(`# comment\n${cluster('every: 30000ms', 'mode: observe')}\nenvironment: production`);
    expect(spelled.digest).toBe(plain.digest);
  });

  test('changes with any setting, and of a cluster only with its own', async () => {
    const second = `\n  - {name: b, cm: "http://10.0.0.9:8088", stores: ["${OTHER}"]}`;
    const [plain, faster, both, development] = [
      await load(cluster()),
      await load(cluster('every: 20s')),
      await load(cluster() + second),
      await load(`environment: development\n${cluster()}`),
    ];
    expect(new Set([plain.digest, faster.digest, both.digest, development.digest]).size).toBe(4);
    expect(both.clusters[0]?.digest).toBe(plain.clusters[0]?.digest);
    expect(faster.clusters[0]?.digest).not.toBe(plain.clusters[0]?.digest);
  });
});
