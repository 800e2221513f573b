import { defaultPolicy } from '../policy.ts';
import type { GuardView } from './messages.ts';
import type { Refusal } from './refusal.ts';
import type { GuardState } from './state.ts';

/** What is counted apart: a stop begins a restart, so it is the stop that is paid for. */
export type BudgetClass = 'restarts' | 'destroys';

/** When the commands of the last day were let pass, by class, epoch milliseconds, oldest first. */
export type Spent = Readonly<Record<BudgetClass, readonly number[]>>;

export const NOTHING_SPENT: Spent = { restarts: [], destroys: [] };

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

interface Limit {
  readonly word: string;
  readonly windowMs: number;
  readonly most: number;
}

function limitsOf(view: GuardView): readonly Limit[] {
  const { perHour, perDay } = view.budget ?? defaultPolicy.guard;
  return [
    { word: 'in an hour', windowMs: HOUR_MS, most: perHour },
    { word: 'in a day', windowMs: DAY_MS, most: perDay },
  ];
}

export function budgetClassOf(verb: 'stop' | 'destroy'): BudgetClass {
  return verb === 'stop' ? 'restarts' : 'destroys';
}

/** Why no more of this class may be sent now; the time is when the oldest that counts no longer does. */
export function overBudget(state: GuardState, budget: BudgetClass, nowMs: number): Refusal | null {
  for (const { word, windowMs, most } of limitsOf(state.view)) {
    const within = state.spent[budget].filter((atMs) => atMs > nowMs - windowMs);
    if (within.length >= most) {
      // Where nothing is allowed, no time frees anything.
      const frees = most > 0 ? within.at(-most) : undefined;
      return {
        reason: 'budget',
        detail: `${within.length} ${budget} of ${most} ${word}`,
        whenMs: frees === undefined ? null : frees + windowMs,
      };
    }
  }
  return null;
}

/** What is left of each window, the hour first. Never below zero: a policy may have become tighter. */
export function budgetLeft(
  state: GuardState,
  budget: BudgetClass,
  nowMs: number,
): { readonly hour: number; readonly day: number } {
  const [hour = 0, day = 0] = limitsOf(state.view).map(({ windowMs, most }) =>
    Math.max(0, most - state.spent[budget].filter((atMs) => atMs > nowMs - windowMs).length),
  );
  return { hour, day };
}

export function charge(state: GuardState, budget: BudgetClass, nowMs: number): GuardState {
  return { ...state, spent: { ...state.spent, [budget]: [...state.spent[budget], nowMs] } };
}

/** What was never sent costs nothing. */
export function refund(state: GuardState, budget: BudgetClass, atMs: number): GuardState {
  const index = state.spent[budget].lastIndexOf(atMs);
  return index < 0 ? state : { ...state, spent: { ...state.spent, [budget]: state.spent[budget].toSpliced(index, 1) } };
}

export function withoutSpentBefore(spent: Spent, nowMs: number): Spent {
  const isRecent = (atMs: number): boolean => atMs > nowMs - DAY_MS;
  if (spent.restarts.every(isRecent) && spent.destroys.every(isRecent)) return spent;
  return { restarts: spent.restarts.filter(isRecent), destroys: spent.destroys.filter(isRecent) };
}
