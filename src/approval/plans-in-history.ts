/**
 * What a run's history tells of its plans, of the destroys sent for them, and of who works for it. The results of
 * activities are what workers said; what is proven about them is their seal and who voted for it.
 */
import type { temporal } from '@temporalio/proto';
import { type ApprovalRules, type Principal, samePrincipal } from '../domain/approval/electorate.ts';
import { parsePlan, parseRules } from '../domain/approval/parse-plan.ts';
import type { Plan } from '../domain/approval/plan.ts';
import type { Mode } from '../domain/policy.ts';
import { decodeJson, principalOf } from './history-fields.ts';
import type { History, Payload } from './history-signals.ts';

type HistoryEvent = temporal.api.history.v1.IHistoryEvent;

/** Results carry CM's whole answer, of 1 MiB at most. */
const RESULT_BYTES_MAX = 4 * 1024 * 1024;

export interface PlanInHistory {
  readonly plan: Plan;
  /** The rules that it was made by. */
  readonly rules: ApprovalRules;
  readonly mode: Mode;
  /** The event that completed the activity which sealed it. */
  readonly eventId: number;
}

/** The plan of this id among the results of `sealPlan`. None if two claim it: one of them lies, at least about the rules. */
export function planIn(history: History, planId: string): PlanInHistory | null {
  const found = activitiesIn(history, 'sealPlan').flatMap(({ result, closedEventId }): PlanInHistory[] => {
    const sealed = fieldsOf(result);
    const plan = parsePlan(sealed['plan']);
    const rules = parseRules(sealed['rules']);
    const mode = sealed['mode'];
    if (!plan.ok || !rules.ok || plan.value.planId !== planId || closedEventId === null) return [];
    if (mode !== 'observe' && mode !== 'ask' && mode !== 'act') return [];
    return [{ plan: plan.value, rules: rules.value, mode, eventId: closedEventId }];
  });
  return found.length === 1 ? (found[0] ?? null) : null;
}

export interface DestroyInHistory {
  readonly activityId: string;
  /** Null where its input cannot be read here: it may have been for any plan. */
  readonly planId: string | null;
  /** It has an end of whatever kind, so it is not the one that asks. */
  readonly closed: boolean;
  /** Whether it came back with the word that nothing was sent. Whatever else became of it, a request may be out. */
  readonly notSent: boolean;
}

/** Every destroy activity of the run, also the one that asks. */
export function destroysIn(history: History): DestroyInHistory[] {
  return activitiesIn(history, 'destroyStore').map(({ activityId, input, result, closed }) => {
    const planId = fieldsOf(input)['planId'];
    return {
      activityId,
      planId: typeof planId === 'string' ? planId : null,
      closed,
      notSent: fieldsOf(result)['kind'] === 'not sent',
    };
  });
}

/**
 * A destroy for this plan, other than the open one of this id, whose request was or may have been sent; null if there
 * is none. An id alone does not tell activities apart: the server lets a workflow use one again after its end.
 */
export function sentBefore(history: History, planId: string, ownActivityId: string): DestroyInHistory | null {
  const others = destroysIn(history).filter(({ activityId, closed }) => closed || activityId !== ownActivityId);
  return others.find((other) => !other.notSent && (other.planId ?? planId) === planId) ?? null;
}

/** Whom the server takes the workers of this run for: who answered its tasks. Empty where it stamps no principals. */
export function workersIn(history: History): Principal[] {
  const found: Principal[] = [];
  for (const event of history.events ?? []) {
    const work =
      event.workflowTaskCompletedEventAttributes ??
      event.activityTaskCompletedEventAttributes ??
      event.activityTaskFailedEventAttributes ??
      event.activityTaskCanceledEventAttributes;
    const principal = work ? principalOf(event.principal) : null;
    if (principal !== null && !found.some((known) => samePrincipal(known, principal))) found.push(principal);
  }
  return found;
}

/** Whether this server says who did what. */
export function isStamped(history: History): boolean {
  return (history.events ?? []).some((event) => principalOf(event.principal) !== null);
}

interface ActivityInHistory {
  readonly activityId: string;
  readonly input: unknown;
  /** Undefined while there is none. */
  readonly result: unknown;
  /** The event that brought the result. */
  readonly closedEventId: number | null;
  readonly closed: boolean;
}

function activitiesIn(history: History, type: string): ActivityInHistory[] {
  const events = history.events ?? [];
  const ends = new Map<number, HistoryEvent>();
  for (const event of events) {
    const end =
      event.activityTaskCompletedEventAttributes ??
      event.activityTaskFailedEventAttributes ??
      event.activityTaskTimedOutEventAttributes ??
      event.activityTaskCanceledEventAttributes;
    if (end?.scheduledEventId) ends.set(Number(end.scheduledEventId), event);
  }
  return events.flatMap((event): ActivityInHistory[] => {
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (!scheduled || scheduled.activityType?.name !== type) return [];
    const end = ends.get(Number(event.eventId ?? 0));
    const completed = end?.activityTaskCompletedEventAttributes;
    return [
      {
        activityId: scheduled.activityId ?? '',
        input: valueOf(scheduled.input?.payloads),
        result: valueOf(completed?.result?.payloads),
        closedEventId: end && completed ? Number(end.eventId ?? 0) : null,
        closed: end !== undefined,
      },
    ];
  });
}

function valueOf(payloads: readonly Payload[] | null | undefined): unknown {
  const [payload] = payloads ?? [];
  if (payload === undefined) return undefined;
  const decoded = decodeJson(payload, RESULT_BYTES_MAX);
  return decoded.kind === 'json' ? decoded.value : undefined;
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
