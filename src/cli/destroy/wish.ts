import { REASON_LENGTH_MAX } from '../../domain/requests.ts';
import { UsageError } from '../program/command-error.ts';
import type { SignerOptions } from '../vote/person/signer.ts';
import type { NameOptions } from '../vote/person/type-name.ts';
import { shellWord } from '../vote/wish.ts';

export interface DestroyOptions extends NameOptions, SignerOptions {
  readonly cluster?: string;
  readonly reason?: string;
  readonly wait?: boolean;
  readonly dryRun?: boolean;
}

/** Why the Store is to go. Throws UsageError: people are asked to approve it, and must know. */
export function destroyReason({ reason }: DestroyOptions, store: string): string {
  const run = `storekeeper destroy ${store} --reason "replaced by a newer Store"`;
  const given = reason?.trim() ?? '';
  if (given === '') {
    throw new UsageError(
      {
        what: reason === undefined ? 'A destroy needs a reason' : '--reason is empty',
        why: 'people are asked to approve it, and must know what for',
        mend: 'say it',
        run,
      },
      'no-reason',
    );
  }
  if (given.length <= REASON_LENGTH_MAX) return given;
  throw new UsageError({
    what: '--reason is too long',
    why: `it has ${given.length} characters, at most ${REASON_LENGTH_MAX}`,
    mend: 'write it like',
    run,
  });
}

/** The line to run where nobody can be asked. */
export function destroyLine(options: DestroyOptions, store: string, json: boolean): string {
  const { cluster, reason, key, as, wait } = options;
  return [
    `storekeeper destroy ${store}`,
    ...(cluster === undefined ? [] : [`--cluster ${cluster}`]),
    `--reason ${shellWord(reason?.slice(0, 100) ?? 'replaced by a newer Store')}`,
    ...(key === undefined ? [] : [`--key ${shellWord(key)}`]),
    ...(as === undefined ? [] : [`--as ${shellWord(as)}`]),
    ...(wait === true ? ['--wait'] : []),
    `--confirm ${store} --yes`,
    ...(json ? ['--json'] : []),
  ].join(' ');
}
