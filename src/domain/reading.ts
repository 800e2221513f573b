import type { StoreName } from './store.ts';

/** Why a reading says nothing about the Store. */
export type UnknownReason =
  | 'cm not fresh' // crawler.active is false: CM itself says that its other fields may be stale
  | 'unreachable'
  | 'timed out'
  | 'refused' // CM answered, with an HTTP error or isSuccess: false
  | 'malformed'
  | 'about another store'
  | 'not found'
  | 'not reached' // the survey ended before this Store's turn came
  | 'witness disagrees' // OMS shows it otherwise than as broken: running, or stopped by somebody
  | 'witness silent'; // OMS does not say

/** Oldest and newest checkpoint that the Store holds, in seconds since 1970; null when CM lists none. */
export interface CheckpointSpan {
  readonly oldestS: number | null;
  readonly newestS: number | null;
}

/** What CM said of a Store when it answered properly. `trusted` is CM's own word (`crawler.active`). */
export interface SeenReading {
  readonly kind: 'seen';
  readonly store: StoreName;
  readonly trusted: boolean;
  /** 0 is normal, anything else is not (vendor's page). */
  readonly status: number;
  readonly message: string;
  readonly checkpoints: CheckpointSpan;
  /** The data port. It may change with each restart; the name does not. */
  readonly port: number | null;
  readonly role: string;
  readonly location: string;
  /** Set when CM answered under a name that differs in the port alone. */
  readonly answeredAs?: StoreName;
  /** When it was read: epoch milliseconds by the server's clock, never the worker's. */
  readonly atMs: number;
}

/** A look that told nothing. A read never throws for what CM did: it comes back as this. */
export interface UnseenReading {
  readonly kind: 'unseen';
  readonly store: StoreName;
  readonly because: Exclude<UnknownReason, 'cm not fresh'>;
  readonly detail: string;
  readonly atMs: number;
}

export type Reading = SeenReading | UnseenReading;

export type Diagnosis =
  | { readonly kind: 'healthy' }
  | { readonly kind: 'faulty'; readonly status: number }
  | { readonly kind: 'unknown'; readonly because: UnknownReason; readonly detail: string };

/**
 * The verdict on one reading. Status counts only while CM vouches for it; nothing in the message does,
 * since CM shows `DRC_500 … started successfully` for healthy and dead Stores alike.
 */
export function diagnose(reading: Reading): Diagnosis {
  if (reading.kind === 'unseen') return { kind: 'unknown', because: reading.because, detail: reading.detail };
  if (!reading.trusted) return { kind: 'unknown', because: 'cm not fresh', detail: 'crawler.active is false' };
  return reading.status === 0 ? { kind: 'healthy' } : { kind: 'faulty', status: reading.status };
}

/**
 * The start time in a message such as `[Mon Oct 30 16:31:01 2023] DRC_500:Store … started successfully`,
 * as CM wrote it: server-local, without zone, so it is compared and never computed with.
 */
export function startTimeOf(message: string): string | null {
  const match = /^\s*\[([^\]]{10,40})\][^\n]*started successfully/.exec(message);
  return match?.[1] ?? null;
}

/** A message without its time stamp: what stays the same when the same thing is said again. */
export function messageWithoutTime(message: string): string {
  return message.replace(/^\s*\[[^\]]{10,40}\]\s*/, '').trim();
}

/**
 * What a diagnosis of faulty rests on, so that the same thing said again is recognised. A fingerprint: it is only
 * ever compared, and a sweep's report and the guard's state hold hundreds of them.
 */
export function evidenceKeyOf(reading: SeenReading): string {
  const message = messageWithoutTime(reading.message).slice(0, 120);
  return fingerprint([reading.status, message, reading.port ?? '', startTimeOf(reading.message) ?? ''].join('|'));
}

/** Two FNV-1a sums of 32 bits, as hexadecimal digits. Tells texts apart; it proves nothing to an adversary. */
function fingerprint(text: string): string {
  let [low, high] = [0x811c9dc5, 0x1000193];
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    low = Math.imul(low ^ unit, 0x01000193);
    high = Math.imul(high ^ (unit + index), 0x85ebca6b);
  }
  return [low, high].map((sum) => (sum >>> 0).toString(16).padStart(8, '0')).join('');
}

/** A checkpoint, in seconds since 1970, as a time; a number that no calendar holds is shown as it came. */
export function sayCheckpoint(timeS: number | null): string {
  if (timeS === null) return 'unknown';
  const time = new Date(timeS * 1000);
  return Number.isNaN(time.getTime()) ? String(timeS) : time.toISOString().replace('.000Z', 'Z');
}
