import { shortText } from '../../domain/requests.ts';
import { parseSpan } from '../screen/times.ts';
import { UsageError } from './command-error.ts';

/** The reason that was given. Throws UsageError where there is none; `what` and `why` say what it is needed for. */
export function reasonGiven(text: string | undefined, { what, why, run }: { what: string; why: string; run: string }): string {
  const reason = shortText(text);
  if (reason !== undefined) return reason;
  throw new UsageError({ what, why, mend: 'say it', run }, 'no-reason');
}

/** `--for` in milliseconds; null where it was left out. Throws UsageError. */
export function spanGiven(text: string | undefined, run: string): number | null {
  if (text === undefined) return null;
  const spanMs = parseSpan(text);
  if (spanMs !== undefined) return spanMs;
  const why = 'it is a whole number and a unit: s, m, h or d';
  throw new UsageError({ what: `--for ${text} is no span of time`, why, mend: 'write it like', run });
}

/** `--by`, or who is at the terminal. Throws UsageError; `what` is what has an owner, as `a pause`. */
export function ownerGiven(text: string, what: string, run: string): string {
  const by = shortText(text);
  if (by !== undefined) return by;
  throw new UsageError({ what: '--by is empty', why: `${what} has an owner`, mend: 'name one, or leave --by out', run });
}
