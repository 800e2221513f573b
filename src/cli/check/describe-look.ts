import { plainLine } from '../../cluster-manager/wire.ts';
import { diagnose, type Diagnosis, type Reading } from '../../domain/reading.ts';
import type { StoreName } from '../../domain/store.ts';
import type { Colour, Paint } from '../screen/paint.ts';
import { table, type Row } from '../screen/table.ts';
import { span, stamp } from '../screen/times.ts';

/** One Store of `check --json`. Fields are only ever added. */
export interface StoreLook {
  readonly store: StoreName;
  readonly diagnosis: Diagnosis['kind'];
  /** Why it is unknown, and CM's or the network's words for it. */
  readonly because: string | null;
  readonly detail: string | null;
  readonly status: number | null;
  readonly message: string | null;
  readonly oldest: string | null;
  readonly newest: string | null;
  readonly newestAgeMs: number | null;
  readonly port: number | null;
  readonly role: string | null;
  readonly location: string | null;
  /** Set when CM answered under a name that differs in the port. */
  readonly answeredAs: StoreName | null;
  readonly at: string | null;
}

export function describeLook(reading: Reading): StoreLook {
  const diagnosis = diagnose(reading);
  const { store, atMs } = reading;
  const why =
    diagnosis.kind === 'unknown' ? { because: diagnosis.because, detail: diagnosis.detail } : { because: null, detail: null };
  if (reading.kind === 'unseen') return { ...BLANK, store, diagnosis: 'unknown', ...why, at: stamp(atMs) };
  const { oldestS, newestS } = reading.checkpoints;
  return {
    store,
    diagnosis: diagnosis.kind,
    ...why,
    status: reading.status,
    message: reading.message,
    oldest: stampS(oldestS),
    newest: stampS(newestS),
    newestAgeMs: newestS === null ? null : Math.max(0, atMs - newestS * 1_000),
    port: reading.port,
    role: reading.role,
    location: reading.location,
    answeredAs: reading.answeredAs ?? null,
    at: stamp(atMs),
  };
}

const BLANK = {
  status: null,
  message: null,
  oldest: null,
  newest: null,
  newestAgeMs: null,
  port: null,
  role: null,
  location: null,
  answeredAs: null,
} as const;

/** CM may send any number; what is no date is none. */
function stampS(seconds: number | null): string | null {
  return seconds === null || seconds > 8.64e12 ? null : stamp(seconds * 1_000);
}

const MESSAGE_LENGTH_MAX = 120;

export const diagnosisColours: Readonly<Record<Diagnosis['kind'], Colour>> = {
  healthy: 'green',
  faulty: 'red',
  unknown: 'yellow',
};

export const LOOK_HEAD = ['STORE', 'DIAGNOSIS', 'STATUS', 'NEWEST', 'PORT', 'MESSAGE'];

/** Looks as a table: what is not healthy first, then by name. */
export function lookTable(looks: readonly StoreLook[], columns: number | null, paint: Paint): string[] {
  return table(LOOK_HEAD, looks.toSorted(worstFirst).map(lookRow), columns, paint);
}

const ORDER: readonly Diagnosis['kind'][] = ['faulty', 'unknown', 'healthy'];

function worstFirst(a: StoreLook, b: StoreLook): number {
  return ORDER.indexOf(a.diagnosis) - ORDER.indexOf(b.diagnosis) || (a.store < b.store ? -1 : 1);
}

function lookRow(look: StoreLook): Row {
  const { because, detail, message } = look;
  const words = because === null ? (message ?? '') : [because, detail].filter((text) => text !== null && text !== '').join(': ');
  return [
    { text: look.store },
    { text: look.diagnosis, colour: diagnosisColours[look.diagnosis] },
    { text: look.status === null ? '-' : String(look.status) },
    { text: look.newestAgeMs === null ? '-' : span(look.newestAgeMs) },
    { text: look.port === null ? '-' : String(look.port) },
    { text: plainLine(words, MESSAGE_LENGTH_MAX) },
  ];
}
