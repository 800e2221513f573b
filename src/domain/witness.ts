/** What OMS's own OpenAPI says of a Store: a second view beside CM's, and the way to discover Stores. */
import { diagnose, type Reading } from './reading.ts';
import type { StoreName } from './store.ts';

/** Why OMS's view is not known. */
export type WitnessSilence = 'unreachable' | 'timed out' | 'refused' | 'malformed' | 'not listed';

export interface OmsErrorDetail {
  readonly code: string;
  readonly level: string;
  readonly message: string;
  readonly reason: string;
  readonly proposal: string;
}

/** One Store as DescribeProjectComponents lists it, without what may hold credentials (`config`). */
export interface OmsStore {
  readonly store: StoreName;
  /** Ids of the projects that list it, sorted. */
  readonly projects: readonly string[];
  readonly subtopic: string;
  /** The word of OMS as it stands: `ACTIVE` and `EXCEPTION` are known, others mean nothing to us. */
  readonly status: string;
  /** Seconds that its data is late; null where OMS does not say. */
  readonly delayS: number | null;
  /** When its position was sampled, seconds since 1970. OMS's texts of times carry no zone and are not read. */
  readonly sampledAtS: number | null;
  readonly errorDetails: readonly OmsErrorDetail[];
  readonly errorMessage: string;
  /** OMS's HA is about to switch to another Store. */
  readonly toSwitch: boolean;
}

export type WitnessWord =
  | { readonly kind: 'said'; readonly store: OmsStore }
  | { readonly kind: 'silent'; readonly because: WitnessSilence; readonly detail: string };

/** A list of Stores, or why there is none. An empty list is an answer; a failed one never means "no Stores". */
export type OmsListing =
  | { readonly kind: 'listed'; readonly stores: readonly OmsStore[] }
  | { readonly kind: 'silent'; readonly because: Exclude<WitnessSilence, 'not listed'>; readonly detail: string };

/** OMS's word on a Store. ACTIVE and EXCEPTION are known; an operator's stop, and whatever else, is neither. */
export function witnessVerdict({ status }: Pick<OmsStore, 'status'>): 'healthy' | 'faulty' | 'unknown' {
  if (status === 'ACTIVE') return 'healthy';
  return status === 'EXCEPTION' ? 'faulty' : 'unknown';
}

/**
 * A reading of CM's as it stands beside OMS's word. A fault counts only where OMS shows one, too: a Store that somebody
 * stopped in OMS's console looks like a crashed one in CM's detail. What is healthy or unknown needs no witness.
 */
export function underWitness(reading: Reading, word: WitnessWord): Reading {
  if (diagnose(reading).kind !== 'faulty') return reading;
  const unseen = (because: 'witness silent' | 'witness disagrees', detail: string): Reading => ({
    kind: 'unseen',
    store: reading.store,
    because,
    detail,
    atMs: reading.atMs,
  });
  if (word.kind === 'silent') return unseen('witness silent', `${word.because}: ${word.detail}`);
  const { status } = word.store;
  switch (witnessVerdict(word.store)) {
    case 'faulty':
      return reading;
    case 'healthy':
      return unseen('witness disagrees', `OMS shows it as ${status}`);
    case 'unknown':
      return unseen('witness disagrees', `OMS shows it as ${status || 'nothing'}: somebody may have stopped it there`);
  }
}

/** Several projects may share a Store: it is one, with all of them. Sorted by name. */
export function mergeByName(stores: readonly OmsStore[]): OmsStore[] {
  const merged = new Map<StoreName, OmsStore>();
  for (const store of stores) {
    const known = merged.get(store.store);
    const projects = [...new Set([...(known?.projects ?? []), ...store.projects])].toSorted();
    merged.set(store.store, { ...(known ?? store), projects });
  }
  return [...merged.values()].toSorted((a, b) => (a.store < b.store ? -1 : 1));
}
