import { describe, expect, test } from 'vitest';
import { approvalFaults } from '../../../src/domain/approval/approval-faults.ts';
import {
  neededApprovals,
  strictestRules,
  whyNotApprovable,
  type ApprovalRules,
  type Approver,
} from '../../../src/domain/approval/electorate.ts';
import type { ApprovalPolicy } from '../../../src/domain/approval/approval-policy.ts';
import { MINUTE } from '../readings.ts';
import { jwt, KEYS, noRequester, rules } from './ballots.ts';

const withApprovers = (...approvers: readonly Approver[]): ApprovalRules => ({ ...rules, quorum: 1, approvers });
const named = (...names: readonly string[]): ApprovalRules =>
  withApprovers(...names.map((name, index) => ({ name, principals: [jwt(`p${index}`)] })));
const faultsOf = (patch: Partial<ApprovalPolicy>, environment: 'production' | 'development' = 'production'): string[] =>
  approvalFaults({ restartQuorum: 1, ...rules, ...patch }, environment).map(({ path, message }) => `${path}: ${message}`);

test('a quorum for restarts that nobody can reach is a fault, as the one for destroys is', () => {
  expect(faultsOf({ restartQuorum: 0 })).toEqual([
    expect.stringContaining('approval.restartQuorum: 0 is not a number of people'),
  ]);
  expect(faultsOf({ restartQuorum: 9 })).toEqual([
    expect.stringMatching(/^approval\.restartQuorum: 9 approvals can never be had/),
  ]);
});

test('rules that hold together have no fault', () => {
  expect(faultsOf({})).toEqual([]);
  expect(faultsOf({ approvers: [] })).toEqual([]);
  expect(faultsOf({ assurance: ['declared'] }, 'development')).toEqual([]);
  expect(faultsOf(named('alice', "O'Neil", 'ops-team.lead', 'a_b+c@site.example', '张伟', '李 娜', '王芳2'))).toEqual([]);
});

test('all faults are told at once', () => {
  const faults = faultsOf({ assurance: [], quorum: 0, approveWithinMs: 0, executeWithinMs: -1 });
  for (const path of ['approval.assurance', 'approval.quorum', 'approval.approveWithin', 'approval.executeWithin']) {
    expect(
      faults.some((fault) => fault.startsWith(path)),
      path,
    ).toBe(true);
  }
});

describe('refused when the configuration is read', () => {
  test.each<[string, Partial<ApprovalRules>, string]>([
    ['declared names in production', { assurance: ['declared', 'signed'] }, 'development only'],
    ['a level twice', { assurance: ['signed', 'signed'] }, 'twice'],
    ['half a quorum', { quorum: 1.5 }, 'not a number of people'],
    ['a quorum that cannot be had', { quorum: 4 }, '4 approvals can never be had from 3 people'],
    ['a decision that outlives its evidence', { executeWithinMs: rules.approveWithinMs + MINUTE }, 'longer than approveWithin'],
    ['an approver without any proof', withApprovers({ name: 'alice' }), 'has nothing that counts'],
    [
      'an approver whose proof does not count',
      { ...withApprovers({ name: 'alice', principals: [jwt('a')] }), assurance: ['signed'] },
      'has nothing that counts',
    ],
    ['a key of another kind', withApprovers({ name: 'alice', keys: ['rsa:AAAA'] }), 'not a public key'],
    [
      'a key in another spelling of its base64',
      withApprovers({ name: 'alice', keys: [`ed25519:${'A'.repeat(42)}B=`] }),
      'not a public key',
    ],
    [
      'six keys',
      withApprovers({ name: 'alice', keys: Array.from({ length: 6 }, (_, index) => `ed25519:${String(index).repeat(42)}A=`) }),
      'at most 5',
    ],
    [
      'a principal without a type',
      withApprovers({ name: 'alice', principals: [{ type: '', name: 'alice' }] }),
      'needs a type and a name',
    ],
    [
      'a principal with a blank after it',
      withApprovers({ name: 'alice', principals: [jwt('alice ')] }),
      'needs a type and a name',
    ],
    [
      'a principal with an invisible character',
      withApprovers({ name: 'alice', principals: [jwt('al\u200bice')] }),
      'needs a type and a name',
    ],
    [
      'one principal for two people',
      withApprovers({ name: 'alice', principals: [jwt('ops')] }, { name: 'bob', principals: [jwt('ops')] }),
      '"ops" with "alice"',
    ],
    [
      'one key for two people',
      withApprovers({ name: 'alice', keys: [KEYS[0] ?? ''] }, { name: 'bob', keys: [KEYS[0] ?? ''] }),
      'share a key with "alice"',
    ],
  ])('%s', (_, patch, message) => {
    expect(faultsOf(patch).join('\n')).toContain(message);
  });

  test.each([
    ['with a Cyrillic а', '\u0430lice'],
    ['with a Greek ο', 'b\u03bfb'],
    ['in fullwidth letters', 'ａｌｉｃｅ'],
    ['with a dotless i', 'al\u0131ce'],
    ['with a ligature', '\ufb01ona'],
    ['in mathematical letters', '\u{1d5ba}lice'],
    ['with a zero-width space', 'al\u200bice'],
    ['with a right-to-left mark', 'alice\u202e'],
    ['with a combining accent', 'alic\u0301e'],
    ['with a radical for a character', '\u2f00'],
    ['with a compatibility ideograph', '\uf900'],
    ['with the ideographic zero', 'b\u3007b'],
    ['with a lone surrogate', 'a\ud800'],
    ['with a blank before it', ' alice'],
    ['with two blanks in it', 'alice  w'],
    ['with a no-break space', 'alice\u00a0w'],
    ['with a tab', 'alice\tw'],
    ['that is empty', ''],
    ['of 81 characters', 'a'.repeat(81)],
    ['that is a prototype key', '__proto__'],
  ])('a name %s', (_, name) => {
    expect(faultsOf(named(name)).join('\n')).toContain('approval.approvers[0].name');
  });

  test.each([
    ['alice', 'alice'],
    ['alice', 'Alice'],
    ['alice', 'a1ice'],
    ['alice', 'al ice'],
    ['bob', 'b0b'],
    ['Iris', 'lris'],
    ['marnie', 'mamie'],
    ['wu', 'vvu'],
    ['li-na', 'li一na'],
    ['li.na', 'li_na'],
  ])('the names %s and %s, which look alike', (first, second) => {
    expect(faultsOf(named(first, second)).join('\n')).toMatch(/approvers\[1\]\.name: .* looks like/);
  });

  test('but not a person who lists a principal or a key twice: they still count once', () => {
    expect(
      faultsOf(withApprovers({ name: 'alice', principals: [jwt('a'), jwt('a')], keys: [KEYS[0] ?? '', KEYS[0] ?? ''] })),
    ).toEqual([]);
  });

  test('a fault about a name shows it so that it can be told from its twin', () => {
    const told = faultsOf(named('al\u200bice', '\u0430lice', 'x'.repeat(1_000))).join('\n');
    expect(told).toContain('"al\\u{200b}ice"');
    expect(told).toContain('"\\u{430}lice"');
    expect(told.length).toBeLessThan(1_200);
  });
});

