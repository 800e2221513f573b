import { describe, expect, test } from 'vitest';
import { generateKeyPair } from '../../src/approval/keys.ts';
import { cli, onlyJson, writeConfig } from '../cli/run-cli.ts';
import { cluster, faultsOf, load } from './written.ts';

const KEY = generateKeyPair().publicKey;
const withApproval = (text: string): string => `${text}\n${cluster()}`;

describe('who may approve', () => {
  test('is read with every setting, and stands in each cluster', async () => {
    const config = await load(
      withApproval(`approval:
  assurance: [signed, attested]
  quorum: 2
  restartQuorum: 1
  approveWithin: 2h
  executeWithin: 10m
  approvers:
    - {name: alice, keys: ["${KEY}"]}
    - {name: bob, principals: [{type: jwt, name: bob}]}`),
    );
    expect(config.approval).toEqual({
      assurance: ['signed', 'attested'],
      quorum: 2,
      restartQuorum: 1,
      approveWithinMs: 7_200_000,
      executeWithinMs: 600_000,
      approvers: [
        { name: 'alice', principals: [], keys: [KEY] },
        { name: 'bob', principals: [{ type: 'jwt', name: 'bob' }], keys: [] },
      ],
    });
    expect(config.clusters[0]?.approval).toEqual(config.approval);
  });

  test('is part of the digest: workers that disagree about it are told apart', async () => {
    const [nobody, alice] = [
      await load(cluster()),
      await load(withApproval(`approval: {quorum: 1, approvers: [{name: alice, keys: ["${KEY}"]}]}`)),
    ];
    expect(alice.digest).not.toBe(nobody.digest);
    expect(alice.clusters[0]?.digest).not.toBe(nobody.clusters[0]?.digest);
  });

  test('is told every fault at once, each with its path', async () => {
    const found = await faultsOf(
      withApproval(`approval:
  assurance: [declared]
  quorum: 3
  restartQuorum: 0
  approveWithin: soon
  approvers:
    - {name: "аlice", keys: ["ed25519:AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="]}
    - {name: bob, keys: ["ssh-ed25519 AAAA"]}
    - {keys: []}`),
    );
    for (const pattern of [
      /^approval\.restartQuorum: must be at least 1.*for example restartQuorum: 1/,
      /^approval\.approveWithin: .*for example approveWithin: 4h/,
      /^approval\.assurance: declared names prove nothing/,
      /^approval\.approvers\[0\]\.name: .*may look like another name/,
      /^approval\.approvers\[0\]\.keys\[0\]: this public key is of small order/,
      /^approval\.approvers\[1\]\.keys\[0\]: .*ed25519:/,
      /^approval\.approvers\[2\]\.name: /,
    ]) {
      expect(found).toContainEqual(expect.stringMatching(pattern));
    }
  });

  test('and each of them once: not what only follows from another, nor one key twice', async () => {
    const found = await faultsOf(
      withApproval(`approval:
  assurance: [signed]
  quorum: 2
  approveWithin: soon
  executeWithin: 9h
  approvers:
    - {name: bob, principals: [{type: jwt}], keys: 5}
    - {keys: ["ed25519:AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="]}
    - {name: dave, keys: ["ssh-ed25519 AAAA", "\${NOBODYS_KEY}"]}
    - 7`),
    );
    expect(found.map((line) => line.slice(0, line.indexOf(': '))).toSorted()).toEqual([
      'approval.approveWithin',
      'approval.approvers[0].keys',
      'approval.approvers[0].principals[0].name',
      'approval.approvers[1].keys[0]',
      'approval.approvers[1].name',
      'approval.approvers[2].keys[0]',
      'approval.approvers[2].keys[1]',
      'approval.approvers[3]',
    ]);
    expect(found).toContainEqual(expect.stringContaining('NOBODYS_KEY'));
    expect(found).toContain('approval.approvers[1].name: is missing; for example name: alice');
  });

  test('a fault of it keeps no fault of the clusters back', async () => {
    const found = await faultsOf(
      `approval: {quorum: 1, approvers: [{name: bob, principals: [{type: jwt}]}]}\n${cluster('verify: 5m')}`.replace(
        'http:',
        'ftp:',
      ),
    );
    expect(found).toEqual([
      expect.stringMatching(/^approval\.approvers\[0\]\.principals\[0\]\.name: is missing/),
      expect.stringMatching(/^clusters\[0\]\.verify: /),
      expect.stringMatching(/^clusters\[0\]\.cm: /),
    ]);
  });

  test('a private key that was pasted is refused, and not repeated', async () => {
    const [, secret = ''] = generateKeyPair().privateKeyPem.split('\n');
    const found = await faultsOf(
      withApproval(`approval:
  quorum: 1
  approvers: [{name: alice, keys: ["-----BEGIN PRIVATE KEY----- ${secret} -----END PRIVATE KEY-----"]}]`),
    );
    expect(found).toEqual([expect.stringMatching(/^approval\.approvers\[0\]\.keys\[0\]: this is a private key/)]);
    expect(found.join()).not.toContain(secret);
  });
});

describe('config check and show', () => {
  async function checked(approval: object, cluster: object = {}, environment = 'production'): Promise<Record<string, unknown>> {
    const stores = ['10.0.0.7-7100:p_4223_source-000-0:0000000007'];
    const clusters = [{ name: 'hangzhou-1', cm: 'http://127.0.0.1:1', stores, ...cluster }];
    const path = await writeConfig({ environment, approval, clusters });
    return onlyJson((await cli(['config', 'check', '--json', '--config', path])).stdout);
  }
  const people = (...names: string[]): object[] => names.map((name) => ({ name, keys: [generateKeyPair().publicKey] }));
  const warnings = (...codes: string[]): object => ({
    warnings: codes.map((code) => expect.objectContaining({ code }) as unknown),
  });

  test('say nothing against a quorum that can be had whoever orders', async () => {
    expect(await checked({ approvers: people('alice', 'bob', 'carol') }, { mode: 'ask' })).toMatchObject(
      warnings('no-witness', 'oms-ha'),
    );
  });

  test('note that people are to be asked, and nobody may answer', async () => {
    expect(await checked({}, { mode: 'ask' })).toMatchObject(warnings('no-approvers', 'no-witness', 'oms-ha'));
    expect(await checked({}, { policy: { whenExhausted: 'propose-destroy' } })).toMatchObject(warnings('no-approvers'));
    expect(await checked({})).toMatchObject(warnings());
  });

  test('note a quorum that fails as soon as one of the approvers orders', async () => {
    expect(await checked({ approvers: people('alice', 'bob') })).toMatchObject(warnings('few-approvers'));
  });

  test('note that typed names prove nothing', async () => {
    const approval = { assurance: ['declared'], quorum: 1, approvers: [{ name: 'alice' }, { name: 'bob' }] };
    expect(await checked(approval, {}, 'development')).toMatchObject(warnings('development', 'declared'));
  });

  test('show who may approve once, not once for each cluster', async () => {
    const path = await writeConfig(withApproval(`approval: {quorum: 1, approvers: [{name: alice, keys: ["${KEY}"]}]}`));
    const { stdout } = await cli(['config', 'show', '--config', path]);
    expect(stdout.split(KEY)).toHaveLength(2);
    expect(stdout).toContain('\napproval:\n');
    expect(stdout).not.toMatch(/[&*]a1/);
  });
});
