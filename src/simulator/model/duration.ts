import { z } from 'zod';

/** A duration as people write it: `250ms`, `43s`, `5m`, `24h`. */
export type Duration = `${number}${'ms' | 's' | 'm' | 'h'}`;

const PATTERN = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h)$/;
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

function parseDuration(text: unknown): number | undefined {
  const match = typeof text === 'string' ? PATTERN.exec(text) : null;
  return match === null ? undefined : Number(match[1]) * (UNIT_MS[match[2] ?? ''] ?? 1);
}

function complain(input: unknown): string {
  if (input === undefined) return 'is missing';
  if (typeof input === 'number') return `${input} has no unit; durations end in ms, s, m or h`;
  return `${JSON.stringify(input)} is no duration; durations are a number with ms, s, m or h behind it`;
}

/** Parses a written duration into milliseconds. */
export const DurationMs = z
  .custom<Duration>((value) => parseDuration(value) !== undefined, { error: (issue) => complain(issue.input) })
  .transform((text) => parseDuration(text) ?? 0);

/** The same, but zero is refused: for what repeats itself. */
export const PeriodMs = DurationMs.refine((ms) => ms > 0, { error: 'is 0; this repeats itself and needs some time in between' });
