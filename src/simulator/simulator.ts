import { setMaxListeners } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { realClock, Timeline, type SimulatorClock } from './clock.ts';
import { answerControl } from './http/control.ts';
import { answerCrawler } from './http/crawler.ts';
import { Listener } from './http/listener.ts';
import { Cluster, type StoreState, type Target } from './model/cluster.ts';
import { isOutage, parseFault, type Fault, type OutageFault, type ParsedFault } from './model/faults.ts';
import { inputError, SimulatorInputError } from './model/problem.ts';
import { parseStoreSpec, type StoreFacts, type StoreSpec } from './model/store-spec.ts';
import { RequestLog, type RequestLogEntry, type Violation } from './request-log.ts';

export { realClock, type SimulatorClock } from './clock.ts';
export type { StoreState, Target } from './model/cluster.ts';
export type { Fault, FaultKind } from './model/faults.ts';
export type { StoreSpec } from './model/store-spec.ts';
export type { RequestLogEntry, Violation } from './request-log.ts';

/** A fault of a scenario: `at` is counted from the start of the simulator. */
export interface ScheduledFault {
  readonly target: Target;
  readonly fault: Fault;
}

export interface SimulatorOptions {
  readonly stores: readonly (string | StoreSpec)[];
  /** Laid on when the simulator starts, so their `after` counts from there. */
  readonly faults?: readonly ScheduledFault[];
  readonly clock?: SimulatorClock;
  /** Divides every duration of commands and faults: with 10, a stop takes 2.2 s. Checkpoints keep real time. */
  readonly speed?: number;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** 127.0.0.1 unless given. Whoever reaches the port can inject faults. */
  readonly host?: string;
}

/**
 * A running simulated Cluster Manager. Where the clock answers by a promise, what is injected takes effect as soon as
 * it has answered, before any request that comes later; `state` then shows the time last known. See `settled`.
 */
export interface Simulator {
  readonly url: string;
  /** Every request that reached CM, in order. */
  log(): RequestLogEntry[];
  /** Only clear, restore and destroy. */
  commands(): RequestLogEntry[];
  violations(): Violation[];
  /** @throws SimulatorInputError for an unknown target, or a fault that cannot be read. */
  inject(target: Target, fault: Fault): void;
  /** Ends the target's faults as if their time had run out: a reader that died by `reader-died` comes back, one killed does not. */
  clearFaults(target: Target): void;
  /** The Store's reader dies now, cured by a restart. */
  kill(store: string): void;
  /** Somebody restarts the Store by hand: port and start time change, and no command is logged. */
  operatorRestart(store: string): void;
  state(store: string): StoreState;
  states(): StoreState[];
  addStore(spec: string | StoreSpec): void;
  removeStore(name: string): void;
  /** Resolves when everything asked for has taken effect and the time is read afresh. Rejects if the clock or the port failed. */
  settled(): Promise<void>;
  /** Cuts what is open and frees the port. */
  close(): Promise<void>;
}

/**
 * Starts a simulated Cluster Manager on a port of its own.
 * @throws SimulatorInputError when the options are wrong; what the system says when the port cannot be had.
 */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const speed = options.speed ?? 1;
  if (!(Number.isFinite(speed) && speed > 0)) {
    throw new SimulatorInputError(`speed is ${speed}`, 'every duration is divided by it', 'Give a number above 0, such as 10');
  }
  const stores = options.stores.map((spec, index) => factsOf(spec, `stores[${index}]`));
  const clock = options.clock ?? realClock();
  const closing = new AbortController();
  // Every command that runs listens to it: any number is right, and Node would warn of the eleventh.
  setMaxListeners(0, closing.signal);
  const cluster = new Cluster(speed);
  const running: { simulator?: RunningSimulator; listener?: Listener } = {};
  const cuts = (): boolean => closing.signal.aborted || running.listener?.refuses === true;
  const parts: Parts = {
    cluster,
    log: new RequestLog(),
    timeline: await Timeline.start(clock),
    clock,
    signal: closing.signal,
    cuts,
    speed,
  };
  const handler = (request: IncomingMessage, response: ServerResponse): void => {
    const { simulator } = running;
    const isControl = request.url?.startsWith('/_sim') === true;
    const work =
      isControl && simulator !== undefined
        ? answerControl(request, response, simulator)
        : answerCrawler(request, response, parts);
    work.catch((error: unknown) => giveUp(response, error));
  };
  const at = { host: options.host ?? '127.0.0.1', port: options.port ?? 0 };
  const listener = await Listener.open(handler, at, clock, closing.signal);
  const simulator = new RunningSimulator(parts, listener, closing);
  Object.assign(running, { simulator, listener });
  try {
    simulator.addAll(stores);
    for (const { target, fault } of options.faults ?? []) simulator.inject(target, fault);
    await simulator.settled();
  } catch (error) {
    await simulator.close();
    throw error;
  }
  return simulator;
}

interface Parts {
  readonly cluster: Cluster;
  readonly log: RequestLog;
  readonly timeline: Timeline;
  readonly clock: SimulatorClock;
  readonly signal: AbortSignal;
  readonly cuts: () => boolean;
  readonly speed: number;
}

class RunningSimulator implements Simulator {
  readonly url: string;
  readonly #parts: Parts;
  readonly #listener: Listener;
  readonly #closing: AbortController;
  /** Names and hosts as asked for: the model may come to know them later, when the clock has answered. */
  readonly #hosts = new Map<string, string>();
  readonly #added = new Map<string, number>();

