import { outcomeTraits } from '../outcome.ts';
import { subtopicOf } from '../store.ts';
import { blankMemory, debtOf, holds, isQuarantined, leaseOn, memoryOf, modeRefusal, pausedBy, remember } from './lookups.ts';
import type { GuardView, LeaseAnswer, LeaseRequest, Look, LookAnswer, Opened, OpenedAnswer } from './messages.ts';
import { sameRun } from './messages.ts';
import type { Refusal } from './refusal.ts';
import type { Debt, GuardState, Lease, StoreMemory } from './state.ts';

interface Answered<T> {
  readonly state: GuardState;
  readonly reply: T;
}

/** How long a heal that found all slots taken, or its subtopic busy, waits before it asks again. */
const ASK_AGAIN_MS = 15_000;

/** A heal says that it has begun. It learns how often the Store was tried already, and whether a restart is owed. */
export function openIncident(before: GuardState, message: Opened, nowMs: number): Answered<OpenedAnswer> {
  const state = learnView(before, message.view);
  const owed = owedTo(state, message, nowMs);
  const memory = memoryOf(state, message.store) ?? blankMemory(message.store, nowMs);
  if (owed !== null) {
    const debts = [...state.debts.filter((debt) => debt.store !== message.store), owed];
    const next = remember({ ...state, debts }, { ...memory, openRun: message.run, touchedMs: nowMs });
    return { state: next, reply: { kind: 'admitted', attempts: memory.attempts, owed: true, nowMs } };
  }
  const refusal = pausedBy(state) ?? notYet(memory, message, nowMs);
  if (refusal !== null) return { state, reply: { kind: 'refused', refusal, nowMs } };
  const attempts = healthyFor(memory, nowMs) >= state.view.lineageMs ? 0 : memory.attempts;
  const next = remember(state, { ...memory, attempts, openRun: message.run, touchedMs: nowMs });
  return { state: next, reply: { kind: 'admitted', attempts, owed: false, nowMs } };
}

/** The debt as it stands once this run has taken it over; null if nothing is owed to the Store. */
function owedTo(state: GuardState, message: Opened, nowMs: number): Debt | null {
  const debt = debtOf(state, message.store);
  if (debt !== undefined) return { ...debt, holder: message.run };
  if (!message.owesRestart) return null;
  return { store: message.store, subtopic: subtopicOf(message.store), holder: message.run, sinceMs: nowMs, payFromMs: nowMs };
}

/** A heal that paid a debt after its incident was closed for good does not go on from there by itself. */
function ended(memory: StoreMemory | undefined, message: { readonly order: boolean }): Refusal | null {
  const last = memory?.last ?? null;
  if (last === null || message.order || last.outcome === 'terminated') return null;
  return outcomeTraits[last.outcome].life === 'final' ? { reason: 'final', detail: last.outcome, whenMs: null } : null;
}

function notYet(memory: StoreMemory, message: Opened, nowMs: number): Refusal | null {
  const { last } = memory;
  const final = ended(memory, message);
  if (final !== null || last === null) return final;
  if (last.notBeforeMs <= nowMs || message.override.includes('cooldown')) return null;
  return { reason: 'cooling down', detail: last.outcome, whenMs: last.notBeforeMs };
}

export function healthyFor(memory: StoreMemory, nowMs: number): number {
  return memory.healthySinceMs === null ? 0 : nowMs - memory.healthySinceMs;
}

/** Thresholds come with each message; permissions (mode) are the strictest known, so a heal cannot loosen them. */
function learnView(state: GuardState, view: GuardView): GuardState {
  if (state.lastSweep !== null) return state;
  const quarantineAll =
    state.quarantineAll === null ? null : { untilMs: Math.min(state.quarantineAll.untilMs, state.bornMs + view.aftermathMs) };
  return { ...state, view, quarantineAll };
}

export function requestLease(state: GuardState, message: LeaseRequest, nowMs: number): Answered<LeaseAnswer> {
  const subtopic = subtopicOf(message.store);
  const refusal = message.owed ? whyNotOwedLease(state, message, nowMs) : whyNotLease(state, message, nowMs);
  if (refusal !== null) return { state, reply: { kind: 'refused', refusal, nowMs } };
  const held = leaseOn(state, subtopic);
  const lease: Lease = holds(held, message.run)
    ? { ...held, progressMs: nowMs }
    : { subtopic, store: message.store, holder: message.run, sinceMs: nowMs, progressMs: nowMs, passed: null };
  const leases = [...state.leases.filter((other) => other.subtopic !== subtopic), lease];
  return { state: { ...state, leases }, reply: { kind: 'granted', nowMs } };
}

