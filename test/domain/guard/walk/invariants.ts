/** What must hold after every step of the walk. */
import { isDeepStrictEqual } from 'node:util';
import { type Look, sameRun, type LookAnswer, type Override } from '../../../../src/domain/guard/messages.ts';
import { NEW_GUARD_PAUSE } from '../../../../src/domain/guard/state.ts';
import { type GuardReply, type GuardStep, nextWakeMs, runsThatMatter, stepGuard } from '../../../../src/domain/guard/step.ts';
import { subtopicOf, type StoreName } from '../../../../src/domain/store.ts';
import { AFTERMATH } from '../guard-desk.ts';
import { alone, follow, kindOf, passed } from './follow.ts';
import { type Move, RUNS, runAt, smallView, storeOf, STORES, stormyView, type World } from './world.ts';

class Broken extends Error {}

function demand(holds: boolean, law: string): void {
  if (!holds) throw new Broken(law);
}

const SUBTOPIC_OF = new Map(STORES.map((store) => [store, subtopicOf(store)]));
const subtopic = (store: StoreName): string => SUBTOPIC_OF.get(store) ?? '';
const reasonOf = (reply: GuardReply): string => (reply !== null && 'refusal' in reply ? reply.refusal.reason : '');

export type Reducer = typeof stepGuard;

/** Makes one move, checks every law, and returns the world after it. */
export function make(world: World, move: Move, reduce: Reducer = stepGuard): World {
  if (move.event === null)
    return { ...world, nowMs: move.nowMs, runs: move.run === null ? world.runs : alone(world, move, move.run) };
  const step = reduce(world.guard, move.event, move.nowMs);
  const after = follow(world, move, step);
  checkState(after);
  checkDebts(world, after, move);
  checkReply(world, after, move, step.reply);
  checkEffects(after, step);
  return after;
}

const HOUR_MS = 3_600_000;

function checkState({ guard, stops, decided }: World): void {
  demand(
    isDeepStrictEqual(
      guard.proposals.filter((proposal) => proposal.decided !== null).map(({ run }) => run),
      decided.map(runAt),
    ),
    'a subtopic is kept for those whom people decided, in that order, and for nobody who has told its end',
  );
  demand(guard.proposals.length <= (smallView.proposals ?? 0), 'no more destroys wait for people than allowed');
  const locked = guard.leases.map((lease) => lease.subtopic);
  demand(new Set(locked).size === locked.length, 'at most one lease per subtopic');
  demand(
    guard.leases.every((lease) => subtopic(lease.store) === lease.subtopic),
    'a lease is on its Store’s subtopic',
  );
  const owed = guard.debts.map((debt) => debt.store);
  demand(new Set(owed).size === owed.length, 'at most one debt per Store');
  stops.forEach((ids, nth) => {
    const store = STORES[nth];
    demand(ids.length === 0 || store === undefined || owed.includes(store), 'a stop that nothing has made good is a debt');
  });
}

/** A debt goes only with a stop that came to nothing, a restart that was done, or its holder's own word. */
function checkDebts(before: World, after: World, { event }: Move): void {
  const lost = before.guard.debts.filter((debt) => !after.guard.debts.some((other) => other.store === debt.store));
  demand(lost.length <= 1, 'one message settles one debt');
  const [debt] = lost;
  if (debt === undefined) return;
  if (event?.kind === 'command ended') {
    const { verb, ended, store } = event.message;
    const settles = verb === 'stop' ? ended === 'never sent' || ended === 'refused' : ended === 'done';
    return demand(store === debt.store && settles, `a debt does not go with a ${verb} that was ${ended}`);
  }
  if (event?.kind === 'closed') {
    const own = debt.holder !== null && sameRun(debt.holder, event.message.run);
    const said = event.message.debt === 'settled' || event.message.debt === 'handed over';
    return demand(own && said, 'a debt goes only by the word of its holder');
  }
  return demand(false, `a debt does not go with ${event?.kind ?? 'nothing'}`);
}

