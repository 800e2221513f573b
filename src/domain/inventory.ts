/**
 * Which Stores a cluster has: those that the configuration names, and those that OMS listed. A list that did not come
 * never means "no Stores": only a good listing adds a Store, and only good ones let one go.
 */
import type { InventoryView } from './inventory-view.ts';
import { subtopicOf, type StoreName } from './store.ts';
import { utc } from './utc.ts';
import { mergeByName, type OmsListing, type WitnessSilence } from './witness.ts';

/** A Store that OMS listed. */
export interface KnownStore {
  readonly store: StoreName;
  /** Ids of the projects that listed it, sorted. */
  readonly projects: readonly string[];
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
  /** The first good listing without it, of those since it was last seen; null while it is listed. */
  readonly missingSinceMs: number | null;
}

export interface DroppedStore {
  readonly store: StoreName;
  readonly atMs: number;
}

/** Why the newest listing was not used. `nothing listed`: OMS listed no Store at all, where it had listed some. */
export interface ListingSilence {
  /** The first listing of those that were not used since the last good one. */
  readonly sinceMs: number;
  readonly because: Exclude<WitnessSilence, 'not listed'> | 'nothing listed';
  readonly detail: string;
}

/** What OMS listed, as far as it is known. Kept by the worker in memory and on disk. */
export interface Inventory {
  /** Sorted by name. */
  readonly stores: readonly KnownStore[];
  /** The first good listing: what came with it is no newcomer. Null before it. */
  readonly beganMs: number | null;
  /** The newest good listing. */
  readonly asOfMs: number | null;
  readonly silence: ListingSilence | null;
  /** Let go within the last `grace`, oldest first. */
  readonly dropped: readonly DroppedStore[];
}

export const emptyInventory: Inventory = { stores: [], beganMs: null, asOfMs: null, silence: null, dropped: [] };

/** Errors come from machines; what is shown and kept of them is bounded. */
const DETAIL_LENGTH_MAX = 300;

/**
 * Takes one listing. A Store that is listed no more is kept until good listings have lacked it for `graceMs`. A listing
 * that failed, or that is empty though Stores were known, leaves the last good list as it is.
 */
export function foldListing(inventory: Inventory, listing: OmsListing, nowMs: number, graceMs: number): Inventory {
  if (listing.kind === 'silent') return silenced(inventory, listing.because, listing.detail, nowMs);
  if (listing.stores.length === 0 && inventory.stores.length > 0) return silenced(inventory, 'nothing listed', '', nowMs);
  // A clock that was set back must not make anything older than it is.
  const atMs = Math.max(nowMs, inventory.asOfMs ?? nowMs);
  const known = new Map(inventory.stores.map((store) => [store.store, store]));
  const listed = mergeByName(listing.stores).map(({ store, projects }): KnownStore => {
    const firstSeenMs = known.get(store)?.firstSeenMs ?? atMs;
    return { store, projects, firstSeenMs, lastSeenMs: atMs, missingSinceMs: null };
  });
  const isListed = new Set(listed.map(({ store }) => store));
  const missing = inventory.stores
    .filter(({ store }) => !isListed.has(store))
    .map((store) => ({ ...store, missingSinceMs: store.missingSinceMs ?? atMs }));
  const isOver = ({ missingSinceMs }: { missingSinceMs: number }): boolean => atMs - missingSinceMs >= graceMs;
  const gone = missing.filter(isOver).map(({ store }) => ({ store, atMs }));
  return {
    stores: [...listed, ...missing.filter((store) => !isOver(store))].toSorted(byName),
    beganMs: inventory.beganMs ?? atMs,
    asOfMs: atMs,
    silence: null,
    dropped: [...inventory.dropped.filter((drop) => atMs - drop.atMs < graceMs && !isListed.has(drop.store)), ...gone],
  };
}

function silenced(inventory: Inventory, because: ListingSilence['because'], detail: string, nowMs: number): Inventory {
  const sinceMs = inventory.silence?.sinceMs ?? nowMs;
  return { ...inventory, silence: { sinceMs, because, detail: detail.slice(0, DETAIL_LENGTH_MAX) } };
}

function byName(a: { readonly store: StoreName }, b: { readonly store: StoreName }): number {
  return a.store < b.store ? -1 : 1;
}

/** What is left when only these projects are asked for: a Store of others is nobody's here, and no listing will miss it. */
export function withinProjects(inventory: Inventory, projects: readonly string[]): Inventory {
  return { ...inventory, stores: inventory.stores.filter((known) => known.projects.some((id) => projects.includes(id))) };
}

/** Without the Stores of these subtopics: they belong to another cluster, which has a guard of its own. */
export function withoutSubtopics(inventory: Inventory, subtopics: ReadonlySet<string>): Inventory {
  return { ...inventory, stores: inventory.stores.filter(({ store }) => !subtopics.has(subtopicOf(store))) };
}

/** Every Store to look at, sorted: those that the configuration names stay whatever OMS lists. */
export function storesOf(inventory: Inventory, staticStores: readonly StoreName[]): StoreName[] {
  return [...new Set([...staticStores, ...inventory.stores.map(({ store }) => store)])].toSorted();
}

/**
 * Stores that nobody named and that came after the first listing, less than `graceMs` ago. Where the configuration names
 * Stores of their subtopic they stay newcomers: that list lacks them.
 */
export function newcomersOf(inventory: Inventory, staticStores: readonly StoreName[], graceMs: number): StoreName[] {
  const { beganMs, asOfMs } = inventory;
  const named = new Set(staticStores);
  const namedSubtopics = new Set(staticStores.map(subtopicOf));
  return inventory.stores
    .filter(({ store, firstSeenMs, missingSinceMs }) => {
      if (named.has(store) || missingSinceMs !== null) return false;
      if (namedSubtopics.has(subtopicOf(store))) return true;
      return firstSeenMs > (beganMs ?? firstSeenMs) && (asOfMs ?? firstSeenMs) - firstSeenMs < graceMs;
    })
    .map(({ store }) => store);
}

const NAMED_MAX = 20;

/** An inventory as a sweep tells it. */
export function viewInventory(inventory: Inventory, staticStores: readonly StoreName[], graceMs: number): InventoryView {
  const { stores, asOfMs } = inventory;
  const named = new Set(staticStores);
  const first = (names: readonly StoreName[]): StoreName[] => names.slice(0, NAMED_MAX);
  return {
    asOfMs,
    discovered: stores.length,
    newcomers: first(newcomersOf(inventory, staticStores, graceMs)),
    vanished: first(stores.filter(({ missingSinceMs }) => missingSinceMs !== null).map(({ store }) => store)),
    dropped: first(inventory.dropped.map(({ store }) => store).filter((store) => !named.has(store))),
    trouble: troubleOf(inventory),
  };
}

/** What is wrong with the list, as a sentence; null where nothing is. */
export function troubleOf({ silence, asOfMs, stores }: Inventory): string | null {
  if (silence === null) {
    return asOfMs !== null && stores.length === 0 ? 'OMS lists no Store in the projects that it is asked for' : null;
  }
  const used =
    asOfMs === null
      ? 'it has never listed one, so only the Stores that the configuration names are looked at'
      : `the last good list is used, of ${utc(asOfMs)}`;
  if (silence.because === 'nothing listed')
    return `OMS has listed no Store at all since ${utc(silence.sinceMs)}, which is not believed: ${used}; if it is so, take those projects out of discover.projects`;
  const why = silence.detail === '' ? silence.because : `${silence.because}: ${silence.detail}`;
  return `OMS did not answer since ${utc(silence.sinceMs)} (${why}): ${used}`;
}
