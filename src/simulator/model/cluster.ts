import { advance, clearFaults, killReader, placeFault, restartByHand } from './advance.ts';
import type { StoreFault } from './faults.ts';
import { SimulatorInputError } from './problem.ts';
import { createStore, look, type Look, type Reader, type StoreModel } from './store-model.ts';
import type { StoreFacts } from './store-spec.ts';

/** Whom a fault meets: one Store by its name, every Store (`*`), or every Store of a host. */
export type Target = string | { readonly host: string };

/** A Store for assertions and for people: what detail shows, and what only the simulator knows. */
export interface StoreState extends Look {
  readonly name: string;
  readonly reader: Reader;
  readonly restarts: number;
  readonly errorDetails: string | null;
  /** Kinds of the faults that are active. */
  readonly faults: readonly string[];
}

interface Outage {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** The Stores behind one simulated CM, and whether CM itself is up. Pure but for its own memory: every call is told the time. */
export class Cluster {
  readonly #stores = new Map<string, StoreModel>();
  readonly #speed: number;
  #outages: Outage[] = [];

  constructor(speed: number) {
    this.#speed = speed;
  }

  /** A Store of that name that was destroyed before gives way. */
  add(facts: StoreFacts, nowMs: number, index: number): void {
    this.#stores.set(facts.name, createStore(facts, nowMs, this.#speed, index));
  }

  remove(name: string): void {
    this.#stores.delete(name);
  }

  /** The Store as of `nowMs`, unless CM knows none of that name. */
  find(name: string, nowMs: number): StoreModel | undefined {
    const store = this.#stores.get(name);
    if (store === undefined) return undefined;
    advance(store, nowMs);
    return store.reader === 'destroyed' ? undefined : store;
  }

  /** The next Store in the order they were added, round the corner; none if it is alone. */
  after(store: StoreModel, nowMs: number): StoreModel | undefined {
    const all = [...this.#stores.values()];
    const place = all.indexOf(store);
    const others = [...all.slice(place + 1), ...all.slice(0, place)];
    return others.find((other) => this.find(other.facts.name, nowMs) !== undefined);
  }

  inject(target: Target, fault: StoreFault, nowMs: number): void {
    const widened = fault.kind === 'host-failure' && typeof target === 'string' && target !== '*' ? this.#hostOf(target) : target;
    for (const store of this.#targets(widened)) {
      advance(store, nowMs);
      placeFault(store, fault, nowMs);
    }
  }

  clear(target: Target, nowMs: number): void {
    if (target === '*') this.#outages = [];
    for (const store of this.#targets(target)) clearFaults(store, nowMs);
  }

  kill(name: string, nowMs: number): void {
    killReader(this.#known(name), nowMs);
  }

  restartByHand(name: string, nowMs: number): void {
    restartByHand(this.#known(name), nowMs);
  }

  addOutage(fromMs: number, untilMs: number): void {
    this.#outages.push({ fromMs, untilMs });
  }

  isDown(nowMs: number): boolean {
    return this.#outages.some((outage) => outage.fromMs <= nowMs && nowMs < outage.untilMs);
  }

  /** Also of a Store that was destroyed; none of one that was never added or was removed. */
  state(name: string, nowMs: number): StoreState | undefined {
    const store = this.#stores.get(name);
    return store === undefined ? undefined : stateOf(store, nowMs);
  }

  states(nowMs: number): StoreState[] {
    return [...this.#stores.values()].map((store) => stateOf(store, nowMs));
  }

  #targets(target: Target): StoreModel[] {
    if (target === '*') return [...this.#stores.values()];
    if (typeof target === 'string') return [this.#known(target)];
    return [...this.#stores.values()].filter((store) => store.facts.host === target.host);
  }

  #hostOf(name: string): Target {
    return { host: this.#known(name).facts.host };
  }

  #known(name: string): StoreModel {
    const store = this.#stores.get(name);
    if (store !== undefined) return store;
    const [first] = this.#stores.keys();
    const how = first === undefined ? 'Add a Store first.' : `Take one of the cluster's Stores, such as ${first}.`;
    throw new SimulatorInputError(`no Store ${JSON.stringify(name)}`, 'the simulated cluster has none of that name', how);
  }
}

function stateOf(store: StoreModel, nowMs: number): StoreState {
  advance(store, nowMs);
  const faults = store.faults.filter((placed) => placed.active).map((placed) => placed.fault.kind);
  const { reader, restarts, errorDetails } = store;
  return { name: store.facts.name, reader, restarts, errorDetails, faults, ...look(store, nowMs) };
}
