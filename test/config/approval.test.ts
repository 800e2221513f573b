import { describe, expect, test } from 'vitest';
import { generateKeyPair } from '../../src/approval/keys.ts';
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
});
