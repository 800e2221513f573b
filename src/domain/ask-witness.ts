/** Apart from its words, since workflows know those and no AbortSignal. */
import type { StoreName } from './store.ts';
import type { WitnessWord } from './witness.ts';

/** Never rejects for what OMS did. */
export interface Witness {
  ask(store: StoreName, signal?: AbortSignal): Promise<WitnessWord>;
}
