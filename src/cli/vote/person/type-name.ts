import type { StoreName } from '../../../domain/store.ts';
import { CommandError, UsageError } from '../../program/command-error.ts';
import { EXIT } from '../../program/exit-codes.ts';
import { askText } from '../../screen/ask-text.ts';
import { confirm } from '../../screen/confirm.ts';
import type { Screen } from '../../screen/screen.ts';

export interface NameOptions {
  /** The Store's full name, as a person would type it. */
  readonly confirm?: string;
  readonly yes?: boolean;
}

/** Off a terminal nobody can type, so both flags must be there. Throws UsageError with the line to run. */
export function demandName({ confirm: name, yes }: NameOptions, screen: Screen, what: string, run: string): void {
  if (screen.canAsk || (name !== undefined && yes === true)) return;
  throw new UsageError(
    {
      what: `Nobody can be asked whether to ${what}`,
      why: `${screen.json ? 'with --json a program reads the answer' : 'this is not a terminal'}, and --yes alone never does it: the Store must be named`,
      mend: 'name it in full, or only look with --dry-run',
      run,
    },
    'needs-confirm',
  );
}

/** The person names the Store in full. Throws CommandError, refused, for any other name. Nothing was sent then. */
export async function demandTyped(
  { confirm: named, yes }: NameOptions,
  store: StoreName,
  screen: Screen,
  signal: AbortSignal,
  what: string,
): Promise<void> {
  if (named === undefined && yes === true) screen.say('--yes does not skip the name.');
  const typed = named ?? (await askText(screen, `Type the Store's full name to ${what}:`, signal));
  if (typed !== store) throw wrongName(typed, store);
  // Whoever typed the name at the question has said yes by it.
  if (named === undefined || yes === true || !screen.canAsk) return;
  if (!(await confirm(screen, 'Send it?', signal))) throw notAgreed(store, 'you did not say yes');
}

function wrongName(typed: string, store: StoreName): CommandError {
  return new CommandError('wrong-name', EXIT.refused, {
    what: `Nothing was sent for ${store}`,
    why: typed === '' ? 'its name was not typed' : `${JSON.stringify(typed.slice(0, 200))} is not its name`,
    mend: 'be sure which Store you mean, then name exactly that one',
  });
}

export function notAgreed(store: StoreName, why: string): CommandError {
  return new CommandError('not-agreed', EXIT.refused, {
    what: `Nothing was sent for ${store}`,
    why,
    mend: 'run it again when you are sure',
  });
}
