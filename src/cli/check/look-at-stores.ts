import { connectClusterManager } from '../../cluster-manager/cluster-manager.ts';
import type { ClusterConfig } from '../../config/config.ts';
import type { Reading } from '../../domain/reading.ts';
import type { StoreName } from '../../domain/store.ts';

/** As the sweep reads. */
const READS_AT_ONCE = 16;
/** When the first so many reads all ran out of time, the others would, too, and a person waits. */
const TIMED_OUT_FIRST = 32;

type LookedAt = Pick<ClusterConfig, 'cm' | 'readTimeoutMs'>;

export interface LookOptions {
  readonly signal: AbortSignal;
  /** Told after each Store. */
  readonly onLook?: () => void;
}

/**
 * One look at each of these Stores, in their order, at most 16 at once. What CM does comes back as readings;
 * rejects only when interrupted. Readings carry this machine's time.
 */
export async function lookAtStores(
  { cm: baseUrl, readTimeoutMs }: LookedAt,
  stores: readonly StoreName[],
  { signal, onLook = () => undefined }: LookOptions,
): Promise<Reading[]> {
  const cm = connectClusterManager({ baseUrl, readTimeoutMs, connections: READS_AT_ONCE });
  const readings = new Map<StoreName, Reading>();
  let next = 0;
  let timedOut = 0;
  const hopeless = (): boolean => timedOut >= TIMED_OUT_FIRST && timedOut === readings.size;
  const reader = async (): Promise<void> => {
    while (next < stores.length && !hopeless()) {
      const store = stores[next];
      next += 1;
      if (store === undefined) return;
      const { reading } = await cm.read(store, Date.now(), signal);
      readings.set(store, reading);
      if (reading.kind === 'unseen' && reading.because === 'timed out') timedOut += 1;
      onLook();
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(READS_AT_ONCE, stores.length) }, reader));
  } finally {
    await cm.close();
  }
  return stores.map((store) => readings.get(store) ?? notReached(store, timedOut));
}

function notReached(store: StoreName, timedOut: number): Reading {
  const detail = `not asked: the first ${timedOut} reads all timed out`;
  return { kind: 'unseen', store, because: 'not reached', detail, atMs: Date.now() };
}

/** Whether CM itself cannot be reached: no look brought any answer of it. */
export function isUnreachable(readings: readonly Reading[]): boolean {
  return readings.length > 0 && readings.every((reading) => reading.kind === 'unseen' && NO_ANSWER.has(reading.because));
}

const NO_ANSWER: ReadonlySet<string> = new Set(['unreachable', 'timed out', 'not reached']);