function checkReply(before: World, after: World, move: Move, reply: GuardReply): void {
  const { event, nowMs } = move;
  if (reasonOf(reply) === 'reserved')
    demand(aheadOf(before, move).length > 0, 'a subtopic is kept only for whoever was decided earlier');
  if (event?.kind === 'lease requested' && kindOf(reply) === 'granted') {
    checkQuiet(before, move, event.message.store);
    if (!event.message.owed) {
      demand(!aheadOf(before, move).some(isAlive(before)), 'a decided destroy has its subtopic kept for it');
      demand(before.guard.pauses.length === 0, 'a paused cluster grants owed leases only');
      const over = event.message.override.includes('mode');
      demand(before.guard.view.mode === 'act' || over, 'a lease is granted in mode act only, but for an order that names it');
    }
    if (event.message.destroy !== undefined) checkNothingOwed(before, event.message.store);
    const debt = after.guard.debts.find((other) => other.store === event.message.store);
    if (event.message.owed)
      demand(
        debt?.holder !== null && debt !== undefined && sameRun(debt.holder, event.message.run),
        'an owed lease goes to a debtor',
      );
  }
  if (event?.kind !== 'look' || !passed(reply)) return;
  demand((reply as LookAnswer).nowMs === nowMs, 'a look is answered with the guard’s time');
  checkPass(before, after, move, event.message);
}

function checkPass(before: World, after: World, move: Move, message: Extract<Move['event'], { kind: 'look' }>['message']): void {
  const { run, store, verb } = message;
  checkQuiet(before, move, store);
  const lease = before.guard.leases.find((other) => other.subtopic === subtopic(store));
  demand(lease !== undefined && lease.store === store && sameRun(lease.holder, run), 'only the holder of the lease passes');
  const debt = (world: World) => world.guard.debts.find((other) => other.store === store);
  const owes = (world: World): boolean => sameRun(debt(world)?.holder ?? { workflowId: '', runId: '' }, run);
  demand(verb === 'destroy' || owes(after), `a ${verb} that passes has a debt behind it`);
  demand(
    after.guard.slots.some((slot) => slot.store === store && sameRun(slot.holder, run)),
    `a ${verb} that passes has a slot`,
  );
  if (verb === 'restart') return demand(owes(before), 'a restart passes for the debtor only');
  demand(before.guard.pauses.length === 0, `no ${verb} passes while paused`);
  const may = (override: Override): boolean => message.override.includes(override);
  demand(before.guard.view.mode === 'act' || may('mode'), `no ${verb} passes outside the mode that it was planned in`);
  demand(after.guard.slots.length <= before.guard.view.inFlight, `a ${verb} never takes a slot beyond the cap`);
  if (before.stormy) checkStorm(before, after, move, message);
  if (verb !== 'destroy') return;
  const model = before.runs[move.run ?? -1];
  const again = model?.sent?.commandId === message.commandId;
  demand(again || model?.mayBeOut === false, 'a plan has one request, unless the first was provably never sent');
  demand(before.decided.includes(move.run ?? -1), 'a destroy passes once people have decided');
  checkNothingOwed(before, store);
}

/** Brake, budget and freshness, by the world's own books. */
function checkStorm(before: World, after: World, { run: asker, nowMs }: Move, message: Look): void {
  const model = before.runs[asker ?? -1];
  const may = (override: Override): boolean => message.override.includes(override);
  const { brake } = before.guard;
  demand((model?.openedMs ?? 0) >= before.freshMs, 'nothing acts on what was read before a gap or a resume');
  if (model?.sent?.commandId === message.commandId) return;
  const spent = before.paid.filter(({ atMs }) => atMs > nowMs - HOUR_MS).length;
  const broke = spent >= stormyView.budget.perHour;
  demand(!broke || may('budget'), 'no more stops pass in an hour than the budget allows');
  demand(brake === null || brake.step > 0 || may('brake'), 'no stop passes while the brake is on and none may try');
  const others = before.runs.filter((other, index) => index !== asker && other.tries).length;
  const places = Math.min([0, 1, 2, 4][brake?.step ?? 0] ?? 0, before.guard.view.inFlight);
  demand(brake === null || may('brake') || others < places, 'no more may try at once than the brake lets');
  const forced = before.guard.view.mode !== 'act' || broke || (brake !== null && brake.step === 0);
  demand(!forced || after.guard.acts[0]?.atMs === nowMs, 'what a person made it let pass is kept');
}

/** What people decided goes before whatever the healer wants on that subtopic, and before what they decided later. */
function aheadOf({ decided }: World, { run: asker }: Move): readonly number[] {
  const at = decided.findIndex((other) => other === asker);
  const there = subtopic(storeOf(asker ?? -1));
  return decided.slice(0, at < 0 ? decided.length : at).filter((index) => subtopic(storeOf(index)) === there);
}

const isAlive =
  ({ runs }: World) =>
  (index: number): boolean =>
    runs[index]?.life === 'alive';

