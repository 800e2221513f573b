import type { Config } from '../../config/config.ts';
import type { Hold } from '../../domain/guard/holds.ts';
import { subtopicOf } from '../../domain/store.ts';
import { UsageError } from '../program/command-error.ts';
import { didYouMean } from '../program/nearest.ts';
import { stamp } from '../screen/times.ts';
import { chooseStore, pickClusters } from './read-config.ts';

/** What a hold names, as its signal carries it. */
export type HoldTarget = { readonly store: string } | { readonly subtopic: string };

export interface ChosenTarget {
  readonly cluster: string;
  readonly target: HoldTarget;
  /** As the guard keeps it. */
  readonly name: string;
}

/** A Store by its full name, or a subtopic that a configured Store is of. Throws UsageError with the nearest one. */
export function chooseTarget(config: Config, typed: string, cluster: string | undefined): ChosenTarget {
  if (typed.includes(':')) {
    const chosen = chooseStore(config, typed, cluster);
    return { cluster: chosen.cluster.name, target: { store: chosen.store }, name: chosen.store };
  }
  const clusters = pickClusters(config, cluster);
  const home = clusters.find(({ stores }) => stores.some((store) => subtopicOf(store) === typed));
  if (home !== undefined) return { cluster: home.name, target: { subtopic: typed }, name: typed };
  const subtopics = [...new Set(clusters.flatMap(({ stores }) => stores.map(subtopicOf)))];
  throw new UsageError(
    {
      what: `No subtopic is named ${typed === '' ? '(nothing)' : typed}`,
      why: `no cluster of ${config.path} has a Store of it${didYouMean(typed, subtopics)}`,
      mend: 'name a Store in full, or its subtopic, the part between the colons',
      run: 'storekeeper hold 10.0.0.7-7100:p_4223_source-000-0:0000000007 --reason "stopped by hand"',
    },
    'unknown-subtopic',
  );
}

export function holdForPrograms({ target, by, reason, sinceMs, untilMs }: Hold): object {
  return { target, by, reason, since: stamp(sinceMs), until: stamp(untilMs) };
}
