/** The contract between workflows and activities. Workflows know this file and never `activities/`. */
import type { CommandAnswer } from './command.ts';
import type { GuardBeginning } from './guard/state.ts';
import type {
  Closed,
  CommandEnded,
  LeaseRequest,
  Opened,
  Override,
  ProposalClosed,
  Proposed,
  Run,
  SweepReply,
  SweepReport,
} from './guard/messages.ts';
import type { Refusal } from './guard/refusal.ts';
import type { InventoryView } from './inventory-view.ts';
import type { OutcomeKind } from './outcome.ts';
import type { Policy } from './policy.ts';
import type { Reading } from './reading.ts';
import type { StoreName } from './store.ts';
import type { StoreLife, Streak } from './streak.ts';
import type { WatchResult, WatchSpec } from './watch.ts';
import type { WitnessWord } from './witness.ts';

export interface Target {
  readonly cluster: string;
  readonly store: StoreName;
}

/** A reading with CM's whole answer, kept before anything is done: CM's restore wipes error details. */
export interface Evidence {
  readonly reading: Reading;
  /** The answer as text; `gzip+base64` when it is large. Null when CM gave none. */
  readonly raw: { readonly encoding: 'text' | 'gzip+base64'; readonly data: string } | null;
  /** What OMS said of a Store that CM showed as faulty. Left out where OMS was not asked. */
  readonly witness?: WitnessWord;
}

/** Why a command activity did not send. Not an attempt, and no budget is charged. */
export type NotSentReason =
  | 'the reading is unknown'
  | 'it is healthy now'
  | 'somebody restarted it'
  | 'mode'
  | 'guard refused'
  | 'guard silent'
  | 'too late'
  | 'unreachable';

export type CommandReport =
  | {
      readonly kind: 'not sent';
      readonly because: NotSentReason;
      readonly detail: string;
      readonly evidence: Evidence | null;
      readonly refusal: Refusal | null;
    }
  | {
      readonly kind: 'sent';
      readonly answer: Exclude<CommandAnswer, { kind: 'never sent' }>;
      readonly evidence: Evidence | null;
      /** When the server scheduled the attempt: a command whose answer was lost may run from here on. */
      readonly scheduledMs: number;
    };

export interface StopInput extends Target {
  readonly commandId: string;
  /** What the streak was confirmed on: the last look must find the same life of the Store. */
  readonly life: StoreLife;
  readonly streakSinceMs: number;
  readonly override: readonly Override[];
  readonly restartHealthy: boolean;
  readonly sendByMs: number;
  readonly why: string;
  /** Mode `ask`: the plan that people approved. The activity counts their votes itself. */
  readonly planId?: string;
  /** A person's order: whoever gave it knows what OMS shows, so OMS is heard and does not decide. */
  readonly ordered?: boolean;
}

export interface RestartInput extends Target {
  readonly commandId: string;
  readonly sendByMs: number;
  readonly why: string;
}

export interface WatchInput extends Target {
  readonly spec: WatchSpec;
  readonly streak: Streak;
}

export interface LearnedPolicy {
  readonly policy: Policy;
  /** SHA-256 of the worker's configuration, and where it was read. */
  readonly digest: string;
  readonly host: string;
}

/** On the queue of the cluster: the worker that can reach its CM. */
export interface ClusterActivities {
  learnPolicy(input: { readonly cluster: string }): Promise<LearnedPolicy>;
  readStore(input: Target): Promise<Evidence>;
  readSiblings(input: Target): Promise<readonly Reading[]>;
  watchStore(input: WatchInput): Promise<WatchResult>;
  stopStore(input: StopInput): Promise<CommandReport>;
  restartStore(input: RestartInput): Promise<CommandReport>;
  surveyCluster(input: { readonly cluster: string; readonly budgetMs: number }): Promise<Survey>;
}

/** A sweep's look at every Store: counts, and the readings that matter. */
export interface Survey {
  readonly report: Omit<SweepReport, 'sweepRun'>;
  readonly tookMs: number;
  /** Healthy Stores whose newest checkpoint stands still; the first few by name. */
  readonly frozen: readonly StoreName[];
  /** Why the survey ended before its last Store, if it did. */
  readonly endedEarly: string | null;
  /** What OMS listed; null where nothing is discovered. Absent in surveys from before there was discovery. */
  readonly inventory?: InventoryView | null;
}

export type GuardMessage =
  | { readonly signal: 'opened'; readonly message: Opened }
  | { readonly signal: 'requestLease'; readonly message: LeaseRequest }
  | { readonly signal: 'commandEnded'; readonly message: CommandEnded }
  | { readonly signal: 'closed'; readonly message: Closed }
  | { readonly signal: 'proposed'; readonly message: Proposed }
  | { readonly signal: 'proposalClosed'; readonly message: ProposalClosed };

export interface HandOver extends Target {
  readonly outcome: OutcomeKind;
  readonly because: string;
  readonly next: string;
  readonly run: Run;
}

/** On the queue of workflows: needs Temporal, and no CM. */
export interface DeskActivities {
  /** Signals the guard, and starts one (paused) if there is none. */
  tellGuard(input: { readonly cluster: string } & GuardMessage): Promise<{ readonly told: string }>;
  reportSweep(input: { readonly cluster: string; readonly report: SweepReport }): Promise<SweepReply>;
  /** Which of these runs are no longer running. A run that the server does not know has ended. */
  findDeadRuns(input: { readonly runs: readonly Run[] }): Promise<readonly Run[]>;
  /** Puts an incident into people's hands. Returns once it is delivered. */
  handOver(input: HandOver): Promise<{ readonly delivered: string }>;
  /** Tells people of a plan. Returns once it is delivered. */
  announce(input: PlanNotice): Promise<{ readonly delivered: string }>;
}

/** What people hear of a plan, and when. */
export interface PlanNotice extends Target {
  readonly event: 'asked' | 'half of the time is over' | 'a tenth of the time is left' | 'decided' | 'ended';
  readonly action: 'destroy' | 'restart';
  readonly planId: string;
  readonly approveByMs: number;
  readonly because: string;
  readonly run: Run;
}

export interface GuardInput {
  readonly cluster: string;
  readonly beginning?: GuardBeginning;
}
