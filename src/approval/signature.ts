/** Ed25519 signatures (RFC 8032) over what a person said, and to what. */
import { sign, verify, type KeyObject } from 'node:crypto';
import type { Verdict } from '../domain/approval/vote.ts';
import type { Parsed, StoreName } from '../domain/store.ts';
import { sealedBytes, type SealedKind } from './digest.ts';

/** Everything that a signed vote says. The digest binds the plan, and with it Store, cluster, run and evidence. */
export interface VoteStatement {
  readonly planDigest: string;
  readonly verdict: Verdict;
  readonly approver: string;
  readonly store: StoreName;
  readonly acceptUncovered: boolean;
  readonly reason: string;
  /** The signer's clock: 2026-01-05T03:00:00Z. */
  readonly at: string;
}

/** A person's order, signed so that it is known who asked. Every start and every order can be checked against it. */
export interface OrderStatement {
  readonly action: 'destroy' | 'heal';
  readonly cluster: string;
  readonly store: StoreName;
  readonly reason: string;
  readonly override: readonly string[];
  readonly restartHealthy: boolean;
  readonly orderer: string;
  readonly at: string;
}

/**
 * A signed order is good for this long before and after the server took it. It names no run, for there is none yet;
 * without a limit, an old order of somebody else could be sent again to hide who asks now.
 */
export const ORDER_FRESH_MS = 10 * 60_000;

/** Base64, 88 characters. Ed25519 needs no randomness: the same words by the same key have the same signature. */
export function signVote(statement: VoteStatement, privateKey: KeyObject): string {
  return signed('vote', voteFields(statement), privateKey);
}

/**
 * Whether this key signed these words. The key comes from `parsePublicKey`, which refuses those that prove nothing.
 * A malformed signature verifies nothing; it never throws for one.
 */
export function verifyVote(statement: VoteStatement, signature: string, publicKey: KeyObject): boolean {
  return holds('vote', voteFields(statement), signature, publicKey);
}

export function signOrder(statement: OrderStatement, privateKey: KeyObject): string {
  return signed('order', orderFields(statement), privateKey);
}

/** `takenMs` is when the server took the start or the signal that carried the order, epoch milliseconds. */
export function verifyOrder(
  statement: OrderStatement,
  signature: string,
  publicKey: KeyObject,
  takenMs: number,
): Parsed<OrderStatement> {
  if (!holds('order', orderFields(statement), signature, publicKey)) {
    return { ok: false, error: 'the signature is not by this key over this very order' };
  }
  const atMs = Date.parse(statement.at);
  return Number.isFinite(atMs) && Math.abs(takenMs - atMs) <= ORDER_FRESH_MS
    ? { ok: true, value: statement }
    : {
        ok: false,
        error: `the order was signed at ${statement.at}, not within ${ORDER_FRESH_MS / 60_000} minutes of being sent; give it anew`,
      };
}

/** Field by field, so that a value with further fields is signed and verified alike. */
function voteFields({ planDigest, verdict, approver, store, acceptUncovered, reason, at }: VoteStatement): VoteStatement {
  return { planDigest, verdict, approver: approver.normalize('NFC'), store, acceptUncovered, reason, at };
}

function orderFields(order: OrderStatement): OrderStatement {
  const { action, cluster, store, reason, override, restartHealthy, orderer, at } = order;
  return { action, cluster, store, reason, override, restartHealthy, orderer: orderer.normalize('NFC'), at };
}

function signed(kind: SealedKind, statement: unknown, privateKey: KeyObject): string {
  if (privateKey.asymmetricKeyType !== 'ed25519') throw new Error('only an Ed25519 key signs');
  return sign(null, sealedBytes(kind, statement), privateKey).toString('base64');
}

function holds(kind: SealedKind, statement: unknown, signature: string, publicKey: KeyObject): boolean {
  const bytes = Buffer.from(signature, 'base64');
  if (publicKey.asymmetricKeyType !== 'ed25519' || bytes.length !== 64 || bytes.toString('base64') !== signature) return false;
  try {
    return verify(null, sealedBytes(kind, statement), publicKey, bytes);
  } catch {
    // Words without canonical JSON were never signed.
    return false;
  }
}
