/**
 * The guard of a cluster: the one authority that says whether an action may run now. A pure reducer; the
 * workflow around it only feeds it and carries its effects out. Messages are idempotent by content, since
 * signals and updates may come twice.
 */
import type { StoreName } from '../store.ts';
import { lookBeforeCommand, openIncident, requestLease } from './asks.ts';
import { releaseBrake } from './brake.ts';
import { withoutSpentBefore } from './budgets.ts';
import { buryRuns, closeIncident, endCommand, release } from './endings.ts';
import type {
  Closed,
  CommandEnded,
  LeaseAnswer,
  LeaseRequest,
  Look,
  LookAnswer,
  Opened,
  OpenedAnswer,
  Pause,
  ProposalClosed,
  Proposed,
  ProposedAnswer,
  Run,
  SweepReply,
  SweepReport,
} from './messages.ts';
import { sameRun } from './messages.ts';
import { type Hold, HOLDS_MAX, withHold, withoutHold } from './holds.ts';
import { acted, isQuarantined, leaseOn, memoryOf, noted } from './lookups.ts';
import { endsPause, type Resume } from './pauses.ts';
import { closeProposal, propose, takeBackSent } from './proposals.ts';
import type { Debt, GuardState } from './state.ts';
import { takeSweepReport } from './sweeps.ts';
import { subtopicOf } from '../store.ts';

export type GuardEvent =
  | { readonly kind: 'opened'; readonly message: Opened }
  | { readonly kind: 'lease requested'; readonly message: LeaseRequest }
  | { readonly kind: 'look'; readonly message: Look }
  | { readonly kind: 'command ended'; readonly message: CommandEnded }
  | { readonly kind: 'closed'; readonly message: Closed }
  | { readonly kind: 'proposed'; readonly message: Proposed }
  | { readonly kind: 'proposal closed'; readonly message: ProposalClosed }
  | { readonly kind: 'swept'; readonly message: SweepReport }
  | { readonly kind: 'pause'; readonly pause: Omit<Pause, 'sinceMs'> }
  | ({ readonly kind: 'resume' } & Resume)
  | { readonly kind: 'hold'; readonly hold: Omit<Hold, 'sinceMs'> }
  | { readonly kind: 'unhold'; readonly target: string }
  | ({ readonly kind: 'release brake' } & Act)
  | ({ readonly kind: 'release lease'; readonly target: string } & Act)
  | { readonly kind: 'runs described'; readonly dead: readonly Run[] }
  | { readonly kind: 'not understood'; readonly text: string }
  | { readonly kind: 'tick' };

/** What a person has it do, who, and why. */
export interface Act {
  readonly by: string;
  readonly reason: string;
}

export type GuardReply = OpenedAnswer | ProposedAnswer | LeaseAnswer | LookAnswer | SweepReply | null;

/** What the workflow must do after a step. */
export interface GuardEffect {
  readonly kind: 'start heal';
  readonly store: StoreName;
}

export interface GuardStep {
  readonly state: GuardState;
  readonly reply: GuardReply;
  readonly effects: readonly GuardEffect[];
}

/** A debt without a living holder is offered again after this time, should the heal started for it not take it. */
const PAY_AGAIN_MS = 60_000;
/** The server is asked about so many in one moment. */
const OPEN_IN_TURN = 50;

export function stepGuard(before: GuardState, event: GuardEvent, nowMs: number): GuardStep {
  const state = withoutExpired(before, nowMs);
  switch (event.kind) {
    case 'opened':
      return { ...openIncident(state, event.message, nowMs), effects: [] };
    case 'lease requested':
      return { ...requestLease(state, event.message, nowMs), effects: [] };
    case 'look':
      return { ...lookBeforeCommand(state, event.message, nowMs), effects: [] };
    case 'command ended':
      return quiet(endCommand(takeBackSent(state, event.message), event.message, nowMs));
    case 'closed':
      return quiet(closeIncident(state, event.message, nowMs));
    case 'proposed':
      return { ...propose(state, event.message, nowMs), effects: [] };
    case 'proposal closed':
      return quiet(closeProposal(state, event.message, nowMs));
    case 'swept':
      return { ...takeSweepReport(state, event.message, nowMs), effects: [] };
    case 'pause':
      return quiet({
        ...state,
        pauses: [...state.pauses.filter((pause) => pause.by !== event.pause.by), { ...event.pause, sinceMs: nowMs }],
      });
    case 'resume':
      return quiet(resume(state, event, nowMs));
    case 'hold':
      return quiet(
        withHold(state, event.hold, nowMs) ?? noted(state, `more than ${HOLDS_MAX} holds; pause the cluster instead`, nowMs),
      );
    case 'unhold':
      return quiet(withoutHold(state, event.target));
    case 'release brake':
      return quiet(brakeOff(state, event, nowMs));
    case 'release lease':
      return quiet(leaseOff(state, event, nowMs));
    case 'runs described':
      return quiet(buryRuns(state, event.dead, nowMs));
    case 'not understood':
      return quiet(noted(state, event.text, nowMs));
    case 'tick':
      return payDebts(state, nowMs);
  }
}

