import type { Command } from 'commander';
import { acting, verb, type Call } from '../program/call.ts';
import { UsageError } from '../program/command-error.ts';
import { EXIT, EXIT_CODES, type ExitCode } from '../program/exit-codes.ts';
import { didYouMean } from '../program/nearest.ts';

export function registerHelp(program: Command): void {
  program.helpCommand(false);
  verb(program, 'help [topic...]', 'explain a verb, or the exit codes: storekeeper help exit-codes').action(
    acting((call) => help(program, call)),
  );
}

async function help(program: Command, { args, screen }: Call<unknown>): Promise<ExitCode> {
  if (args[0] === 'exit-codes') {
    screen.answer(
      { exitCodes: EXIT_CODES },
      EXIT_CODES.map(({ code, meaning }) => `${String(code).padStart(3)}  ${meaning}`),
    );
    return EXIT.fine;
  }
  let command = program;
  for (const word of args) {
    const names = [...command.commands.map((known) => known.name()), ...(command === program ? ['exit-codes'] : [])];
    const next = command.commands.find((known) => known.name() === word);
    if (next === undefined) {
      throw new UsageError({
        what: `There is no help for "${word}"`,
        why: `topics are ${names.join(', ')}${didYouMean(word, names)}`,
        mend: 'see',
        run: 'storekeeper --help',
      });
    }
    command = next;
  }
  const text = command.helpInformation().trimEnd();
  screen.answer({ help: text }, [text]);
  return EXIT.fine;
}
