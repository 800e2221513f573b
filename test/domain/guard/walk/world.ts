/**
 * A small world round a guard: two Stores on one subtopic, one on another, runs that heal them, and runs that would
 * destroy them. Runs may do in any order what real ones may, and die at any moment. What is true of the world is kept
 * beside what the guard believes, so that the invariants do not rest on the guard's own books.
 */
import type { CommandEnded, LeaseRequest, Override, Run } from '../../../../src/domain/guard/messages.ts';
import type { GuardState } from '../../../../src/domain/guard/state.ts';
import { type GuardEvent, nextWakeMs } from '../../../../src/domain/guard/step.ts';
import { subtopicOf, type StoreName } from '../../../../src/domain/store.ts';
import { T0 } from '../../readings.ts';
import { A, AFTERMATH, B, C, claimOf, destroyRunOf, reportOf, runOf, view } from '../guard-desk.ts';

/** One slot, so that two subtopics contend for it; fewer places than destroys. */
export const smallView = { ...view, inFlight: 1, proposals: 2, cooldownMs: 0, everyMs: 1_000_000_000 };

/** Two faulty Stores on two subtopics are a storm, and one restart an hour is all there may be. */
export const stormyView = {
  ...smallView,
  inFlight: 2,
  everyMs: 20_000,
  budget: { perHour: 2, perDay: 2 },
  brake: { stores: 2, subtopics: 2, faultyShare: 0.1, unknown: 3, unknownShare: 1 },
};

export const STORES = [A, B, C] as const;
/** A is healed by one run after another; Temporal lets only one run of a workflow id live at a time. */
export const RUNS = [runOf(A), runOf(A, 2), runOf(B), runOf(C), destroyRunOf(A), destroyRunOf(B), destroyRunOf(C)] as const;
export const STORE_OF: readonly StoreName[] = [A, A, B, C, A, B, C];
const FIRST_DESTROY = 4;
const COMMANDS_MAX = 3;

type Verb = 'stop' | 'restart' | 'destroy';

export interface Sent {
  readonly verb: Verb;
  readonly commandId: string;
  readonly atMs: number;
  /** Null: not reported ended. */
  readonly ended: CommandEnded['ended'] | null;
}

export interface RunModel {
  readonly life: 'absent' | 'unborn' | 'alive' | 'gone';
  /** It believes that it owes a restart: it sent a stop, or was told so. */
  readonly owes: boolean;
  /** How many commands it has asked for: each has an id of its own. */
  readonly asked: number;
  readonly sent: Sent | null;
  /** Of a destroy: the number of its plan, and whether a request for it may be out. */
  readonly plan: number;
  readonly mayBeOut: boolean;
  /** When it opened: what it acts on is no older. */
  readonly openedMs: number;
  /** It passed a stop under the brake, without an order, and has not told its end. */
  readonly tries: boolean;
}

export interface World {
  readonly guard: GuardState;
  readonly nowMs: number;
  readonly runs: readonly RunModel[];
  /** Stops let pass for each Store of STORES that nothing has made good yet, by command id. */
  readonly stops: readonly (readonly string[])[];
  /** The destroys that people have decided, in that order, until they tell their end or are found dead. */
  readonly decided: readonly number[];
  /** Sweeps see Stores fail here, and people's orders pass what they name. */
  readonly stormy: boolean;
  /** Nothing older may be acted upon: the last resume, or the last sweep after a gap. */
  readonly freshMs: number;
  readonly sweptMs: number | null;
  /** When stops passed that were not told never to have been sent. */
  readonly paid: readonly { readonly commandId: string; readonly atMs: number }[];
}

export interface Move {
  readonly name: string;
  /** Null: something happens that the guard is not told. */
  readonly event: GuardEvent | null;
  /** The index of the run that acts. */
  readonly run: number | null;
  readonly nowMs: number;
}

/** A third destroy makes the world much wider, so it is there only where it is named. */
export function startWorld(guard: GuardState, runs: Partial<Record<number, Partial<RunModel>>> = {}, stormy = false): World {
  return {
    guard,
    nowMs: T0,
    stormy,
    freshMs: T0,
    sweptMs: null,
    paid: [],
    runs: RUNS.map((_, index) => ({
      life: index === FIRST_DESTROY ? 'absent' : 'unborn',
      owes: false,
      asked: 0,
      sent: null,
      plan: 1,
      mayBeOut: false,
      openedMs: T0,
      tries: false,
      ...runs[index],
    })),
    stops: STORES.map(() => []),
    decided: [],
  };
}

export function storeOf(index: number): StoreName {
  return STORE_OF[index] ?? A;
}

export function runAt(index: number): Run {
  return RUNS[index] ?? runOf(A);
}