function whyNotLease(state: GuardState, message: LeaseRequest, nowMs: number): Refusal | null {
  const subtopic = subtopicOf(message.store);
  const otherDebt = state.debts.find((debt) => debt.subtopic === subtopic && debt.store !== message.store);
  return (
    pausedBy(state) ??
    modeRefusal(state.view, message.store, message.override) ??
    ended(memoryOf(state, message.store), message) ??
    staleEvidence(state, message.streakSinceMs) ??
    isQuarantined(state, subtopic, nowMs) ??
    busy(state, message, nowMs) ??
    (otherDebt === undefined ? null : { reason: 'debt first', detail: otherDebt.store, whenMs: nowMs + ASK_AGAIN_MS })
  );
}

/** An owed restart passes mode, pause, cool-down and cap; never a quarantine or a living holder. */
function whyNotOwedLease(state: GuardState, message: LeaseRequest, nowMs: number): Refusal | null {
  return isQuarantined(state, subtopicOf(message.store), nowMs) ?? busy(state, message, nowMs);
}

function staleEvidence(state: GuardState, streakSinceMs: number): Refusal | null {
  return streakSinceMs >= state.freshFromMs
    ? null
    : { reason: 'confirm again', detail: `nothing from before ${new Date(state.freshFromMs).toISOString()} counts`, whenMs: state.freshFromMs };
}

function busy(state: GuardState, message: LeaseRequest, nowMs: number): Refusal | null {
  const held = leaseOn(state, subtopicOf(message.store));
  return held === undefined || sameRun(held.holder, message.run)
    ? null
    : { reason: 'subtopic busy', detail: held.holder.workflowId, whenMs: nowMs + 4 * ASK_AGAIN_MS };
}

/**
 * The last look before a command is sent (design, invariant 13b). A stop that passes is a debt from here on,
 * and takes a slot; a restart passes for its debtor alone.
 */
export function lookBeforeCommand(state: GuardState, message: Look, nowMs: number): Answered<LookAnswer> {
  const refused = (refusal: Refusal): Answered<LookAnswer> => ({ state, reply: { kind: 'refused', refusal, nowMs } });
  const subtopic = subtopicOf(message.store);
  const lease = leaseOn(state, subtopic);
  if (!holds(lease, message.run) || lease.store !== message.store) {
    return refused({ reason: 'not the holder', detail: lease?.holder.workflowId ?? 'nobody holds it', whenMs: null });
  }
  if (lease.passed?.commandId === message.commandId) {
    return lease.passed.ended === null
      ? { state, reply: { kind: 'pass', nowMs } }
      : refused({ reason: 'not the holder', detail: 'this command has ended already', whenMs: null });
  }
  const debt = debtOf(state, message.store);
  const quarantine = isQuarantined(state, subtopic, nowMs);
  if (quarantine !== null) return refused(quarantine);
  if (message.verb === 'restart') {
    if (debt === undefined || debt.holder === null || !sameRun(debt.holder, message.run)) {
      return refused({ reason: 'not the holder', detail: 'no restart is owed to it by this run', whenMs: null });
    }
    return { state: letPass(state, lease, message, debt, nowMs), reply: { kind: 'pass', nowMs } };
  }
  const refusal =
    pausedBy(state) ??
    modeRefusal(state.view, message.store, message.override) ??
    staleEvidence(state, message.streakSinceMs) ??
    slotsTaken(state, message, nowMs);
  if (refusal !== null) return refused(refusal);
  const owed: Debt = { store: message.store, subtopic, holder: message.run, sinceMs: nowMs, payFromMs: nowMs };
  return { state: letPass(state, lease, message, owed, nowMs), reply: { kind: 'pass', nowMs } };
}

function slotsTaken(state: GuardState, message: Look, nowMs: number): Refusal | null {
  const others = state.slots.filter((slot) => slot.store !== message.store);
  return others.length < state.view.inFlight
    ? null
    : { reason: 'slots taken', detail: `${others.length} of ${state.view.inFlight}`, whenMs: nowMs + ASK_AGAIN_MS };
}

function letPass(state: GuardState, lease: Lease, message: Look, debt: Debt, nowMs: number): GuardState {
  const passed = { verb: message.verb, commandId: message.commandId, atMs: nowMs, ended: null };
  return {
    ...state,
    leases: state.leases.map((other) => (other === lease ? { ...lease, progressMs: nowMs, passed } : other)),
    debts: [...state.debts.filter((other) => other.store !== message.store), debt],
    slots: [
      ...state.slots.filter((slot) => slot.store !== message.store),
      { store: message.store, holder: message.run, untilMs: null },
    ],
  };
}
