import { outcomeTraits, type OutcomeKind } from '../outcome.ts';
import { subtopicOf } from '../store.ts';
import { brakeAfterProbe } from './brake.ts';
import { budgetClassOf, refund } from './budgets.ts';
import { blankMemory, evidenceWithMode, holds, isMemoryFull, leaseOn, memoryOf, remember, withQuarantine } from './lookups.ts';
import type { Closed, CommandEnded, Run } from './messages.ts';
import { sameRun } from './messages.ts';
import type { GuardState, Lease } from './state.ts';

/** How a command that was let pass ended. Settles the debt, and gives the slot back, where that follows. */
export function endCommand(state: GuardState, message: CommandEnded, nowMs: number): GuardState {
  const lease = leaseOn(state, subtopicOf(message.store));
  if (!holds(lease, message.run) || lease.passed?.commandId !== message.commandId || lease.passed.ended !== null) return state;
  const passed = { ...lease.passed, ended: message.ended };
  const noted = {
    ...state,
    leases: state.leases.map((other) => (other === lease ? { ...lease, passed, progressMs: nowMs } : other)),
  };
  const { store, commandId, verb } = message;
  const charged = message.ended === 'never sent' && verb !== 'restart';
  const settled = charged ? refund(noted, budgetClassOf(verb), passed.atMs) : noted;
  return {
    ...settled,
    debts: settled.debts.filter((debt) => debt.store !== store || !isSettledBy(message, debt.stopId === commandId)),
    slots: givesSlotBack(message) ? settled.slots.filter((slot) => slot.store !== store) : settled.slots,
  };
}

/** A restart that was done pays what is owed. So does the stop that it began with, once it is known to have done nothing. */
function isSettledBy({ verb, ended }: CommandEnded, beganWithIt: boolean): boolean {
  if (verb === 'restart') return ended === 'done';
  return verb === 'stop' && beganWithIt && (ended === 'never sent' || ended === 'refused');
}

/** A slot is given back by whatever ends its use: the restart's answer, a stop that did nothing, a destroy. */
function givesSlotBack({ verb, ended }: CommandEnded): boolean {
  switch (verb) {
    case 'stop':
      return ended === 'never sent' || ended === 'refused';
    case 'restart':
      return ended === 'done' || ended === 'refused';
    case 'destroy':
      return ended !== 'unknown';
  }
}

/** A heal has come to its outcome: the lease ends, the Store's memory is written. */
export function closeIncident(before: GuardState, message: Closed, nowMs: number): GuardState {
  const braked = brakeAfterProbe(before, leaseHeldBy(before, message.run), message.outcome, nowMs);
  const state = release(braked, message.run, message.debt, nowMs);
  const memory = memoryOf(state, message.store) ?? blankMemory(message.store, nowMs);
  const known = memory.last?.runId === message.run.runId ? memory.last.outcome : null;
  // Its word may come after it was found dead: then it counts, and one attempt of its was counted already.
  const late = known === 'terminated';
  const another = memory.openRun !== null && !sameRun(memory.openRun, message.run);
  if (another || (known !== null && !late) || isMemoryFull(state, message.store)) return state;
  // Turned away at the door: nothing was done, and what the last incident came to still stands.
  if (message.outcome === 'blocked' && message.attempts === 0 && memory.last !== null) {
    const notBeforeMs = Math.max(memory.last.notBeforeMs, message.whenMs ?? 0);
    return remember(state, { ...memory, openRun: null, last: { ...memory.last, notBeforeMs }, touchedMs: nowMs });
  }
  const well = message.outcome === 'healed' || message.outcome === 'recovered';
  return remember(state, {
    ...memory,
    attempts: memory.attempts + Math.max(0, message.attempts - (late ? 1 : 0)),
    // Attempts were made because it was not healthy; what was known from before them must not forgive them.
    healthySinceMs: well ? nowMs : message.attempts > 0 ? null : memory.healthySinceMs,
    firstFaultyMs: well ? null : memory.firstFaultyMs,
    openRun: null,
    last: {
      outcome: message.outcome,
      runId: message.run.runId,
      endedMs: nowMs,
      notBeforeMs: notBefore(message.outcome, message.whenMs, state.view.cooldownMs, nowMs),
      // Only a `would act` is compared by what it rested on.
      evidenceKey: message.outcome === 'would act' ? evidenceWithMode(state.view, message.store, message.evidenceKey) : '',
    },
    touchedMs: nowMs,
  });
}

