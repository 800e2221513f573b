/** Whether another Store holds what would be lost with this one, and what is lost if none does. */
import { diagnose, sayCheckpoint, type CheckpointSpan, type Reading } from '../reading.ts';
import { storeNameParts, type StoreName } from '../store.ts';

/** A sibling as a plan shows it. What CM does not vouch for is unknown, and then its span is not shown either. */
export interface PlannedSibling {
  readonly store: StoreName;
  readonly health: 'healthy' | 'faulty' | 'unknown';
  readonly span: CheckpointSpan | null;
}

export type Coverage = 'covered' | 'uncovered';

/** The siblings among these readings, one entry each, in the order of their names. */
export function siblingsOf(store: StoreName, readings: readonly Reading[]): PlannedSibling[] {
  const own = storeNameParts(store);
  const found = new Map<StoreName, PlannedSibling>();
  for (const reading of readings) {
    const { subtopic, seq } = storeNameParts(reading.store);
    // The same seq under another port is this very Store: a replacement always has a seq of its own.
    if (subtopic !== own.subtopic || seq === own.seq) continue;
    const health = diagnose(reading).kind;
    const span = reading.kind === 'seen' && health !== 'unknown' ? reading.checkpoints : null;
    found.set(reading.store, { store: reading.store, health, span });
  }
  return [...found.values()].toSorted((a, b) => (a.store < b.store ? -1 : 1));
}

/**
 * Whether a sibling holds everything that goes with the Store. A destroy loses the whole span from the Store's
 * oldest to its newest checkpoint, and a consumer may stand anywhere in it. So a covering sibling is healthy, its
 * oldest checkpoint is not later than the Store's *oldest*, and its newest not earlier than the Store's newest.
 * That is more than superseding asks (oldest not later than the Store's newest): there the Store stays and keeps
 * its span. Several siblings that cover it only together do not count, since a consumer reads from one.
 * A span that is not known, on either side, covers nothing and is covered by nothing.
 */
export function covers(sibling: PlannedSibling, span: CheckpointSpan): boolean {
  if (sibling.health !== 'healthy' || sibling.span === null) return false;
  const { oldestS, newestS } = sibling.span;
  if (oldestS === null || newestS === null || span.oldestS === null || span.newestS === null) return false;
  return oldestS <= span.oldestS && newestS >= span.newestS;
}

export function coverageOf(span: CheckpointSpan, siblings: readonly PlannedSibling[]): Coverage {
  return siblings.some((sibling) => covers(sibling, span)) ? 'covered' : 'uncovered';
}

/** What a destroy does to the consumers of the subtopic. Times are in seconds since 1970, as CM gives them. */
export type Consequence =
  | { readonly kind: 'covered'; readonly by: StoreName }
  | { readonly kind: 'last Store'; readonly span: CheckpointSpan }
  | { readonly kind: 'no healthy sibling'; readonly siblings: number; readonly span: CheckpointSpan }
  /** A healthy sibling exists, but it does not hold the whole span. The one that begins earliest is named. */
  | { readonly kind: 'span not held'; readonly nearest: StoreName; readonly held: CheckpointSpan; readonly span: CheckpointSpan }
  | { readonly kind: 'span not known' };

export function consequenceOf(span: CheckpointSpan, siblings: readonly PlannedSibling[]): Consequence {
  const covering = siblings.find((sibling) => covers(sibling, span));
  if (covering !== undefined) return { kind: 'covered', by: covering.store };
  if (span.oldestS === null || span.newestS === null) return { kind: 'span not known' };
  if (siblings.length === 0) return { kind: 'last Store', span };
  const [nearest] = siblings
    .flatMap(({ store, health, span: held }) => (health === 'healthy' && held !== null ? [{ store, held }] : []))
    .toSorted((a, b) => (a.held.oldestS ?? Infinity) - (b.held.oldestS ?? Infinity) || (a.store < b.store ? -1 : 1));
  if (nearest === undefined) return { kind: 'no healthy sibling', siblings: siblings.length, span };
  return { kind: 'span not held', nearest: nearest.store, held: nearest.held, span };
}

/** The consequence as the voter reads it. */
export function sayConsequence(consequence: Consequence): string {
  switch (consequence.kind) {
    case 'covered':
      return `covered: ${consequence.by} is healthy and holds everything that this Store holds`;
    case 'last Store':
      return `uncovered: it is the only Store of its subtopic; consumers that still need ${saySpan(consequence.span)} will be cut off`;
    case 'no healthy sibling':
      return `uncovered: none of its ${consequence.siblings === 1 ? '1 sibling is' : `${consequence.siblings} siblings is`} healthy; consumers that still need ${saySpan(consequence.span)} will be cut off`;
    case 'span not held':
      return `uncovered: ${consequence.nearest} is healthy but holds ${saySpan(consequence.held)}; consumers that still need the rest of ${saySpan(consequence.span)} will be cut off`;
    case 'span not known':
      return 'uncovered: the Cluster Manager does not say what this Store holds; consumers that still need any of it will be cut off';
  }
}

function saySpan(span: CheckpointSpan): string {
  return `${sayCheckpoint(span.oldestS)} to ${sayCheckpoint(span.newestS)}`;
}
