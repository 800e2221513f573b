/** Readings for tests of the domain, built from a Store's status, data and life at a time. */
import * as fc from 'fast-check';
import type { SeenReading, UnseenReading } from '../../src/domain/reading.ts';
import { parseStoreName, type StoreName } from '../../src/domain/store.ts';

export function storeName(text: string): StoreName {
  const parsed = parseStoreName(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

export const STORE = storeName('10.0.0.7-7100:p_4223_source-000-0:0000000007');

/** Where the time of these tests begins: 2026-01-05, epoch milliseconds. */
export const T0 = Date.UTC(2026, 0, 5, 3);
export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
/** The interval of the tests' watches. */
export const EVERY = 30 * SECOND;

export interface Told {
  readonly store?: StoreName;
  readonly newestS?: number | null;
  readonly oldestS?: number | null;
  readonly port?: number | null;
  readonly message?: string;
}

export function startedAt(time: string): string {
  return `[${time}] DRC_500:Store p_4223_source-000-0.0000000007 started successfully\n`;
}

function seen(trusted: boolean, status: number, atMs: number, told: Told): SeenReading {
  const { store = STORE, newestS = Math.floor(atMs / 1000), oldestS = 1_663_049_354, port = 17_001 } = told;
  const { message = startedAt('Mon Oct 30 16:31:01 2023') } = told;
  return {
    kind: 'seen',
    store,
    trusted,
    status,
    message,
    checkpoints: { oldestS, newestS },
    port,
    role: 'master',
    location: '111',
    atMs,
  };
}

export const healthy = (atMs: number, told: Told = {}): SeenReading => seen(true, 0, atMs, told);
export const faulty = (atMs: number, told: Told = {}): SeenReading => seen(true, 1, atMs, told);
/** CM does not vouch for what it shows (`crawler.active` is false). */
export const stale = (atMs: number, status: number, told: Told = {}): SeenReading => seen(false, status, atMs, told);
export const unseen = (atMs: number, because: UnseenReading['because'] = 'timed out'): UnseenReading => ({
  kind: 'unseen',
  store: STORE,
  because,
  detail: 'no answer',
  atMs,
});

/** What may be seen at one look, without its time. */
export type Glimpse = (atMs: number) => SeenReading | UnseenReading;

const told: fc.Arbitrary<Told> = fc.record({
  port: fc.constantFrom(null, 17_001, 17_001, 17_002),
  message: fc.constantFrom(
    '',
    startedAt('Mon Oct 30 16:31:01 2023'),
    startedAt('Mon Oct 30 16:31:01 2023'),
    startedAt('Tue Oct 31 09:00:00 2023'),
  ),
  newestS: fc.constantFrom(null, 1_000, 2_000),
});

export const anyUnknown: fc.Arbitrary<Glimpse> = fc.oneof(
  fc.constantFrom('unreachable', 'timed out', 'refused', 'malformed', 'about another store', 'not found', 'not reached').map(
    (because): Glimpse =>
      (atMs) =>
        unseen(atMs, because),
  ),
  fc.tuple(fc.constantFrom(0, 1, -1, 7), told).map(
    ([status, fields]): Glimpse =>
      (atMs) =>
        stale(atMs, status, fields),
  ),
);
export const anyHealthy: fc.Arbitrary<Glimpse> = told.map(
  (fields): Glimpse =>
    (atMs) =>
      healthy(atMs, fields),
);
export const anyFaulty: fc.Arbitrary<Glimpse> = told.map(
  (fields): Glimpse =>
    (atMs) =>
      faulty(atMs, fields),
);

/** Gaps between looks: mostly one interval, sometimes a hole. */
export const anyGapMs: fc.Arbitrary<number> = fc.constantFrom(
  EVERY,
  EVERY,
  EVERY,
  EVERY + 700,
  3 * EVERY,
  3 * EVERY + 1,
  10 * EVERY,
);

/** A row of looks at growing times, beginning at T0. */
export function anyLooks(glimpse: fc.Arbitrary<Glimpse>, maxLength = 40): fc.Arbitrary<(SeenReading | UnseenReading)[]> {
  return fc.array(fc.tuple(anyGapMs, glimpse), { maxLength }).map((steps) => {
    let atMs = T0 - EVERY;
    return steps.map(([gapMs, look]) => look((atMs += gapMs)));
  });
}
