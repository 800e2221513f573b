import { resolve } from 'node:path';
import type { Command } from 'commander';
import { acting, verb, type Call } from '../program/call.ts';
import { UsageError } from '../program/command-error.ts';
import { EXIT, type ExitCode } from '../program/exit-codes.ts';
import type { Screen } from '../screen/screen.ts';
import { shellWord } from '../vote/wish.ts';

const FILE_DEFAULT = 'storekeeper-key.pem';
/** The rights of everybody but the owner, as bits of a file's mode. */
const OTHERS = 0o077;

export function registerKeys(program: Command): void {
  const group = verb(program, 'keys', 'the key that you sign votes and orders with');
  verb(group, 'new', 'make a key: its private half goes into a file, its public half is shown')
    .option('--out <file>', `where the private half goes; nothing is overwritten (default: ${FILE_DEFAULT})`)
    .addHelpText('after', '\nExample:\n  storekeeper keys new --out ~/.ssh/storekeeper-key.pem')
    .action(acting(make));
  verb(group, 'show <file>', 'the public half of the key in a file')
    .addHelpText('after', `\nExample:\n  storekeeper keys show ${FILE_DEFAULT}`)
    .action(acting(show));
}

async function make({ options, screen }: Call<{ readonly out?: string }>): Promise<ExitCode> {
  const { out = FILE_DEFAULT } = options;
  // The private half is never printed, so there is no "to stdout".
  if (out.trim() === '' || out === '-') {
    throw new UsageError({
      what: `--out ${out === '-' ? out : '""'}`,
      why: 'the private half goes into a file and nowhere else',
      mend: 'name one that is not there yet',
      run: `storekeeper keys new --out ${FILE_DEFAULT}`,
    });
  }
  const file = resolve(out);
  const [{ generateKeyPair }, { writeKeyFile }] = await Promise.all([
    import('../../approval/keys.ts'),
    import('../keys/write-key-file.ts'),
  ]);
  const { privateKeyPem, publicKey } = generateKeyPair();
  const mode = await writeKeyFile(file, privateKeyPem);
  screen.answer({ file, publicKey }, [lineFor(publicKey)]);
  if (!screen.json) howToUse(file, publicKey).forEach((line) => screen.say(line));
  warnOfOthers(screen, file, mode);
  return EXIT.fine;
}

async function show({ args, screen }: Call<unknown>): Promise<ExitCode> {
  const file = resolve(args[0] ?? '');
  const [{ publicKeyOf }, { readKeyFile }] = await Promise.all([
    import('../../approval/keys.ts'),
    import('../keys/read-key-file.ts'),
  ]);
  const { key, mode } = await readKeyFile(file);
  const publicKey = publicKeyOf(key);
  screen.answer({ file, publicKey, readableByOthers: isOpenToOthers(mode) }, [lineFor(publicKey)]);
  warnOfOthers(screen, file, mode);
  return EXIT.fine;
}

/** As it stands below `keys:` in storekeeper.yaml. */
function lineFor(publicKey: string): string {
  return `- "${publicKey}"`;
}

function howToUse(file: string, publicKey: string): string[] {
  return [
    'That is the public half. Give it to whoever keeps storekeeper.yaml; it belongs below your name there:',
    '  approval:',
    '    approvers:',
    '      - name: alice',
    '        keys:',
    `          ${lineFor(publicKey)}`,
    `The private half is in ${file}, for your eyes alone: whoever has it votes in your name. There is no second copy.`,
    'Sign with it:',
    `  storekeeper approve PLAN --key ${shellWord(file)} --as alice`,
  ];
}

function isOpenToOthers(mode: number): boolean {
  // Windows has no such bits.
  return process.platform !== 'win32' && (mode & OTHERS) !== 0;
}

function warnOfOthers(screen: Screen, file: string, mode: number): void {
  if (!isOpenToOthers(mode)) return;
  const rights = (mode & 0o777).toString(8);
  screen.note(
    `others on this machine may read or change ${file} (mode ${rights}), and nothing is signed` +
      ` with it like that: chmod 600 ${shellWord(file)}; if somebody may have read it, make a new key`,
  );
}
