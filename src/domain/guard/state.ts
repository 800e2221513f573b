import { aftermathMs } from '../command.ts';
import type { OutcomeKind } from '../outcome.ts';
import { defaultPolicy, type Policy } from '../policy.ts';
import type { StoreName } from '../store.ts';
import type { Brake } from './brake.ts';
import { NOTHING_SPENT, type Spent } from './budgets.ts';
import { type CarriedGuard, unpack } from './carry.ts';
import type { Hold } from './holds.ts';
import type { GuardView, LedgerEntry, Pause, Run, SweepReply, SweepReport } from './messages.ts';
import type { WorkerSeen } from './workers.ts';

/** Locks a subtopic from grant to outcome. Held by a living run, never by a clock. */
export interface Lease {
  readonly subtopic: string;
  readonly store: StoreName;
  readonly holder: Run;
  readonly sinceMs: number;
  readonly progressMs: number;
  /** The last command let pass for this holder, and how it ended (null: not reported). */
  readonly passed: PassedCommand | null;
  /** Set where the brake let it try whether a restart helps. */
  readonly probe?: true;
}

export interface PassedCommand {
  readonly verb: 'stop' | 'restart' | 'destroy';
  readonly commandId: string;
  readonly atMs: number;
  readonly ended: 'done' | 'refused' | 'never sent' | 'unknown' | null;
}

/** A restart owed to a Store, because a stop was let pass. `holder` is null once nobody living answers for it. */
export interface Debt {
  readonly store: StoreName;
  readonly subtopic: string;
  readonly holder: Run | null;
  readonly sinceMs: number;
  /** Not looked after before this time: no heal is started for it, and its holder is not asked about again. */
  readonly payFromMs: number;
  /** The stop that it began with. Only that stop coming to nothing settles it; a later one that fails does not. */
  readonly stopId?: string;
}

export interface Quarantine {
  readonly subtopic: string;
  readonly untilMs: number;
  readonly because: string;
}

/** A command in flight. Taken by the look before a stop, given back when the restart is answered. */
export interface Slot {
  readonly store: StoreName;
  readonly holder: Run;
  /** Set when its holder died: the command may run until then. */
  readonly untilMs: number | null;
}

/** How the newest incident of a Store ended. */
export interface LastIncident {
  readonly outcome: OutcomeKind | 'terminated';
  readonly runId: string;
  readonly endedMs: number;
  readonly notBeforeMs: number;
  readonly evidenceKey: string;
}

/** A destroy that waits for people, or that they have decided. It holds neither lease nor slot before that. */
export interface Proposal {
  readonly store: StoreName;
  readonly subtopic: string;
  readonly run: Run;
  readonly sinceMs: number;
  /** The plan that people approved: its subtopic is kept for it. */
  readonly decided: string | null;
  /**
   * The command that was let pass for it and may have been sent. As long as its run is known, and whatever becomes
   * of its lease, no other one is let pass. Left out where there is none.
   */
  readonly sent?: string;
}

export interface StoreMemory {
  readonly store: StoreName;
  readonly attempts: number;
  readonly firstFaultyMs: number | null;
  readonly healthySinceMs: number | null;
  readonly openRun: Run | null;
  readonly last: LastIncident | null;
  readonly touchedMs: number;
}

/** More than this many Stores are not remembered: the state must stay small enough to carry over. */
export const STORES_MAX = 600;

