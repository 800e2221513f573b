/** Keys whose private half anybody can look up: the first two test vectors of RFC 8032, section 7.1. */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { parsePublicKey } from '../../src/approval/keys.ts';

const PKCS8_HEAD = '302e020100300506032b657004220420';

function privateKeyOf(seed: string): KeyObject {
  return createPrivateKey({ key: Buffer.from(PKCS8_HEAD + seed, 'hex'), format: 'der', type: 'pkcs8' });
}

export function publicKeyFrom(text: string): KeyObject {
  const parsed = parsePublicKey(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

export const ALICE_KEY = 'ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=';
export const ALICE_PRIVATE = privateKeyOf('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60');
export const BOB_KEY = 'ed25519:PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=';
export const BOB_PRIVATE = privateKeyOf('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb');
