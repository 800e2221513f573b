/** Breadth first through every order in which a small world's moves can happen. */
import type { GuardState } from '../../../../src/domain/guard/state.ts';
import type { Run } from '../../../../src/domain/guard/messages.ts';
import { subtopicOf } from '../../../../src/domain/store.ts';
import { AFTERMATH } from '../guard-desk.ts';
import { checkNoSpin, checkPaid, checkTwice, make, type Reducer } from './invariants.ts';
import { type Move, movesIn, RUNS, storeOf, STORES, type World } from './world.ts';

/** What two worlds must share to be one for the walk: all that any rule looks at, with times counted from now. */
export function keyOf({ guard, nowMs, runs, stops, decided, stormy, freshMs, paid }: World): string {
  const who = (run: Run | null): number => (run === null ? -1 : RUNS.findIndex((other) => other.runId === run.runId));
  const left = (ms: number | null): number | string => (ms === null ? '-' : Math.max(0, ms - nowMs) / 1_000);
  const since = (ms: number): number => Math.min(AFTERMATH, nowMs - ms) / 1_000;
  const store = (name: string): string => name.slice(-1);
  return [
    guard.view.mode[0],
    guard.lastSweep === null ? '-' : Math.min(1, nowMs - guard.lastSweep.surveyedMs),
    guard.pauses.map((pause) => pause.by[0]).join(''),
    stormy ? stormOf(guard, nowMs) : '',
    stormy ? runs.map(({ openedMs, tries }) => `${Number(openedMs >= freshMs)}${Number(tries)}`).join('') : '',
    stormy ? paid.map(({ atMs }) => Math.min(3_600, Math.floor((nowMs - atMs) / 1_000))).join() : '',
    guard.holds.length,
    left(guard.quarantineAll?.untilMs ?? null),
    guard.quarantines.map((other) => `${other.subtopic[2]}${left(other.untilMs)}`).toSorted(),
    guard.leases
      .map(({ passed, ...lease }) =>
        [store(lease.store), who(lease.holder), passed?.commandId, passed?.ended, passed && since(passed.atMs)].join('.'),
      )
      .toSorted(),
    guard.debts
      .map((debt) =>
        [store(debt.store), who(debt.holder), debt.stopId, since(debt.sinceMs), left(debt.payFromMs), since(debt.payFromMs)].join(
          '.',
        ),
      )
      .toSorted(),
    guard.slots.map((slot) => [store(slot.store), who(slot.holder), left(slot.untilMs)].join('.')).toSorted(),
    guard.proposals.map((proposal) => [who(proposal.run), proposal.decided, proposal.sent].join('.')).toSorted(),
    decided,
    memories(guard, who, left),
    runs.map((run) =>
      [
        run.life[0],
        Number(run.owes),
        run.asked,
        run.sent?.commandId,
        run.sent?.ended,
        run.sent && since(run.sent.atMs),
        run.plan,
        Number(run.mayBeOut),
      ].join('.'),
    ),
    stops.map((ids) => ids.join()),
  ].join('|');
}

/** What of the brake and the sweeps decides anything. */
function stormOf({ brake, brakeReleasedMs, lastSweep, freshFromMs, stores, leases }: GuardState, nowMs: number): string {
  const gap = lastSweep === null ? '-' : Math.min(61, (nowMs - lastSweep.surveyedMs) / 1_000);
  const first = stores.map(({ firstFaultyMs }) =>
    firstFaultyMs === null ? '-' : Number(firstFaultyMs > (brakeReleasedMs ?? 0)),
  );
  const on = brake === null ? '-' : [brake.step, brake.passed, Number(brake.grewMs === lastSweep?.surveyedMs)].join('.');
  return [
    gap,
    on,
    first.join(''),
    leases.map(({ probe }) => Number(probe ?? false)).join(''),
    Number(freshFromMs > (lastSweep?.surveyedMs ?? 0)),
  ].join('/');
}

