/** Activities in hand-made histories: their schedule, and whatever became of them. */
import type { ApprovalRules } from '../../src/domain/approval/electorate.ts';
import type { Plan } from '../../src/domain/approval/plan.ts';
import type { Mode } from '../../src/domain/policy.ts';
import { jwt } from '../domain/approval/ballots.ts';
import { rules } from './hand-made.ts';
import { payload } from './orders.ts';

export interface Activity {
  readonly type?: string;
  readonly activityId?: string;
  readonly input?: unknown;
  /** The payload itself, in place of `input`. */
  readonly inputPayload?: object;
}

export function scheduledActivity({
  type = 'destroyStore',
  activityId = '1',
  input,
  inputPayload = payload(input),
}: Activity): object {
  return {
    activityTaskScheduledEventAttributes: { activityId, activityType: { name: type }, input: { payloads: [inputPayload] } },
  };
}

export const completed = (scheduledEventId: number, result: unknown, resultPayload = payload(result)): object => ({
  principal: jwt('the-worker'),
  activityTaskCompletedEventAttributes: { scheduledEventId, result: { payloads: [resultPayload] } },
});

export const failed = (scheduledEventId: number): object => ({
  activityTaskFailedEventAttributes: { scheduledEventId, failure: { message: 'not sent' } },
});
export const timedOut = (scheduledEventId: number): object => ({ activityTaskTimedOutEventAttributes: { scheduledEventId } });
export const cancelled = (scheduledEventId: number): object => ({ activityTaskCanceledEventAttributes: { scheduledEventId } });

/** What `sealPlan` returns, as far as anybody reads it from a history. */
export function sealedAnswer(plan: Plan, more: { rules?: ApprovalRules; mode?: Mode } & Record<string, unknown> = {}): object {
  return { kind: 'sealed', plan, rules, mode: 'observe', digest: 'd', needed: 2, ...more };
}
