import type { Command } from 'commander';
import type { Pause } from '../../domain/guard/messages.ts';
import type { GuardState } from '../../domain/guard/state.ts';
import { endsPause, type Resume } from '../../domain/guard/pauses.ts';
import { guardWorkflowId } from '../../domain/names.ts';
import { acting, verb, type Call } from '../program/call.ts';
import { CommandError, errorObject } from '../program/command-error.ts';
import { EXIT, type ExitCode } from '../program/exit-codes.ts';
import { ownerGiven } from '../program/given.ts';
import { askGuard, awaitGuard, noGuard } from '../reach/ask-guard.ts';
import { withTemporal, type Temporal } from '../reach/open-temporal.ts';
import { CONFIRM_TIMEOUT_MS, pauseForPrograms } from '../reach/pausing.ts';
import { pickClusters, readConfig } from '../reach/read-config.ts';
import { whoAmI } from '../reach/who-am-i.ts';

export function registerResume(program: Command): void {
  verb(program, 'resume', "end a pause: one's own, and that of a new guard")
    .option('--cluster <name>', 'only this cluster; without it, all that are configured')
    .option('--by <name>', 'whose pause ends (default: $USER@host)')
    .option('--of <name...>', "end these people's pauses, too")
    .option('--all', "end everybody's pauses")
    .action(acting(resume));
}

interface ResumeOptions {
  readonly cluster?: string;
  readonly by?: string;
  readonly of?: readonly string[];
  readonly all?: boolean;
}

interface Resumed {
  readonly cluster: string;
  readonly ended: readonly Pause[];
  readonly remain: readonly Pause[];
}

async function resume(call: Call<ResumeOptions>): Promise<ExitCode> {
  const { options, screen, signal } = call;
  const wish = wishOf(call);
  const names = pickClusters(await readConfig(call), options.cluster).map((cluster) => cluster.name);
  const results = await withTemporal(call, (temporal) =>
    Promise.all(names.map((name) => resumeOne(temporal, name, wish, signal))),
  );
  // One cluster that cannot be resumed must not hide what became of the others.
  const error = results.find((result) => result instanceof CommandError);
  const resumed = results.filter((result): result is Resumed => !(result instanceof CommandError));
  const clusters = resumed.map(({ cluster, ended, remain }) => ({
    cluster,
    paused: remain.length > 0,
    ended: ended.map(pauseForPrograms),
    remain: remain.map(pauseForPrograms),
  }));
  if (resumed.some(({ remain }) => remain.length > 0)) screen.say("To end other people's pauses, too: --of NAME, or --all.");
  if (error !== undefined && resumed.length === 0) throw error;
  screen.answer({ clusters, ...(error === undefined ? {} : { error: errorObject(error) }) }, resumed.flatMap(describe));
  if (error !== undefined) throw error;
  return resumed.some(({ ended, remain }) => ended.length === 0 && remain.length > 0) ? EXIT.refused : EXIT.fine;
}

async function resumeOne(
  temporal: Temporal,
  cluster: string,
  wish: Resume,
  signal: AbortSignal,
): Promise<Resumed | CommandError> {
  const before = await askGuard(temporal, cluster);
  if (before.kind === 'none') return noGuard(cluster, 'paused');
  if (before.kind === 'silent') return notConfirmed(cluster, before.because);
  const { resumeSignal } = await import('../../../workflows/messages.ts');
  await temporal.client.workflow.getHandle(guardWorkflowId(cluster)).signal(resumeSignal, { by: wish.by, of: wish.of });
  const after = await awaitGuard(temporal, cluster, {
    timeoutMs: CONFIRM_TIMEOUT_MS,
    signal,
    until: (state) => state.pauses.every((pause) => !endsPause(wish, pause)),
  });
  if (after === null) return notConfirmed(cluster, `it did not show the end of the pause within ${CONFIRM_TIMEOUT_MS / 1_000} s`);
  return { cluster, ended: endedBetween(before.state, after), remain: after.pauses };
}

function endedBetween(before: GuardState, after: GuardState): Pause[] {
  return before.pauses.filter((pause) => after.pauses.every((other) => other.by !== pause.by));
}

function describe({ cluster, ended, remain }: Resumed): string[] {
  const say = (pause: Pause): string => `${pause.by}: ${pause.reason}`;
  const first =
    remain.length > 0
      ? `${cluster}: still paused by ${remain.map(say).join('; ')}`
      : ended.length > 0
        ? `${cluster}: resumed; the next sweep looks at everything afresh`
        : `${cluster}: was not paused`;
  return [first, ...ended.map((pause) => `  ended: ${say(pause)}`)];
}

function notConfirmed(cluster: string, because: string): CommandError {
  return new CommandError('not-confirmed', EXIT.refused, {
    what: `NOT confirmed: ${cluster}`,
    why: `its guard is silent: ${because}`,
    mend: 'start a worker, then look again',
    run: 'storekeeper status',
  });
}

function wishOf({ options, env }: Call<ResumeOptions>): Resume {
  const by = ownerGiven(options.by ?? whoAmI(env), 'a resume', 'storekeeper resume --by alice');
  return { by, of: options.all === true ? ['*'] : (options.of ?? []) };
}
