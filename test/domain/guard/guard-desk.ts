/** A guard to talk to in tests: the reducer with a clock beside it, and short ways to say each message. */
import { expect } from 'vitest';
import type { DestroyOutcomeKind } from '../../../src/domain/approval/destroy-outcome.ts';
import type { Verb } from '../../../src/domain/command.ts';
import type {
  Closed,
  CommandEnded,
  DestroyClaim,
  GuardView,
  LeaseAnswer,
  LookAnswer,
  OpenedAnswer,
  Proposed,
  ProposedAnswer,
  Run,
  SweepReply,
  SweptStore,
} from '../../../src/domain/guard/messages.ts';
import type { RefusalReason } from '../../../src/domain/guard/refusal.ts';
import { type GuardBeginning, type GuardState, guardViewOf, newGuard } from '../../../src/domain/guard/state.ts';
import { type GuardEvent, type GuardReply, nextWakeMs, runsThatMatter, stepGuard } from '../../../src/domain/guard/step.ts';
import type { OutcomeKind } from '../../../src/domain/outcome.ts';
import { defaultPolicy, type Mode } from '../../../src/domain/policy.ts';
import type { StoreName } from '../../../src/domain/store.ts';
import { MINUTE, storeName, T0 } from '../readings.ts';

/** A and B are siblings on one subtopic; C and D are alone on theirs. */
export const A = storeName('10.0.0.7-7100:p_1_source-000-0:0000000001');
export const B = storeName('10.0.0.7-7100:p_1_source-000-0:0000000002');
export const C = storeName('10.0.0.8-7100:p_2_source-000-0:0000000003');
export const D = storeName('10.0.0.9-7100:p_3_source-000-0:0000000004');

export const AFTERMATH = 4 * MINUTE;
export const view: GuardView = { ...guardViewOf({ ...defaultPolicy, mode: 'act' }), inFlight: 2 };

export function runOf(store: StoreName, number = 1): Run {
  return { workflowId: `heal:test-1:${store}`, runId: `${store.slice(-1)}-${number}` };
}

export function destroyRunOf(store: StoreName, number = 1): Run {
  return { workflowId: `destroy:test-1:${store}`, runId: `d${store.slice(-1)}-${number}` };
}

/** The Store that a run of `runOf` heals, or one of `destroyRunOf` destroys. */
function storeOf(run: Run): StoreName {
  return storeName(run.workflowId.replace(/^(heal|destroy):test-1:/, ''));
}

/** What a destroy says of the plan that people approved. */
export function claimOf(run: Run, modeBefore: Mode = 'act', plan = 1): DestroyClaim {
  return { planId: `${run.runId}.plan-${plan}`, modeBefore };
}

export interface Desk {
  state: GuardState;
  nowMs: number;
  /** Stores for which the last tick wanted a heal. */
  started: readonly StoreName[];
  send(event: GuardEvent): GuardReply;
  pass(ms: number): void;
  opened(run: Run, more?: Partial<Extract<GuardEvent, { kind: 'opened' }>['message']>): OpenedAnswer;
  lease(run: Run, more?: Partial<Extract<GuardEvent, { kind: 'lease requested' }>['message']>): LeaseAnswer;
  owedLease(run: Run): LeaseAnswer;
  look(run: Run, verb: Verb, commandId: string, more?: Partial<Extract<GuardEvent, { kind: 'look' }>['message']>): LookAnswer;
  ended(run: Run, verb: Verb, commandId: string, ended: CommandEnded['ended']): void;
  closed(run: Run, outcome: OutcomeKind, more?: Partial<Closed>): void;
  proposed(run: Run, more?: Partial<Proposed>): ProposedAnswer;
  /** Asks for the lease of a destroy that people approved. */
  decided(run: Run, claim?: DestroyClaim): LeaseAnswer;
  lookDestroy(run: Run, commandId?: string, claim?: DestroyClaim): LookAnswer;
  proposalClosed(run: Run, outcome: DestroyOutcomeKind): void;
  sweep(
    stores?: Partial<Record<StoreName, SweptStore['diagnosis']>>,
    more?: Partial<{ view: GuardView; surveyedMs: number; sweepRun: string }>,
  ): SweepReply;
  pause(by: string, untilMs?: number | null): void;
  resume(by: string, of?: readonly string[]): void;
  found(...dead: readonly Run[]): void;
  tick(): readonly StoreName[];
  matter(event: GuardEvent): string[];
  wake(): number | null;
}

