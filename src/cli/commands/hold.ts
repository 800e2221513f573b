import type { Command } from 'commander';
import type { Hold } from '../../domain/guard/holds.ts';
import type { GuardState } from '../../domain/guard/state.ts';
import { guardWorkflowId } from '../../domain/names.ts';
import { acting, verb, type Call } from '../program/call.ts';
import { CommandError } from '../program/command-error.ts';
import { EXIT, type ExitCode } from '../program/exit-codes.ts';
import { ownerGiven, reasonGiven, spanGiven } from '../program/given.ts';
import { askGuard, awaitGuard, noGuard } from '../reach/ask-guard.ts';
import { type ChosenTarget, chooseTarget, holdForPrograms } from '../reach/holding.ts';
import { type Temporal, withTemporal } from '../reach/open-temporal.ts';
import { CONFIRM_TIMEOUT_MS } from '../reach/pausing.ts';
import { readKept } from '../reach/read-watched.ts';
import { whoAmI } from '../reach/who-am-i.ts';

export function registerHold(program: Command): void {
  verb(program, 'hold <target>', 'hands off one Store or subtopic, until somebody ends it')
    .option('--cluster <name>', 'the cluster, where the configuration does not tell')
    .option('--reason <text>', 'why; required')
    .option('--for <span>', 'end by itself after 90s, 60m, 2h, 1d')
    .option('--by <name>', 'whose hold it is (default: $USER@host)')
    .addHelpText(
      'after',
      `
Nothing passes a hold, not even a restart that is owed: that is handed over to people instead.

Example:
  storekeeper hold 10.0.0.7-7100:p_4223_source-000-0:0000000007 --reason "stopped in OMS's console" --for 2h`,
    )
    .action(acting(hold));
  verb(program, 'unhold <target>', 'end a hold')
    .option('--cluster <name>', 'the cluster, where the configuration does not tell')
    .option('--by <name>', 'who ends it (default: $USER@host)')
    .addHelpText('after', '\nExample:\n  storekeeper unhold p_4223_source-000-0')
    .action(acting(unhold));
}

interface HoldOptions {
  readonly cluster?: string;
  readonly reason?: string;
  readonly for?: string;
  readonly by?: string;
}

async function hold(call: Call<HoldOptions>): Promise<ExitCode> {
  const { args, options, screen, signal, env } = call;
  const run = `storekeeper hold ${args[0] ?? 'STORE'} --reason "stopped by hand" --for 2h`;
  const reason = reasonGiven(options.reason, {
    what: 'A hold needs a reason',
    why: 'the next person on call must know why it is not healed',
    run,
  });
  const forMs = spanGiven(options.for, run);
  const by = ownerGiven(options.by ?? whoAmI(env), 'a hold', run);
  const chosen = chooseTarget(await readKept(call), args[0] ?? '', options.cluster);
  const minutes = forMs === null ? {} : { minutes: forMs / 60_000 };
  const state = await withTemporal(call, async (temporal) => {
    const { holdSignal } = await import('../../../workflows/messages.ts');
    const { guard } = await guardOf(temporal, chosen.cluster);
    await guard.signal(holdSignal, { ...chosen.target, by, reason, ...minutes });
    const isHeld = (seen: GuardState): boolean =>
      holdsOn(seen, chosen).some((other) => other.by === by && other.reason === reason);
    return awaitGuard(temporal, chosen.cluster, { timeoutMs: CONFIRM_TIMEOUT_MS, signal, until: isHeld });
  });
  if (state === null) throw notConfirmed(chosen, 'stop the worker to be sure that nothing is sent');
  screen.answer({ cluster: chosen.cluster, held: holdsOn(state, chosen).map(holdForPrograms) }, [
    `${chosen.name}: held by ${by}${options.for === undefined ? '' : ` for ${options.for}`}: ${reason}`,
  ]);
  screen.say('An open heal of it is refused its next command; a restart that it owes is handed over to people.');
  return EXIT.fine;
}

async function unhold(call: Call<Pick<HoldOptions, 'cluster' | 'by'>>): Promise<ExitCode> {
  const { args, options, screen, signal, env } = call;
  const by = ownerGiven(options.by ?? whoAmI(env), 'a hold', `storekeeper unhold ${args[0] ?? 'STORE'} --by alice`);
  const chosen = chooseTarget(await readKept(call), args[0] ?? '', options.cluster);
  const result = await withTemporal(call, async (temporal) => {
    const { unholdSignal } = await import('../../../workflows/messages.ts');
    const { guard, seen: before } = await guardOf(temporal, chosen.cluster);
    const ended = before.kind === 'answered' ? holdsOn(before.state, chosen) : [];
    await guard.signal(unholdSignal, { ...chosen.target, by });
    const isFree = (seen: GuardState): boolean => holdsOn(seen, chosen).length === 0;
    return { ended, state: await awaitGuard(temporal, chosen.cluster, { timeoutMs: CONFIRM_TIMEOUT_MS, signal, until: isFree }) };
  });
  if (result.state === null) throw notConfirmed(chosen, 'look again in a moment');
  const { ended } = result;
  screen.answer({ cluster: chosen.cluster, ended: ended.map(holdForPrograms) }, [
    ended.length === 0 ? `${chosen.name}: was not held` : `${chosen.name}: free again; the next sweep looks at it`,
    ...ended.map((other) => `  ended: ${other.by}: ${other.reason}`),
  ]);
  return EXIT.fine;
}

/** A guard that is not there holds nothing: none is started for a hold, since it would begin paused. */
async function guardOf(temporal: Temporal, cluster: string) {
  const seen = await askGuard(temporal, cluster);
  if (seen.kind === 'none') throw noGuard(cluster, 'held');
  return { guard: temporal.client.workflow.getHandle(guardWorkflowId(cluster)), seen };
}

function holdsOn(state: GuardState, { name }: ChosenTarget): Hold[] {
  return state.holds.filter(({ target }) => target === name);
}

function notConfirmed({ name }: ChosenTarget, mend: string): CommandError {
  const why = `the guard did not show it within ${CONFIRM_TIMEOUT_MS / 1_000} s; it counts as soon as a worker runs the guard`;
  return new CommandError('not-confirmed', EXIT.refused, {
    what: `NOT confirmed: ${name}`,
    why,
    mend,
    run: 'storekeeper status',
  });
}
