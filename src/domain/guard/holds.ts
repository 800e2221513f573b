import { subtopicOf, type StoreName } from '../store.ts';
import type { Refusal } from './refusal.ts';
import type { GuardState } from './state.ts';

/** An operator's "hands off": nothing is sent to this Store, or to any of this subtopic, not even an owed restart. */
export interface Hold {
  /** A Store's full name, or a subtopic. */
  readonly target: string;
  readonly by: string;
  readonly reason: string;
  readonly sinceMs: number;
  /** Null: until somebody ends it. */
  readonly untilMs: number | null;
}

/** More are not kept: they travel with the guard's state. Who holds so much wants a pause. */
export const HOLDS_MAX = 200;

/** Why this Store may not be touched: the hold that lasts longest. */
export function heldBy(state: GuardState, store: StoreName): Refusal | null {
  const own = state.holds.filter(({ target }) => target === store || target === subtopicOf(store));
  const [longest] = own.toSorted((a, b) => (b.untilMs ?? Infinity) - (a.untilMs ?? Infinity));
  if (longest === undefined) return null;
  return { reason: 'held', detail: `${longest.by}: ${longest.reason}`, whenMs: longest.untilMs };
}

/** A hold on the same target takes the place of the one before. Null: there are too many. */
export function withHold(state: GuardState, hold: Omit<Hold, 'sinceMs'>, nowMs: number): GuardState | null {
  const others = state.holds.filter(({ target }) => target !== hold.target);
  return others.length >= HOLDS_MAX ? null : { ...state, holds: [...others, { ...hold, sinceMs: nowMs }] };
}

/** What was read while it was held is stale for whoever acts next; a heal that begins confirms anyway. */
export function withoutHold(state: GuardState, target: string): GuardState {
  return { ...state, holds: state.holds.filter((hold) => hold.target !== target) };
}
