import type { Command } from 'commander';
import type { AppliedCluster } from '../../temporal/apply.ts';
import { sweepScheduleId } from '../../domain/names.ts';
import { say as sayDuration } from '../../domain/policy.ts';
import type { ScheduleView } from '../../temporal/schedules.ts';
import { acting, verb, type Call } from '../program/call.ts';
import { CommandError } from '../program/command-error.ts';
import { EXIT, type ExitCode } from '../program/exit-codes.ts';
import { pickClusters, readConfig } from '../reach/read-config.ts';
import { withTemporal, type Temporal } from '../reach/open-temporal.ts';
import { whoAmI } from '../reach/who-am-i.ts';
import { table } from '../screen/table.ts';
import { ago, ahead, stamp } from '../screen/times.ts';

export function registerSchedule(program: Command): void {
  const group = verb(program, 'schedule', 'the schedules of the sweeps, one for each cluster');
  const each = (signature: string, summary: string): Command =>
    verb(group, signature, summary).option('--cluster <name>', 'only this cluster');
  each('apply', 'create or correct the schedules, and start the guard of a cluster that has none yet')
    .option('--register', "register Storekeeper's search attributes first, where they are missing")
    .action(acting(apply));
  each('show', 'what the server has').action(acting(show));
  each('pause', 'stop sweeping; open heals go on, see: storekeeper pause')
    .option('--reason <text>', 'why; it is shown with the schedule')
    .action(acting(pause));
  each('resume', 'sweep again').action(acting(resume));
  each('remove', 'delete the schedules; guards and open heals stay').action(acting(remove));
}

interface ClusterOption {
  readonly cluster?: string;
}

async function apply(call: Call<ClusterOption & { readonly register?: boolean }>): Promise<ExitCode> {
  const { options, screen } = call;
  const clusters = pickClusters(await readConfig(call), options.cluster);
  const { registered, applied } = await withTemporal(call, async ({ client, connection, namespace }) => {
    const { applyClusters } = await import('../../temporal/apply.ts');
    const { registerSearchAttributes, requireSearchAttributes } = await import('../../temporal/search-attributes.ts');
    const registered = options.register === true ? await registerSearchAttributes(connection, namespace) : [];
    await requireSearchAttributes(connection, namespace);
    return { registered, applied: await applyClusters(client, { clusters }) };
  });
  if (registered.length > 0) screen.say(`registered the search attributes ${registered.join(', ')}`);
  screen.answer({ registered, clusters: applied }, applied.map(describeApplied));
  return EXIT.fine;
}

function describeApplied({ cluster, result, guard }: AppliedCluster): string {
  const words = {
    started: 'guard started',
    'running already': 'its guard was running already',
    'left alone': 'guard left alone',
  };
  return `${cluster}: schedule ${result}, ${words[guard]}`;
}

async function show(call: Call<ClusterOption>): Promise<ExitCode> {
  const { options, screen } = call;
  const names = pickClusters(await readConfig(call), options.cluster).map((cluster) => cluster.name);
  const views = await withTemporal(call, async ({ client }) => {
    const { describeSchedules } = await import('../../temporal/schedules.ts');
    return describeSchedules(client, names);
  });
  const missing = names.filter((name) => views.every((view) => view.cluster !== name));
  const nowMs = Date.now();
  const rows = views.map(
    (view) =>
      [
        { text: view.cluster },
        view.paused ? { text: 'paused', colour: 'yellow' as const } : { text: 'running' },
        { text: view.everyMs === null ? '-' : sayDuration(view.everyMs) },
        { text: view.lastMs === null ? 'never' : ago(view.lastMs, nowMs) },
        { text: view.paused || view.nextMs === null ? '-' : ahead(view.nextMs, nowMs) },
        { text: view.note },
      ] as const,
  );
  screen.answer({ schedules: views.map(forPrograms), missing }, [
    ...(views.length === 0
      ? []
      : table(['CLUSTER', 'SCHEDULE', 'EVERY', 'LAST', 'NEXT', 'NOTE'], rows, screen.columns, screen.paint)),
    ...missing.map((name) => `${name}: no schedule; create it: storekeeper schedule apply --cluster ${name}`),
  ]);
  return missing.length === 0 ? EXIT.fine : EXIT.trouble;
}

function forPrograms({ nextMs, lastMs, ...view }: ScheduleView): object {
  return { ...view, next: stamp(nextMs), last: stamp(lastMs) };
}

const HEALS_GO_ON = 'open heals go on; `storekeeper pause` is what keeps them from the next stop';

async function pause(call: Call<ClusterOption & { readonly reason?: string }>): Promise<ExitCode> {
  const { reason } = call.options;
  const note = `paused by ${whoAmI(call.env)}${reason === undefined ? '' : `: ${reason}`} (${HEALS_GO_ON})`;
  call.screen.say(HEALS_GO_ON);
  return onEach(call, 'paused', async ({ client }, id) => client.schedule.getHandle(id).pause(note));
}

async function resume(call: Call<ClusterOption>): Promise<ExitCode> {
  const note = `resumed by ${whoAmI(call.env)}`;
  return onEach(call, 'resumed', async ({ client }, id) => client.schedule.getHandle(id).unpause(note));
}

async function remove(call: Call<ClusterOption>): Promise<ExitCode> {
  call.screen.say('guards and open heals stay; `storekeeper schedule apply` creates the schedules again');
  return onEach(call, 'removed', async ({ client }, id) => client.schedule.getHandle(id).delete());
}

/** Does it to each schedule that is there; those that are not are told at the end. */
async function onEach(
  call: Call<ClusterOption>,
  done: string,
  act: (temporal: Temporal, scheduleId: string) => Promise<unknown>,
): Promise<ExitCode> {
  const { options, screen } = call;
  const names = pickClusters(await readConfig(call), options.cluster).map((cluster) => cluster.name);
  const missing: string[] = [];
  await withTemporal(call, async (temporal) => {
    const { ScheduleNotFoundError } = await import('@temporalio/client');
    for (const name of names) {
      try {
        await act(temporal, sweepScheduleId(name));
      } catch (error) {
        if (!(error instanceof ScheduleNotFoundError)) throw error;
        missing.push(name);
      }
    }
  });
  const changed = names.filter((name) => !missing.includes(name));
  if (changed.length > 0 || missing.length === 0) {
    screen.answer({ [done]: changed, missing }, [
      ...changed.map((name) => `${name}: schedule ${done}`),
      ...missing.map((name) => `${name}: has no schedule`),
    ]);
    return missing.length === 0 ? EXIT.fine : EXIT.trouble;
  }
  throw new CommandError('no-schedule', EXIT.trouble, {
    what: `No schedule could be ${done}`,
    why: `the server has none of ${missing.join(', ')}`,
    mend: 'create it first',
    run: `storekeeper schedule apply${options.cluster === undefined ? '' : ` --cluster ${options.cluster}`}`,
  });
}
