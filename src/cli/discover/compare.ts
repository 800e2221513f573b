import { plainLine } from '../../cluster-manager/wire.ts';
import { subtopicOf, type StoreName } from '../../domain/store.ts';
import type { OmsStore } from '../../domain/witness.ts';
import type { Colour, Paint } from '../screen/paint.ts';
import { table, type Row } from '../screen/table.ts';
import { span } from '../screen/times.ts';

/** `known`: listed and watched. `new`: listed, not watched yet. `vanished`: watched, not listed. */
export type Standing = 'new' | 'vanished' | 'known';

/** One Store of `discover --json`. Fields are only ever added. */
export interface StoreStanding {
  readonly store: StoreName;
  readonly standing: Standing;
  readonly subtopic: string;
  /** Whether storekeeper.yaml names it, in stores or storesFile. */
  readonly named: boolean;
  /** The projects that list it, those that are asked for. */
  readonly projects: readonly string[];
  /** OMS's own word and figures; null where it lists none. */
  readonly status: string | null;
  readonly delayS: number | null;
  /** OMS's HA is about to switch to another Store. */
  readonly toSwitch: boolean;
}

/** What OMS lists beside what is watched: what differs first, then by name. */
export function compareStores(
  listed: readonly OmsStore[],
  watched: readonly StoreName[],
  named: readonly StoreName[],
): StoreStanding[] {
  const isWatched = new Set(watched);
  const isNamed = new Set(named);
  const isListed = new Set(listed.map(({ store }) => store));
  const there = listed.map(({ store, subtopic, projects, status, delayS, toSwitch }): StoreStanding => {
    const standing = isWatched.has(store) ? 'known' : 'new';
    return { store, standing, subtopic, named: isNamed.has(store), projects, status, delayS, toSwitch };
  });
  const gone = watched
    .filter((store) => !isListed.has(store))
    .map((store): StoreStanding => {
      const unlisted = { projects: [], status: null, delayS: null, toSwitch: false };
      return { store, standing: 'vanished', subtopic: subtopicOf(store), named: isNamed.has(store), ...unlisted };
    });
  return [...there, ...gone].toSorted(differentFirst);
}

const ORDER: readonly Standing[] = ['new', 'vanished', 'known'];

function differentFirst(a: StoreStanding, b: StoreStanding): number {
  return ORDER.indexOf(a.standing) - ORDER.indexOf(b.standing) || (a.store < b.store ? -1 : 1);
}

const COLOURS: Readonly<Record<Standing, Colour>> = { new: 'cyan', vanished: 'yellow', known: 'green' };
const TEXT_LENGTH_MAX = 60;

export function standingTable(stores: readonly StoreStanding[], columns: number | null, paint: Paint): string[] {
  return table(['STORE', 'STANDING', 'OMS SAYS', 'DELAY', 'PROJECTS'], stores.map(standingRow), columns, paint);
}

function standingRow({ store, standing, status, delayS, toSwitch, projects }: StoreStanding): Row {
  const words = status === null ? '-' : plainLine(status, TEXT_LENGTH_MAX);
  return [
    { text: store },
    { text: standing, colour: COLOURS[standing] },
    { text: toSwitch ? `${words}, to switch` : words },
    { text: delayS === null ? '-' : span(delayS * 1_000) },
    { text: projects.length === 0 ? '-' : plainLine(projects.join(', '), TEXT_LENGTH_MAX) },
  ];
}
