/** Readings in a history, and CM's own words beside them. */
import { gunzipSync } from 'node:zlib';
import type { EvidenceShown } from '../report.ts';
import { fieldsOf, numberOf, textOf, type Fields } from './fields.ts';

export type Diagnosis = EvidenceShown['diagnosis'];

/** Faulty or healthy only where CM vouches for what it says; everything else is evidence of nothing. */
export function diagnosisOf(reading: unknown): Diagnosis {
  const { kind, trusted, status } = fieldsOf(reading);
  if (kind !== 'seen' || trusted !== true || numberOf(status) === null) return 'unknown';
  return status === 0 ? 'healthy' : 'faulty';
}

/** Null where there is no evidence at all, which is not the same as an unknown reading. */
export function evidenceIn(evidence: unknown, eventId: number): EvidenceShown | null {
  const { reading, raw } = fieldsOf(evidence);
  if (reading === undefined || reading === null) return null;
  const { status, message, checkpoints, port, atMs } = fieldsOf(reading);
  const { oldestS, newestS } = fieldsOf(checkpoints);
  return {
    eventId,
    diagnosis: diagnosisOf(reading),
    status: numberOf(status),
    message: textOf(message),
    oldestS: numberOf(oldestS),
    newestS: numberOf(newestS),
    port: numberOf(port),
    atMs: numberOf(atMs),
    raw: rawText(raw) !== null,
  };
}

/** Nothing that CM answers about one Store comes near this. */
const RAW_BYTES_MAX = 16 * 1024 * 1024;

/** CM's answer as it came; null where none was kept, or what was kept cannot be unpacked. */
export function rawText(raw: unknown): string | null {
  const { encoding, data } = fieldsOf(raw);
  if (typeof data !== 'string' || data === '') return null;
  if (encoding === 'text') return data;
  if (encoding !== 'gzip+base64') return null;
  try {
    return gunzipSync(Buffer.from(data, 'base64'), { maxOutputLength: RAW_BYTES_MAX }).toString('utf8');
  } catch {
    return null;
  }
}

/** Whether an answer was kept, by a look at its beginning: a file can hold any number of them, each as large as it likes. */
export function isKept(raw: unknown): boolean {
  const { encoding, data } = fieldsOf(raw);
  if (typeof data !== 'string' || data === '') return false;
  return encoding === 'text' || (encoding === 'gzip+base64' && data.startsWith(GZIP_BEGINNING));
}

/** The first bytes of every gzip, 1f 8b 08, as base64. */
const GZIP_BEGINNING = 'H4sI';

/** What the reading says otherwise than CM's own answer beside it; null if nothing, or if that answer is no detail. */
export function contradiction(evidence: unknown): string | null {
  const { reading, raw } = fieldsOf(evidence);
  const text = rawText(raw);
  if (text === null) return null;
  let crawler: Fields;
  try {
    crawler = fieldsOf(fieldsOf(JSON.parse(text))['crawler']);
  } catch {
    return null;
  }
  const { trusted, status } = fieldsOf(reading);
  if (typeof crawler['active'] === 'boolean' && crawler['active'] !== trusted) {
    return `CM's answer says active ${crawler['active']}, the reading says trusted ${String(trusted)}`;
  }
  return typeof crawler['status'] === 'number' && crawler['status'] !== status
    ? `CM's answer says status ${crawler['status']}, the reading says ${String(status)}`
    : null;
}

/** The start time in a message such as `[Mon Oct 30 16:31:01 2023] … started successfully`, as CM wrote it. */
export function startTimeIn(message: string): string | null {
  return /^\s*\[([^\]]{10,40})\][^\n]*started successfully/.exec(message)?.[1] ?? null;
}

/** A message that is said again differs in the time at its beginning. */
export function withoutTime(message: string): string {
  return message.replace(/^\s*\[[^\]]{10,40}\]\s*/, '').trim();
}
