import type { Override } from '../../domain/guard/messages.ts';
import { OVERRIDES, parseOrder, REASON_LENGTH_MAX, type Order } from '../../domain/requests.ts';
import { UsageError } from '../program/command-error.ts';
import { didYouMean } from '../program/nearest.ts';
import type { SignerOptions } from '../vote/person/signer.ts';
import { shellWord } from '../vote/wish.ts';

export interface HealOptions extends SignerOptions {
  readonly cluster?: string;
  readonly reason?: string;
  readonly override?: string;
  readonly restartHealthy?: boolean;
  readonly yes?: boolean;
  readonly wait?: boolean;
  readonly dryRun?: boolean;
}

/** The order that these options give; null for a plain request. Throws UsageError. */
export function orderOf({ reason, override, restartHealthy = false, key, as }: HealOptions, store: string): Order | null {
  const run = `storekeeper heal ${store} --reason "the reader is stuck"${override === undefined ? '' : ` --override ${override}`}${restartHealthy ? ' --restart-healthy' : ''}`;
  const names = (override ?? '').split(',').map((name) => name.trim());
  const bad = override === undefined ? undefined : names.find((name) => !OVERRIDES.includes(name as Override));
  if (bad !== undefined) {
    throw new UsageError({
      what: `--override ${bad === '' ? '(nothing)' : bad}`,
      why: `an order may pass ${OVERRIDES.join(', ')}${didYouMean(bad, OVERRIDES)}; a pause, a lease, a hold, a quarantine and an unknown reading cannot be passed`,
      mend: 'name one or more of those, with commas between',
      run: `storekeeper heal ${store} --reason "the reader is stuck" --override mode`,
    });
  }
  if (reason === undefined) {
    const goesBeyond = override !== undefined || restartHealthy;
    if (!goesBeyond && key === undefined && as === undefined) return null;
    throw new UsageError(
      {
        what: 'An order needs a reason',
        why: goesBeyond
          ? '--override and --restart-healthy go beyond what the healer does on its own'
          : '--key and --as say whose order it is, and without a reason it is none',
        mend: 'say why',
        run,
      },
      'no-reason',
    );
  }
  if (reason.trim() === '') {
    throw new UsageError(
      { what: '--reason is empty', why: 'whoever reads the history later must know why', mend: 'say it', run },
      'no-reason',
    );
  }
  if (reason.length > REASON_LENGTH_MAX) {
    throw new UsageError({
      what: '--reason is too long',
      why: `it has ${reason.length} characters, at most ${REASON_LENGTH_MAX}`,
      mend: 'write it like',
      run,
    });
  }
  const order = parseOrder({ reason, override: override === undefined ? [] : names, restartHealthy });
  if (order.ok) return order.value;
  throw new UsageError({ what: 'This order cannot be given', why: order.error, mend: 'write it like', run });
}

/** Without somebody to ask only `--yes` is a yes. Throws UsageError with the line to run. */
export function demandYes(options: HealOptions, store: string, json: boolean): never {
  const given = [
    ...(options.cluster === undefined ? [] : [`--cluster ${options.cluster}`]),
    ...(options.reason === undefined ? [] : [`--reason ${JSON.stringify(options.reason)}`]),
    ...(options.override === undefined ? [] : [`--override ${options.override}`]),
    ...(options.restartHealthy === true ? ['--restart-healthy'] : []),
    ...(options.key === undefined ? [] : [`--key ${shellWord(options.key)}`]),
    ...(options.as === undefined ? [] : [`--as ${shellWord(options.as)}`]),
    ...(options.wait === true ? ['--wait'] : []),
    ...(json ? ['--json'] : []),
  ];
  throw new UsageError(
    {
      what: `Nobody can be asked whether to heal ${store}`,
      why: json ? 'with --json a program reads the answer' : 'this is not a terminal',
      mend: 'add --yes, or only look with --dry-run',
      run: ['storekeeper heal', store, ...given, '--yes'].join(' '),
    },
    'needs-yes',
  );
}
