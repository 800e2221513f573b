import type { CheckpointSpan } from '../domain/reading.ts';

/**
 * CM's JSON, read leniently by hand: extra and missing fields and nulls are fine. A hundred thousand details
 * go through here in one sweep, and a schema library would cost more than the HTTP request does.
 * Own properties of what JSON.parse made are all that is read; nothing is ever copied or merged, so a key such
 * as `__proto__` stays a key.
 */
export type JsonObject = { readonly [key: string]: unknown };

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value of a JSON text; undefined when it is none (JSON itself has no undefined). */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** The field, if it is the object's own and not null. */
export function field(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? (object[key] ?? undefined) : undefined;
}

/** What the envelope says of itself. `silent`: isSuccess is absent or null. `unclear`: it is no boolean. */
export function successOf(body: JsonObject): 'yes' | 'no' | 'silent' | 'unclear' {
  const said = field(body, 'isSuccess');
  if (said === undefined) return 'silent';
  if (typeof said !== 'boolean') return 'unclear';
  return said ? 'yes' : 'no';
}

/** Error texts of an envelope, as OMS's interfaces spell them; empty when it has none. */
export function complaintOf(body: JsonObject): string {
  const details = field(body, 'errorDetail');
  const nested = isJsonObject(details)
    ? [field(details, 'code'), field(details, 'message'), field(details, 'reason')]
    : [details];
  return [field(body, 'errCode'), field(body, 'errMsg'), field(body, 'message'), field(body, 'error'), ...nested]
    .map(textOf)
    .filter((text) => text.trim() !== '')
    .join('; ');
}

/** Texts as they are, numbers in figures (`location` is either), everything else as nothing. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? String(value) : '';
}

/** A data port, or null: 0 and what is no port tell nothing about the Store's life. */
export function portOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65_535 ? value : null;
}

/** `checkpoints` is a list of lists of objects with a `timestamp` in seconds. What does not fit is passed over. */
export function spanOf(checkpoints: unknown): CheckpointSpan {
  let oldestS: number | null = null;
  let newestS: number | null = null;
  const take = (entry: unknown): void => {
    const timestampS = isJsonObject(entry) ? secondsOf(field(entry, 'timestamp')) : null;
    if (timestampS === null) return;
    if (oldestS === null || timestampS < oldestS) oldestS = timestampS;
    if (newestS === null || timestampS > newestS) newestS = timestampS;
  };
  for (const list of Array.isArray(checkpoints) ? (checkpoints as unknown[]) : []) {
    if (Array.isArray(list)) for (const entry of list as unknown[]) take(entry);
    else take(list);
  }
  return { oldestS, newestS };
}

function secondsOf(value: unknown): number | null {
  const seconds = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof seconds === 'number' && Number.isFinite(seconds) && seconds > 0 ? seconds : null;
}

const LINE_LENGTH_MAX = 300;

/**
 * A foreign text made fit to be shown: one line, without control and direction characters, at most
 * `lengthMax` characters, and without user and password of any address in it.
 */
export function plainLine(text: string, lengthMax = LINE_LENGTH_MAX): string {
  const line = text
    .slice(0, 10 * lengthMax)
    .replace(/\/\/[^/\s]*@/g, '//')
    .replace(/[\p{C}\p{Z}\s]+/gu, ' ')
    .trim();
  return line.length <= lengthMax ? line : `${line.slice(0, lengthMax - 1).replace(/\p{Cs}$/u, '')}…`;
}
