/** What heals, sweeps and people say to a cluster's guard, and what it answers. One JSON object each. */
import type { DestroyOutcomeKind } from '../approval/destroy-outcome.ts';
import type { Verb } from '../command.ts';
import type { OutcomeKind } from '../outcome.ts';
import type { BrakePolicy, Mode } from '../policy.ts';
import type { StoreName } from '../store.ts';
import type { Refusal } from './refusal.ts';

/** One run of a workflow. An id alone is not enough: a reset makes a new run of the same id. */
export interface Run {
  readonly workflowId: string;
  readonly runId: string;
}

export function sameRun(a: Run, b: Run): boolean {
  return a.workflowId === b.workflowId && a.runId === b.runId;
}

/** The part of a cluster's policy that the guard decides by. */
export interface GuardView {
  readonly everyMs: number;
  readonly mode: Mode;
  readonly act: readonly string[];
  readonly lineageMs: number;
  readonly inFlight: number;
  readonly cooldownMs: number;
  readonly openPerSweep: number;
  /** How many destroys may wait for people at once. Left out by heals of a version that knew no destroy. */
  readonly proposals?: number;
  /** Commands let pass per hour and day, for each class. This and `brake` are left out by heals of a version before them. */
  readonly budget?: { readonly perHour: number; readonly perDay: number };
  readonly brake?: BrakePolicy;
  /** How long a subtopic is left alone after a command that nobody answers for. */
  readonly aftermathMs: number;
}

export type Override = 'mode' | 'brake' | 'cooldown' | 'budget';

export interface Opened {
  readonly askId: string;
  readonly run: Run;
  readonly store: StoreName;
  readonly view: GuardView;
  readonly order: boolean;
  readonly override: readonly Override[];
  /** The asker knows from its own history that it sent, or may have sent, a stop that is not settled. */
  readonly owesRestart: boolean;
}

export interface LeaseRequest {
  readonly askId: string;
  readonly run: Run;
  readonly store: StoreName;
  /** When the evidence it acts on began. */
  readonly streakSinceMs: number;
  readonly order: boolean;
  readonly override: readonly Override[];
  readonly owed: boolean;
  /** People approved a restart of this very incident: mode `ask` then lets it pass, `observe` does not. */
  readonly approved?: boolean;
  /** For a destroy that people approved. It rests on their votes; a mode tighter than the planned one forbids it. */
  readonly destroy?: DestroyClaim;
}

export interface DestroyClaim {
  readonly planId: string;
  /** The mode of the Store when the plan was made. */
  readonly modeBefore: Mode;
}

/** A destroy asks to wait for people. It holds neither lease nor slot, and one of few places. */
export interface Proposed {
  readonly askId: string;
  readonly run: Run;
  readonly store: StoreName;
  readonly view: GuardView;
}

/** A destroy has come to its outcome. */
export interface ProposalClosed {
  readonly run: Run;
  readonly store: StoreName;
  readonly outcome: DestroyOutcomeKind;
}

export interface CommandEnded {
  readonly run: Run;
  readonly store: StoreName;
  readonly verb: Verb;
  readonly commandId: string;
  readonly ended: 'done' | 'refused' | 'never sent' | 'unknown';
}

export interface Closed {
  readonly run: Run;
  readonly store: StoreName;
  readonly outcome: OutcomeKind;
  /** Attempts made by this run, to be counted per Store. */
  readonly attempts: number;
  /** What the outcome rested on; a `would act` is said again only when it changes. */
  readonly evidenceKey: string;
  /** What became of an owed restart, if there was one: `open` leaves it for the guard to pay. */
  readonly debt: 'none' | 'settled' | 'handed over' | 'open';
  readonly whenMs: number | null;
}

export type OpenedAnswer =
  | { readonly kind: 'admitted'; readonly attempts: number; readonly owed: boolean; readonly nowMs: number }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly nowMs: number };

export type ProposedAnswer =
  | { readonly kind: 'welcome'; readonly nowMs: number }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly nowMs: number };

export type LeaseAnswer =
  | { readonly kind: 'granted'; readonly nowMs: number }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly nowMs: number };

/** The guard's answer to an asker, by signal. It names the run it was given to and the question it answers. */
export interface GuardAnswer {
  readonly askId: string;
  readonly runId: string;
  readonly answer: OpenedAnswer | ProposedAnswer | LeaseAnswer;
}

/** Asked by the command activity just before it sends; run and workflow id come from the activity's own info. */
export interface Look {
  readonly run: Run;
  readonly store: StoreName;
  readonly verb: Verb;
  readonly commandId: string;
  readonly streakSinceMs: number;
  readonly override: readonly Override[];
  /** As in a LeaseRequest. */
  readonly approved?: boolean;
  readonly destroy?: DestroyClaim;
}

export type LookAnswer =
  | { readonly kind: 'pass'; readonly nowMs: number }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly nowMs: number };

export interface Pause {
  readonly by: string;
  readonly reason: string;
  readonly sinceMs: number;
  readonly untilMs: number | null;
}

/** One Store as a sweep reports it: suspects, and those the guard remembers. */
export interface SweptStore {
  readonly store: StoreName;
  readonly diagnosis: 'healthy' | 'faulty' | 'unknown';
  readonly atMs: number;
  /** Status, message without its time, port and start: what a `would act` rests on. */
  readonly evidenceKey: string;
}

export interface SweepReport {
  readonly sweepRun: string;
  readonly surveyedMs: number;
  readonly view: GuardView;
  readonly total: number;
  readonly counts: { readonly healthy: number; readonly faulty: number; readonly unknown: number; readonly frozen: number };
  readonly stores: readonly SweptStore[];
  /** Suspects that did not fit into `stores`. */
  readonly cutOff: number;
  /** Whose file the view is from. Left out by workers of a version that did not compare them. */
  readonly worker?: SweepWorker;
}

/** A worker that sweeps. */
export interface SweepWorker {
  /** Its identity: host and process. */
  readonly host: string;
  /** Of its configuration of this cluster. */
  readonly digest: string;
  /** Of the workflows that it runs, or would run. */
  readonly build: string;
}

export interface LedgerEntry {
  readonly store: StoreName;
  readonly verdict: 'open' | 'not opened';
  readonly refusal: Refusal | null;
}

export interface SweepReply {
  readonly open: readonly StoreName[];
  readonly ledger: readonly LedgerEntry[];
  readonly note: string | null;
  /** What people should look at: the brake, holders that are stuck, workers that disagree. */
  readonly warnings?: readonly string[];
}
