/** What an audit finds. Fields are only ever added: programs read this as the answer of `storekeeper audit --json`. */
import type { Assurance, Principal } from '../domain/approval/electorate.ts';
import type { Verdict } from '../domain/approval/vote.ts';
import type { CommandAnswer, Verb } from '../domain/command.ts';
import type { Run } from '../domain/guard/messages.ts';

export interface AuditReport {
  /** Nothing was found broken. What a history cannot show stands in `notShown`, and is not found fine by this. */
  readonly ok: boolean;
  /** How many commands reached, or may have reached, the Cluster Manager. */
  readonly commands: number;
  /** How many times an invariant was broken. */
  readonly broken: number;
  readonly runs: readonly RunAudit[];
}

export interface RunAudit {
  readonly run: Run;
  readonly workflowType: string;
  readonly startedMs: number;
  /** `running`, or how its history ends: `completed: healed`, `terminated`. */
  readonly ended: string;
  /** Why this history was not checked but for secrets; null if it was. */
  readonly notAudited: string | null;
  readonly commands: readonly CommandAudit[];
  /** Commands that were decided on and, by the word of their activity, not sent. */
  readonly notSent: number;
  readonly violations: readonly Violation[];
  /** Restarts that are owed and were neither sent, nor settled, nor handed to people yet. */
  readonly openDebts: readonly OpenDebt[];
  /** What this history cannot show, as sentences. */
  readonly notShown: readonly string[];
}

export interface Violation {
  /** The number in section 2 of the design. */
  readonly invariant: number;
  readonly run: Run;
  readonly eventId: number;
  /** The command it was found at; null where it is the run's. */
  readonly commandId: string | null;
  /** One sentence. */
  readonly what: string;
}

export interface OpenDebt {
  /** The event that scheduled the stop. */
  readonly eventId: number;
  readonly what: string;
}

export interface CommandAudit {
  readonly verb: Verb;
  readonly cluster: string;
  readonly store: string;
  readonly commandId: string;
  /** The run that sent it. Another than the history's where a reset brought its events along. */
  readonly runId: string;
  readonly broughtByReset: boolean;
  /** `unknown`: the answer was lost, or nobody knows whether anything was sent. */
  readonly answer: Exclude<CommandAnswer['kind'], 'never sent'>;
  readonly detail: string;
  readonly events: { readonly scheduled: number; readonly started: number | null; readonly closed: number | null };
  /** By the server's clock, epoch milliseconds. */
  readonly times: { readonly scheduledMs: number; readonly startedMs: number | null; readonly closedMs: number | null };
  readonly restsOn: Ground | null;
  readonly evidence: EvidenceShown | null;
  /** The event by which the guard granted the lease. */
  readonly lease: { readonly eventId: number; readonly atMs: number } | null;
  /** Every vote on its plan, also those that do not count. Empty where people were not asked. */
  readonly votes: readonly VoteShown[];
  readonly digests: Digests;
  readonly clocks: Clocks | null;
  readonly notShown: readonly string[];
}

/** What allowed a command. */
export type Ground =
  | {
      readonly kind: 'streak';
      readonly eventId: number;
      readonly readings: number;
      readonly sinceMs: number | null;
      readonly coveredMs: number;
    }
  | { readonly kind: 'order'; readonly eventId: number }
  | { readonly kind: 'plan'; readonly eventId: number; readonly planId: string; readonly coverage: string | null }
  | { readonly kind: 'stop'; readonly eventId: number }
  | { readonly kind: 'debt'; readonly eventId: number };

export interface EvidenceShown {
  /** The event that holds it. */
  readonly eventId: number;
  readonly diagnosis: 'healthy' | 'faulty' | 'unknown';
  readonly status: number | null;
  readonly message: string;
  readonly oldestS: number | null;
  readonly newestS: number | null;
  readonly port: number | null;
  readonly atMs: number | null;
  /** Whether CM's whole answer stands beside it. */
  readonly raw: boolean;
}

export interface VoteShown {
  readonly eventId: number;
  readonly atMs: number;
  readonly verdict: Verdict;
  /** The approver that it was proven to be of; else the name that was typed. */
  readonly name: string | null;
  readonly assurance: Assurance | null;
  /** As the server stamped it on the event. */
  readonly principal: Principal | null;
  /** The public key that signed it. */
  readonly key: string | null;
  readonly counted: boolean;
  /** Why it does not count; empty if it does. */
  readonly because: string;
}

export interface Digests {
  /** Of the worker's configuration, as the run learned it. */
  readonly configuration: string | null;
  /** Of the policy and rules, as the plan records them. */
  readonly policy: string | null;
  /** Of the rules that were sealed with the plan. */
  readonly rules: string | null;
  /** Of the plan, computed here. */
  readonly plan: string | null;
}

/** Epoch milliseconds by the server's clock. */
export interface Clocks {
  readonly approveByMs: number;
  readonly decidedMs: number | null;
  readonly executeByMs: number | null;
  readonly needed: number;
}
