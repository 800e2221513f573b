import type { Command } from 'commander';
import type { GuardState } from '../../domain/guard/state.ts';
import { acting, verb, type Call } from '../program/call.ts';
import { CommandError, errorObject } from '../program/command-error.ts';
import { EXIT, type ExitCode } from '../program/exit-codes.ts';
import { ownerGiven, reasonGiven, spanGiven } from '../program/given.ts';
import { awaitGuard } from '../reach/ask-guard.ts';
import { withTemporal } from '../reach/open-temporal.ts';
import { CONFIRM_TIMEOUT_MS, isPausedAs, pauseForPrograms, sendPause, type PauseWish } from '../reach/pausing.ts';
import { pickClusters, readConfig } from '../reach/read-config.ts';
import { whoAmI } from '../reach/who-am-i.ts';

export function registerPause(program: Command): void {
  verb(program, 'pause', 'start nothing new in a cluster, until somebody resumes it')
    .option('--cluster <name>', 'only this cluster; without it, all that are configured')
    .option('--reason <text>', 'why; required')
    .option('--for <span>', 'end by itself after 90s, 60m, 2h, 1d')
    .option('--by <name>', 'who pauses (default: $USER@host)')
    .action(acting(pause));
}

interface PauseOptions {
  readonly cluster?: string;
  readonly reason?: string;
  readonly for?: string;
  readonly by?: string;
}

const WHAT_IT_DOES = 'Open heals go on, and their next stop is refused; restarts that are owed are still made.';

async function pause(call: Call<PauseOptions>): Promise<ExitCode> {
  const { options, screen, signal } = call;
  const wish = wishOf(call);
  const names = pickClusters(await readConfig(call), options.cluster).map((cluster) => cluster.name);
  const clusters = await withTemporal(call, async (temporal) => {
    // All are told before anybody waits: whoever pauses wants things to stop.
    await Promise.all(names.map((name) => sendPause(temporal, name, wish)));
    const until = { timeoutMs: CONFIRM_TIMEOUT_MS, signal, until: (state: GuardState) => isPausedAs(state, wish) };
    return Promise.all(names.map(async (cluster) => ({ cluster, state: await awaitGuard(temporal, cluster, until) })));
  }).catch((error: unknown) => {
    // Whatever the error is, what counts is that nobody is known to be paused.
    if (!signal.aborted) screen.say(`${screen.paintSaid('red', 'NOT paused:')} stop the worker to be sure.`);
    throw error;
  });
  const told = clusters.map(({ cluster, state }) => ({
    cluster,
    confirmed: state !== null,
    pauses: (state?.pauses ?? []).map(pauseForPrograms),
  }));
  const open = told.filter(({ confirmed }) => !confirmed).map(({ cluster }) => cluster);
  if (open.length > 0) {
    const error = notConfirmed(open);
    if (!screen.json) throw error;
    screen.answer({ clusters: told, error: errorObject(error) }, []);
    return error.exitCode;
  }
  screen.answer(
    { clusters: told },
    told.map(
      ({ cluster }) =>
        `${cluster}: paused by ${wish.by}${options.for === undefined ? '' : ` for ${options.for}`}: ${wish.reason}`,
    ),
  );
  screen.say(WHAT_IT_DOES);
  return EXIT.fine;
}

function notConfirmed(clusters: readonly string[]): CommandError {
  return new CommandError('not-confirmed', EXIT.refused, {
    what: `NOT confirmed: ${clusters.join(', ')}`,
    why: `the guard did not show the pause within ${CONFIRM_TIMEOUT_MS / 1_000} s; it counts as soon as a worker runs the guard`,
    mend: 'stop the worker: a cluster without one sends nothing',
  });
}

function wishOf({ options, env }: Call<PauseOptions>): PauseWish {
  const run = 'storekeeper pause --reason "OMS upgrade" --for 60m';
  const reason = reasonGiven(options.reason, {
    what: 'A pause needs a reason',
    why: 'the next person on call must know why nothing is healed',
    run,
  });
  const forMs = spanGiven(options.for, run);
  const by = ownerGiven(options.by ?? whoAmI(env), 'a pause', run);
  return { by, reason, minutes: forMs === null ? null : forMs / 60_000 };
}
