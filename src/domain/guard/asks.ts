import { outcomeTraits } from '../outcome.ts';
import { subtopicOf, type StoreName } from '../store.ts';
import { release } from './endings.ts';
import { brakedFor, isFailedProbe, tripAgain } from './brake.ts';
import { budgetClassOf, charge, overBudget } from './budgets.ts';
import { heldBy } from './holds.ts';
import {
  acted,
  blankMemory,
  debtOf,
  holds,
  isMemoryFull,
  isQuarantined,
  learnView,
  leaseOn,
  memoryOf,
  modeRefusal,
  owe,
  pausedBy,
  remember,
} from './lookups.ts';
import type { LeaseAnswer, LeaseRequest, Look, LookAnswer, Opened, OpenedAnswer, Run } from './messages.ts';
import { sameRun } from './messages.ts';
import { decide, proposalOf, reservedFor, sentBefore, tighterMode, withSent } from './proposals.ts';
import { sayRefusal, type Refusal } from './refusal.ts';
import { type Debt, type GuardState, type Lease, STORES_MAX, type StoreMemory } from './state.ts';

interface Answered<T> {
  readonly state: GuardState;
  readonly reply: T;
}

/** How long a heal that found all slots taken, or its subtopic busy, waits before it asks again. */
const ASK_AGAIN_MS = 15_000;

/** A heal says that it has begun. It learns how often the Store was tried already, and whether a restart is owed. */
export function openIncident(before: GuardState, message: Opened, nowMs: number): Answered<OpenedAnswer> {
  const state = learnView(before, message.view);
  const owed = owedTo(state, message.store, message.run, message.owesRestart, nowMs);
  const memory = memoryOf(state, message.store) ?? blankMemory(message.store, nowMs);
  if (owed !== null) {
    const next = remember(owe(state, owed), { ...memory, openRun: message.run, touchedMs: nowMs });
    return { state: next, reply: { kind: 'admitted', attempts: memory.attempts, owed: true, nowMs } };
  }
  const refusal =
    pausedBy(state) ?? heldBy(state, message.store) ?? notYet(memory, message, nowMs) ?? cannotRemember(state, message.store);
  if (refusal !== null) return { state, reply: { kind: 'refused', refusal, nowMs } };
  const attempts = healthyFor(memory, nowMs) >= state.view.lineageMs ? 0 : memory.attempts;
  const next = remember(state, { ...memory, attempts, openRun: message.run, touchedMs: nowMs });
  return { state: next, reply: { kind: 'admitted', attempts, owed: false, nowMs } };
}

function cannotRemember(state: GuardState, store: StoreName): Refusal | null {
  return isMemoryFull(state, store) ? { reason: 'memory full', detail: `${STORES_MAX} Stores`, whenMs: null } : null;
}

/**
 * The debt as it stands once this run has taken it over; null if nothing is owed to the Store. A run knows from
 * its own history what it sent (`claims`), also where this guard does not.
 */
