import { setTimeout as sleep } from 'node:timers/promises';
import type { ClusterConfig, DiscoverConfig } from '../config/config.ts';
import { emptyInventory, foldListing, troubleOf, withinProjects, type Inventory } from '../domain/inventory.ts';
import type { StoreName } from '../domain/store.ts';
import type { OmsListing } from '../domain/witness.ts';
import type { OmsAccess, Witness } from '../domain/ask-witness.ts';
import { inventoryPath, readInventory, writeInventory } from './inventory-file.ts';

/** What is asked of OMS. */
export interface OmsView {
  listStores(projects: readonly string[], signal?: AbortSignal): Promise<OmsListing>;
  witnessFor(projects: readonly string[]): Witness;
  close(): Promise<void>;
}

export interface DiscoveryParts {
  /** The path of storekeeper.yaml: lists are kept beside it. */
  readonly configFile: string;
  readonly connect: (access: OmsAccess) => OmsView;
  /** What the operator of the worker should read: lists that fail, Stores that come and go. */
  readonly say: (cluster: string, message: string) => void;
  readonly now?: () => number;
}

export type Discovering = Pick<ClusterConfig, 'name'> & { readonly discover: DiscoverConfig };

export interface Discovery {
  /**
   * What OMS listed of this cluster. Starts a listing when one is due, and waits only for the very first, and not for
   * long: afterwards a list that is some minutes old is better than an activity that waits. Never rejects.
   */
  inventoryOf(cluster: Discovering): Promise<Inventory>;
  witnessOf(discover: DiscoverConfig): Witness;
  /** Ends what is under way. */
  close(): Promise<void>;
}

/** What is kept of one cluster. */
interface Entry {
  inventory: Inventory;
  /** Resolves when the list on disk was read. */
  readonly loaded: Promise<void>;
  listing: Promise<void> | null;
  /** When, and what, OMS was asked last. */
  askedMs: number | null;
  asked: string;
  /** Whether it was said that the list cannot be kept on disk. */
  saidUnwritable: boolean;
}

/** An activity that waits sends no heartbeat, and is given up after 15 s without one. */
const FIRST_WAIT_MS = 10_000;

