/** How the world follows a move: what the runs did and were told; the guard's books are not asked. */
import { sameRun } from '../../../../src/domain/guard/messages.ts';
import { NEW_GUARD_PAUSE } from '../../../../src/domain/guard/state.ts';
import type { GuardReply, GuardStep } from '../../../../src/domain/guard/step.ts';
import { type Move, RUNS, runAt, type RunModel, storeOf, STORES, VOID, type World } from './world.ts';

/** The kind of an answer; a sweep's reply has none. */
export const kindOf = (reply: GuardReply): string => (reply !== null && 'kind' in reply ? reply.kind : '');
export const passed = (reply: GuardReply): boolean => kindOf(reply) === 'pass';

/** Three intervals of twenty seconds. */
const GAP_MS = 60_000;

/** What a run does without telling the guard. */
export function alone(world: World, move: Move, index: number): readonly RunModel[] {
  const confirms = move.name.endsWith('confirms its fault afresh');
  return withRun(world, index, confirms ? { openedMs: move.nowMs } : { life: 'gone' });
}

/** What becomes true of the world, told by what the runs did and were told; the guard's books are not asked. */
export function follow(world: World, move: Move, step: GuardStep): World {
  const { event, run: index } = move;
  const next = { ...world, ...freshened(world, move), guard: step.state, nowMs: move.nowMs };
  const model = index === null ? undefined : world.runs[index];
  if (event?.kind === 'runs described')
    return {
      ...next,
      runs: world.runs.map((other) => (other.life === 'gone' ? { ...other, tries: false } : other)),
      decided: world.decided.filter((other) => world.runs[other]?.life !== 'gone'),
    };
  if (event?.kind === 'release lease') {
    const lost = world.guard.leases.find((lease) => lease.subtopic === event.target)?.holder;
    const lostBy = lost === undefined ? -1 : RUNS.findIndex((run) => sameRun(run, lost));
    return { ...next, runs: withRun(world, lostBy, { tries: false }) };
  }
  if (event === null || index === null || model === undefined) return next;
  const nth = STORES.indexOf(storeOf(index));
  const withStops = (change: (ids: readonly string[]) => readonly string[]) =>
    world.stops.map((ids, other) => (other === nth ? change(ids) : ids));
  if (event.kind === 'opened') {
    const owes = step.reply !== null && 'owed' in step.reply && step.reply.owed;
    return { ...next, runs: withRun(world, index, { life: 'alive', owes: model.owes || owes, openedMs: move.nowMs }) };
  }
  if (event.kind === 'look') {
    const { verb, commandId } = event.message;
    if (model.sent?.commandId === commandId) return next;
    if (!passed(step.reply)) return { ...next, runs: withRun(world, index, { asked: model.asked + 1 }) };
    const sent = { verb, commandId, atMs: move.nowMs, ended: null };
    if (verb === 'destroy') return { ...next, runs: withRun(world, index, { asked: model.asked + 1, sent, mayBeOut: true }) };
    const tries = verb === 'stop' ? world.guard.brake !== null && event.message.override.length === 0 : model.tries;
    const runs = withRun(world, index, { asked: model.asked + 1, sent, owes: model.owes || verb === 'stop', tries });
    const paid = verb === 'stop' ? [...world.paid, { commandId, atMs: move.nowMs }] : world.paid;
    return { ...next, runs, paid, stops: verb === 'stop' ? withStops((ids) => [...ids, commandId]) : world.stops };
  }
  if (event.kind === 'command ended') {
    const { verb, commandId, ended } = event.message;
    const runs = withRun(world, index, {
      sent: model.sent === null ? null : { ...model.sent, ended },
      mayBeOut: model.mayBeOut && ended !== 'never sent',
    });
    if (verb === 'destroy') return { ...next, runs };
    if (verb === 'restart') return { ...next, runs, stops: ended === 'done' ? withStops(() => []) : world.stops };
    const nothing = ended === 'never sent' || ended === 'refused';
    const paid = ended === 'never sent' ? world.paid.filter((other) => other.commandId !== commandId) : world.paid;
    return { ...next, runs, paid, stops: nothing ? withStops((ids) => ids.filter((id) => id !== commandId)) : world.stops };
  }
  if (event.kind === 'proposed') {
    const welcome = kindOf(step.reply) === 'welcome';
    if (model.life === 'unborn') return { ...next, runs: withRun(world, index, { life: welcome ? 'alive' : 'gone' }) };
    const plan = move.name.endsWith(VOID) ? model.plan + 1 : model.plan;
    return { ...next, runs: withRun(world, index, { plan }), decided: without(world.decided, index) };
  }
  if (event.kind === 'lease requested' && event.message.destroy !== undefined)
    return world.decided.includes(index) ? next : { ...next, decided: [...world.decided, index] };
  if (event.kind === 'proposal closed')
    return { ...next, runs: withRun(world, index, { life: 'gone' }), decided: without(world.decided, index) };
  if (event.kind === 'closed') {
    const runs = withRun(world, index, { life: 'gone', tries: false });
    const holds = world.guard.debts.some(
      (debt) => debt.store === storeOf(index) && debt.holder !== null && sameRun(debt.holder, runAt(index)),
    );
    const settles = event.message.debt === 'settled' || event.message.debt === 'handed over';
    return { ...next, runs, stops: holds && settles ? withStops(() => []) : world.stops };
  }
  return next;
}

/** A resume, and the first sweep after a gap, make everything stale that was read before. */
function freshened(world: World, { event, nowMs }: Move): Pick<World, 'freshMs' | 'sweptMs'> {
  const { freshMs, sweptMs, guard } = world;
  if (event?.kind === 'swept') {
    const gap = sweptMs === null || nowMs - sweptMs > GAP_MS;
    return { freshMs: world.stormy && gap ? nowMs : freshMs, sweptMs: nowMs };
  }
  const ends = event?.kind === 'resume' && guard.pauses.every(({ by }) => by === event.by || by === NEW_GUARD_PAUSE);
  return { freshMs: ends && guard.pauses.length > 0 ? nowMs : freshMs, sweptMs };
}

function withRun(world: World, index: number, change: Partial<RunModel>): readonly RunModel[] {
  return world.runs.map((model, other) => (other === index ? { ...model, ...change } : model));
}

function without(decided: readonly number[], index: number): readonly number[] {
  return decided.filter((other) => other !== index);
}
