/** Ed25519 keys as people handle them: a PEM file for the private one, one line of text for the public one. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { PUBLIC_KEY_PATTERN } from '../domain/approval/electorate.ts';
import type { Parsed } from '../domain/store.ts';
import { pointFault } from './curve-point.ts';

const PREFIX = 'ed25519:';
/** SubjectPublicKeyInfo of an Ed25519 key (RFC 8410), up to its 32 bytes. */
const SPKI_HEAD = Buffer.from('302a300506032b6570032100', 'hex');

export interface KeyPair {
  /** PKCS #8. A secret: it belongs into a file of mode 0600 and nowhere else. */
  readonly privateKeyPem: string;
  /** `ed25519:` and base64, for the configuration. */
  readonly publicKey: string;
}

export function generateKeyPair(): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return { privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), publicKey: textOf(publicKey) };
}

/** The text of a key's public half. Throws for a key that is not Ed25519: keys are parsed before. */
export function publicKeyOf(privateKey: KeyObject): string {
  return textOf(createPublicKey(privateKey));
}

function textOf(publicKey: KeyObject): string {
  const der = publicKey.export({ type: 'spki', format: 'der' });
  if (publicKey.asymmetricKeyType !== 'ed25519') throw new Error('not an Ed25519 key');
  return PREFIX + der.subarray(SPKI_HEAD.length).toString('base64');
}

/** A public key from the configuration. Refused: other kinds, sloppy base64, and points that prove nothing. */
export function parsePublicKey(text: unknown): Parsed<KeyObject> {
  const fault = publicKeyFault(text);
  if (fault !== null) return { ok: false, error: `${fault}; \`storekeeper keys new\` prints a public key as it must be written` };
  const raw = Buffer.from((text as string).slice(PREFIX.length), 'base64');
  const weak = pointFault(raw);
  if (weak !== null) return { ok: false, error: `this public key ${weak}; make one with \`storekeeper keys new\`` };
  return { ok: true, value: createPublicKey({ key: Buffer.concat([SPKI_HEAD, raw]), format: 'der', type: 'spki' }) };
}

function publicKeyFault(text: unknown): string | null {
  if (typeof text !== 'string') return 'a public key must be one line of text';
  // Whoever pasted the wrong half has shown it already; it is not shown again here.
  if (text.includes('PRIVATE')) return 'this is a private key, which must stay in its file';
  if (!text.startsWith(PREFIX)) return `a public key begins with ${PREFIX}; only Ed25519 keys are taken`;
  return PUBLIC_KEY_PATTERN.test(text) ? null : 'after ed25519: come 32 bytes as base64: 43 characters and one =';
}

/** A private key from its file. What is wrong is said without a word of the file's content. */
export function parsePrivateKey(pem: string): Parsed<KeyObject> {
  const how = 'make a key with `storekeeper keys new`';
  if (pem.includes('ENCRYPTED')) return { ok: false, error: `the key file is encrypted, which is not supported; ${how}` };
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: pem, format: 'pem' });
  } catch {
    return { ok: false, error: `the key file holds no private key in PEM form; ${how}` };
  }
  return key.asymmetricKeyType === 'ed25519'
    ? { ok: true, value: key }
    : {
        ok: false,
        error: `the key file holds a key of type ${key.asymmetricKeyType ?? 'unknown'}; only Ed25519 is taken; ${how}`,
      };
}