describe('the strictest of several rules', () => {
  const [alice, bob] = rules.approvers;
  const looser: ApprovalRules = {
    ...rules,
    quorum: 1,
    executeWithinMs: 60 * MINUTE,
    approveWithinMs: 2 * MINUTE,
    assurance: ['signed', 'declared'],
  };

  test('has the larger quorum, the shorter times, and what both count', () => {
    for (const views of [
      [rules, looser],
      [looser, rules],
    ]) {
      expect(strictestRules(views)).toMatchObject({
        quorum: 2,
        assurance: ['signed'],
        approveWithinMs: 2 * MINUTE,
        executeWithinMs: 15 * MINUTE,
      });
    }
  });

  test('lets a person vote whom both name, by proofs that both have', () => {
    const fewer: ApprovalRules = {
      ...rules,
      approvers: [{ name: 'alice', principals: [jwt('alice@site')], keys: [KEYS[1] ?? '', KEYS[3] ?? ''] }],
    };
    expect(strictestRules([rules, fewer]).approvers).toEqual([
      { name: 'alice', principals: [jwt('alice@site')], keys: [KEYS[1]] },
    ]);
  });

  test('lets nobody vote under a name that has gone to another', () => {
    const renamed: ApprovalRules = {
      ...rules,
      approvers: [
        { ...bob, name: 'alice' },
        { ...alice, name: 'bob' },
      ],
    };
    for (const approver of strictestRules([rules, renamed]).approvers)
      expect(approver).toMatchObject({ principals: [], keys: [] });
  });

  test('of one is itself, and of none there is none', () => {
    expect(strictestRules([rules])).toEqual(rules);
    expect(() => strictestRules([])).toThrow('no rules');
  });
});

describe('whether a plan can be approved here is said before anybody votes', () => {
  const sealed = { quorum: 2, assurance: ['attested', 'signed'] as const };
  const attestedOnly = { ...rules, assurance: ['attested' as const] };

  test('with enough people who can prove themselves it can', () => {
    expect(whyNotApprovable(rules, sealed, noRequester, false)).toBeNull();
    expect(whyNotApprovable(attestedOnly, sealed, noRequester, true)).toBeNull();
    expect(whyNotApprovable(rules, sealed, { ...noRequester, proven: false }, false)).toBeNull();
  });

  test.each<[string, ApprovalRules, typeof noRequester, boolean, string]>([
    ['nobody is named', { ...rules, approvers: [] }, noRequester, true, '0 of 0 approvers'],
    ['only the server could tell, and it stamps nothing', attestedOnly, noRequester, false, 'stamps no principals'],
    ['two of three asked for it', rules, { ...noRequester, names: ['alice', 'bob'] }, true, '1 of 3 approvers'],
    [
      'the plan was sealed with what no longer counts',
      { ...rules, assurance: ['declared'] },
      noRequester,
      true,
      'counted: nothing',
    ],
    [
      'it is not proven who ordered',
      { ...rules, approvers: rules.approvers.slice(0, 2) },
      { ...noRequester, proven: false },
      true,
      '3 approvals are needed',
    ],
  ])('not if %s', (_, rulesNow, requesters, stamped, words) => {
    expect(whyNotApprovable(rulesNow, sealed, requesters, stamped)).toContain(words);
  });

  test('declared names need no one more', () => {
    const declared = { ...rules, assurance: ['declared' as const] };
    expect(neededApprovals(declared, { quorum: 2, assurance: ['declared'] }, { ...noRequester, proven: false })).toBe(2);
    expect(neededApprovals(rules, sealed, { ...noRequester, proven: false })).toBe(3);
  });
});
