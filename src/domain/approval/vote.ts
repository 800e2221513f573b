/**
 * A vote as it arrives: the payload of the signal `approve` or `reject`, checked by hand since workflows carry no
 * schema library. Nothing here throws, whatever was sent: a handler that throws wedges its workflow for ever.
 */
import { parseStoreName, type StoreName } from '../store.ts';
import type { VoteRefusalReason } from './vote-refusal.ts';

export type Verdict = 'approve' | 'reject';

export interface Vote {
  readonly planId: string;
  readonly store: StoreName;
  readonly reason: string;
  readonly acceptUncovered: boolean;
  /** The name of an approver, NFC. Needed where no principal tells who sent the vote. */
  readonly approver: string | null;
  /** When it was signed, by the signer's clock. For the record: the server's time of the event decides. */
  readonly at: string | null;
  /** An Ed25519 signature: 64 bytes as base64. */
  readonly signature: string | null;
}

export type ParsedVote =
  | { readonly ok: true; readonly vote: Vote }
  | { readonly ok: false; readonly reason: VoteRefusalReason; readonly detail: string };

/** Payloads above this are not decoded. The longest vote that can be valid has less than half of it. */
export const VOTE_BYTES_MAX = 8_192;
/** In characters. */
export const VOTE_REASON_LENGTH_MAX = 500;
const PLAN_ID_LENGTH_MAX = 120;
export const APPROVER_LENGTH_MAX = 80;

const FIELDS = ['planId', 'store', 'reason', 'acceptUncovered', 'approver', 'at', 'signature'] as const;
/** 64 bytes: 86 characters and two of padding. The last character carries two bits, so only four can end it. */
const SIGNATURE = /^[A-Za-z0-9+/]{85}[AQgw]==$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/;

/** What to paste for this plan, as the complaint about a malformed vote and the signal's description show it. */
export function voteExample(reason: string, planId = '{the plan id}', store = '{the full name of the Store}'): string {
  return `{"planId": "${planId}", "store": "${store}", "reason": "${reason}"}`;
}

export function parseVote(payload: unknown): ParsedVote {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload) || ArrayBuffer.isView(payload)) {
    return malformed(`${typeName(payload)} came instead of an object such as ${voteExample('replaced by a newer Store')}`);
  }
  // Own fields alone: what a prototype carries was not sent.
  const field = (name: (typeof FIELDS)[number]): unknown =>
    Object.hasOwn(payload, name) ? (payload as Readonly<Record<string, unknown>>)[name] : undefined;
  const strange = Object.keys(payload).find((key) => !(FIELDS as readonly string[]).includes(key));
  if (strange !== undefined) return malformed(`unknown field ${quote(strange)}`);

  const planId = field('planId');
  if (typeof planId !== 'string' || planId === '' || planId.length > PLAN_ID_LENGTH_MAX)
    return malformed('"planId" must be the id of the plan');
  const store = parseStoreName(field('store'));
  if (!store.ok) return malformed(`"store": ${store.error}`);
  const reason = field('reason');
  if (reason === undefined || (typeof reason === 'string' && reason.trim() === ''))
    return { ok: false, reason: 'no reason', detail: '' };
  if (!isText(reason, VOTE_REASON_LENGTH_MAX))
    return malformed(`"reason" must be a text of at most ${VOTE_REASON_LENGTH_MAX} characters`);
  const acceptUncovered = field('acceptUncovered') ?? false;
  if (typeof acceptUncovered !== 'boolean' || field('acceptUncovered') === null)
    return malformed('"acceptUncovered" must be true or false');
  return signedPart({ planId, store: store.value, reason, acceptUncovered }, field('approver'), field('at'), field('signature'));
}

function signedPart(
  said: Pick<Vote, 'planId' | 'store' | 'reason' | 'acceptUncovered'>,
  approver: unknown,
  at: unknown,
  signature: unknown,
): ParsedVote {
  if (approver !== undefined && (!isText(approver, APPROVER_LENGTH_MAX) || approver.trim() === '')) {
    return malformed('"approver" must be the name of an approver');
  }
  if (at !== undefined && (typeof at !== 'string' || !INSTANT.test(at) || Number.isNaN(Date.parse(at)))) {
    return malformed('"at" must be a time such as 2026-01-05T03:00:00Z');
  }
  if (signature !== undefined && (typeof signature !== 'string' || !SIGNATURE.test(signature))) {
    return malformed('"signature" must be 64 bytes as base64');
  }
  if (signature !== undefined && (approver === undefined || at === undefined)) {
    return malformed('a signature needs "approver" and "at" beside it');
  }
  return {
    ok: true,
    vote: { ...said, approver: approver?.normalize('NFC') ?? null, at: at ?? null, signature: signature ?? null },
  };
}

/** Text of bounded length without a lone surrogate: such text has no canonical JSON and cannot be signed. */
function isText(value: unknown, lengthMax: number): value is string {
  return typeof value === 'string' && value.length <= lengthMax && !/\p{Surrogate}/u.test(value);
}

function malformed(detail: string): ParsedVote {
  return { ok: false, reason: 'malformed', detail };
}

function typeName(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return ArrayBuffer.isView(value) ? 'binary data' : `a ${typeof value}`;
}

function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