export interface GuardState {
  readonly cluster: string;
  readonly bornMs: number;
  readonly view: GuardView;
  readonly pauses: readonly Pause[];
  /** Evidence from before this time is not acted upon. */
  readonly freshFromMs: number;
  /** A guard that had to be started by an asker does not know what its predecessor let pass. */
  readonly quarantineAll: { readonly untilMs: number } | null;
  readonly leases: readonly Lease[];
  readonly debts: readonly Debt[];
  readonly quarantines: readonly Quarantine[];
  readonly slots: readonly Slot[];
  /** Those that are decided stand in the order in which they were. */
  readonly proposals: readonly Proposal[];
  readonly holds: readonly Hold[];
  readonly stores: readonly StoreMemory[];
  /** The ledger of its reply is the one below, and not kept twice. */
  readonly lastSweep: {
    readonly sweepRun: string;
    readonly surveyedMs: number;
    readonly reply: SweepReply;
    readonly summary: SweepSummary;
    /** Suspects that are known by number alone. */
    readonly unnamed?: number;
  } | null;
  readonly ledger: readonly LedgerEntry[];
  readonly brake: Brake | null;
  /** What was faulty then does not trip the brake anew. */
  readonly brakeReleasedMs: number | null;
  readonly spent: Spent;
  /** Who swept lately, newest first. */
  readonly workers: readonly WorkerSeen[];
  /** The build that the first sweep of this run of the guard was made by. */
  readonly build: string | null;
  /** What people made it do against its own judgement, newest first. */
  readonly acts: readonly Note[];
  /** What people sent that could not be understood, newest first; shown, never fatal. */
  readonly notes: readonly Note[];
}

export interface Note {
  readonly atMs: number;
  readonly text: string;
}

export type SweepSummary = Pick<SweepReport, 'total' | 'counts' | 'cutOff'>;

/** The pause of a guard that found no predecessor. It ends by a person's `resume`. */
export const NEW_GUARD_PAUSE = 'storekeeper:new-guard';

export function guardViewOf(policy: Policy): GuardView {
  return {
    everyMs: policy.everyMs,
    mode: policy.mode,
    act: policy.act,
    lineageMs: policy.lineageMs,
    inFlight: policy.guard.inFlight,
    cooldownMs: policy.guard.cooldownMs,
    openPerSweep: policy.guard.openPerSweep,
    proposals: policy.guard.proposals,
    budget: { perHour: policy.guard.perHour, perDay: policy.guard.perDay },
    brake: policy.guard.brake,
    aftermathMs: aftermathMs(policy.sendByMs, policy.command.timeoutMs),
  };
}

/**
 * `with the schedule`: made by the command that created the sweep schedule, so nothing came before it.
 * `found missing`: an asker had to start it, so something ended the one before, and nobody knows what was under way.
 */
export type GuardBeginning = 'with the schedule' | 'found missing';

const NEW_FIELDS = {
  brake: null,
  brakeReleasedMs: null,
  spent: NOTHING_SPENT,
  workers: [],
  build: null,
  acts: [],
} as const satisfies Partial<GuardState>;

export function newGuard(cluster: string, beginning: GuardBeginning, nowMs: number): GuardState {
  const missing = beginning === 'found missing';
  const view = guardViewOf(defaultPolicy);
  return {
    cluster,
    bornMs: nowMs,
    view,
    pauses: missing
      ? [
          {
            by: NEW_GUARD_PAUSE,
            reason: 'the guard before this one ended unexpectedly; look round, then resume',
            sinceMs: nowMs,
            untilMs: null,
          },
        ]
      : [],
    freshFromMs: nowMs,
    quarantineAll: missing ? { untilMs: nowMs + view.aftermathMs } : null,
    leases: [],
    debts: [],
    quarantines: [],
    slots: [],
    proposals: [],
    holds: [],
    stores: [],
    lastSweep: null,
    ledger: [],
    ...NEW_FIELDS,
    notes: [],
  };
}

type NewField = 'proposals' | 'holds' | keyof typeof NEW_FIELDS;

/** A guard's state as an earlier run left it, perhaps of an earlier version: what that one did not know of is empty. */
export function takeOver(carried: Omit<CarriedGuard, NewField> & Partial<Pick<CarriedGuard, NewField>>): GuardState {
  return { proposals: [], holds: [], ...NEW_FIELDS, ...unpack(carried) };
}

/** Whether workers of another build sweep than when this run of the guard began. Its history then has code of both. */
export function isOfAnotherBuild({ build, workers }: GuardState): boolean {
  const [newest] = workers;
  return build !== null && newest !== undefined && newest.build !== build;
}
