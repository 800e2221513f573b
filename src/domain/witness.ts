/** What OMS's own OpenAPI says of a Store: a second view beside CM's, and the way to discover Stores. */
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

/** Never rejects for what OMS did. */
export interface Witness {
  ask(store: StoreName, signal?: AbortSignal): Promise<WitnessWord>;
}

/** OMS's word on a Store. ACTIVE and EXCEPTION are known; an operator's stop, and whatever else, is neither. */
export function witnessVerdict({ status }: Pick<OmsStore, 'status'>): 'healthy' | 'faulty' | 'unknown' {
  if (status === 'ACTIVE') return 'healthy';
  return status === 'EXCEPTION' ? 'faulty' : 'unknown';
}