/** Everything that may happen next. */
export function movesIn(world: World): Move[] {
  const moves: Move[] = [];
  const say = (name: string, event: GuardEvent | null, run: number | null = null, nowMs = world.nowMs): void => {
    moves.push({ name, event, run, nowMs });
  };
  world.runs.forEach((run, index) => {
    for (const [name, event] of movesOfRun(world, run, index)) say(`${runAt(index).runId} ${name}`, event, index);
  });
  const gone = RUNS.filter((_, index) => world.runs[index]?.life === 'gone');
  if (gone.length > 0) say('the gone are described', { kind: 'runs described', dead: gone });
  say('tick', { kind: 'tick' });
  if (world.guard.pauses.length === 0) say('pause', { kind: 'pause', pause: { by: 'alice', reason: '', untilMs: null } });
  else say('resume', { kind: 'resume', by: 'alice', of: [] });
  const target = subtopicOf(A);
  if (world.guard.holds.length === 0) say('hold', { kind: 'hold', hold: { target, by: 'bob', reason: '', untilMs: null } });
  else say('unhold', { kind: 'unhold', target });
  if (world.stormy) return [...moves, ...movesOfStorm(world)];
  const mode = world.guard.view.mode === 'act' ? 'observe' : 'act';
  // Without suspects: a sweep that tells the mode. The long interval keeps gaps out of this world.
  const lastMs = world.guard.lastSweep?.surveyedMs ?? 0;
  if (world.nowMs > lastMs)
    say(`a sweep tells mode ${mode}`, { kind: 'swept', message: reportOf({}, world.nowMs, { view: { ...smallView, mode } }) });
  const wakeMs = nextWakeMs(world.guard);
  if (wakeMs !== null && wakeMs > world.nowMs) say('time to the next wake', { kind: 'tick' }, null, wakeMs);
  say('a third of an aftermath passes', null, null, world.nowMs + AFTERMATH / 3);
  return moves;
}

const EVERYBODY = STORES.map((store) => [store, 'faulty'] as const);

/** What happens where much is broken: sweeps that see it, or see it over, and people who want it otherwise. */
function movesOfStorm({ guard, nowMs, sweptMs }: World): Move[] {
  const moves: Move[] = [];
  const say = (name: string, event: GuardEvent | null, atMs = nowMs): void =>
    void moves.push({ name, event, run: null, nowMs: atMs });
  const sweep = (stores: Parameters<typeof reportOf>[0], faulty: number, mode: 'act' | 'observe'): GuardEvent => {
    const report = reportOf(stores, nowMs, { view: { ...stormyView, mode } });
    return { kind: 'swept', message: { ...report, total: 4, counts: { healthy: 4 - faulty, faulty, unknown: 0, frozen: 0 } } };
  };
  if (sweptMs === null || nowMs > sweptMs) {
    say('a sweep sees all of them faulty', sweep(Object.fromEntries(EVERYBODY), 3, 'act'));
    say('a sweep sees none faulty', sweep(Object.fromEntries(STORES.map((store) => [store, 'healthy'])), 0, 'act'));
    say('a sweep tells mode observe', sweep({}, 0, 'observe'));
  }
  if (guard.brake !== null) say('a person releases the brake', { kind: 'release brake', by: 'alice', reason: '' });
  const [lease] = guard.leases;
  if (lease !== undefined)
    say('a person releases a lease', { kind: 'release lease', target: lease.subtopic, by: 'bob', reason: '' });
  if (guard.pauses.length === 1) say('a second pause', { kind: 'pause', pause: { by: 'bob', reason: '', untilMs: null } });
  say('20 seconds pass', null, nowMs + 20_000);
  say('five minutes pass', null, nowMs + 300_000);
  return moves;
}

