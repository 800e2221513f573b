import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SimulatorClock } from '../clock.ts';

/** Longer than the pause between two looks, so that a pool of connections is not cut between them. */
const KEEP_ALIVE_MS = 65_000;
const REOPEN_TRIES_MAX = 50;
const REOPEN_PAUSE_MS = 100;

/** The port of the simulated CM. It can stop listening for a while and comes back on the same port. */
export class Listener {
  readonly url: string;
  readonly #server: Server;
  readonly #address: { readonly host: string; readonly port: number };
  readonly #clock: SimulatorClock;
  readonly #signal: AbortSignal;
  #work: Promise<void> = Promise.resolve();
  #failure: unknown;
  /** How many refusals are in force; it listens while there is none. */
  #refusals = 0;
  /** Counts how often all refusals were lifted: those from before have nothing to end any more. */
  #era = 0;

  private constructor(server: Server, host: string, clock: SimulatorClock, signal: AbortSignal) {
    this.#server = server;
    this.#address = { host, port: (server.address() as AddressInfo).port };
    this.#clock = clock;
    this.#signal = signal;
    const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
    this.url = `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${this.#address.port}`;
  }

  /** @throws what the system says when the port is taken or the address is not this machine's. */
  static async open(
    handler: RequestListener,
    at: { readonly host: string; readonly port: number },
    clock: SimulatorClock,
    signal: AbortSignal,
  ): Promise<Listener> {
    const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, handler);
    await listen(server, at.host, at.port);
    return new Listener(server, at.host, clock, signal);
  }

  /** Refuses connections from `afterMs` on for `forMs` (until `lift` where that is infinite). Open connections are cut. */
  refuse(afterMs: number, forMs: number): void {
    if (afterMs > 0) {
      void this.#refuseLater(afterMs, forMs);
      return;
    }
    this.#refusals += 1;
    if (this.#refusals === 1) this.#stopListening();
    if (Number.isFinite(forMs)) void this.#endAfter(forMs, this.#era);
  }

  get refuses(): boolean {
    return this.#refusals > 0;
  }

  /** Ends every refusal, also those to come. */
  lift(): void {
    this.#era += 1;
    if (this.#refusals === 0) return;
    this.#refusals = 0;
    this.#listenAgain();
  }

  /** Resolves when it listens, or refuses, as asked. Rejects when it could not listen again. */
  async settled(): Promise<void> {
    await this.#work;
    if (this.#failure !== undefined) throw this.#failure;
  }

  async close(): Promise<void> {
    await this.#work;
    if (!this.#server.listening) return;
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #refuseLater(afterMs: number, forMs: number): Promise<void> {
    const era = this.#era;
    await this.#sleep(afterMs);
    if (this.#era === era && !this.#signal.aborted) this.refuse(0, forMs);
  }

  async #endAfter(forMs: number, era: number): Promise<void> {
    await this.#sleep(forMs);
    if (this.#era !== era || this.#signal.aborted) return;
    this.#refusals -= 1;
    if (this.#refusals === 0) this.#listenAgain();
  }

  async #sleep(ms: number): Promise<void> {
    try {
      await this.#clock.sleep(ms, this.#signal);
    } catch (error) {
      this.#failure ??= error;
    }
  }

  #stopListening(): void {
    if (!this.#server.listening) {
      this.#queue(async () => this.#shut());
      return;
    }
    // Shut at once, so that whoever injects the fault may count on it with the next line.
    const shut = this.#shut();
    this.#queue(() => shut);
  }

  async #shut(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  #listenAgain(): void {
    this.#queue(async () => {
      for (let tries = 1; !this.#signal.aborted; tries += 1) {
        try {
          await listen(this.#server, this.#address.host, this.#address.port);
          return;
        } catch (error) {
          // Somebody else may have been given the port meanwhile, for a moment as a rule.
          if (tries >= REOPEN_TRIES_MAX) throw error;
          await new Promise<void>((resolve) => setTimeout(resolve, REOPEN_PAUSE_MS));
        }
      }
    });
  }

  #queue(work: () => Promise<void>): void {
    this.#work = this.#work.then(work).catch((error: unknown) => {
      this.#failure ??= error;
    });
  }
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