export function startDesk(beginning: GuardBeginning = 'with the schedule'): Desk {
  const desk: Desk = {
    state: newGuard('test-1', beginning, T0),
    nowMs: T0,
    started: [],
    send(event) {
      const step = stepGuard(desk.state, event, desk.nowMs);
      desk.state = step.state;
      desk.started = step.effects.map((effect) => effect.store);
      return step.reply;
    },
    pass: (ms) => void (desk.nowMs += ms),
    opened: (run, more = {}) =>
      desk.send({
        kind: 'opened',
        message: { askId: 'q', run, store: storeOf(run), view, order: false, override: [], owesRestart: false, ...more },
      }) as OpenedAnswer,
    lease: (run, more = {}) =>
      desk.send({
        kind: 'lease requested',
        message: {
          askId: 'q',
          run,
          store: storeOf(run),
          streakSinceMs: desk.nowMs,
          order: false,
          override: [],
          owed: false,
          ...more,
        },
      }) as LeaseAnswer,
    owedLease: (run) => desk.lease(run, { owed: true }),
    look: (run, verb, commandId, more = {}) =>
      desk.send({
        kind: 'look',
        message: { run, store: storeOf(run), verb, commandId, streakSinceMs: desk.nowMs, override: [], ...more },
      }) as LookAnswer,
    ended: (run, verb, commandId, ended) =>
      void desk.send({ kind: 'command ended', message: { run, store: storeOf(run), verb, commandId, ended } }),
    closed: (run, outcome, more = {}) =>
      void desk.send({
        kind: 'closed',
        message: { run, store: storeOf(run), outcome, attempts: 0, evidenceKey: 'k', debt: 'none', whenMs: null, ...more },
      }),
    proposed: (run, more = {}) =>
      desk.send({
        kind: 'proposed',
        message: { askId: 'q', run, store: storeOf(run), view, ...more },
      }) as ProposedAnswer,
    decided: (run, claim = claimOf(run)) => desk.lease(run, { order: true, destroy: claim }),
    lookDestroy: (run, commandId = 'destroy-1', claim = claimOf(run)) => desk.look(run, 'destroy', commandId, { destroy: claim }),
    proposalClosed: (run, outcome) => void desk.send({ kind: 'proposal closed', message: { run, store: storeOf(run), outcome } }),
    sweep: (stores = {}, more = {}) =>
      desk.send({ kind: 'swept', message: reportOf(stores, more.surveyedMs ?? desk.nowMs, more) }) as SweepReply,
    pause: (by, untilMs = null) => void desk.send({ kind: 'pause', pause: { by, reason: 'upgrade', untilMs } }),
    resume: (by, of = []) => void desk.send({ kind: 'resume', by, of }),
    found: (...dead) => void desk.send({ kind: 'runs described', dead }),
    tick() {
      desk.send({ kind: 'tick' });
      return desk.started;
    },
    matter: (event) =>
      runsThatMatter(desk.state, event, desk.nowMs)
        .map((run) => run.runId)
        .toSorted(),
    wake: () => nextWakeMs(desk.state),
  };
  return desk;
}

type SweptMessage = Extract<GuardEvent, { kind: 'swept' }>['message'];

export function reportOf(
  stores: Partial<Record<StoreName, SweptStore['diagnosis']>>,
  surveyedMs: number,
  more: Partial<Pick<SweptMessage, 'view' | 'sweepRun'>> = {},
): SweptMessage {
  const swept = (Object.entries(stores) as [StoreName, SweptStore['diagnosis']][]).map(([store, diagnosis]) => ({
    store,
    diagnosis,
    atMs: surveyedMs,
    evidenceKey: 'k',
  }));
  return {
    sweepRun: `sweep@${surveyedMs}`,
    surveyedMs,
    view,
    total: swept.length,
    counts: { healthy: 0, faulty: 0, unknown: 0, frozen: 0 },
    stores: swept,
    cutOff: 0,
    ...more,
  };
}

/** A heal that holds its lease and whose stop was let pass. */
export function stopped(run: Run, desk: Desk = startDesk(), commandId = 'stop-1'): Desk {
  desk.opened(run);
  desk.lease(run);
  const word = desk.look(run, 'stop', commandId);
  if (word.kind !== 'pass') throw new Error(`the stop did not pass: ${word.refusal.reason}`);
  return desk;
}

/** A destroy that people have approved, and that holds its lease. */
export function approved(run: Run, desk: Desk = startDesk()): Desk {
  expect(desk.proposed(run)).toMatchObject({ kind: 'welcome' });
  expect(desk.decided(run)).toMatchObject({ kind: 'granted' });
  return desk;
}

/** The shape of a no with this reason; `detail` is part of what it names. */
export const refused = (reason: RefusalReason, detail = '') => ({
  kind: 'refused',
  refusal: { reason, detail: expect.stringContaining(detail) as unknown },
});

export const debtsOf = (desk: Desk): StoreName[] => desk.state.debts.map((debt) => debt.store).toSorted();
export const slotsOf = (desk: Desk): StoreName[] => desk.state.slots.map((slot) => slot.store).toSorted();
