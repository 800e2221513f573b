import type { Assurance } from '../../domain/approval/electorate.ts';
import type { Verdict } from '../../domain/approval/vote.ts';
import { VOTE_REASON_LENGTH_MAX } from '../../domain/approval/vote.ts';
import { UsageError } from '../program/command-error.ts';
import type { Screen } from '../screen/screen.ts';
import type { NameOptions } from './person/type-name.ts';
import type { SignerOptions } from './person/signer.ts';

export interface VoteOptions extends NameOptions, SignerOptions {
  readonly reason?: string;
  readonly acceptUncovered?: boolean;
  readonly dryRun?: boolean;
}

/** The reason as it was given; null if somebody can still be asked for it. Throws UsageError. */
export function reasonOf({ reason }: Pick<VoteOptions, 'reason'>, screen: Screen, run: string): string | null {
  const given = reason?.trim();
  if (given === undefined && screen.canAsk) return null;
  if (given === undefined || given === '') {
    throw new UsageError(
      {
        what: given === undefined ? 'A vote needs a reason' : '--reason is empty',
        why: 'a vote without one does not count: whoever reads the plan later must know why',
        mend: 'say it',
        run,
      },
      'no-reason',
    );
  }
  if (given.length <= VOTE_REASON_LENGTH_MAX) return given;
  throw new UsageError({
    what: '--reason is too long',
    why: `it has ${given.length} characters, at most ${VOTE_REASON_LENGTH_MAX}`,
    mend: 'write it like',
    run,
  });
}

/** A vote that is certain not to count is not sent. Throws UsageError with the line to run. */
export function demandProof(signed: boolean, counted: readonly Assurance[], run: string): void {
  if (signed || counted.some((level) => level !== 'signed')) return;
  throw new UsageError(
    {
      what: 'This plan counts signed votes alone',
      why: 'without a key this vote would not count',
      mend: 'sign it with the key that the configuration has for you',
      run,
    },
    'needs-key',
  );
}

/** The line to run, with what was given and what is missing. */
export function voteLine(
  verdict: Verdict,
  planId: string,
  options: VoteOptions,
  missing: { readonly store?: string; readonly signed?: boolean; readonly accept?: boolean; readonly json: boolean },
): string {
  const { reason, key, as, acceptUncovered, confirm } = options;
  const name = missing.store ?? confirm ?? 'STORE';
  return [
    `storekeeper ${verdict} ${planId}`,
    `--reason ${shellWord(reason === undefined || reason.trim() === '' ? 'replaced by a newer Store' : reason.slice(0, 100))}`,
    ...(key === undefined && missing.signed !== true ? [] : [`--key ${shellWord(key ?? 'alice.key')}`]),
    ...(as === undefined && key === undefined && missing.signed !== true ? [] : [`--as ${shellWord(as ?? 'alice')}`]),
    ...(acceptUncovered === true || missing.accept === true ? ['--accept-uncovered'] : []),
    `--confirm ${name} --yes`,
    ...(missing.json ? ['--json'] : []),
  ].join(' ');
}

/** One word of a command line, as it can be pasted. */
export function shellWord(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
