import type { ApprovalRules } from './electorate.ts';
import type { Plan } from './plan.ts';

/** The `approval` part of a configuration. All durations in milliseconds. */
export interface ApprovalPolicy extends ApprovalRules {
  /** How many approvals a restart needs where the mode is `ask`. `quorum` is for destroys. */
  readonly restartQuorum: number;
}

const MINUTE_MS = 60_000;

/** Without any approver nothing can be approved, and a plan says so before anybody is asked. */
export const defaultApproval: ApprovalPolicy = {
  assurance: ['attested', 'signed'],
  quorum: 2,
  restartQuorum: 1,
  approvers: [],
  approveWithinMs: 240 * MINUTE_MS,
  executeWithinMs: 15 * MINUTE_MS,
};

/** The rules that hold for this kind of plan. */
export function rulesFor({ restartQuorum, ...rules }: ApprovalPolicy, action: Plan['action']): ApprovalRules {
  return action === 'restart' ? { ...rules, quorum: restartQuorum } : rules;
}
