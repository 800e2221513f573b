import { modeFor } from '../policy.ts';
import type { StoreName } from '../store.ts';
import type { GuardView, Override, Run } from './messages.ts';
import { sameRun } from './messages.ts';
import type { Refusal } from './refusal.ts';
import { type Debt, type GuardState, type Lease, type Note, type Quarantine, STORES_MAX, type StoreMemory } from './state.ts';

const NOTES_MAX = 20;

/** Keeps what people made it do. */
export function acted(state: GuardState, text: string, nowMs: number): GuardState {
  return { ...state, acts: noteBefore(state.acts, text, nowMs) };
}

/** Keeps what could not be understood. */
export function noted(state: GuardState, text: string, nowMs: number): GuardState {
  return { ...state, notes: noteBefore(state.notes, text, nowMs) };
}

function noteBefore(notes: readonly Note[], text: string, nowMs: number): readonly Note[] {
  return [{ atMs: nowMs, text }, ...notes].slice(0, NOTES_MAX);
}

export function leaseOn(state: GuardState, subtopic: string): Lease | undefined {
  return state.leases.find((lease) => lease.subtopic === subtopic);
}

export function debtOf(state: GuardState, store: StoreName): Debt | undefined {
  return state.debts.find((debt) => debt.store === store);
}

export function memoryOf(state: GuardState, store: StoreName): StoreMemory | undefined {
  return state.stores.find((memory) => memory.store === store);
}

export function blankMemory(store: StoreName, nowMs: number): StoreMemory {
  return { store, attempts: 0, firstFaultyMs: null, healthySinceMs: null, openRun: null, last: null, touchedMs: nowMs };
}

/** Puts a changed memory in place of the old one, or behind the others. */
export function remember(state: GuardState, memory: StoreMemory): GuardState {
  const known = state.stores.some((other) => other.store === memory.store);
  return {
    ...state,
    stores: known ? state.stores.map((other) => (other.store === memory.store ? memory : other)) : [...state.stores, memory],
  };
}

/** Whether another Store would be one too many. It is then not opened, and that is said. */
export function isMemoryFull(state: GuardState, store: StoreName): boolean {
  return state.stores.length >= STORES_MAX && memoryOf(state, store) === undefined;
}

/** Puts a debt in place of what was owed to its Store before. */
export function owe(state: GuardState, debt: Debt): GuardState {
  return { ...state, debts: [...state.debts.filter((other) => other.store !== debt.store), debt] };
}

export function isQuarantined(state: GuardState, subtopic: string, nowMs: number): Refusal | null {
  const all = state.quarantineAll;
  if (all !== null && all.untilMs > nowMs) {
    return { reason: 'quarantine', detail: 'this guard is new; what ran before it may still run', whenMs: all.untilMs };
  }
  const own = state.quarantines.find((quarantine) => quarantine.subtopic === subtopic && quarantine.untilMs > nowMs);
  return own === undefined ? null : { reason: 'quarantine', detail: own.because, whenMs: own.untilMs };
}

export function withQuarantine(state: GuardState, quarantine: Quarantine, nowMs: number): GuardState {
  if (quarantine.untilMs <= nowMs) return state;
  const others = state.quarantines.filter((other) => other.subtopic !== quarantine.subtopic);
  const before = state.quarantines.find((other) => other.subtopic === quarantine.subtopic);
  const longer = before !== undefined && before.untilMs > quarantine.untilMs ? before : quarantine;
  return { ...state, quarantines: [...others, longer] };
}

export function pausedBy(state: GuardState): Refusal | null {
  const [first] = state.pauses;
  if (first === undefined) return null;
  const names = state.pauses.map((pause) => `${pause.by}: ${pause.reason}`).join('; ');
  const ends = state.pauses.map((pause) => pause.untilMs);
  const whenMs = ends.some((end) => end === null) ? null : Math.max(...ends.map((end) => end ?? 0));
  return { reason: 'paused', detail: names, whenMs };
}

/** `approved`: people said yes to this very incident, which is what mode `ask` waits for. */
export function modeRefusal(
  view: GuardView,
  store: StoreName,
  { override, approved = false }: { readonly override: readonly Override[]; readonly approved?: boolean },
): Refusal | null {
  const mode = modeFor(view, store);
  const lets = mode === 'act' || override.includes('mode') || (mode === 'ask' && approved);
  return lets ? null : { reason: 'mode', detail: mode, whenMs: null };
}

/** A lease, a debt or a slot is the run's, not the workflow id's: a reset makes a new run of the same id. */
export function holds(lease: Lease | undefined, run: Run): lease is Lease {
  return lease !== undefined && sameRun(lease.holder, run);
}

/** Evidence as the guard compares it: the mode is part of what a `would act` said. */
export function evidenceWithMode(view: GuardView, store: StoreName, evidenceKey: string): string {
  return `${modeFor(view, store)}|${evidenceKey}`;
}

/** Until a sweep has told the cluster's thresholds, those of the newest asker hold; after that, askers change nothing. */
export function learnView(state: GuardState, view: GuardView): GuardState {
  if (state.lastSweep !== null) return state;
  const quarantineAll = state.quarantineAll === null ? null : { untilMs: state.bornMs + view.aftermathMs };
  return { ...state, view, quarantineAll };
}
