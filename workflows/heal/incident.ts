import {
  condition,
  log,
  setCurrentDetails,
  setDefaultSignalHandler,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { Run } from '../../src/domain/guard/messages.ts';
import type { LeaseAnswer, OpenedAnswer } from '../../src/domain/guard/messages.ts';
import { describeIncident, type IncidentView, type Phase } from '../../src/domain/incident.ts';
import type { AttemptRecord, OutcomeKind } from '../../src/domain/outcome.ts';
import { defaultPolicy, type Policy } from '../../src/domain/policy.ts';
import { type HealRequest, type Order, ORDER_EXAMPLE, parseOrder } from '../../src/domain/requests.ts';
import { emptyStreak, type Streak } from '../../src/domain/streak.ts';
import { subtopicOf, type StoreName } from '../../src/domain/store.ts';
import { phaseAttribute, searchAttributes } from '../attributes.ts';
import { guardAnswerSignal, incidentQuery, orderSignal } from '../messages.ts';

/** How an incident ends, before the guard has been told. */
export interface Ended {
  readonly kind: OutcomeKind;
  readonly because: string;
  readonly whenMs?: number | null;
  readonly next?: string;
}

/** A step either leads on, or ends the incident. */
export type Step<T> = { readonly end: Ended } | { readonly end: null; readonly go: T };

export function goOn<T>(go: T): Step<T> {
  return { end: null, go };
}

export function endAs(kind: OutcomeKind, because: string, more: Omit<Ended, 'kind' | 'because'> = {}): { end: Ended } {
  return { end: { kind, because, ...more } };
}

/** One incident's state while it runs: all in this run's history, nothing elsewhere. */
export interface Incident {
  readonly cluster: string;
  readonly store: StoreName;
  readonly run: Run;
  policy: Policy;
  /** The order that is being obeyed, and one that came since. */
  order: Order | null;
  nextOrder: Order | null;
  streak: Streak;
  evidenceKey: string;
  /** Attempts of the lineage before this run, as the guard remembers them. */
  earlierAttempts: number;
  readonly attempts: AttemptRecord[];
  debt: 'none' | 'open' | 'settled' | 'handed over';
  /** The worker of this cluster knows it. A mistyped cluster must not get a guard of its own. */
  clusterKnown: boolean;
  readonly answers: Map<string, OpenedAnswer | LeaseAnswer>;
  asked: number;
  commands: number;
  show(phase: Phase, evidence?: string): void;
  note(text: string): void;
  view(): IncidentView;
}

const NOTES_MAX = 8;

export function openIncident(request: HealRequest): Incident {
  const { workflowId, runId, startTime } = workflowInfo();
  let phase: Phase = 'opening';
  let evidence: string | null = null;
  const notes: string[] = [];
  const incident: Incident = {
    cluster: request.cluster,
    store: request.store,
    run: { workflowId, runId },
    policy: defaultPolicy,
    order: request.order,
    nextOrder: null,
    streak: emptyStreak,
    evidenceKey: '',
    earlierAttempts: 0,
    attempts: [],
    debt: 'none',
    clusterKnown: false,
    answers: new Map(),
    asked: 0,
    commands: 0,
    show(next, seen) {
      if (next !== phase) upsertSearchAttributes(phaseAttribute(next));
      phase = next;
      evidence = seen ?? evidence;
      setCurrentDetails(describeIncident(incident.view()));
    },
    note(text) {
      notes.unshift(text);
      notes.splice(NOTES_MAX);
      setCurrentDetails(describeIncident(incident.view()));
    },
    view: () => ({
      cluster: request.cluster,
      store: request.store,
      phase,
      since: startTime.toISOString(),
      evidence,
      attempts: incident.attempts,
      order: incident.nextOrder?.reason ?? incident.order?.reason ?? null,
      notes: [...notes],
    }),
  };
  registerHandlers(incident);
  upsertSearchAttributes(
    searchAttributes({ cluster: request.cluster, store: request.store, subtopic: subtopicOf(request.store), phase }),
  );
  return incident;
}

/** Handlers only note; they never throw, since a throwing handler wedges its workflow. */
function registerHandlers(incident: Incident): void {
  setHandler(
    orderSignal,
    (input) => {
      const order = parseOrder(input);
      if (order.ok) incident.nextOrder = order.value;
      else incident.note(`An order was refused. ${order.error}`);
    },
    { description: `Order a restart now, or pass a limit: ${ORDER_EXAMPLE}` },
  );
  setHandler(
    guardAnswerSignal,
    (input: unknown) => {
      const answer = input as { askId?: unknown; answer?: OpenedAnswer | LeaseAnswer } | null;
      if (typeof answer?.askId !== 'string' || answer.answer === undefined) return;
      incident.answers.set(answer.askId, answer.answer);
    },
    { description: 'from the guard' },
  );
  setHandler(incidentQuery, () => incident.view(), { description: 'where this incident stands' });
  setDefaultSignalHandler((name) => log.warn('a signal that is not for a heal', { name }));
}

/** Waits for an order that is not obeyed yet. Bounded by what it races against. */
export function orderArrives(incident: Incident): Promise<void> {
  return condition(() => incident.nextOrder !== null);
}

/** Takes up the newest order, if there is one: from here on it is the one obeyed. */
export function takeOrder(incident: Incident): boolean {
  if (incident.nextOrder === null) return false;
  incident.order = incident.nextOrder;
  incident.nextOrder = null;
  // What others did before the order was given is no reason to refuse it.
  incident.streak = emptyStreak;
  return true;
}
