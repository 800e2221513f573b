import { createHash } from 'node:crypto';
import type { Plan } from '../domain/approval/plan.ts';
import { canonicalJson } from './canonical-json.ts';

/** What a digest or signature is over. None can be taken for one of another purpose, even over the same value. */
export type SealedKind = 'destroy-plan' | 'restart-plan' | 'plan-id' | 'policy' | 'vote' | 'order';

/**
 * The bytes that are hashed or signed: `storekeeper/{kind}/1`, a line feed, and the canonical JSON in UTF-8. The first
 * line keeps the purposes apart. It ends where it says, since canonical JSON begins after the only line feed: JSON
 * writes one inside a text as `\n`. The 1 is this format's; a change of the format is a new number.
 */
export function sealedBytes(kind: SealedKind, value: unknown): Uint8Array {
  return Buffer.from(`storekeeper/${kind}/1\n${canonicalJson(value)}`, 'utf8');
}

/** SHA-256 as 64 hexadecimal digits. Throws CanonicalJsonError for a value that has no canonical JSON. */
export function digestOf(kind: SealedKind, value: unknown): string {
  return createHash('sha256').update(sealedBytes(kind, value)).digest('hex');
}

/** The digest that signed votes are bound to. Over the whole plan, so any change of it is another plan. */
export function planDigest(plan: Plan): string {
  return digestOf(`${plan.action}-plan`, plan);
}

/** The digest under which a plan records the policy and rules it was made by. */
export function policyDigest(policy: unknown): string {
  return digestOf('policy', policy);
}
