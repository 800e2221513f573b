/** Apart from its words, since workflows know those and no AbortSignal. */
import type { StoreName } from './store.ts';
import type { WitnessWord } from './witness.ts';

/** Where OMS answers its OpenAPI, and as whom it is asked. */
export interface OmsAccess {
  /** `http(s)://host:port[/prefix]`, without credentials. */
  readonly baseUrl: string;
  readonly user: string;
  readonly password: string;
  /** One deadline for each call, in milliseconds. */
  readonly timeoutMs: number;
}

/** Never rejects for what OMS did. */
export interface Witness {
  ask(store: StoreName, signal?: AbortSignal): Promise<WitnessWord>;
}