/** When a later sweep may open the Store again. Where nothing was done and nothing need cool, that is at once. */
function notBefore(outcome: OutcomeKind, whenMs: number | null, cooldownMs: number, nowMs: number): number {
  if (outcomeTraits[outcome].life === 'final') return nowMs;
  if (outcome === 'blocked') return whenMs ?? nowMs;
  return outcome === 'would act' ? nowMs : nowMs + cooldownMs;
}

function leaseHeldBy(state: GuardState, run: Run): Lease | undefined {
  return state.leases.find((lease) => sameRun(lease.holder, run));
}

/**
 * Runs that ended without a word (terminated, failed, reset away). A command let pass for them may still run:
 * their subtopic is left alone until it cannot. What they owed is owed by nobody, so the guard pays it.
 */
export function buryRuns(before: GuardState, dead: readonly Run[], nowMs: number): GuardState {
  return dead.reduce((state, run) => buryRun(state, run, nowMs), before);
}

function buryRun(before: GuardState, run: Run, nowMs: number): GuardState {
  const lease = leaseHeldBy(before, run);
  const sent =
    lease !== undefined && lease.passed !== null && lease.passed.ended !== 'never sent' && lease.passed.ended !== 'refused';
  const braked = sent ? brakeAfterProbe(before, lease, 'terminated', nowMs) : before;
  const state = release(braked, run, 'open', nowMs);
  return {
    ...state,
    proposals: state.proposals.filter((proposal) => !sameRun(proposal.run, run)),
    stores: state.stores.map((memory) =>
      memory.openRun === null || !sameRun(memory.openRun, run)
        ? memory
        : {
            ...memory,
            openRun: null,
            attempts: memory.attempts + (sent ? 1 : 0),
            healthySinceMs: sent ? null : memory.healthySinceMs,
            last: {
              outcome: 'terminated' as const,
              runId: run.runId,
              endedMs: nowMs,
              notBeforeMs: nowMs + state.view.cooldownMs,
              evidenceKey: '',
            },
            touchedMs: nowMs,
          },
    ),
  };
}

/** What a run held is given back; where a command of its may still run, the subtopic is left alone. */
export function release(before: GuardState, run: Run, debt: Closed['debt'], nowMs: number): GuardState {
  const lease = leaseHeldBy(before, run);
  const aftermathEndMs = lease === undefined ? nowMs : commandMayRunUntilMs(lease, before.view.aftermathMs, nowMs);
  const quarantined =
    lease === undefined
      ? before
      : withQuarantine(
          before,
          {
            subtopic: lease.subtopic,
            untilMs: aftermathEndMs,
            because: `${lease.passed?.verb ?? 'a command'} of ${lease.store}`,
          },
          nowMs,
        );
  return {
    ...quarantined,
    leases: quarantined.leases.filter((other) => other !== lease),
    debts: quarantined.debts.flatMap((owed) => {
      if (owed.holder === null || !sameRun(owed.holder, run)) return [owed];
      return debt === 'settled' || debt === 'handed over'
        ? []
        : [{ ...owed, holder: null, payFromMs: Math.max(nowMs, aftermathEndMs) }];
    }),
    slots: quarantined.slots.flatMap((slot) => {
      if (!sameRun(slot.holder, run) || slot.untilMs !== null) return [slot];
      return aftermathEndMs > nowMs ? [{ ...slot, untilMs: aftermathEndMs }] : [];
    }),
  };
}

/** A command that was not reported ended, or whose answer was lost, may run on at CM. */
function commandMayRunUntilMs(lease: Lease, aftermathMs: number, nowMs: number): number {
  const { passed } = lease;
  if (passed === null || (passed.ended !== null && passed.ended !== 'unknown')) return nowMs;
  return Math.max(nowMs, passed.atMs + aftermathMs);
}