export function startDiscovery({ configFile, connect, say, now = Date.now }: DiscoveryParts): Discovery {
  const entries = new Map<string, Entry>();
  const views = new Map<string, OmsView>();
  const witnesses = new Map<string, Witness>();
  const closing = new AbortController();

  return {
    async inventoryOf(cluster) {
      const entry = entryOf(cluster.name);
      await entry.loaded;
      if (entry.listing === null && isDue(entry, cluster.discover)) begin(entry, cluster);
      if (entry.listing !== null && isBlank(entry.inventory)) {
        await Promise.race([entry.listing, sleep(FIRST_WAIT_MS, undefined, { ref: false })]);
      }
      return withinProjects(entry.inventory, cluster.discover.projects);
    },
    witnessOf(discover) {
      const key = JSON.stringify([accessOf(discover), discover.projects]);
      const witness = witnesses.get(key) ?? viewOf(discover).witnessFor(discover.projects);
      witnesses.set(key, witness);
      return witness;
    },
    async close() {
      closing.abort();
      await Promise.all([...entries.values()].map(async ({ listing }) => listing));
      await Promise.all([...views.values()].map((view) => view.close()));
    },
  };

  function entryOf(cluster: string): Entry {
    const known = entries.get(cluster);
    if (known !== undefined) return known;
    const loaded = load(cluster);
    const entry: Entry = { inventory: emptyInventory, loaded, listing: null, askedMs: null, asked: '', saidUnwritable: false };
    entries.set(cluster, entry);
    return entry;
  }

  async function load(cluster: string): Promise<void> {
    const read = await readInventory(inventoryPath(configFile, cluster), cluster);
    if (read.kind === 'none') return;
    if (read.kind === 'damaged') {
      say(cluster, `the list of Stores that was kept on disk is not used (${read.why}); OMS is asked afresh`);
      return;
    }
    const entry = entries.get(cluster);
    if (entry !== undefined) entry.inventory = read.inventory;
  }

  /** Also when other projects are wanted, or another OMS: nobody waits for what was configured before. */
  function isDue({ askedMs, asked }: Entry, discover: DiscoverConfig): boolean {
    if (closing.signal.aborted) return false;
    return askedMs === null || asked !== questionOf(discover) || Math.abs(now() - askedMs) >= discover.everyMs;
  }

  /** One listing at a time: `entry.listing` is set until it is over. */
  function begin(entry: Entry, cluster: Discovering): void {
    entry.askedMs = now();
    entry.asked = questionOf(cluster.discover);
    entry.listing = list(entry, cluster).finally(() => {
      entry.listing = null;
    });
  }

  async function list(entry: Entry, { name, discover }: Discovering): Promise<void> {
    const listing = await ask(discover);
    if (closing.signal.aborted) return;
    // Only a good list forgets other projects: they may be missing by a slip of the hand that is mended in a minute.
    const before = listing.kind === 'listed' ? withinProjects(entry.inventory, discover.projects) : entry.inventory;
    entry.inventory = foldListing(before, listing, now(), discover.graceMs);
    for (const line of changes(before, entry.inventory)) say(name, line);
    const unwritable = await writeInventory(inventoryPath(configFile, name), name, entry.inventory);
    if (unwritable !== null && !entry.saidUnwritable) {
      say(name, `the list of Stores cannot be kept on disk (${unwritable}): a restart while OMS is down would begin without it`);
    }
    entry.saidUnwritable = unwritable !== null;
  }

  async function ask(discover: DiscoverConfig): Promise<OmsListing> {
    const { timeoutMs, projects } = discover;
    const timeOut = AbortSignal.timeout(timeoutMs);
    const signal = AbortSignal.any([closing.signal, timeOut]);
    try {
      const listing = viewOf(discover).listStores(projects, signal);
      return await Promise.race([listing, whenAborted(signal)]);
    } catch (error) {
      if (timeOut.aborted) return { kind: 'silent', because: 'timed out', detail: `no whole list in ${timeoutMs / 1_000} s` };
      return { kind: 'silent', because: 'unreachable', detail: error instanceof Error ? error.message : String(error) };
    }
  }

  function viewOf(discover: DiscoverConfig): OmsView {
    const access = accessOf(discover);
    const key = JSON.stringify(access);
    const view = views.get(key) ?? connect(access);
    views.set(key, view);
    return view;
  }
}

/** Whether OMS has neither listed nor failed to: nothing can be said of it yet. */
function isBlank({ asOfMs, silence }: Inventory): boolean {
  return asOfMs === null && silence === null;
}

export function accessOf({ oms, user, password, timeoutMs }: DiscoverConfig): OmsAccess {
  return { baseUrl: oms, user, password: password.reveal(), timeoutMs };
}

function questionOf({ oms, user, projects }: DiscoverConfig): string {
  return [oms, user, ...projects].join(' ');
}

/** Rejects when the signal is aborted: whoever is asked might not heed it. */
async function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/** What one listing changed, as lines for the log: trouble when it begins and when it ends, not each time. */
function changes(before: Inventory, after: Inventory): string[] {
  const had = new Set(before.stores.map(({ store }) => store));
  const came = after.stores.filter(({ store }) => !had.has(store)).map(({ store }) => store);
  const has = new Set(after.stores.map(({ store }) => store));
  const went = before.stores.filter(({ store }) => !has.has(store)).map(({ store }) => store);
  const isNewTrouble = after.silence !== null && before.silence?.because !== after.silence.because;
  return [
    ...(isNewTrouble ? [troubleOf(after) ?? ''] : []),
    ...(before.silence !== null && after.silence === null ? ['OMS lists its Stores again'] : []),
    ...(before.asOfMs === null && after.asOfMs !== null
      ? [`OMS lists ${after.stores.length === 1 ? '1 Store' : `${after.stores.length} Stores`}`]
      : said('new in OMS', came)),
    ...said('let go, since OMS lists it no more', went),
  ];
}

const SAID_MAX = 50;

function said(what: string, stores: readonly StoreName[]): string[] {
  const more = stores.length > SAID_MAX ? ` and ${stores.length - SAID_MAX} more` : '';
  return stores.length === 0 ? [] : [`${what}: ${stores.slice(0, SAID_MAX).join(', ')}${more}`];
}
