import type { KeyObject } from 'node:crypto';
import { signOrder } from '../../../approval/signature.ts';
import { APPROVER_LENGTH_MAX } from '../../../domain/approval/vote.ts';
import type { Order, OrderProof } from '../../../domain/requests.ts';
import type { StoreName } from '../../../domain/store.ts';
import { UsageError } from '../../program/command-error.ts';
import { shellWord } from '../wish.ts';

export interface SignerOptions {
  readonly key?: string;
  readonly as?: string;
}

/** Who speaks, and with what proof. The key never leaves this process. */
export interface Signer {
  readonly name: string;
  /** Null: the name is only said, which proves nothing. */
  readonly key: KeyObject | null;
}

export function isSigned(signer: Signer | null): boolean {
  return signer !== null && signer.key !== null;
}

/** What `--key` and `--as` say about who speaks; null if they say nothing. Throws UsageError; `run` shows how it is done. */
export async function readSigner({ key, as }: SignerOptions, run: string): Promise<Signer | null> {
  if (as !== undefined && (as.trim() === '' || as.length > APPROVER_LENGTH_MAX)) {
    throw new UsageError({
      what: `--as ${as === '' ? '""' : 'is too long'}`,
      why: `it must be the name of an approver as the configuration has it, of at most ${APPROVER_LENGTH_MAX} characters`,
      mend: 'write it like',
      run,
    });
  }
  if (key === undefined) return as === undefined ? null : { name: as.normalize('NFC'), key: null };
  if (as === undefined) {
    throw new UsageError({
      what: '--key without --as',
      why: 'a signature counts under the name that the key belongs to in the configuration (approval.approvers)',
      mend: 'say whose key it is',
      run,
    });
  }
  return { name: as.normalize('NFC'), key: await readKey(key) };
}

/** Others' rights on a file, as bits of its mode. */
const OTHERS = 0o077;

async function readKey(path: string): Promise<KeyObject> {
  const { readKeyFile } = await import('../../keys/read-key-file.ts');
  const { key, mode } = await readKeyFile(path);
  // Windows has no such bits.
  if (process.platform === 'win32' || (mode & OTHERS) === 0) return key;
  throw new UsageError(
    {
      what: `--key ${path}`,
      why: `others on this machine may read or change it (mode ${(mode & 0o777).toString(8)}), and whoever has it votes in your name`,
      mend: 'make it yours alone; if somebody may have read it, make a new key',
      run: `chmod 600 ${shellWord(path)}`,
    },
    'bad-key',
  );
}

/** By the server's time it must be fresh, so it is signed when it is sent, and not when it is typed. */
export interface OrderToProve extends Pick<Order, 'reason'>, Partial<Omit<Order, 'reason'>> {
  readonly action: 'destroy' | 'heal';
  readonly cluster: string;
  readonly store: StoreName;
}

/** The fields that say and prove whose order this is; without a key only the name is said. */
export function proofOf(signer: Signer | null, order: OrderToProve, nowMs: number): Partial<OrderProof> {
  if (signer === null) return {};
  const { name: orderer, key } = signer;
  if (key === null) return { orderer };
  const { action, cluster, store, reason, override = [], restartHealthy = false } = order;
  const at = new Date(nowMs).toISOString();
  return {
    orderer,
    at,
    signature: signOrder({ action, cluster, store, reason, override, restartHealthy, orderer, at }, key),
  };
}

export function sayOrderer({ name, key }: Signer): string {
  return key === null ? `${name}, by your own word: that proves nothing` : `${name}, signed with your key`;
}
