import type { Verb } from '../../domain/command.ts';
import type { StoreFault } from './faults.ts';
import {
  activeFault,
  look,
  NEVER,
  PORT_FIRST,
  PORT_LAST,
  settle,
  spend,
  type PlacedFault,
  type StoreModel,
} from './store-model.ts';

/** A repeating fault that a high speed made shorter than this would only burn processor time. */
const PERIOD_MS_MIN = 10;
/** Said by a real reader about itself (field report); it never shows in detail. */
const REPORT = 'FATAL: Oracle log file does not exist. Recover the Oracle log file or re-create the migration task';

/** Lays a fault on the Store; it sets in `after` from now, at once without. */
export function placeFault(model: StoreModel, fault: StoreFault, nowMs: number): void {
  const left = 'times' in fault && fault.times !== undefined ? fault.times : NEVER;
  const fromMs = nowMs + (fault.after ?? 0) / model.speed;
  model.faults.push({ fault, fromMs, untilMs: NEVER, active: false, left, tickMs: NEVER, downNow: false, lastLook: null });
  advance(model, nowMs);
}

/** Ends every fault as if its time had run out, and forgets those to come. */
export function clearFaults(model: StoreModel, nowMs: number): void {
  advance(model, nowMs);
  settle(model, nowMs);
  for (const placed of model.faults.filter((one) => one.active)) end(model, placed);
  model.faults = [];
}

/** The reader dies now, of something that a restart cures. */
export function killReader(model: StoreModel, nowMs: number): void {
  advance(model, nowMs);
  settle(model, nowMs);
  die(model);
}

/** Somebody restarts the Store by hand, at once and without a command over HTTP. */
export function restartByHand(model: StoreModel, nowMs: number): void {
  advance(model, nowMs);
  settle(model, nowMs);
  wipeErrorDetails(model);
  start(model, nowMs);
}

/** CM takes a command on; its effect shows after `effectMs` (already divided by the speed), whatever becomes of the client. */
export function takeOn(model: StoreModel, verb: Verb, nowMs: number, effectMs: number): void {
  if (verb === 'restart') wipeErrorDetails(model);
  model.due.push({ verb, atMs: nowMs + effectMs });
}

/** Plays everything that fell due until `nowMs`. Time never runs backwards: an earlier `nowMs` changes nothing. */
export function advance(model: StoreModel, nowMs: number): void {
  for (let event = nextEvent(model); event.atMs <= nowMs; event = nextEvent(model)) {
    settle(model, event.atMs);
    event.play();
  }
}

interface Event {
  readonly atMs: number;
  readonly play: () => void;
}

const nothing: Event = { atMs: NEVER, play: () => {} };

function nextEvent(model: StoreModel): Event {
  let first = nothing;
  const offer = (atMs: number, play: () => void): void => {
    if (atMs < first.atMs) first = { atMs, play };
  };
  for (const placed of model.faults) {
    if (placed.active) {
      offer(placed.untilMs, () => end(model, placed));
      offer(placed.tickMs, () => tick(model, placed));
    } else {
      offer(placed.fromMs, () => begin(model, placed));
    }
  }
  offer(model.diesAtMs, () => die(model));
  for (const effect of model.due) offer(effect.atMs, () => showEffect(model, effect));
  return first;
}

function begin(model: StoreModel, placed: PlacedFault): void {
  const { fault, fromMs } = placed;
  placed.lastLook = fault.kind === 'blind' ? look(model, fromMs) : null;
  placed.active = true;
  placed.untilMs = fault.for === undefined ? NEVER : fromMs + fault.for / model.speed;
  if (isDeadly(fault)) die(model);
  if (fault.kind === 'flapping') {
    placed.downNow = true;
    placed.tickMs = fromMs + everyMs(fault.period / 2, model);
  }
  if (fault.kind === 'operator-restarts') placed.tickMs = fromMs + everyMs(fault.every, model);
}

function end(model: StoreModel, placed: PlacedFault): void {
  model.faults = model.faults.filter((one) => one !== placed);
  const deadly = model.faults.some((one) => one.active && isDeadly(one.fault));
  if (deadly || !isDeadly(placed.fault)) return;
  // The cause is gone, so a reader that a restart brought up will not die of it any more.
  model.diesAtMs = NEVER;
  model.held = false;
  if (curesItself(placed.fault) && model.reader === 'dead') model.reader = 'running';
}

function tick(model: StoreModel, placed: PlacedFault): void {
  const atMs = placed.tickMs;
  if (placed.fault.kind === 'flapping') {
    placed.downNow = !placed.downNow;
    placed.tickMs = atMs + everyMs(placed.fault.period / 2, model);
  } else if (placed.fault.kind === 'operator-restarts') {
    placed.tickMs = atMs + everyMs(placed.fault.every, model);
    wipeErrorDetails(model);
    start(model, atMs);
  }
}

function showEffect(model: StoreModel, effect: StoreModel['due'][number]): void {
  model.due = model.due.filter((one) => one !== effect);
  if (model.reader === 'destroyed') return;
  if (effect.verb === 'restart') {
    start(model, effect.atMs);
    return;
  }
  model.reader = effect.verb === 'stop' ? 'stopped' : 'destroyed';
  model.diesAtMs = NEVER;
  model.held = false;
}

function start(model: StoreModel, atMs: number): void {
  if (model.reader === 'destroyed' || activeFault(model, 'never-comes-up') !== undefined) return;
  model.faults = model.faults.filter((placed) => !(placed.active && curesItself(placed.fault)));
  model.reader = 'running';
  model.port = model.port >= PORT_LAST ? PORT_FIRST : model.port + 1;
  model.startedMs = atMs;
  model.restarts += 1;
  model.held = false;
  model.diesAtMs = NEVER;
  for (const placed of model.faults.filter((one) => one.active)) {
    const { fault } = placed;
    if (fault.kind !== 'zombie' && fault.kind !== 'permanent') continue;
    model.diesAtMs = Math.min(model.diesAtMs, atMs + fault.diesAfter / model.speed);
    model.held ||= fault.kind === 'permanent' || fault.checkpoint === 'stands';
    if (fault.kind === 'zombie') spend(model, placed);
  }
}

function die(model: StoreModel): void {
  if (model.reader === 'running') model.reader = 'dead';
  model.diesAtMs = NEVER;
  model.held = false;
  if (activeFault(model, 'permanent') !== undefined) model.errorDetails = REPORT;
}

function wipeErrorDetails(model: StoreModel): void {
  model.errorDetails = null;
}

function isDeadly(fault: StoreFault): boolean {
  return curesItself(fault) || fault.kind === 'zombie' || fault.kind === 'permanent' || fault.kind === 'never-comes-up';
}

/** A death without a lasting cause: it is over with a restart, or when its time has run out. */
function curesItself(fault: StoreFault): boolean {
  return fault.kind === 'reader-died' || fault.kind === 'host-failure';
}

function everyMs(ms: number, model: StoreModel): number {
  return Math.max(PERIOD_MS_MIN, ms / model.speed);
}
