import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseCmUrl } from '../../cluster-manager/cm-url.ts';
import { parseOmsUrl } from '../../config/discover.ts';
import { parseClusterName, type Parsed } from '../../domain/store.ts';
import type { Call } from '../program/call.ts';
import { UsageError } from '../program/command-error.ts';
import { askSecret } from '../screen/ask-secret.ts';
import { askText } from '../screen/ask-text.ts';
import { shellWord } from '../vote/wish.ts';

export interface InitOptions {
  readonly name?: string;
  readonly cm?: string;
  readonly oms?: string;
  readonly omsUser?: string;
  readonly project?: readonly string[];
  readonly out?: string;
  readonly yes?: boolean;
}

/** What the file is written from, but for projects and Stores. */
export interface InitWish {
  readonly file: string;
  readonly name: string;
  readonly cm: string;
  readonly oms: string;
  readonly user: string;
  readonly password: string;
}

/** The projects that were named, each once; empty: none was. Throws UsageError. */
export function projectsGiven({ project = [] }: InitOptions): string[] {
  if (project.every((id) => id.trim() !== '')) return [...new Set(project.map((id) => id.trim()))];
  throw new UsageError({ what: '--project is empty', why: 'OMS is asked by project', mend: 'name one, such as', run: EXAMPLE });
}

/** The variable that the file refers to. */
export const PASSWORD_VARIABLE = 'OMS_PASSWORD';
const FILE_DEFAULT = 'storekeeper.yaml';
const NAME_DEFAULT = 'oms';
const EXAMPLE =
  'storekeeper init --cm http://10.0.0.5:8088 --oms http://10.0.0.4:8089 --oms-user storekeeper --project np_5w5abcdefghi';

/** What the options say, and for the rest what a person types. Throws UsageError for what nobody can be asked. */
export async function wishOf(call: Call<InitOptions>): Promise<InitWish> {
  const { options, screen, env } = call;
  const file = resolve(options.out ?? FILE_DEFAULT);
  if (existsSync(file)) throw alreadyThere(file);
  if (options.yes !== true && !screen.canAsk) throw needsYes(options, screen.json);
  projectsGiven(options);
  const cm = await given(call, CM, options.cm);
  const oms = await given(call, OMS, options.oms);
  const user = await given(call, USER, options.omsUser);
  const password = await passwordOf(call, env[PASSWORD_VARIABLE] ?? '');
  // Nobody is there to be asked with --yes, and it has a default.
  const name = await given(call, NAME, options.name ?? (options.yes === true ? NAME_DEFAULT : undefined));
  return { file, name, cm, oms, user, password };
}

interface Setting {
  readonly option: string;
  readonly question: string;
  /** What an empty line means. */
  readonly otherwise?: string;
  readonly parse: (text: string) => Parsed<string>;
}

const CM: Setting = {
  option: '--cm',
  question: "Address of the Cluster Manager (cm.url in OMS's drc.properties), like http://10.0.0.5:8088:",
  parse: parseCmUrl,
};

const OMS: Setting = { option: '--oms', question: "Address of OMS's console, like http://10.0.0.4:8089:", parse: parseOmsUrl };

const USER: Setting = { option: '--oms-user', question: 'User of OMS, as which its OpenAPI is asked:', parse: parseUser };

const NAME: Setting = {
  option: '--name',
  question: `A name for this cluster [${NAME_DEFAULT}]:`,
  otherwise: NAME_DEFAULT,
  parse: parseClusterName,
};

function parseUser(text: string): Parsed<string> {
  const user = text.trim();
  if (user === '') return { ok: false, error: 'the name of the user is empty' };
  return user.includes(':') || /\p{C}/u.test(user)
    ? { ok: false, error: "a user's name has neither a ':' nor control characters" }
    : { ok: true, value: user };
}

/** The option, or what a person types, asked again until it can be used. Throws UsageError. */
async function given(
  { screen, signal }: Pick<Call<unknown>, 'screen' | 'signal'>,
  { option, question, otherwise = '', parse }: Setting,
  text: string | undefined,
): Promise<string> {
  if (text !== undefined) {
    const parsed = parse(text);
    if (parsed.ok) return parsed.value;
    throw new UsageError({ what: `${option} cannot be used`, why: parsed.error, mend: 'write it like', run: EXAMPLE });
  }
  while (screen.canAsk) {
    const typed = (await askText(screen, question, signal)) || otherwise;
    if (typed === '') break;
    const parsed = parse(typed);
    if (parsed.ok) return parsed.value;
    screen.say(`${parsed.error}.`);
  }
  throw new UsageError({ what: `${option} is missing`, why: 'nothing else says it', mend: 'give it, such as', run: EXAMPLE });
}

async function passwordOf({ screen, signal }: Pick<Call<unknown>, 'screen' | 'signal'>, known: string): Promise<string> {
  const password = known !== '' || !screen.canAsk ? known : await askSecret(screen, 'Its password:', signal);
  if (password !== '') return password;
  throw new UsageError(
    {
      what: 'There is no password for OMS',
      why: `${PASSWORD_VARIABLE} is not set, and a password on a command line would be seen by everybody on this machine`,
      mend: 'set it from a file that only you may read, then run this again',
      run: `export ${PASSWORD_VARIABLE}="$(cat oms-password)"`,
    },
    'no-password',
  );
}

export function alreadyThere(file: string): UsageError {
  return new UsageError(
    {
      what: `${file} is there already`,
      why: 'a configuration is not overwritten: somebody wrote it',
      mend: 'name another file, or look at this one',
      run: `storekeeper config check --config ${shellWord(file)}`,
    },
    'file-exists',
  );
}

function needsYes(options: InitOptions, json: boolean): UsageError {
  const given = [
    ...(options.name === undefined ? [] : [`--name ${shellWord(options.name)}`]),
    `--cm ${shellWord(options.cm ?? 'http://10.0.0.5:8088')}`,
    `--oms ${shellWord(options.oms ?? 'http://10.0.0.4:8089')}`,
    `--oms-user ${shellWord(options.omsUser ?? 'storekeeper')}`,
    ...(options.project ?? []).map((id) => `--project ${shellWord(id)}`),
    ...(options.out === undefined ? [] : [`--out ${shellWord(options.out)}`]),
    ...(json ? ['--json'] : []),
  ];
  return new UsageError(
    {
      what: 'Nobody can be asked whether to write this configuration',
      why: json ? 'with --json a program reads the answer' : 'this is not a terminal',
      mend: 'give everything, and add --yes',
      run: ['storekeeper init', ...given, '--yes'].join(' '),
    },
    'needs-yes',
  );
}
