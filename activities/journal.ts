import type { Verb } from '../src/domain/command.ts';
import type { NotSentReason, PlanNotice } from '../src/domain/activities.ts';
import type { DestroyNotSentReason } from '../src/domain/approval/contract.ts';

/**
 * One line per command, in the worker's log: who, what, when, why and the answer. It outlives the server's
 * retention of histories, so that a post-mortem need not trust memory.
 */
export interface CommandLine {
  readonly journal: 'command';
  readonly at: string;
  readonly cluster: string;
  readonly store: string;
  readonly verb: Verb;
  readonly commandId: string;
  readonly workflowId: string;
  readonly runId: string;
  readonly why: string;
  readonly sent: boolean;
  readonly answer: 'done' | 'refused' | 'unknown' | NotSentReason | DestroyNotSentReason;
  readonly detail: string;
  readonly tookMs: number;
}

export interface HandOverLine {
  readonly journal: 'hand-over';
  readonly at: string;
  readonly cluster: string;
  readonly store: string;
  readonly outcome: string;
  readonly because: string;
  readonly next: string;
  readonly workflowId: string;
  readonly runId: string;
}

/** What people were told of a plan. */
export interface PlanLine extends Omit<PlanNotice, 'run'> {
  readonly journal: 'plan';
  readonly at: string;
  readonly workflowId: string;
  readonly runId: string;
}

export type JournalLine = CommandLine | HandOverLine | PlanLine;
export type Journal = (line: JournalLine) => void;
