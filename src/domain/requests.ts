/**
 * What people and programs may start or signal, checked by hand: workflows carry no schema library. Every
 * refusal begins with a right example, since the Web UI shows the beginning of a failure first.
 */
import type { Override } from './guard/messages.ts';
import { parseClusterName, parseStoreName, STORE_NAME_EXAMPLE, type Parsed, type StoreName } from './store.ts';

/** A person's signature over their order: it proves who asked, on any server. */
export interface OrderProof {
  readonly orderer: string;
  /** When it was signed, such as 2026-01-05T03:00:00Z. */
  readonly at: string;
  readonly signature: string;
}

export interface Order extends Partial<OrderProof> {
  readonly reason: string;
  readonly override: readonly Override[];
  readonly restartHealthy: boolean;
}

export interface DestroyRequest extends Partial<OrderProof> {
  readonly cluster: string;
  readonly store: StoreName;
  readonly reason: string;
}

export interface HealRequest {
  readonly cluster: string;
  readonly store: StoreName;
  /** A start without a reason is a request like the sweep's; with one it is a person's order. */
  readonly order: Order | null;
}

/** What an order may pass. */
export const OVERRIDES: readonly Override[] = ['mode', 'brake', 'cooldown', 'budget'];

export const REASON_LENGTH_MAX = 500;

export const HEAL_EXAMPLE = `{"cluster": "hangzhou-1", "store": "${STORE_NAME_EXAMPLE}"}`;
export const HEAL_ORDER_EXAMPLE = `{"cluster": "hangzhou-1", "store": "${STORE_NAME_EXAMPLE}", "reason": "the reader is stuck"}`;
export const ORDER_EXAMPLE = `{"reason": "the reader is stuck", "override": ["mode"], "restartHealthy": false}`;
export const DESTROY_EXAMPLE = `{"cluster": "hangzhou-1", "store": "${STORE_NAME_EXAMPLE}", "reason": "replaced by a newer Store"}`;
export const CLUSTER_EXAMPLE = `{"cluster": "hangzhou-1"}`;
export const PAUSE_EXAMPLE = `{"by": "alice", "reason": "OMS upgrade", "minutes": 60}`;
export const HOLD_EXAMPLE = `{"store": "${STORE_NAME_EXAMPLE}", "by": "alice", "reason": "stopped in OMS's console", "minutes": 60}`;
export const UNHOLD_EXAMPLE = `{"store": "${STORE_NAME_EXAMPLE}", "by": "alice"}`;
export const RESUME_EXAMPLE = `{"by": "alice"}`;
export const RELEASE_BRAKE_EXAMPLE = `{"by": "alice", "reason": "the host is back"}`;
export const RELEASE_LEASE_EXAMPLE = `{"store": "${STORE_NAME_EXAMPLE}", "by": "alice", "reason": "its heal hangs"}`;

const PROOF_FIELDS = ['orderer', 'at', 'signature'] as const;
const ORDER_FIELDS: readonly string[] = ['reason', 'override', 'restartHealthy', ...PROOF_FIELDS];
const PROOF_LENGTH_MAX = 200;
/** In full and in UTC: what else `Date.parse` takes means another time on another worker. */
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/;

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(input: unknown): Fields | null {
  return typeof input === 'object' && input !== null && !Array.isArray(input) ? (input as Fields) : null;
}

function unknownKeys(fields: Fields, known: readonly string[]): string[] {
  return Object.keys(fields).filter((key) => !known.includes(key));
}

function refuse<T>(example: string, fault: string): Parsed<T> {
  return { ok: false, error: `Give one JSON object such as ${example}. What came: ${fault}.` };
}

export function parseClusterRequest(input: unknown, extraKeys: readonly string[] = []): Parsed<{ cluster: string }> {
  const fields = fieldsOf(input);
  if (fields === null) return refuse(CLUSTER_EXAMPLE, input === undefined ? 'no input' : 'not an object');
  const cluster = parseClusterName(fields['cluster']);
  if (!cluster.ok) return refuse(CLUSTER_EXAMPLE, cluster.error);
  const strange = unknownKeys(fields, ['cluster', ...extraKeys]);
  if (strange.length > 0) return refuse(CLUSTER_EXAMPLE, `unknown field ${JSON.stringify(strange[0])}`);
  return { ok: true, value: { cluster: cluster.value } };
}