function quiet(state: GuardState): GuardStep {
  return { state, reply: null, effects: [] };
}

function brakeOff(state: GuardState, { by, reason }: Act, nowMs: number): GuardState {
  if (state.brake === null) return noted(state, `${by} would release the brake, and it is not on`, nowMs);
  return acted(releaseBrake(state, nowMs), `${by} released the brake: ${reason}`, nowMs);
}

/**
 * Ends a lease for its holder, which may live on: it is turned away at its next look, and may ask again. Where a
 * command of its may still run, the subtopic is left alone; what it owed, the guard pays.
 */
function leaseOff(state: GuardState, { target, by, reason }: Act & { readonly target: string }, nowMs: number): GuardState {
  const lease = state.leases.find(({ subtopic, store }) => subtopic === target || store === target);
  if (lease === undefined) return noted(state, `${by} would release the lease on ${target}, and nobody holds it`, nowMs);
  const told = `${by} released the lease that ${lease.holder.workflowId} held on ${lease.subtopic}: ${reason}`;
  return acted(release(state, lease.holder, 'open', nowMs), told, nowMs);
}

/** What was read before a resume is stale. */
function resume(state: GuardState, event: Resume, nowMs: number): GuardState {
  const pauses = state.pauses.filter((pause) => !endsPause(event, pause));
  const resumed = state.pauses.length > 0 && pauses.length === 0;
  return { ...state, pauses, freshFromMs: resumed ? nowMs : state.freshFromMs };
}

function withoutExpired(state: GuardState, nowMs: number): GuardState {
  const pauses = state.pauses.filter((pause) => pause.untilMs === null || pause.untilMs > nowMs);
  const resumed = state.pauses.length > 0 && pauses.length === 0;
  return {
    ...state,
    pauses,
    freshFromMs: resumed ? nowMs : state.freshFromMs,
    quarantineAll: state.quarantineAll !== null && state.quarantineAll.untilMs > nowMs ? state.quarantineAll : null,
    quarantines: state.quarantines.filter((quarantine) => quarantine.untilMs > nowMs),
    slots: state.slots.filter((slot) => slot.untilMs === null || slot.untilMs > nowMs),
    holds: state.holds.filter((hold) => hold.untilMs === null || hold.untilMs > nowMs),
    spent: withoutSpentBefore(state.spent, nowMs),
  };
}

/**
 * A debt that nobody living answers for is paid by a heal that the guard itself starts. Every debt whose time has
 * come gets a later one, also where a living holder stands in the way: else the guard would wake for it for ever.
 */
function payDebts(state: GuardState, nowMs: number): GuardStep {
  const due = state.debts.filter((debt) => isDue(state, debt, nowMs) && leaseOn(state, debt.subtopic) === undefined);
  return {
    state: { ...state, debts: state.debts.map((debt) => putOff(state, debt, nowMs)) },
    reply: null,
    effects: due.map((debt) => ({ kind: 'start heal', store: debt.store })),
  };
}

function putOff(state: GuardState, debt: Debt, nowMs: number): Debt {
  if (isDue(state, debt, nowMs)) return { ...debt, payFromMs: nowMs + PAY_AGAIN_MS };
  // Its holder was looked after just now, and lives: the next look is due one aftermath from here.
  return debt.holder !== null && nowMs >= checkDebtAtMs(state, debt) ? { ...debt, payFromMs: nowMs } : debt;
}

function isDue(state: GuardState, debt: Debt, nowMs: number): boolean {
  return debt.holder === null && debt.payFromMs <= nowMs && isQuarantined(state, debt.subtopic, nowMs) === null;
}

/**
 * The runs whose being alive decides about this event. The workflow asks the server about them first: a
 * holder that no longer runs loses what it holds, and a living one keeps it however long it takes.
 */