function isInLine({ decided }: World, { run }: Move): boolean {
  const at = decided.findIndex((other) => other === run);
  return decided.slice(0, Math.max(0, at)).some((other) => subtopicOf(storeOf(other)) === subtopicOf(storeOf(run ?? -1)));
}

function memories(guard: GuardState, who: (run: Run | null) => number, left: (ms: number | null) => number | string): string[] {
  return guard.stores
    .map((memory) =>
      [
        memory.store.slice(-1),
        who(memory.openRun),
        memory.last?.outcome,
        memory.last?.runId,
        left(memory.last?.notBeforeMs ?? 0),
      ].join('.'),
    )
    .toSorted();
}

export interface Walked {
  readonly states: number;
  readonly moves: number;
  readonly depth: number;
  /** How often each kind of answer was given, to know that the walk has been somewhere. */
  readonly seen: ReadonlyMap<string, number>;
}

interface Found {
  readonly world: World;
  readonly from: Found | null;
  readonly move: string;
  readonly depth: number;
}

/** Throws with the way to the first world in which a law does not hold. */
export function explore(roots: readonly World[], statesMax: number, reduce?: Reducer): Walked {
  const queue: Found[] = roots.map((world) => ({ world, from: null, move: 'begin', depth: 0 }));
  const known = new Set(roots.map(keyOf));
  const seen = new Map<string, number>();
  let moves = 0;
  let depth = 0;
  for (let next = 0; next < queue.length && known.size < statesMax; next += 1) {
    const found = queue[next];
    if (found === undefined) break;
    depth = found.depth;
    for (const move of movesIn(found.world)) {
      moves += 1;
      const world = checked(found, move, moves, reduce);
      note(seen, move, found.world, world);
      const key = keyOf(world);
      if (known.has(key)) continue;
      known.add(key);
      queue.push({ world, from: found, move: move.name, depth: found.depth + 1 });
    }
  }
  return { states: known.size, moves, depth, seen };
}

function checked(found: Found, move: Move, nth: number, reduce?: Reducer): World {
  try {
    const world = make(found.world, move, reduce);
    // These three cost most; every few moves one of each kind is enough in so many.
    if (nth % 13 === 0) checkTwice(found.world, move, reduce);
    if (nth % 7 === 0) checkNoSpin(world);
    if (nth % 7 === 1 && world.guard.debts.length > 0) checkPaid(world);
    return world;
  } catch (error) {
    const way = [move.name];
    for (let at: Found | null = found; at !== null; at = at.from) way.unshift(at.move);
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n  ${way.join('\n  ')}`, { cause: error });
  }
}

function note(seen: Map<string, number>, move: Move, before: World, after: World): void {
  const count = (what: string): void => void seen.set(what, (seen.get(what) ?? 0) + 1);
  const sent = after.runs[move.run ?? -1]?.sent;
  if (move.event?.kind === 'look' && sent !== before.runs[move.run ?? -1]?.sent) count(`${move.event.message.verb} passes`);
  if (after.guard.leases.length === 2) count('two leases');
  if (after.guard.brake !== null) count('the brake on');
  if (after.runs.some(({ tries }) => tries)) count('a probe');
  if (after.guard.acts.length > before.guard.acts.length) count('an act kept');
  if (after.decided.length > 0) count('a destroy decided');
  if (move.event?.kind === 'lease requested' && move.event.message.destroy !== undefined) {
    const held = before.guard.leases.length - after.guard.leases.length;
    if (held > 0) count('a destroy gives way to a debt');
    if (isInLine(before, move)) count('a destroy waits for another');
  }
  if (after.guard.debts.length > 1) count('two debts');
  if (after.guard.debts.length < before.guard.debts.length) count('a debt settled');
  if (after.guard.quarantines.length > 0) count('quarantine');
  for (const name of STORES)
    if (after.guard.debts.some((debt) => debt.store === name && debt.holder === null)) count('an orphaned debt');
}