  constructor(parts: Parts, listener: Listener, closing: AbortController) {
    this.url = listener.url;
    this.#parts = parts;
    this.#listener = listener;
    this.#closing = closing;
  }

  log(): RequestLogEntry[] {
    return this.#parts.log.all();
  }

  commands(): RequestLogEntry[] {
    return this.#parts.log.commands();
  }

  violations(): Violation[] {
    return this.#parts.log.violations();
  }

  inject(target: Target, fault: Fault): void {
    const parsed = parseFault(fault, 'fault');
    if (!parsed.ok) throw inputError('the fault cannot be read', parsed.problems);
    this.injectParsed(target, parsed.value);
  }

  injectParsed(target: Target, fault: ParsedFault): void {
    if (isOutage(fault)) {
      this.#injectOutage(target, fault);
      return;
    }
    this.#demand(target);
    this.#parts.timeline.act((nowMs) => this.#parts.cluster.inject(target, fault, nowMs));
  }

  clearFaults(target: Target): void {
    this.#demand(target);
    if (target === '*') this.#listener.lift();
    this.#parts.timeline.act((nowMs) => this.#parts.cluster.clear(target, nowMs));
  }

  kill(store: string): void {
    this.#demandStore(store);
    this.#parts.timeline.act((nowMs) => this.#parts.cluster.kill(store, nowMs));
  }

  operatorRestart(store: string): void {
    this.#demandStore(store);
    this.#parts.timeline.act((nowMs) => this.#parts.cluster.restartByHand(store, nowMs));
  }

  state(store: string): StoreState {
    this.#demandStore(store);
    const state = this.#parts.cluster.state(store, this.#parts.timeline.known());
    if (state !== undefined) return state;
    throw new SimulatorInputError(`${store} is not there yet`, 'the clock has not answered', 'Wait for settled() first');
  }

  states(): StoreState[] {
    return this.#parts.cluster.states(this.#parts.timeline.known());
  }

  addStore(spec: string | StoreSpec): void {
    this.addAll([factsOf(spec, 'store')]);
  }

  addAll(stores: readonly StoreFacts[]): void {
    const placed = stores.map((facts) => ({ facts, index: this.#place(facts) }));
    this.#parts.timeline.act((nowMs) => {
      for (const { facts, index } of placed) this.#parts.cluster.add(facts, nowMs, index);
    });
  }

  removeStore(name: string): void {
    this.#demandStore(name);
    this.#hosts.delete(name);
    this.#parts.timeline.act(() => this.#parts.cluster.remove(name));
  }

  async settled(): Promise<void> {
    await this.#parts.timeline.settled();
    await this.#listener.settled();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#listener.close();
  }

  #injectOutage(target: Target, fault: OutageFault): void {
    if (target !== '*') {
      const why = 'it is a fault of the whole Cluster Manager, not of a Store or a host';
      throw new SimulatorInputError(`${fault.kind} cannot meet ${JSON.stringify(target)}`, why, 'Inject it with the target *');
    }
    const { cluster, speed, timeline } = this.#parts;
    const afterMs = (fault.after ?? 0) / speed;
    const forMs = fault.for === undefined ? Number.POSITIVE_INFINITY : fault.for / speed;
    if (fault.kind === 'refusing') this.#listener.refuse(afterMs, forMs);
    else timeline.act((nowMs) => cluster.addOutage(nowMs + afterMs, nowMs + afterMs + forMs));
  }

  /** Notes the Store, and says how many its host had before. */
  #place(facts: StoreFacts): number {
    if (this.#hosts.has(facts.name) && this.#isThere(facts.name)) {
      throw new SimulatorInputError(
        `${facts.name} is there already`,
        'a name belongs to one Store',
        'Take another seq or remove it first',
      );
    }
    const index = this.#added.get(facts.host) ?? 0;
    this.#added.set(facts.host, index + 1);
    this.#hosts.set(facts.name, facts.host);
    return index;
  }

  /** A Store that is asked for twice in one list counts too, though the model has not heard of it yet. */
  #isThere(name: string): boolean {
    return this.#parts.cluster.state(name, this.#parts.timeline.known())?.reader !== 'destroyed';
  }

  #demand(target: Target): void {
    if (target === '*') return;
    if (typeof target === 'string') {
      this.#demandStore(target);
      return;
    }
    const hosts = [...new Set(this.#hosts.values())];
    if (hosts.includes(target.host)) return;
    const why = 'no Store of the cluster lives there';
    throw new SimulatorInputError(`no host ${JSON.stringify(target.host)}`, why, `Hosts are: ${hosts.slice(0, 5).join(', ')}`);
  }

  #demandStore(name: string): void {
    if (this.#hosts.has(name)) return;
    const known = [...this.#hosts.keys()].slice(0, 3).join(', ');
    const how = known === '' ? 'Add a Store first.' : `Take one of the cluster's Stores, such as ${known}`;
    throw new SimulatorInputError(`no Store ${JSON.stringify(name)}`, 'the simulated cluster has none of that name', how);
  }
}

function factsOf(spec: string | StoreSpec, path: string): StoreFacts {
  const parsed = parseStoreSpec(spec, path);
  if (!parsed.ok) throw inputError('the Store cannot be simulated', parsed.problems);
  return parsed.value;
}

/** The simulator itself failed, or the client hung up within its body: there is no CM's answer to give. */
function giveUp(response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(500, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
  response.end(`simulator: ${error instanceof Error ? error.message : String(error)}\n`);
}
