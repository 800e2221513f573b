/** What OMS lists, as tests of the inventory write it. */
import type { StoreName } from '../../../src/domain/store.ts';
import type { OmsListing, OmsStore } from '../../../src/domain/witness.ts';
import { subtopicOf } from '../../../src/domain/store.ts';
import { storeName } from '../readings.ts';

export const A = storeName('10.0.0.7-7100:p_4223_source-000-0:0000000007');
/** Another Store of A's subtopic. */
export const A2 = storeName('10.0.0.9-7100:p_4223_source-000-0:0001000001');
export const B = storeName('10.0.0.8-7100:p_4224_source-000-0:0000000008');
export const C = storeName('10.0.0.9-7100:p_4225_source-000-0:0000000009');

export function omsStore(store: StoreName, projects: readonly string[] = ['np_1']): OmsStore {
  return {
    store,
    projects,
    subtopic: subtopicOf(store),
    status: 'ACTIVE',
    delayS: 1,
    sampledAtS: 1_689_250_049,
    errorDetails: [],
    errorMessage: '',
    toSwitch: false,
  };
}

export function listed(...stores: StoreName[]): OmsListing {
  return { kind: 'listed', stores: stores.map((store) => omsStore(store)) };
}

export function silent(because: Extract<OmsListing, { kind: 'silent' }>['because'], detail = 'no answer'): OmsListing {
  return { kind: 'silent', because, detail };
}