export function parseHealRequest(input: unknown): Parsed<HealRequest> {
  const fields = fieldsOf(input);
  if (fields === null) return refuse(HEAL_EXAMPLE, input === undefined ? 'no input' : 'not an object');
  const cluster = parseClusterName(fields['cluster']);
  if (!cluster.ok) return refuse(HEAL_EXAMPLE, cluster.error);
  const store = parseStoreName(fields['store']);
  if (!store.ok) return refuse(HEAL_EXAMPLE, store.error);
  const strange = unknownKeys(fields, ['cluster', 'store', ...ORDER_FIELDS]);
  if (strange.length > 0) return refuse(HEAL_EXAMPLE, `unknown field ${JSON.stringify(strange[0])}`);
  const ordered = ORDER_FIELDS.some((field) => field in fields);
  if (!ordered) return { ok: true, value: { cluster: cluster.value, store: store.value, order: null } };
  const order = orderIn(fields, HEAL_ORDER_EXAMPLE);
  return order.ok ? { ok: true, value: { cluster: cluster.value, store: store.value, order: order.value } } : order;
}

export function parseOrder(input: unknown): Parsed<Order> {
  const fields = fieldsOf(input);
  if (fields === null) return refuse(ORDER_EXAMPLE, input === undefined ? 'no input' : 'not an object');
  const strange = unknownKeys(fields, ORDER_FIELDS);
  if (strange.length > 0) return refuse(ORDER_EXAMPLE, `unknown field ${JSON.stringify(strange[0])}`);
  return orderIn(fields, ORDER_EXAMPLE);
}

/** A destroy is always somebody's order, so it always says why. */
export function parseDestroyRequest(input: unknown): Parsed<DestroyRequest> {
  const fields = fieldsOf(input);
  if (fields === null) return refuse(DESTROY_EXAMPLE, input === undefined ? 'no input' : 'not an object');
  const cluster = parseClusterName(fields['cluster']);
  if (!cluster.ok) return refuse(DESTROY_EXAMPLE, cluster.error);
  const store = parseStoreName(fields['store']);
  if (!store.ok) return refuse(DESTROY_EXAMPLE, store.error);
  const strange = unknownKeys(fields, ['cluster', 'store', 'reason', ...PROOF_FIELDS]);
  if (strange.length > 0) return refuse(DESTROY_EXAMPLE, `unknown field ${JSON.stringify(strange[0])}`);
  const reason = reasonIn(fields, DESTROY_EXAMPLE);
  if (!reason.ok) return reason;
  const proof = proofIn(fields, DESTROY_EXAMPLE);
  if (!proof.ok) return proof;
  return { ok: true, value: { cluster: cluster.value, store: store.value, reason: reason.value, ...proof.value } };
}

function reasonIn({ reason }: Fields, example: string): Parsed<string> {
  if (typeof reason !== 'string' || reason.trim() === '') {
    return refuse(example, 'an order without a reason; say in "reason" why it is given');
  }
  return reason.length > REASON_LENGTH_MAX
    ? refuse(example, `a reason of ${reason.length} characters, at most ${REASON_LENGTH_MAX}`)
    : { ok: true, value: reason.trim() };
}

/** Whose order it is, if that was said. A signature is over the name and the time, so it needs both. */
function proofIn(fields: Fields, example: string): Parsed<Partial<OrderProof>> {
  const given = PROOF_FIELDS.filter((name) => fields[name] !== undefined);
  const isShort = (value: unknown): boolean =>
    typeof value === 'string' && value.trim() !== '' && value.length <= PROOF_LENGTH_MAX;
  const bad = given.find((name) => !isShort(fields[name]));
  if (bad !== undefined) return refuse(example, `"${bad}" must be a short text`);
  const at = fields['at'];
  if (typeof at === 'string' && (!INSTANT.test(at) || Number.isNaN(Date.parse(at)))) {
    return refuse(example, '"at" must be a time such as 2026-01-05T03:00:00Z');
  }
  if (given.includes('signature') && given.length < PROOF_FIELDS.length) {
    return refuse(example, 'a signature needs "orderer" and "at" beside it');
  }
  return { ok: true, value: Object.fromEntries(given.map((name) => [name, fields[name]])) };
}

/** The order among the fields of an input; what is wrong is said beside the example of that input. */
function orderIn(fields: Fields, example: string): Parsed<Order> {
  const { override = [], restartHealthy = false } = fields;
  const reason = reasonIn(fields, example);
  if (!reason.ok) return reason;
  if (!Array.isArray(override)) return refuse(example, `"override" must be a list of ${OVERRIDES.join(', ')}`);
  const named = override.filter((name): name is Override => OVERRIDES.includes(name as Override));
  if (named.length !== override.length) {
    return refuse(
      example,
      `"override" may name ${OVERRIDES.join(', ')}; a pause, a lease, a hold, a quarantine and an unknown reading cannot be passed`,
    );
  }
  if (typeof restartHealthy !== 'boolean') return refuse(example, '"restartHealthy" must be true or false');
  const proof = proofIn(fields, example);
  if (!proof.ok) return proof;
  return { ok: true, value: { reason: reason.value, override: named, restartHealthy, ...proof.value } };
}

