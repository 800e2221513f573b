/** What to do about a Store, given what is known. Pure; the workflow only carries it out. */
import type { AttemptRecord } from './outcome.ts';
import type { Policy } from './policy.ts';
import { diagnose, type Reading, type SeenReading } from './reading.ts';
import { storeNameParts, type StoreName } from './store.ts';

export type AfterFailure =
  | { readonly kind: 'again' }
  | { readonly kind: 'escalated'; readonly because: string }
  | { readonly kind: 'permanent'; readonly because: string };

/**
 * After an attempt that failed. `attempts` are this run's, `earlier` those of the same lineage in earlier
 * runs, as the guard remembers them.
 */
export function afterFailedAttempt(
  policy: Pick<Policy, 'attempts'>,
  attempts: readonly AttemptRecord[],
  earlier: number,
): AfterFailure {
  const [last, oneBefore] = [attempts.at(-1), attempts.at(-2)];
  if (last && oneBefore && last.cameUp && oneBefore.cameUp && last.diedAtS !== null && last.diedAtS === oneBefore.diedAtS) {
    return {
      kind: 'permanent',
      because: `it came up and died again at the same checkpoint (${last.diedAtS}) after two restarts; a restart does not cure it`,
    };
  }
  const made = earlier + attempts.length;
  return made >= policy.attempts
    ? { kind: 'escalated', because: `${made} of ${policy.attempts} attempts are used up and it is still faulty` }
    : { kind: 'again' };
}

/** The `hopeless` pattern that the message matches, if any: such a Store goes to a human at once. */
export function hopelessPattern(policy: Pick<Policy, 'hopeless'>, reading: SeenReading): string | null {
  return policy.hopeless.find((pattern) => new RegExp(pattern).test(reading.message)) ?? null;
}

/**
 * The sibling that makes this Store superfluous: healthy, of the same subtopic with another seq, and holding data
 * from no later than this Store's newest checkpoint. A sibling without that coverage changes nothing.
 */
export function supersededBy(
  store: StoreName,
  newestS: number | null,
  siblings: readonly Reading[],
): { readonly store: StoreName; readonly oldestS: number } | null {
  if (newestS === null) return null;
  const own = storeNameParts(store);
  for (const sibling of siblings) {
    if (sibling.kind === 'unseen' || diagnose(sibling).kind !== 'healthy') continue;
    const { subtopic, seq } = storeNameParts(sibling.store);
    // The same seq under another port is this very Store: a replacement always has a seq of its own.
    if (subtopic !== own.subtopic || seq === own.seq) continue;
    const { oldestS } = sibling.checkpoints;
    if (oldestS !== null && oldestS <= newestS) return { store: sibling.store, oldestS };
  }
  return null;
}