function owedTo(state: GuardState, store: StoreName, run: Run, claims: boolean, nowMs: number): Debt | null {
  const debt = debtOf(state, store);
  if (debt !== undefined) return { ...debt, holder: run };
  return claims ? { store, subtopic: subtopicOf(store), holder: run, sinceMs: nowMs, payFromMs: nowMs } : null;
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

export function requestLease(before: GuardState, message: LeaseRequest, nowMs: number): Answered<LeaseAnswer> {
  const subtopic = subtopicOf(message.store);
  // A lease for an owed restart goes to a debtor alone, so whoever asks for one says that it is one.
  const owed = message.owed ? owedTo(before, message.store, message.run, true, nowMs) : null;
  const decided = message.destroy === undefined ? before : decide(before, message.run, message.destroy);
  if (decided === null) return { state: before, reply: { kind: 'refused', refusal: NOT_PROPOSED, nowMs } };
  const state = owed === null ? decided : owe(decided, owed);
  const refusal = message.owed ? whyNotOwedLease(state, message, nowMs) : whyNotLease(state, message, nowMs);
  if (refusal !== null) {
    // A destroy waits for a restart that is owed. Its lease must not keep that restart waiting in turn, under a pause
    // as little as else: the restart passes a pause.
    const gives = message.destroy !== undefined && debtFirst(state, message, nowMs) !== null;
    return { state: gives ? release(state, message.run, 'none', nowMs) : state, reply: { kind: 'refused', refusal, nowMs } };
  }
  const held = leaseOn(state, subtopic);
  const fresh = { subtopic, store: message.store, holder: message.run, sinceMs: nowMs, progressMs: nowMs, passed: null };
  const known: Lease = holds(held, message.run) ? { ...held, progressMs: nowMs } : fresh;
  const lease = !message.owed && isProbe(state, message) ? asProbe(known) : known;
  const leases = [...state.leases.filter((other) => other.subtopic !== subtopic), lease];
  return { state: { ...state, leases }, reply: { kind: 'granted', nowMs } };
}

function whyNotLease(state: GuardState, message: LeaseRequest, nowMs: number): Refusal | null {
  return (
    pausedBy(state) ??
    heldBy(state, message.store) ??
    whyRightMissing(state, message) ??
    isQuarantined(state, subtopicOf(message.store), nowMs) ??
    busy(state, message, nowMs) ??
    reservedFor(state, message.store, message.run, nowMs) ??
    debtFirst(state, message, nowMs) ??
    tooMuch(state, message, message.destroy === undefined ? 'stop' : 'destroy', nowMs)
  );
}

/** Brake and budgets: they hold for everyone but a person's order that names them. */
function tooMuch(state: GuardState, message: LeaseRequest | Look, verb: 'stop' | 'destroy', nowMs: number): Refusal | null {
  const braked = brakedFor(state, message, nowMs);
  if (braked !== null || message.override.includes('budget')) return braked;
  return overBudget(state, budgetClassOf(verb), nowMs);
}

function isProbe(state: GuardState, { override, destroy }: LeaseRequest | Look): boolean {
  return state.brake !== null && destroy === undefined && !override.includes('brake');
}

function asProbe(lease: Lease): Lease {
  return { ...lease, probe: true };
}

/** A destroy pays no debt: what is owed to its own Store stands in its way, too. */
function debtFirst(state: GuardState, { store, destroy }: LeaseRequest | Look, nowMs: number): Refusal | null {
  const subtopic = subtopicOf(store);
  const other = state.debts.find((debt) => debt.subtopic === subtopic && (debt.store !== store || destroy !== undefined));
  return other === undefined ? null : { reason: 'debt first', detail: other.store, whenMs: nowMs + ASK_AGAIN_MS };
}

/** What a remediation may do by mode, memory and evidence. A destroy reads afresh itself, and rests on people's votes. */
function whyRightMissing(state: GuardState, message: LeaseRequest): Refusal | null {
  if (message.destroy !== undefined) return tighterMode(state.view, message.store, message.destroy);
  return (
    modeRefusal(state.view, message.store, message) ??
    ended(memoryOf(state, message.store), message) ??
    staleEvidence(state, message.streakSinceMs)
  );
}

/** An owed restart passes mode, pause, cool-down and cap; never a hold, a quarantine or a living holder. */
function whyNotOwedLease(state: GuardState, message: LeaseRequest, nowMs: number): Refusal | null {
  return heldBy(state, message.store) ?? isQuarantined(state, subtopicOf(message.store), nowMs) ?? busy(state, message, nowMs);
}

function staleEvidence(state: GuardState, streakSinceMs: number): Refusal | null {
  return streakSinceMs >= state.freshFromMs
    ? null
    : {
        reason: 'confirm again',
        detail: `nothing from before ${new Date(state.freshFromMs).toISOString()} counts`,
        whenMs: state.freshFromMs,
      };
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
  // The same look again changes nothing, yet it is judged afresh: a pause may have come since.
  const again = lease.passed?.commandId === message.commandId;
  if (again && lease.passed?.ended !== null) {
    return refused({ reason: 'not the holder', detail: 'this command has ended already', whenMs: null });
  }
  const debt = debtOf(state, message.store);
  const handsOff = heldBy(state, message.store) ?? isQuarantined(state, subtopic, nowMs);
  if (handsOff !== null) return refused(handsOff);
  if (message.verb === 'restart') {
    if (debt === undefined || debt.holder === null || !sameRun(debt.holder, message.run)) {
      return refused({ reason: 'not the holder', detail: 'no restart is owed to it by this run', whenMs: null });
    }
    return { state: again ? state : letPass(state, lease, message, nowMs), reply: { kind: 'pass', nowMs } };
  }
  // A probe that would stop its Store again has told what it was sent to find out.
  if (!again && isProbe(state, message) && isFailedProbe(lease)) {
    const tripped = tripAgain(state, message.store, nowMs);
    return { state: tripped, reply: { kind: 'refused', refusal: brakedFor(tripped, message, nowMs) ?? BRAKED, nowMs } };
  }
  const refusal = whyNoCommand(state, message, message.verb, again, nowMs);
  if (refusal !== null) return refused(refusal);
  if (again) return { state: owedStill(state, message, nowMs), reply: { kind: 'pass', nowMs } };
  const held = isProbe(state, message) ? asProbe(lease) : lease;
  const passed = letPass(charge(state, budgetClassOf(message.verb), nowMs), held, message, nowMs);
  const told = withOverrideTold(
    passed,
    whyNoCommand(state, { ...message, override: [] }, message.verb, again, nowMs),
    message,
    nowMs,
  );
  return {
    state:
      message.verb === 'stop' ? owe(told, debtAfterStop(debt, message, nowMs)) : withSent(told, message.run, message.commandId),
    reply: { kind: 'pass', nowMs },
  };
}

const BRAKED: Refusal = { reason: 'brake', detail: '', whenMs: null };

/** What keeps a stop or a destroy from being sent. One that passed already has paid, and is judged on the rest. */
function whyNoCommand(state: GuardState, message: Look, verb: 'stop' | 'destroy', again: boolean, nowMs: number): Refusal | null {
  return (
    pausedBy(state) ??
    whyNotNow(state, message, again, nowMs) ??
    slotsTaken(state, message, nowMs) ??
    (again ? brakedFor(state, message, nowMs) : tooMuch(state, message, verb, nowMs))
  );
}

/** What a person's order made it let pass against its own judgement is kept, with the order's heal. */
function withOverrideTold(state: GuardState, passed: Refusal | null, { run, store, verb }: Look, nowMs: number): GuardState {
  return passed === null
    ? state
    : acted(state, `let a ${verb} of ${store} pass in spite of: ${sayRefusal(passed)}; order of ${run.workflowId}`, nowMs);
}

function whyNotNow(state: GuardState, message: Look, again: boolean, nowMs: number): Refusal | null {
  const { store, run, destroy, verb } = message;
  if (verb !== 'destroy') return modeRefusal(state.view, store, message) ?? staleEvidence(state, message.streakSinceMs);
  if (destroy === undefined || proposalOf(state, run)?.decided !== destroy.planId) return NOT_PROPOSED;
  // A heal that knows more than this guard may have told of a debt after the lease was granted.
  return tighterMode(state.view, store, destroy) ?? debtFirst(state, message, nowMs) ?? (again ? null : sentBefore(state, run));
}

const NOT_PROPOSED: Refusal = { reason: 'not proposed', detail: '', whenMs: null };

function slotsTaken(state: GuardState, message: Look, nowMs: number): Refusal | null {
  const others = state.slots.filter((slot) => slot.store !== message.store);
  return others.length < state.view.inFlight
    ? null
    : { reason: 'slots taken', detail: `${others.length} of ${state.view.inFlight}`, whenMs: nowMs + ASK_AGAIN_MS };
}

/** What is owed once this stop may have been sent. A restart that was owed before stays owed whatever comes of this stop. */
function debtAfterStop(before: Debt | undefined, message: Look, nowMs: number): Debt {
  const { store, run, commandId } = message;
  if (before !== undefined) return { ...before, holder: run };
  return { store, subtopic: subtopicOf(store), holder: run, sinceMs: nowMs, payFromMs: nowMs, stopId: commandId };
}

/** A stop that looks again is still to be sent: what another run said of its debt meanwhile does not settle it. */
function owedStill(state: GuardState, message: Look, nowMs: number): GuardState {
  const debt = debtOf(state, message.store);
  return message.verb === 'stop' && debt === undefined ? owe(state, debtAfterStop(debt, message, nowMs)) : state;
}

function letPass(state: GuardState, lease: Lease, message: Look, nowMs: number): GuardState {
  const passed = { verb: message.verb, commandId: message.commandId, atMs: nowMs, ended: null };
  return {
    ...state,
    leases: state.leases.map((other) => (other.subtopic === lease.subtopic ? { ...lease, progressMs: nowMs, passed } : other)),
    slots: [
      ...state.slots.filter((slot) => slot.store !== message.store),
      { store: message.store, holder: message.run, untilMs: null },
    ],
  };
}
