import { CommanderError, type Command } from 'commander';
import type { Screen } from '../screen/screen.ts';
import { isInterrupted, processScreen } from './call.ts';
import { errorObject, UsageError } from './command-error.ts';
import { EXIT } from './exit-codes.ts';
import { explainError, type ErrorReport } from './explain-error.ts';
import { nearest } from './nearest.ts';

/** After an interruption nothing may keep the process: a connection attempt would, for seconds. */
const LINGER_MS = 1_000;

/** Runs one command line. Ends by setting the process's exit code, so that everything written is still flushed. */
export async function runProgram(
  program: Command,
  commands: readonly ((program: Command) => void)[],
  argv: string[],
): Promise<void> {
  const screen = processScreen();
  // A reader that has seen enough (`| head`) is no fault of ours.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  // Before the commands: they inherit both.
  program.exitOverride().configureOutput({ writeErr: () => undefined, outputError: () => undefined });
  for (const register of commands) register(program);
  try {
    await program.parseAsync(argv);
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return;
    if (error instanceof CommanderError && error.code === 'commander.help' && !screen.json) {
      screen.say(helpOf(program, argv));
      process.exitCode = EXIT.usage;
      return;
    }
    const told = explainError(error instanceof CommanderError ? usageError(program, argv, error) : error, isInterrupted());
    tell(screen, told);
    if (process.env['STOREKEEPER_DEBUG'] === '1' && error instanceof Error) screen.say(error.stack ?? '');
    process.exitCode = told.exitCode;
  }
  if (isInterrupted()) setTimeout(() => process.exit(), LINGER_MS).unref();
}

/** One object on stdout for programs, unless the command had answered already; three lines on stderr for people. */
function tell(screen: Screen, report: ErrorReport): void {
  const error = errorObject(report);
  if (screen.json) {
    const { faults } = report;
    if (!screen.answered) screen.answer({ error: { ...error, ...(faults === undefined ? {} : { faults }) } }, []);
    return;
  }
  screen.fail(report.explanation.what, error.hint, report.explanation.why);
}

/** The command that the line names, as deep as it can be followed. */
function commandOf(program: Command, argv: readonly string[]): Command {
  let at = program;
  for (const word of argv.slice(2)) {
    const next = at.commands.find((command) => command.name() === word);
    if (next === undefined) break;
    at = next;
  }
  return at;
}

function helpOf(program: Command, argv: readonly string[]): string {
  return commandOf(program, argv).helpInformation().trimEnd();
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

/** Commander's complaint in our three lines. */
function usageError(program: Command, argv: readonly string[], { code, message }: CommanderError): UsageError {
  const command = commandOf(program, argv);
  const path = pathOf(command);
  const said = message.replace(/^error: /, '').replace(/\s*\(Did you mean .*$/s, '');
  const quoted = /'([^']*)'/.exec(said)?.[1] ?? '';
  const mend = { mend: 'see', run: `${path} --help` };
  if (code === 'commander.unknownCommand') {
    const names = command.commands.map((known) => known.name());
    const near = nearest(quoted, names);
    return new UsageError({
      what: `There is no verb "${quoted}"`,
      why: near === undefined ? `the verbs here are ${names.join(', ')}` : `did you mean ${near}?`,
      ...mend,
      ...(near === undefined ? {} : { run: `${path} ${near} --help` }),
    });
  }
  if (code === 'commander.unknownOption') {
    const names = command.options.flatMap((option) => option.long ?? []);
    const near = nearest(quoted.split('=')[0] ?? '', names);
    return new UsageError({
      what: `${path} has no option ${quoted}`,
      why: near === undefined ? `its options are ${names.join(', ')}` : `did you mean ${near}?`,
      ...mend,
    });
  }
  if (code === 'commander.help') {
    return new UsageError({
      what: 'No verb was given',
      why: `the verbs here are ${command.commands.map((known) => known.name()).join(', ')}`,
      ...mend,
    });
  }
  return new UsageError({ what: `${path} cannot be run like this`, why: said, ...mend });
}
