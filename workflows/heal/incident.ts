import {
  condition,
  log,
  setCurrentDetails,
  setDefaultSignalHandler,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { describePlan, type OpenPlan, type PlanView } from '../../src/domain/approval/view.ts';
import { describeIncident, type IncidentView, type Phase } from '../../src/domain/incident.ts';
import type { AttemptRecord, OutcomeKind } from '../../src/domain/outcome.ts';
import { defaultPolicy, type Policy } from '../../src/domain/policy.ts';
import { type HealRequest, type Order, ORDER_EXAMPLE, parseOrder } from '../../src/domain/requests.ts';
import { emptyStreak, type Streak } from '../../src/domain/streak.ts';
import { subtopicOf, type StoreName } from '../../src/domain/store.ts';
import { phaseAttribute, searchAttributes } from '../attributes.ts';
import { type BallotBox, openBallotBox } from '../approval/ask-people.ts';
import { type GuardLine, hearGuard } from '../guard-line.ts';
import { incidentQuery, orderSignal, planQuery } from '../messages.ts';
import type { GivenVote } from './ask-vote.ts';

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
export interface Incident extends GuardLine {
  readonly store: StoreName;
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
  commands: number;
  /** Mode `ask`: how often people were asked, what they allowed, and the votes that came. */
  asks: number;
  vote: GivenVote | null;
  readonly box: BallotBox;
  show(phase: Phase, evidence?: string): void;
  /** The plan that people are asked about; null when they are asked no more. */
  showPlan(open: OpenPlan | null): void;
  note(text: string): void;
  view(): IncidentView;
}

const NOTES_MAX = 8;

export function openIncident(request: HealRequest): Incident {
  const { workflowId, runId, startTime } = workflowInfo();
  let phase: Phase = 'opening';
  let evidence: string | null = null;
  let open: OpenPlan | null = null;
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
    asks: 0,
    vote: null,
    box: openBallotBox(),
    show(next, seen) {
      if (next !== phase) upsertSearchAttributes(phaseAttribute(next));
      phase = next;
      evidence = seen ?? evidence;
      redraw();
    },
    showPlan(next) {
      open = next;
      redraw();
    },
    note(text) {
      notes.unshift(text);
      notes.splice(NOTES_MAX);
      redraw();
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
  const planView = (): PlanView => ({
    cluster: request.cluster,
    store: request.store,
    phase,
    reason: incident.order?.reason ?? 'its fault is confirmed, and mode ask leaves the restart to people',
    open,
    executeByMs: incident.vote?.executeByMs ?? null,
    notes: [...notes],
  });
  const redraw = (): void => setCurrentDetails(open === null ? describeIncident(incident.view()) : describePlan(planView()));
  // The order that it was started with is looked at as a vote, should people be asked.
  if (request.order !== null) incident.box.arrived += 1;
  setHandler(planQuery, planView, { description: 'what people are asked, in mode ask' });
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
      if (order.ok) {
        incident.nextOrder = order.value;
        incident.box.arrived += 1;
      } else incident.note(`An order was refused. ${order.error}`);
    },
    { description: `Order a restart now, or pass a limit: ${ORDER_EXAMPLE}` },
  );
  hearGuard(incident);
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
