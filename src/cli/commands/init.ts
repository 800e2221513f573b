import type { Command } from 'commander';
import type { Config } from '../../config/config.ts';
import { sayWarnings, summarize } from '../config/summary.ts';
import { compareStores, standingTable } from '../discover/compare.ts';
import { composeConfig } from '../init/compose.ts';
import { listForInit, type Shown } from '../init/list-stores.ts';
import { type InitOptions, type InitWish, PASSWORD_VARIABLE, wishOf } from '../init/wish.ts';
import { writeNew } from '../init/write-config.ts';
import { acting, verb, type Call } from '../program/call.ts';
import { CommandError } from '../program/command-error.ts';
import { EXIT, type ExitCode } from '../program/exit-codes.ts';
import { confirm } from '../screen/confirm.ts';
import { shellWord } from '../vote/wish.ts';

export function registerInit(program: Command): void {
  verb(program, 'init', 'write a first storekeeper.yaml, from what OMS lists')
    .option('--cm <url>', 'the Cluster Manager')
    .option('--oms <url>', "OMS's console, which answers its OpenAPI")
    .option('--oms-user <name>', 'as whom OMS is asked')
    .option('--project <id...>', 'the projects whose Stores are watched (default: you are asked; with --yes all)')
    .option('--name <name>', 'what this cluster is called (default: oms)')
    .option('--out <file>', 'the file to write; nothing is overwritten (default: storekeeper.yaml)')
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      `
What is not given is asked for. OMS's password comes from OMS_PASSWORD, or is asked for; it is never written down.
The file begins in mode observe, in which Storekeeper says what it would do, and does nothing.

Example:
  storekeeper init --cm http://10.0.0.5:8088 --oms http://10.0.0.4:8089 --oms-user storekeeper --project np_5w5abcdefghi`,
    )
    .action(acting(init));
}

async function init(call: Call<InitOptions>): Promise<ExitCode> {
  const { screen, signal, options } = call;
  const wish = await wishOf(call);
  const shown = await listForInit(call, wish);
  const names = shown.stores.map(({ store }) => store);
  for (const line of standingTable(compareStores(shown.stores, [], []), screen.columns, screen.paintSaid)) screen.say(line);
  await tryClusterManager(wish, shown, call);
  const what = `${wish.file}: ${names.length === 1 ? '1 Store' : `${names.length} Stores`} in mode observe`;
  if (options.yes !== true && !(await confirm(screen, `Write ${what}?`, signal))) throw notAgreed(wish);
  await writeNew(wish.file, composeConfig(wish, shown.projects, shown.stores, new Date().toISOString().slice(0, 10)));
  const config = await checkWritten(call, wish);
  const { data, lines } = summarize(config);
  screen.answer({ file: wish.file, projects: shown.projects.map(({ id }) => id), stores: names, check: data }, lines);
  sayWarnings(config, screen);
  for (const line of whatNext(call, wish)) screen.say(line);
  return EXIT.fine;
}

/** Looks at a few of the Stores: a wrong address of CM is best noticed here. It is said, and no failure. */
async function tryClusterManager({ cm }: InitWish, { stores }: Shown, { screen, signal }: Call<InitOptions>): Promise<void> {
  const { isUnreachable, lookAtStores } = await import('../check/look-at-stores.ts');
  const some = stores.slice(0, TRIED_MAX).map(({ store }) => store);
  const readings = await lookAtStores({ cm, readTimeoutMs: TRY_TIMEOUT_MS }, some, { signal });
  const seen = readings.filter(({ kind }) => kind === 'seen').length;
  const [first] = readings;
  if (seen === some.length) return;
  const detail = first?.kind === 'unseen' ? ` (${first.because}: ${first.detail})` : '';
  screen.note(
    isUnreachable(readings)
      ? `the Cluster Manager at ${cm} does not answer${detail}: nothing can be watched before it does`
      : `the Cluster Manager at ${cm} knows ${seen} of ${some.length} of these Stores${detail}: is it the one of these projects?`,
  );
}

const TRIED_MAX = 5;
const TRY_TIMEOUT_MS = 5_000;

/** As `config check` does. Throws ConfigError. */
async function checkWritten({ env }: Call<InitOptions>, { file, password }: InitWish): Promise<Config> {
  const { loadConfig } = await import('../../config/load-config.ts');
  return loadConfig(file, { ...env, [PASSWORD_VARIABLE]: password });
}

function whatNext({ env }: Call<InitOptions>, { file }: InitWish): string[] {
  const config = shellWord(file);
  const isSet = (env[PASSWORD_VARIABLE] ?? '') !== '';
  return [
    'Next:',
    ...(isSet ? [] : [`  export ${PASSWORD_VARIABLE}=…   # what you typed; whatever asks OMS needs it`]),
    `  storekeeper check --config ${config}   # one look at each Store, straight from the Cluster Manager`,
    `  storekeeper up --config ${config}      # watch them; mode observe does nothing but say what it would do`,
  ];
}

function notAgreed({ file }: InitWish): CommandError {
  return new CommandError('not-agreed', EXIT.refused, {
    what: `${file} was not written`,
    why: 'you did not say yes',
    mend: 'run it again when you are sure',
  });
}
