import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { pointFault } from '../../src/approval/curve-point.ts';
import { generateKeyPair, parsePrivateKey, parsePublicKey, publicKeyOf } from '../../src/approval/keys.ts';
import { signVote, verifyVote } from '../../src/approval/signature.ts';
import { PUBLIC_KEY_PATTERN } from '../../src/domain/approval/electorate.ts';
import { STORE } from '../domain/readings.ts';
import { ALICE_KEY, ALICE_PRIVATE, BOB_KEY, publicKeyFrom } from './fixed-keys.ts';

const fromHex = (hex: string): string => `ed25519:${Buffer.from(hex, 'hex').toString('base64')}`;
const errorOf = (parsed: ReturnType<typeof parsePublicKey>): string => (parsed.ok ? 'taken' : parsed.error);

test('a key that was made is taken again, and what it signs is verified', () => {
  for (let round = 0; round < 5; round += 1) {
    const { privateKeyPem, publicKey } = generateKeyPair();
    expect(publicKey).toMatch(PUBLIC_KEY_PATTERN);
    const [mine, theirs] = [parsePrivateKey(privateKeyPem), parsePublicKey(publicKey)];
    if (!mine.ok || !theirs.ok) throw new Error('a key that was just made is refused');
    expect(publicKeyOf(mine.value)).toBe(publicKey);
    const vote = {
      planDigest: 'd',
      verdict: 'approve',
      approver: 'a',
      store: STORE,
      acceptUncovered: false,
      reason: 'r',
      at: 'now',
    } as const;
    expect(verifyVote(vote, signVote(vote, mine.value), theirs.value)).toBe(true);
  }
});

test('the keys of RFC 8032 are read and written as it has them', () => {
  expect(publicKeyOf(ALICE_PRIVATE)).toBe(ALICE_KEY);
  expect(publicKeyFrom(BOB_KEY).export({ format: 'jwk' }).x).toBe('PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw');
});

describe('no public key is', () => {
  test.each<[string, unknown, string]>([
    ['a number', 5, 'one line of text'],
    ['nothing', undefined, 'one line of text'],
    ['a key of another kind', 'rsa:AAAA', 'begins with ed25519:'],
    ['the base64 alone', ALICE_KEY.slice(8), 'begins with ed25519:'],
    ['an OpenSSH line', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA== alice', 'begins with ed25519:'],
    ['too short', ALICE_KEY.replace('11qY', ''), '32 bytes as base64'],
    ['too long', ALICE_KEY.replace('11qY', '11qY11qY'), '32 bytes as base64'],
    ['without its padding', ALICE_KEY.slice(0, -1), '32 bytes as base64'],
    ['in base64url', ALICE_KEY.replaceAll('/', '_'), '32 bytes as base64'],
    ['followed by a line feed', `${ALICE_KEY}\n`, '32 bytes as base64'],
    ['in another spelling', ALICE_KEY.replace('o=', 'p='), '32 bytes as base64'],
    ['not on the curve', fromHex(`02${'00'.repeat(31)}`), 'not a point of the curve'],
  ])('%s', (_, text, words) => {
    const error = errorOf(parsePublicKey(text));
    expect(error).toContain(words);
    expect(error).toContain('keys new');
  });

  test('a private key, which is not shown again', () => {
    const { privateKeyPem } = generateKeyPair();
    const secret = privateKeyPem.split('\n')[1] ?? '';
    const error = errorOf(parsePublicKey(privateKeyPem));
    expect(error).toContain('this is a private key');
    expect(error).not.toContain(secret);
  });
});

describe('a point that anybody can sign for is refused', () => {
  const y8 = 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03';
  const y8b = '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc';
  test.each([
    ['the neutral point', `01${'00'.repeat(31)}`],
    ['the neutral point with a sign', `01${'00'.repeat(30)}80`],
    ['of order 2', `ec${'ff'.repeat(30)}7f`],
    ['of order 4: zero', '00'.repeat(32)],
    ['of order 4 with a sign', `${'00'.repeat(31)}80`],
    ['of order 8', `${y8}7a`],
    ['of order 8 with a sign', `${y8}fa`],
    ['of order 8, the other one', `${y8b}05`],
    ['of order 8, the other one with a sign', `${y8b}85`],
  ])('%s', (_, hex) => {
    expect(errorOf(parsePublicKey(fromHex(hex)))).toContain('of small order');
  });

  test.each([
    ['0 written as p', `ed${'ff'.repeat(30)}7f`],
    ['1 written as p + 1', `ee${'ff'.repeat(30)}7f`],
    ['18 written as p + 18', 'ff'.repeat(31) + '7f'],
    ['18 written as p + 18, with a sign', 'ff'.repeat(32)],
  ])('a second form of a point: %s', (_, hex) => {
    expect(errorOf(parsePublicKey(fromHex(hex)))).toContain('no key generator uses');
  });

  test('which the library underneath would take', () => {
    const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), Buffer.from(`01${'00'.repeat(31)}`, 'hex')]);
    expect(createPublicKey({ key: der, format: 'der', type: 'spki' }).asymmetricKeyType).toBe('ed25519');
  });

  test('and no key that a generator makes', () => {
    for (let round = 0; round < 50; round += 1) {
      const der = generateKeyPairSync('ed25519').publicKey.export({ format: 'der', type: 'spki' });
      expect(pointFault(der.subarray(12))).toBeNull();
    }
  });

  test('only 32 bytes are a point', () => {
    expect(pointFault(new Uint8Array(31))).toContain('31 bytes');
  });
});

describe('no private key is', () => {
  const rsa = generateKeyPairSync('rsa', {
    modulusLength: 1024,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const locked = generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'p' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  test.each([
    ['an empty file', '', 'no private key in PEM form'],
    ['some other text', 'hunter2', 'no private key in PEM form'],
    ['the public half', rsa.publicKey, 'no private key in PEM form'],
    ['an RSA key', rsa.privateKey, 'of type rsa'],
    [
      'an Ed448 key',
      generateKeyPairSync('ed448').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      'of type ed448',
    ],
    ['an encrypted key', locked.privateKey, 'is encrypted'],
  ])('%s, and its content is not shown', (_, pem, words) => {
    const parsed = parsePrivateKey(pem);
    const error = parsed.ok ? 'taken' : parsed.error;
    expect(error).toContain(words);
    expect(error).not.toContain('hunter2');
    expect(error).not.toContain('BEGIN');
  });
});
