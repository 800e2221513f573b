import type { Command } from 'commander';
import { Screen } from '../screen/screen.ts';
import { type ExitCode } from './exit-codes.ts';

/** What one run of a command gets. */
export interface Call<Options> {
  /** What stands behind the verb, without options. */
  readonly args: readonly string[];
  readonly options: Options & SharedOptions;
  readonly screen: Screen;
  /** Aborted by Ctrl-C. Whoever waits for something waits with this signal, so that the command ends. */
  readonly signal: AbortSignal;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface SharedOptions {
  readonly config?: string;
}

/** `--json` counts wherever it stands, also when the rest cannot be understood: whoever asked for it parses the answer. */
export function jsonAsked(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return (end === -1 ? argv : argv.slice(0, end)).includes('--json');
}

/** A command of the program, with the options that every command has. */
export function verb(parent: Command, signature: string, summary: string): Command {
  return parent
    .command(signature)
    .description(summary)
    .helpCommand(false)
    .option('--config <path>', 'the configuration (default: $STOREKEEPER_CONFIG, then ./storekeeper.yaml)')
    .option('--json', 'one JSON object on stdout, failures included');
}

let screen: Screen | undefined;

/** The one screen of this process: an answer that a command gave is known where its failure is told. */
export function processScreen(): Screen {
  screen ??= new Screen(process, jsonAsked(process.argv.slice(2)));
  return screen;
}

/** Set once Ctrl-C has asked the command to end; the errors that follow are told as an interruption. */
const interruption = new AbortController();

export function isInterrupted(): boolean {
  return interruption.signal.aborted;
}

/**
 * Makes an action for commander out of a function that returns its exit code. What the function throws goes on to
 * `main`, which tells it. A second Ctrl-C ends the process at once.
 */
export function acting<Options>(act: (call: Call<Options>) => Promise<ExitCode>): (...args: unknown[]) => Promise<void> {
  return async (...given) => {
    const command = given.at(-1) as Command;
    process.once('SIGINT', () => interruption.abort());
    process.exitCode = await act({
      args: command.args,
      options: command.optsWithGlobals<Options & SharedOptions>(),
      screen: processScreen(),
      signal: interruption.signal,
      env: process.env,
    });
  };
}
