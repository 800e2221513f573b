import type { Command } from 'commander';
import type { GuardState } from '../../domain/guard/state.ts';
import { guardWorkflowId } from '../../domain/names.ts';
import { acting, verb, type Call } from '../program/call.ts';
import { CommandError } from '../program/command-error.ts';
import { EXIT, type ExitCode } from '../program/exit-codes.ts';
import { ownerGiven, reasonGiven } from '../program/given.ts';
import { askGuard, awaitGuard, noGuard } from '../reach/ask-guard.ts';
import { chooseTarget } from '../reach/holding.ts';
import { type Temporal, withTemporal } from '../reach/open-temporal.ts';
import { CONFIRM_TIMEOUT_MS } from '../reach/pausing.ts';
import { pickClusters, readConfig } from '../reach/read-config.ts';
import { readKept } from '../reach/read-watched.ts';
import { whoAmI } from '../reach/who-am-i.ts';

/** What a person has the guard do against its own judgement. Both ask for a reason, and are kept with it. */
export function registerRelease(program: Command): void {
  verb(program, 'release-brake', 'let restarts go on although much is broken at once')
    .option('--cluster <name>', 'which cluster; needed where several are configured')
    .option('--reason <text>', 'why; required')
    .option('--by <name>', 'who says so (default: $USER@host)')
    .addHelpText(
      'after',
      `
What is broken now does not trip it again; one Store more does. Caps and budgets go on to hold.

Example:
  storekeeper release-brake --reason "the host is back, its readers are not"`,
    )
    .action(acting(releaseBrake));
  verb(program, 'release-lease <target>', 'end the lease on a subtopic whose holder does not come on')
    .option('--cluster <name>', 'the cluster, where the configuration does not tell')
    .option('--reason <text>', 'why; required')
    .option('--by <name>', 'who says so (default: $USER@host)')
    .addHelpText(
      'after',
      `
Its holder is turned away at its next command. Where one of its may still run, the subtopic is left alone first.

Example:
  storekeeper release-lease p_4223_source-000-0 --reason "its heal hangs"`,
    )
    .action(acting(releaseLease));
}

interface ReleaseOptions {
  readonly cluster?: string;
  readonly reason?: string;
  readonly by?: string;
}

async function releaseBrake(call: Call<ReleaseOptions>): Promise<ExitCode> {
  const { options, screen, signal } = call;
  const run = 'storekeeper release-brake --reason "the host is back"';
  const act = actOf(call, 'Releasing the brake', run);
  const [cluster, ...others] = pickClusters(await readConfig(call), options.cluster).map(({ name }) => name);
  if (cluster === undefined || others.length > 0) {
    throw new CommandError('which-cluster', EXIT.usage, {
      what: 'Several clusters are configured',
      why: 'a brake is released where somebody has looked, one cluster at a time',
      mend: 'name the cluster',
      run: `${run} --cluster ${cluster ?? 'NAME'}`,
    });
  }
  const { before, after } = await withTemporal(call, async (temporal) => {
    const { releaseBrakeSignal } = await import('../../../workflows/messages.ts');
    const seen = await guardOf(temporal, cluster);
    if (seen.brake === null) return { before: seen, after: seen };
    await temporal.client.workflow.getHandle(guardWorkflowId(cluster)).signal(releaseBrakeSignal, act);
    const isOff = (state: GuardState): boolean => state.brake === null;
    return { before: seen, after: await awaitGuard(temporal, cluster, { timeoutMs: CONFIRM_TIMEOUT_MS, signal, until: isOff }) };
  });
  if (after === null) throw notConfirmed(`the brake of ${cluster}`);
  const was = before.brake?.because ?? null;
  screen.answer({ cluster, released: was !== null, because: was }, [
    was === null ? `${cluster}: the brake was not on` : `${cluster}: the brake is off (it was on because ${was})`,
  ]);
  return EXIT.fine;
}

async function releaseLease(call: Call<ReleaseOptions>): Promise<ExitCode> {
  const { args, options, screen, signal } = call;
  const act = actOf(call, 'Ending a lease', `storekeeper release-lease ${args[0] ?? 'SUBTOPIC'} --reason "its heal hangs"`);
  const chosen = chooseTarget(await readKept(call), args[0] ?? '', options.cluster);
  const leaseIn = (state: GuardState) =>
    state.leases.find(({ subtopic, store }) => subtopic === chosen.name || store === chosen.name);
  const { before, after } = await withTemporal(call, async (temporal) => {
    const { releaseLeaseSignal } = await import('../../../workflows/messages.ts');
    const seen = await guardOf(temporal, chosen.cluster);
    const held = leaseIn(seen);
    if (held === undefined) return { before: seen, after: seen };
    await temporal.client.workflow
      .getHandle(guardWorkflowId(chosen.cluster))
      .signal(releaseLeaseSignal, { ...chosen.target, ...act });
    const isFree = (state: GuardState): boolean => leaseIn(state)?.sinceMs !== held.sinceMs;
    const until = { timeoutMs: CONFIRM_TIMEOUT_MS, signal, until: isFree };
    return { before: seen, after: await awaitGuard(temporal, chosen.cluster, until) };
  });
  if (after === null) throw notConfirmed(`the lease on ${chosen.name}`);
  const was = leaseIn(before)?.holder ?? null;
  screen.answer({ cluster: chosen.cluster, target: chosen.name, released: was !== null, holder: was }, [
    was === null ? `${chosen.name}: nobody held it` : `${chosen.name}: ${was.workflowId} no longer holds it`,
  ]);
  return EXIT.fine;
}

function actOf({ options, env }: Call<ReleaseOptions>, what: string, run: string): { by: string; reason: string } {
  const why = 'it goes against the guard, and whoever reads of it must know why';
  const reason = reasonGiven(options.reason, { what: `${what} needs a reason`, why, run });
  return { by: ownerGiven(options.by ?? whoAmI(env), 'such a word', `${run} --by alice`), reason };
}

async function guardOf(temporal: Temporal, cluster: string): Promise<GuardState> {
  const seen = await askGuard(temporal, cluster);
  if (seen.kind === 'none') throw noGuard(cluster, 'held');
  if (seen.kind === 'silent') throw notConfirmed(`cluster ${cluster}`, `its guard is silent: ${seen.because}`);
  return seen.state;
}

function notConfirmed(what: string, because = `the guard did not show it within ${CONFIRM_TIMEOUT_MS / 1_000} s`): CommandError {
  return new CommandError('not-confirmed', EXIT.refused, {
    what: `NOT confirmed: ${what}`,
    why: because,
    mend: 'start a worker, then look again',
    run: 'storekeeper status',
  });
}