export function runsThatMatter(state: GuardState, event: GuardEvent, nowMs: number): Run[] {
  switch (event.kind) {
    case 'opened':
    case 'lease requested': {
      const subtopic = subtopicOf(event.message.store);
      return holders(state, subtopic).filter((run) => !sameRun(run, event.message.run));
    }
    case 'look': {
      const others = leaseOn(state, subtopicOf(event.message.store));
      return others !== undefined && !sameRun(others.holder, event.message.run) ? [others.holder] : [];
    }
    case 'swept':
      return event.message.sweepRun === state.lastSweep?.sweepRun
        ? []
        : distinct([...holders(state, null), ...openInTurn(state, event.message)]);
    case 'tick':
      return inTheWayOfDebts(state, nowMs);
    case 'closed': {
      // After a reset it is another run that closes than the one that opened.
      const openRun = memoryOf(state, event.message.store)?.openRun ?? null;
      return openRun === null || sameRun(openRun, event.message.run) ? [] : [openRun];
    }
    case 'proposed':
      // Whoever died without a word must not keep a place from the living.
      return state.proposals.map(({ run }) => run).filter((run) => !sameRun(run, event.message.run));
    case 'command ended':
    case 'proposal closed':
    case 'pause':
    case 'resume':
    case 'hold':
    case 'unhold':
    case 'release brake':
    case 'release lease':
    case 'runs described':
    case 'not understood':
      return [];
  }
}

/** Everybody who holds a lease, owes a restart, has a slot or a decided destroy; of one subtopic, or of all. */
function holders(state: GuardState, subtopic: string | null): Run[] {
  const runs = [
    ...state.leases.filter((lease) => subtopic === null || lease.subtopic === subtopic).map((lease) => lease.holder),
    ...state.debts.filter((debt) => subtopic === null || debt.subtopic === subtopic).flatMap((debt) => debt.holder ?? []),
    ...(subtopic === null ? state.slots.filter((slot) => slot.untilMs === null).map((slot) => slot.holder) : []),
    ...state.proposals
      .filter((proposal) => subtopic === null || (proposal.subtopic === subtopic && proposal.decided !== null))
      .map((proposal) => proposal.run),
  ];
  return distinct(runs);
}

/**
 * Open incidents that hold nothing, so many a sweep in turn. In a storm there are hundreds, and while the server is
 * asked about all of them nobody gets an answer; that one of them has died only matters when its Store could be opened.
 */
function openInTurn(state: GuardState, { surveyedMs }: SweepReport): Run[] {
  const open = state.stores.flatMap((store) => store.openRun ?? []);
  const sweeps = Math.floor(surveyedMs / Math.max(1, state.view.everyMs));
  const from = open.length <= OPEN_IN_TURN ? 0 : (sweeps * OPEN_IN_TURN) % open.length;
  return [...open.slice(from), ...open.slice(0, from)].slice(0, OPEN_IN_TURN);
}

function distinct(runs: readonly Run[]): Run[] {
  return runs.filter((run, index) => runs.findIndex((other) => sameRun(other, run)) === index);
}

/** Who keeps a debt from being paid is looked after once per aftermath, also while no sweep runs. */
function inTheWayOfDebts(state: GuardState, nowMs: number): Run[] {
  const runs = state.debts.flatMap((debt) => {
    if (debt.holder !== null) return nowMs >= checkDebtAtMs(state, debt) ? [debt.holder] : [];
    return isDue(state, debt, nowMs) ? (leaseOn(state, debt.subtopic)?.holder ?? []) : [];
  });
  return distinct(runs);
}

function checkDebtAtMs(state: GuardState, debt: Debt): number {
  return Math.max(debt.sinceMs, debt.payFromMs) + state.view.aftermathMs;
}

/** When the guard must wake by itself, epoch milliseconds; null if only a message can change anything. */
export function nextWakeMs(state: GuardState): number | null {
  const times = [
    ...state.debts.map((debt) =>
      debt.holder === null ? Math.max(debt.payFromMs, quarantineEndMs(state, debt.subtopic)) : checkDebtAtMs(state, debt),
    ),
    ...state.pauses.flatMap((pause) => pause.untilMs ?? []),
    ...state.holds.flatMap((hold) => hold.untilMs ?? []),
  ];
  return times.length === 0 ? null : Math.min(...times);
}

function quarantineEndMs(state: GuardState, subtopic: string): number {
  const own = state.quarantines.filter((quarantine) => quarantine.subtopic === subtopic).map((quarantine) => quarantine.untilMs);
  return Math.max(0, state.quarantineAll?.untilMs ?? 0, ...own);
}
