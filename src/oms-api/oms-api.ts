import { Pool } from 'undici';
import type { StoreName } from '../domain/store.ts';
import { mergeByName, type OmsListing, type OmsStore, type WitnessWord } from '../domain/witness.ts';
import type { OmsAccess, Witness } from '../domain/ask-witness.ts';
import { ask, silent, type Asking, type Silence } from './ask.ts';
import { lenient, listOf, textOf } from './lenient.ts';
import { readStores } from './stores.ts';

export interface OmsProject {
  readonly id: string;
  readonly name: string;
  /** OMS's word: RUNNING, SUSPEND, FAILED, … */
  readonly status: string;
  /** Whether it follows its source, so that it has Stores at all. */
  readonly incremental: boolean;
}

export type OmsProjects = { readonly kind: 'listed'; readonly projects: readonly OmsProject[] } | Silence;

/** OMS's OpenAPI, as far as it tells of Stores. Nothing here rejects for what OMS did. */
export interface OmsApi {
  /**
   * The Stores of these projects, both directions, each once. If one project cannot be listed nothing is: half a
   * list would look like Stores that are gone.
   */
  listStores(projects: readonly string[], signal?: AbortSignal): Promise<OmsListing>;
  listProjects(signal?: AbortSignal): Promise<OmsProjects>;
  /** Asks of one Store in the project that listed it last, or in all of these. */
  witnessFor(projects: readonly string[]): Witness;
  close(): Promise<void>;
}

const CONNECTIONS = 4;
const PAGE_SIZE = 150;
const PAGES_MAX = 200;

/** Connects on first use. Throws for an address that is none: the configuration was checked before. */
export function connectOmsApi({ baseUrl, user, password, timeoutMs }: OmsAccess): OmsApi {
  const { origin, pathname, username } = new URL(baseUrl);
  if (username !== '') throw new Error('user and password do not belong in the address of OMS');
  const asking: Asking = {
    pool: new Pool(origin, { connections: CONNECTIONS, connect: { timeout: timeoutMs } }),
    prefix: pathname.replace(/\/+$/, ''),
    authorization: `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`,
    timeoutMs,
  };
  const listStores = (projects: readonly string[], signal?: AbortSignal): Promise<OmsListing> =>
    listAll(asking, projects, signal);
  return {
    listStores,
    listProjects: (signal) => walkProjects(asking, signal),
    witnessFor: (projects) => new OmsWitness(projects, listStores),
    close: () => asking.pool.close(),
  };
}

async function listAll(asking: Asking, projects: readonly string[], signal?: AbortSignal): Promise<OmsListing> {
  const listings = await Promise.all(projects.map((project) => listOne(asking, project, signal)));
  const failed = listings.find((listing) => listing.kind === 'silent');
  if (failed !== undefined) return failed;
  return {
    kind: 'listed',
    stores: mergeByName(listings.flatMap((listing) => (listing.kind === 'listed' ? listing.stores : []))),
  };
}

async function listOne(asking: Asking, project: string, signal?: AbortSignal): Promise<OmsListing> {
  const answer = await ask(asking, 'DescribeProjectComponents', { id: project }, signal);
  if (answer.kind === 'silent') return silent(answer.because, `project ${project}: ${answer.detail}`);
  const data = lenient(answer.data);
  const [stores, reverse] = [listOf(data?.['storeList']), listOf(data?.['reverseStoreList'])];
  if (data === null || stores === undefined || reverse === undefined)
    return silent('malformed', `project ${project}: no list of Stores`);
  const read = readStores([...stores, ...reverse], project);
  // A Store that is passed over would look like one that is gone.
  return read.fault === null ? { kind: 'listed', stores: read.stores } : silent('malformed', `project ${project}: ${read.fault}`);
}

/** Page by page, the oldest first, so that new projects do not shift the pages; a short page is the last one. */
async function walkProjects(asking: Asking, signal?: AbortSignal): Promise<OmsProjects> {
  const projects: OmsProject[] = [];
  for (let pageNumber = 1; pageNumber <= PAGES_MAX; pageNumber += 1) {
    const question = { sortField: 'gmtCreate', order: 'asc', pageNumber, pageSize: PAGE_SIZE };
    const answer = await ask(asking, 'ListProjects', question, signal);
    if (answer.kind === 'silent') return answer;
    const page = listOf(answer.data);
    if (page === undefined) return silent('malformed', 'no list of projects');
    projects.push(...page.flatMap(readProject));
    if (page.length < PAGE_SIZE) break;
  }
  return { kind: 'listed', projects };
}

function readProject(value: unknown): OmsProject[] {
  const fields = lenient(value);
  const id = textOf(fields?.['id']);
  if (fields === null || id === '') return [];
  const incremental = fields['enableIncrTransfer'];
  return [
    {
      id,
      name: textOf(fields['name']),
      status: textOf(fields['status']),
      incremental: incremental !== false && incremental !== 'false',
    },
  ];
}

class OmsWitness implements Witness {
  readonly #projects: readonly string[];
  readonly #list: OmsApi['listStores'];
  /** Where each Store was listed last: a question then costs one call. */
  readonly #home = new Map<StoreName, readonly string[]>();

  constructor(projects: readonly string[], list: OmsApi['listStores']) {
    this.#projects = projects;
    this.#list = list;
  }

  async ask(store: StoreName, signal?: AbortSignal): Promise<WitnessWord> {
    const home = this.#home.get(store);
    const found = home === undefined ? undefined : await this.#askIn(home, store, signal);
    // It may have moved to another project; whoever does not answer is no reason to ask others.
    if (found !== undefined && !(found.kind === 'silent' && found.because === 'not listed')) return found;
    return this.#askIn(this.#projects, store, signal);
  }

  async #askIn(projects: readonly string[], store: StoreName, signal?: AbortSignal): Promise<WitnessWord> {
    const listing = await this.#list(projects, signal);
    if (listing.kind === 'silent') return listing;
    for (const listed of listing.stores) this.#home.set(listed.store, listed.projects);
    const own: OmsStore | undefined = listing.stores.find((listed) => listed.store === store);
    if (own !== undefined) return { kind: 'said', store: own };
    return { kind: 'silent', because: 'not listed', detail: `OMS lists no such Store in ${projects.join(', ')}` };
  }
}