function movesOfRun(world: World, model: RunModel, index: number): [string, GuardEvent | null][] {
  if (model.life === 'absent') return [];
  if (index >= FIRST_DESTROY) return movesOfDestroy(world, model, index);
  const run = runAt(index);
  const store = storeOf(index);
  const sinceMs = world.stormy ? model.openedMs : world.nowMs;
  const ask = { askId: 'q', run, store, override: [], order: false };
  const ended = endings(model, run, store);
  if (model.life === 'unborn') {
    // The second run of a workflow cannot begin before the first is gone.
    if (index === 1 && world.runs[0]?.life !== 'gone') return [];
    return [['opens', { kind: 'opened', message: { ...ask, view: world.stormy ? stormyView : smallView, owesRestart: false } }]];
  }
  if (model.life === 'gone') return ended;
  const next = `${run.runId}:${model.asked}`;
  const look = (verb: Verb, commandId: string, override: readonly Override[] = []): GuardEvent => ({
    kind: 'look',
    message: { run, store, verb, commandId, streakSinceMs: sinceMs, override },
  });
  const closed = (debt: 'settled' | 'handed over' | 'open', outcome: 'healed' | 'handed over' | 'blocked'): GuardEvent => ({
    kind: 'closed',
    message: { run, store, outcome, attempts: 1, evidenceKey: '', debt, whenMs: null },
  });
  const lease = (owed: boolean): GuardEvent => ({
    kind: 'lease requested',
    message: { ...ask, streakSinceMs: sinceMs, owed },
  });
  const mayAsk = model.asked < COMMANDS_MAX && (model.sent === null || model.sent.ended !== null);
  return [
    ...ended,
    ...(world.stormy
      ? movesOfOrder({ ...ask, streakSinceMs: sinceMs, owed: false }, mayAsk ? (over) => look('stop', next, over) : null)
      : []),
    ...(world.stormy ? ([['confirms its fault afresh', null]] as [string, null][]) : []),
    ['asks for the lease', lease(false)],
    ...(model.owes ? ([['asks for the lease it owes', lease(true)]] as [string, GuardEvent][]) : []),
    ...(mayAsk
      ? ([
          ['looks before a stop', look('stop', next)],
          ['looks before a restart', look('restart', next)],
        ] as [string, GuardEvent][])
      : []),
    ...(model.sent?.ended === null
      ? ([['looks again', look(model.sent.verb, model.sent.commandId)]] as [string, GuardEvent][])
      : []),
    ['closes, all settled', closed('settled', 'healed')],
    ['closes, handed over', closed('handed over', 'handed over')],
    ['closes, debt open', closed('open', 'blocked')],
    ['dies', null],
  ];
}

/** A person's order, which names one thing that it passes, or all. */
function movesOfOrder(ask: LeaseRequest, look: ((override: readonly Override[]) => GuardEvent) | null): [string, GuardEvent][] {
  const names: readonly (readonly Override[])[] = [['mode', 'brake', 'cooldown', 'budget'], ['budget'], ['brake']];
  return names.flatMap((override): [string, GuardEvent][] => [
    [`is ordered to pass ${override.join()}, and asks`, { kind: 'lease requested', message: { ...ask, order: true, override } }],
    ...(look === null ? [] : ([[`looks before a stop, to pass ${override.join()}`, look(override)]] as [string, GuardEvent][])),
  ]);
}

const PLANS_MAX = 2;
export const VOID = 'its votes are void';

function movesOfDestroy(world: World, model: RunModel, index: number): [string, GuardEvent | null][] {
  const run = runAt(index);
  const store = storeOf(index);
  const ended = endings(model, run, store);
  const proposes: GuardEvent = { kind: 'proposed', message: { askId: 'q', run, store, view: smallView } };
  if (model.life === 'unborn') return [['proposes', proposes]];
  if (model.life === 'gone') return ended;
  const destroy = claimOf(run, 'act', model.plan);
  const asks = { run, store, streakSinceMs: world.nowMs, override: [], destroy };
  const look = (commandId: string): GuardEvent => ({ kind: 'look', message: { ...asks, verb: 'destroy', commandId } });
  const closed = (outcome: 'destroyed' | 'expired'): GuardEvent => ({
    kind: 'proposal closed',
    message: { run, store, outcome },
  });
  const silent = model.sent !== null && model.sent.ended === null;
  return [
    ...ended,
    ['is decided', { kind: 'lease requested', message: { ...asks, askId: 'q', order: true, owed: false } }],
    ...(model.asked < COMMANDS_MAX
      ? ([['looks before a destroy', look(`${run.runId}:${model.asked}`)]] as [string, GuardEvent][])
      : []),
    ...(silent && model.sent !== null ? ([['looks again', look(model.sent.commandId)]] as [string, GuardEvent][]) : []),
    // A plan is void only where nothing is out; a message that asks for a place may be late, and come at any moment.
    ...(model.plan < PLANS_MAX && !model.mayBeOut ? ([[VOID, proposes]] as [string, GuardEvent][]) : []),
    ['asks for its place again', proposes],
    ['closes as destroyed', closed('destroyed')],
    ['closes as expired', closed('expired')],
    ['dies', null],
  ];
}

/** The end of a command may be told late: by a run that is gone already. */
function endings(model: RunModel, run: Run, store: StoreName): [string, GuardEvent][] {
  const { sent } = model;
  if (sent === null || sent.ended !== null) return [];
  return (['done', 'refused', 'never sent', 'unknown'] as const).map((ended) => [
    `tells: ${sent.verb} ${ended}`,
    { kind: 'command ended', message: { run, store, verb: sent.verb, commandId: sent.commandId, ended } },
  ]);
}
