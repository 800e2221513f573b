const UNITS: readonly (readonly [string, number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
];

/** A span of time in its largest whole unit: `14s`, `5m`, `3d`. What lies in the future is `0s`. */
export function span(ms: number): string {
  const [unit, unitMs] = UNITS.find(([, size]) => ms >= size) ?? ['s', 1_000];
  return `${Math.floor(Math.max(0, ms) / unitMs)}${unit}`;
}

export function ago(atMs: number, nowMs: number): string {
  return `${span(nowMs - atMs)} ago`;
}

export function ahead(atMs: number, nowMs: number): string {
  return `in ${span(atMs - nowMs)}`;
}

/** RFC 3339 with zone, for JSON; null stays null. */
export function stamp(atMs: number | null): string | null {
  return atMs === null ? null : new Date(atMs).toISOString();
}

const DURATION = /^(\d{1,9})(s|m|h|d)$/;

/** `90s`, `60m`, `2h`, `1d` in milliseconds; undefined for anything else, and for nothing at all. */
export function parseSpan(text: string): number | undefined {
  const [, digits = '', unit = ''] = DURATION.exec(text.trim()) ?? [];
  const unitMs = UNITS.find(([name]) => name === unit)?.[1];
  const ms = unitMs === undefined ? 0 : Number(digits) * unitMs;
  return ms > 0 ? ms : undefined;
}