/** A longer pause is one without an end: a time that no calendar holds could not even be shown. */
const PAUSE_MINUTES_MAX = 366 * 24 * 60;

export interface PauseRequest {
  readonly by: string;
  readonly reason: string;
  readonly minutes: number | null;
}

/**
 * A pause is taken however badly it is written: whoever asks for one wants things to stop. What could not be
 * read is replaced by a word that says so.
 */
export function readPause(input: unknown): PauseRequest {
  const fields = fieldsOf(input) ?? {};
  const { minutes } = fields;
  return {
    by: shortText(fields['by']) ?? 'somebody (unnamed)',
    reason: shortText(fields['reason']) ?? 'no reason given',
    minutes: typeof minutes === 'number' && minutes > 0 && minutes <= PAUSE_MINUTES_MAX ? minutes : null,
  };
}

export interface HoldRequest {
  /** A Store's full name, or a subtopic. */
  readonly target: string;
  readonly by: string;
  readonly reason: string;
  readonly minutes: number | null;
}

const SUBTOPIC = /^[A-Za-z0-9_.-]{1,150}$/;

/** What is held must be named exactly: a hold on something else than was meant would hold nothing back. */
function targetIn(fields: Fields, example: string): Parsed<string> {
  const { store, subtopic } = fields;
  if ((store === undefined) === (subtopic === undefined)) return refuse(example, 'name one "store", or one "subtopic"');
  if (subtopic === undefined) {
    const parsed = parseStoreName(store);
    return parsed.ok ? parsed : refuse(example, parsed.error);
  }
  return typeof subtopic === 'string' && SUBTOPIC.test(subtopic)
    ? { ok: true, value: subtopic }
    : refuse(example, '"subtopic" must be the middle part of a Store name, in full');
}

/** A hold names what it holds and whose it is. Why, and for how long, is taken however it is said. */
export function parseHold(input: unknown): Parsed<HoldRequest> {
  const fields = fieldsOf(input);
  if (fields === null) return refuse(HOLD_EXAMPLE, 'not an object');
  const target = targetIn(fields, HOLD_EXAMPLE);
  if (!target.ok) return target;
  const { by, reason, minutes } = readPause(input);
  return { ok: true, value: { target: target.value, by, reason, minutes } };
}

export function parseUnhold(input: unknown): Parsed<{ target: string }> {
  const fields = fieldsOf(input);
  if (fields === null) return refuse(UNHOLD_EXAMPLE, 'not an object');
  const target = targetIn(fields, UNHOLD_EXAMPLE);
  return target.ok ? { ok: true, value: { target: target.value } } : target;
}

/** A resume must say who; `of` names other people's pauses, `"*"` all of them. */
export function parseResume(input: unknown): Parsed<{ by: string; of: readonly string[] }> {
  const fields = fieldsOf(input);
  const by = fields === null ? undefined : shortText(fields['by']);
  if (fields === null || by === undefined) return refuse(RESUME_EXAMPLE, 'nobody named in "by"');
  const of = fields['of'] ?? [];
  const names = Array.isArray(of) ? of : [of];
  if (!names.every((name): name is string => typeof name === 'string')) {
    return refuse(RESUME_EXAMPLE, '"of" must be a list of the names whose pauses end, or "*"');
  }
  return { ok: true, value: { by, of: names } };
}

/** A name or a reason as the guard keeps it; undefined if nothing is said. */
export function shortText(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim().slice(0, 200) : undefined;
}

export interface ActRequest {
  readonly by: string;
  readonly reason: string;
}

/** Against the guard's own judgement, so it must say who and why. */
function actIn(fields: Fields, example: string): Parsed<ActRequest> {
  const by = shortText(fields['by']);
  if (by === undefined) return refuse(example, 'nobody named in "by"');
  const reason = shortText(fields['reason']);
  return reason === undefined ? refuse(example, 'no "reason" given') : { ok: true, value: { by, reason } };
}

export function parseReleaseBrake(input: unknown): Parsed<ActRequest> {
  const fields = fieldsOf(input);
  return fields === null ? refuse(RELEASE_BRAKE_EXAMPLE, 'not an object') : actIn(fields, RELEASE_BRAKE_EXAMPLE);
}

export function parseReleaseLease(input: unknown): Parsed<ActRequest & { readonly target: string }> {
  const fields = fieldsOf(input);
  if (fields === null) return refuse(RELEASE_LEASE_EXAMPLE, 'not an object');
  const target = targetIn(fields, RELEASE_LEASE_EXAMPLE);
  if (!target.ok) return target;
  const act = actIn(fields, RELEASE_LEASE_EXAMPLE);
  return act.ok ? { ok: true, value: { target: target.value, ...act.value } } : act;
}