function checkNothingOwed({ guard, stops }: World, store: StoreName): void {
  const owed = guard.debts.some((debt) => debt.subtopic === subtopic(store));
  const stopped = STORES.some((other, nth) => subtopic(other) === subtopic(store) && stops[nth]?.length !== 0);
  demand(!owed && !stopped, 'no destroy goes before a restart that is owed on its subtopic');
}

/** Nothing is granted and nothing passes while a command that somebody else sent may still be running. */
function checkQuiet(before: World, { nowMs, run: asker }: Move, store: StoreName): void {
  const { guard } = before;
  demand(
    !guard.holds.some(({ target }) => target === store || target === subtopic(store)),
    'nothing is granted or passes under a hold',
  );
  before.runs.forEach((model, index) => {
    const { sent } = model;
    if (index === asker || sent === null || subtopic(storeOf(index)) !== subtopic(store)) return;
    const over = sent.ended !== null && sent.ended !== 'unknown';
    demand(over || nowMs >= sent.atMs + AFTERMATH, 'nothing passes until the aftermath of a command that nobody answers for');
  });
  if (guard.quarantineAll !== null)
    demand(nowMs >= guard.bornMs + AFTERMATH, 'a guard found missing grants nothing before its quarantine ends');
}

function checkEffects({ guard, nowMs }: World, step: GuardStep): void {
  for (const effect of step.effects) {
    const debt = guard.debts.find((other) => other.store === effect.store);
    demand(debt?.holder === null, 'a heal is started for a debt that nobody living answers for');
    demand(!guard.leases.some((lease) => lease.subtopic === debt?.subtopic), 'no heal is started under a living holder');
    demand(
      !guard.quarantines.some((other) => other.subtopic === debt?.subtopic && other.untilMs > nowMs),
      'no heal is started in a quarantine',
    );
    demand(guard.quarantineAll === null, 'no heal is started while everything is in quarantine');
  }
}

/** A message that comes twice at the same moment changes nothing the second time. */
export function checkTwice(world: World, move: Move, reduce: Reducer = stepGuard): void {
  if (move.event === null || move.event.kind === 'tick' || move.event.kind.startsWith('release')) return;
  const once = reduce(world.guard, move.event, move.nowMs);
  const twice = reduce(once.state, move.event, move.nowMs);
  demand(isDeepStrictEqual(twice.state, once.state), 'a message that comes twice has come once');
  if (move.event.kind !== 'look')
    demand(isDeepStrictEqual(twice.reply, once.reply), 'a message that comes twice gets the same answer');
}

/** One tick as the workflow makes it: the dead among those who matter are buried first. */
function tick(world: World, nowMs: number): GuardStep {
  const event = { kind: 'tick' } as const;
  const dead = runsThatMatter(world.guard, event, nowMs).filter((run) => {
    const index = RUNS.findIndex((other) => sameRun(other, run));
    return world.runs[index]?.life !== 'alive';
  });
  return stepGuard(stepGuard(world.guard, { kind: 'runs described', dead }, nowMs).state, event, nowMs);
}

/** After a tick at its wake the guard sleeps until later: it never spins. */
export function checkNoSpin(world: World): void {
  const wakeMs = nextWakeMs(world.guard);
  if (wakeMs === null) return;
  const nowMs = Math.max(wakeMs, world.nowMs);
  const again = nextWakeMs(tick(world, nowMs).state);
  demand(again === null || again > nowMs, 'after a tick at its wake the guard wakes later');
}

/** If everybody dies and no sweep ever comes, a heal is still started for every debt. */
export function checkPaid(world: World): void {
  const unpaid = new Set(world.guard.debts.map((debt) => debt.store));
  let dying: World = { ...world, runs: world.runs.map((model) => ({ ...model, life: 'gone' })) };
  for (let wakes = 0; unpaid.size > 0; wakes += 1) {
    demand(wakes < 12, `a debt is paid in the end: ${[...unpaid].join()}`);
    const wakeMs = nextWakeMs(dying.guard);
    demand(wakeMs !== null, 'a guard that owes wakes by itself');
    const nowMs = Math.max(wakeMs ?? 0, dying.nowMs);
    const step = tick(dying, nowMs);
    for (const effect of step.effects) unpaid.delete(effect.store);
    dying = { ...dying, guard: step.state, nowMs };
  }
}

export function isNewGuardPaused(world: World): boolean {
  return world.guard.pauses.some((pause) => pause.by === NEW_GUARD_PAUSE);
}
