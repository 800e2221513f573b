/**
 * The contract between the workflows that ask people and the activities that read their votes. Workflows know this
 * file and never `activities/`.
 */
import type { Evidence, NotSentReason, Target } from '../activities.ts';
import type { CommandAnswer } from '../command.ts';
import type { Refusal } from '../guard/refusal.ts';
import type { Mode } from '../policy.ts';
import type { Reading } from '../reading.ts';
import type { StoreName } from '../store.ts';
import type { ApprovalRules, Requesters } from './electorate.ts';
import type { MaterialPart, Plan } from './plan.ts';
import type { Tally } from './tally.ts';

export interface SealInput extends Target {
  readonly action: Plan['action'];
  /** The first plan of a run is number 1. */
  readonly number: number;
  /** A plan that takes the place of another keeps its time; null starts it. Epoch milliseconds. */
  readonly approveByMs: number | null;
  /** How long a trusted reading is waited for, in milliseconds since the activity was scheduled. */
  readonly patienceMs: number;
}

export type Sealed =
  | {
      readonly kind: 'sealed';
      readonly plan: Plan;
      /** SHA-256 over the plan, what signatures are over. */
      readonly digest: string;
      /** The rules as they stood: from here on the strictest of these and of the sending worker's own count. */
      readonly rules: ApprovalRules;
      readonly requesters: Requesters;
      readonly needed: number;
      /** The mode of the cluster now: one that is tighter later forbids what was planned. */
      readonly mode: Mode;
      /** How often evidence is read again, in milliseconds. */
      readonly everyMs: number;
      /** Things a voter or operator should know before it is too late, as sentences. */
      readonly warnings: readonly string[];
      readonly evidence: Evidence;
    }
  | { readonly kind: 'cleared' }
  | { readonly kind: 'no trusted reading'; readonly because: string }
  | { readonly kind: 'cannot be approved here'; readonly because: string };

export type PlanWatch =
  /** The votes are void: so much of what they were given on is another. */
  | { readonly kind: 'changed'; readonly parts: readonly MaterialPart[]; readonly reading: Reading }
  | { readonly kind: 'cleared' }
  /** A newcomer on the subtopic has taken over and holds everything from this checkpoint on. */
  | { readonly kind: 'taken over'; readonly by: StoreName; readonly parts: readonly MaterialPart[] }
  | { readonly kind: 'elapsed' };

export interface Count {
  readonly tally: Tally;
  readonly requesters: Requesters;
  /** Votes up to and with this event are in the tally. */
  readonly countedTo: number;
}

/** On the queue of the cluster, whose workers have its configuration. */
export interface ApprovalActivities {
  /** Reads the Store and its siblings and seals a plan. Repeats itself until the reading is trusted. */
  sealPlan(input: SealInput): Promise<Sealed>;
  /** Reads the evidence again every `everyMs` and returns when the plan does not hold any more, or at `untilMs`. */
  watchPlan(input: { readonly plan: Plan; readonly everyMs: number; readonly untilMs: number }): Promise<PlanWatch>;
  /** Counts the votes that the server's history of the calling run holds. */
  countVotes(input: { readonly plan: Plan; readonly rules: ApprovalRules }): Promise<Count>;
}

export interface DestroyInput extends Target {
  readonly planId: string;
  /** `{plan id}#{try}`. */
  readonly commandId: string;
  readonly sendByMs: number;
  readonly why: string;
}

export type DestroyNotSentReason =
  | Exclude<NotSentReason, 'somebody restarted it'>
  /** The plan that the history holds is not whole, or not of this run, cluster, Store or address. */
  | 'the plan does not hold'
  /** There is no quorum on it, or it was rejected or withdrawn. */
  | 'the votes do not stand'
  | 'the evidence changed'
  /** The configuration, the history or one that it leads to could not be had just now. */
  | 'it could not be verified'
  /** The history shows a request for this plan that was, or may have been, sent. */
  | 'sent before'
  /** The time after the deciding vote has run out. */
  | 'too long ago';

/** What the destroy activity itself verified before it sent: for the audit, which trusts none of it. */
export interface DestroyProof {
  readonly digest: string;
  readonly tally: Tally;
  readonly requesters: Requesters;
  /** The rules that it counted by: the strictest of those sealed and of its own file. */
  readonly rules: ApprovalRules;
  readonly configDigest: string;
  /** The server's time when the guard let it pass. */
  readonly passedMs: number;
  readonly executeByMs: number;
  /** Its siblings as they were seen in the last look. */
  readonly siblings: readonly Reading[];
}

export type DestroyReport =
  | {
      readonly kind: 'not sent';
      readonly because: DestroyNotSentReason;
      readonly detail: string;
      readonly evidence: Evidence | null;
      readonly refusal: Refusal | null;
      /** What is another, where the evidence changed. */
      readonly parts?: readonly MaterialPart[];
    }
  | {
      readonly kind: 'sent';
      readonly answer: Exclude<CommandAnswer, { kind: 'never sent' }>;
      readonly evidence: Evidence | null;
      readonly proof: DestroyProof;
      readonly scheduledMs: number;
    };

/** On a queue of its own, so that it can run in another process with a configuration of its own. */
export interface DestroyActivities {
  destroyStore(input: DestroyInput): Promise<DestroyReport>;
}
