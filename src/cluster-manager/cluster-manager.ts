import { setMaxListeners } from 'node:events';
import { Pool } from 'undici';
import type { CommandAnswer, Verb } from '../domain/command.ts';
import type { Reading } from '../domain/reading.ts';
import { parseStoreName, type StoreName } from '../domain/store.ts';
import { parseCmUrl } from './cm-url.ts';
import { sendCommand, type CommandWay } from './command.ts';
import { readDetail } from './detail.ts';
import { exchange } from './exchange.ts';

export interface ClusterManagerOptions {
  /** `http(s)://host:port[/prefix]`, without credentials. */
  readonly baseUrl: string;
  /** The vendor's page restarts by POST (`curl -d`), OMS's own console by GET. Default POST. */
  readonly restartMethod?: 'POST' | 'GET';
  /** One deadline for a whole read, also while it waits for one of the connections. Default 10,000. */
  readonly readTimeoutMs?: number;
  /** One deadline for a whole command; CM's restore was seen to take 40 s. Default 150,000. */
  readonly commandTimeoutMs?: number;
  /** Connections for reads; who reads more at once than this lets reads wait in line. Default 16. */
  readonly connections?: number;
}

/** One look at a Store. */
export interface Look {
  readonly reading: Reading;
  /** CM's whole answer as text, at most 1 MiB; null when no whole answer came. */
  readonly raw: string | null;
}

/** The Cluster Manager of one cluster. */
export interface ClusterManager {
  /** Its address, normalised. */
  readonly baseUrl: string;
  /**
   * Looks at one Store. `atMs` is the server's time and goes into the reading as it is.
   * Whatever CM or the network does comes back as a reading. Rejects with the signal's reason when `signal`
   * ends it, and with an Error for a bug of ours: a name that is none, or a client that was closed.
   */
  read(store: StoreName, atMs: number, signal?: AbortSignal): Promise<Look>;
  /** Sends one command, once, on a connection of its own; see `sendCommand`. A name that is none rejects. */
  command(verb: Verb, store: StoreName, options?: { readonly mayStillSend?: () => boolean }): Promise<CommandAnswer>;
  /** Ends the connections for reads. A command that runs is left to end by itself. */
  close(): Promise<void>;
}

const TIMEOUT_MS_MAX = 3_600_000;

/** Throws an Error with a sentence for the operator when the options cannot stand. Connects on first use. */
export function connectClusterManager(options: ClusterManagerOptions): ClusterManager {
  const parsed = parseCmUrl(options.baseUrl);
  if (!parsed.ok) throw new Error(parsed.error);
  const readTimeoutMs = within('readTimeoutMs', options.readTimeoutMs ?? 10_000, TIMEOUT_MS_MAX);
  const { origin, pathname } = new URL(parsed.value);
  const prefix = pathname === '/' ? '' : pathname;
  const way: CommandWay = {
    origin,
    prefix,
    restartMethod: options.restartMethod ?? 'POST',
    timeoutMs: within('commandTimeoutMs', options.commandTimeoutMs ?? 150_000, TIMEOUT_MS_MAX),
  };
  const closing = new AbortController();
  // One listener for each connection is meant: Node would warn of a leak from the eleventh on.
  setMaxListeners(0, closing.signal);
  const pool = new Pool(origin, {
    connections: within('connections', options.connections ?? 16, 1_024),
    // The signal ends sockets that are still connecting when the client is closed.
    connect: { timeout: readTimeoutMs, signal: closing.signal },
    // The deadline of each exchange covers headers and body.
    headersTimeout: 0,
    bodyTimeout: 0,
  });

  return {
    baseUrl: parsed.value,
    async read(store, atMs, signal) {
      const name = checked(store);
      if (closing.signal.aborted) throw new Error('this client of the Cluster Manager was closed');
      const path = `${prefix}/crawler/detail?filters=&crawler=${encodeURIComponent(name)}`;
      const answer = await exchange(pool, { method: 'GET', path }, { timeoutMs: readTimeoutMs, signal });
      return { reading: readDetail(name, answer, atMs), raw: answer.kind === 'answer' ? answer.text : null };
    },
    async command(verb, store, { mayStillSend } = {}) {
      return await sendCommand(way, verb, checked(store), mayStillSend);
    },
    async close() {
      closing.abort();
      await pool.destroy();
    },
  };
}

/** The types promise a name that was parsed. A cast somewhere else must not put a wildcard on the wire. */
function checked(store: StoreName): StoreName {
  const parsed = parseStoreName(store);
  if (!parsed.ok) throw new Error(`refused to send to the Cluster Manager: ${parsed.error}`);
  return parsed.value;
}

function within(name: string, value: number, max: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= max) return value;
  throw new Error(`${name} is ${value}; it must be a whole number from 1 to ${max}`);
}
