import type { Verb } from '../../domain/command.ts';
import type { StoreFault } from './faults.ts';
import type { StoreFacts } from './store-spec.ts';

/** What the Store's reader is doing. CM's detail shows status 1 for all but `running`, so a stop and a crash look alike. */
export type Reader = 'running' | 'dead' | 'stopped' | 'destroyed';

/** What CM's detail shows of a Store at one moment. */
export interface Look {
  readonly active: boolean;
  readonly status: number;
  readonly port: number;
  readonly startedMs: number;
  readonly oldestS: number;
  readonly newestS: number;
}

export type FaultOf<K extends StoreFault['kind']> = Extract<StoreFault, { kind: K }>;

/** A fault laid on one Store. */
export interface PlacedFault<F extends StoreFault = StoreFault> {
  readonly fault: F;
  readonly fromMs: number;
  untilMs: number;
  active: boolean;
  /** How many more times it strikes. */
  left: number;
  /** When a fault that repeats itself does so next. */
  tickMs: number;
  /** Flapping: whether it is in its dead half. */
  downNow: boolean;
  /** Blind: what CM saw last. */
  lastLook: Look | null;
}

/** A command that CM took on and that has not shown its effect yet. */
interface DueEffect {
  readonly verb: Verb;
  readonly atMs: number;
}

/**
 * One simulated Store. Its state is a function of what was done to it and of the time: `advance` plays what fell due,
 * in the order of time. Nothing here reads a clock or waits, so ten thousand idle Stores cost nothing.
 */
export interface StoreModel {
  readonly facts: StoreFacts;
  /** Divides every duration of faults and commands. */
  readonly speed: number;
  readonly createdS: number;
  reader: Reader;
  port: number;
  /** The start that the message tells of. */
  startedMs: number;
  restarts: number;
  /** Where the newest checkpoint stood at the last event; while the reader moves, `look` goes on from it. */
  newestS: number;
  /** Running, but at the record that will kill it again. */
  held: boolean;
  diesAtMs: number;
  faults: PlacedFault[];
  due: DueEffect[];
  /** The report a reader leaves when it dies of something no restart cures. CM's restore wipes it. */
  errorDetails: string | null;
}

export const NEVER = Number.POSITIVE_INFINITY;
export const PORT_FIRST = 17_001;
export const PORT_LAST = 17_499;

/** @param index how many Stores its host has already: each gets data ports of its own. */
export function createStore(facts: StoreFacts, nowMs: number, speed: number, index: number): StoreModel {
  const createdMs = nowMs - facts.ageMs;
  return {
    facts,
    speed,
    createdS: Math.floor(createdMs / 1000),
    reader: 'running',
    port: facts.firstPort ?? PORT_FIRST + ((index * 10) % (PORT_LAST - PORT_FIRST)),
    startedMs: createdMs,
    restarts: 0,
    newestS: Math.floor((nowMs - facts.lagMs) / 1000),
    held: false,
    diesAtMs: NEVER,
    faults: [],
    due: [],
    errorDetails: null,
  };
}

/** The active fault of this kind, if the Store has one. */
export function activeFault<K extends StoreFault['kind']>(
  model: StoreModel,
  kind: K,
  fits: (fault: FaultOf<K>) => boolean = () => true,
): PlacedFault<FaultOf<K>> | undefined {
  const isIt = (placed: PlacedFault): placed is PlacedFault<FaultOf<K>> =>
    placed.active && placed.fault.kind === kind && fits(placed.fault as FaultOf<K>);
  return model.faults.find(isIt);
}

/** The fault struck once; after its last time it is over. */
export function spend(model: StoreModel, placed: PlacedFault): void {
  placed.left -= 1;
  if (placed.left <= 0) model.faults = model.faults.filter((one) => one !== placed);
}

/** What detail shows at `nowMs`. The model must have been advanced to it. */
export function look(model: StoreModel, nowMs: number): Look {
  const blind = activeFault(model, 'blind');
  if (blind?.lastLook !== undefined && blind.lastLook !== null) {
    return { ...blind.lastLook, active: false, status: blind.fault.status ?? blind.lastLook.status };
  }
  const newestS = isMoving(model) ? movedTo(model, nowMs) : model.newestS;
  // The clearer runs inside the Store, so what is kept is counted from the newest checkpoint, also of a dead Store.
  const oldestS = Math.max(model.createdS, newestS - Math.floor(model.facts.retentionMs / 1000));
  const { port, startedMs } = model;
  return { active: true, status: isUp(model) ? 0 : 1, port, startedMs, oldestS: Math.min(oldestS, newestS), newestS };
}

/** Fixes how far the checkpoint came before something changes. */
export function settle(model: StoreModel, atMs: number): void {
  if (isMoving(model)) model.newestS = movedTo(model, atMs);
}

function movedTo(model: StoreModel, atMs: number): number {
  return Math.max(model.newestS, Math.floor((atMs - model.facts.lagMs) / 1000));
}

function isUp(model: StoreModel): boolean {
  return model.reader === 'running' && activeFault(model, 'flapping')?.downNow !== true;
}

function isMoving(model: StoreModel): boolean {
  return isUp(model) && !model.held && activeFault(model, 'frozen') === undefined;
}
