import { plainLine } from '../../cluster-manager/wire.ts';
import type { OmsAccess } from '../../domain/ask-witness.ts';
import type { OmsListing, OmsStore } from '../../domain/witness.ts';
import type { Call } from '../program/call.ts';
import { CommandError, UsageError } from '../program/command-error.ts';
import { EXIT } from '../program/exit-codes.ts';
import { didYouMean } from '../program/nearest.ts';
import { askOms } from '../reach/ask-oms.ts';
import { askText } from '../screen/ask-text.ts';
import { table } from '../screen/table.ts';
import type { ChosenProject } from './compose.ts';
import { projectsGiven, type InitOptions, type InitWish } from './wish.ts';

/** A person waits for it, and a large site has many projects. */
const TIMEOUT_MS = 60_000;

export interface Shown {
  readonly projects: readonly ChosenProject[];
  readonly stores: readonly OmsStore[];
}

/** The projects to watch, and the Stores that OMS lists in them. Throws CommandError for what OMS does not tell. */
export async function listForInit(call: Call<InitOptions>, { oms, user, password }: InitWish): Promise<Shown> {
  const access: OmsAccess = { baseUrl: oms, user, password, timeoutMs: TIMEOUT_MS };
  const named = projectsGiven(call.options);
  const projects = named.length > 0 ? named.map((id) => ({ id, name: '' })) : await chooseProjects(call, access);
  const ids = projects.map(({ id }) => id);
  const listing = await askOms(access, call.signal, (api, signal) => api.listStores(ids, signal));
  if (listing.kind === 'silent') throw silent(oms, listing, 'Stores');
  if (listing.stores.length === 0) throw nothing('Stores', `OMS at ${oms} lists none in ${ids.join(', ')}`);
  return { projects, stores: listing.stores };
}

/** OMS's words for projects that have no Stores yet, or none any more. */
const WITHOUT_STORES: ReadonlySet<string> = new Set(['INIT', 'RELEASED', 'DELETED']);

/** All projects that may have Stores are shown; a person picks, and without a person all are taken. */
async function chooseProjects({ screen, signal, options }: Call<InitOptions>, access: OmsAccess): Promise<ChosenProject[]> {
  const listing = await askOms(access, signal, (api, inTime) => api.listProjects(inTime));
  if (listing.kind === 'silent') throw silent(access.baseUrl, listing, 'projects');
  const projects = listing.projects.filter(({ incremental, status }) => incremental && !WITHOUT_STORES.has(status));
  if (projects.length === 0) throw nothing('projects', `OMS at ${access.baseUrl} shows this user none that has Stores`);
  const rows = projects.map(
    ({ id, name, status }) => [{ text: id }, { text: plainLine(status, 30) }, { text: plainLine(name, 60) }] as const,
  );
  for (const line of table(['PROJECT', 'STATUS', 'NAME'], rows, screen.columns, screen.paintSaid)) screen.say(line);
  if (options.yes === true) return [...projects];
  const known = projects.map(({ id }) => id);
  for (;;) {
    const typed = await askText(screen, 'Which of them, with commas between (Enter: all)?', signal);
    const ids = [...new Set(typed.split(/[\s,]+/).filter((id) => id !== ''))];
    const unknown = ids.find((id) => !known.includes(id));
    if (unknown === undefined) return projects.filter(({ id }) => ids.length === 0 || ids.includes(id));
    screen.say(`There is no project ${unknown}${didYouMean(unknown, known)}.`);
  }
}

function silent(oms: string, { because, detail }: Extract<OmsListing, { kind: 'silent' }>, what: string): CommandError {
  const why = plainLine(detail === '' ? because : `${because}: ${detail}`);
  const unreachable = because === 'unreachable' || because === 'timed out';
  return new CommandError(unreachable ? 'unreachable' : 'no-list', unreachable ? EXIT.unreachable : EXIT.trouble, {
    what: `OMS at ${oms} does not list its ${what}`,
    why,
    mend: unreachable
      ? 'see that its console runs, and that this machine may reach it'
      : 'see that this user may use the OpenAPI, that its password is right, and that the projects are there',
  });
}

function nothing(what: string, why: string): UsageError {
  return new UsageError(
    {
      what: `There are no ${what} to watch`,
      why,
      mend: 'name projects that have a Store (their ids stand in the addresses of the pages of the console), such as',
      run: 'storekeeper init --project np_5w5abcdefghi',
    },
    'nothing-listed',
  );
}
