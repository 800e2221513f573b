/** One request that reached the simulated CM, and what became of it. */
export interface RequestLogEntry {
  readonly seq: number;
  /** By the simulator's clock, when the request was complete. */
  readonly atMs: number;
  /** When CM was done with it: a read with its answer, a command with its work. Null until then. */
  readonly endedMs: number | null;
  readonly method: string;
  readonly path: string;
  /** The name as it was asked for, whether there is such a Store or not. */
  readonly store: string | null;
  /** `open`: neither answered nor hung up yet. */
  readonly outcome: 'open' | 'answered' | 'answer lost' | 'client hung up';
  /** The HTTP status that was sent; null when none was. */
  readonly status: number | null;
  /** For a command: whether CM carries it out. False for reads. */
  readonly carriedOut: boolean;
  readonly note: string;
}

/** What no healer may ever do. */
export type Violation =
  /** A command came while CM was carrying one out on the same subtopic. The entry that ran comes first. */
  | {
      readonly kind: 'overlap';
      readonly atMs: number;
      readonly subtopic: string;
      readonly entries: readonly [RequestLogEntry, RequestLogEntry];
    }
  /** An empty, wildcard or malformed Store name, or several at once, on the wire. */
  | {
      readonly kind: 'malformed name';
      readonly atMs: number;
      readonly fault: string;
      readonly entries: readonly [RequestLogEntry];
    };

export type OpenEntry = { -readonly [K in keyof RequestLogEntry]: RequestLogEntry[K] };

interface Running {
  readonly entry: OpenEntry;
  readonly untilMs: number;
}

const COMMAND_PATHS: ReadonlySet<string> = new Set(['/crawler/clear', '/crawler/restore', '/crawler/destroy']);

/** Reads are forgotten, oldest half first, beyond this many; commands and violations are all kept. */
const READS_MAX = 200_000;

/** Everything that reached CM, in order. Entries are live: they tell how a request ended once it has. */
export class RequestLog {
  readonly #commands: OpenEntry[] = [];
  readonly #violations: Violation[] = [];
  readonly #running = new Map<string, Running[]>();
  #reads: OpenEntry[] = [];
  #seq = 0;

  open(request: Pick<RequestLogEntry, 'atMs' | 'method' | 'path' | 'store'>): OpenEntry {
    this.#seq += 1;
    const entry: OpenEntry = {
      seq: this.#seq,
      ...request,
      endedMs: null,
      outcome: 'open',
      status: null,
      carriedOut: false,
      note: '',
    };
    if (COMMAND_PATHS.has(request.path)) {
      this.#commands.push(entry);
    } else {
      if (this.#reads.length >= READS_MAX) this.#reads = this.#reads.slice(READS_MAX / 2);
      this.#reads.push(entry);
    }
    return entry;
  }

  /** A command arrived, to be carried out or not: notes an overlap with every command that still runs on its subtopic. */
  arrive(entry: OpenEntry, subtopic: string): void {
    for (const running of this.#running.get(subtopic) ?? []) {
      if (running.untilMs <= entry.atMs) continue;
      this.#violations.push({ kind: 'overlap', atMs: entry.atMs, subtopic, entries: [running.entry, entry] });
    }
  }

  /** CM carries a command out until `untilMs`, or until `done` where the two clocks differ by a hair. */
  run(entry: OpenEntry, subtopic: string, untilMs: number): { done(): void } {
    const running: Running = { entry, untilMs };
    this.#running.set(subtopic, [...this.#still(subtopic, entry.atMs), running]);
    return {
      done: () => {
        const rest = (this.#running.get(subtopic) ?? []).filter((one) => one !== running);
        if (rest.length === 0) this.#running.delete(subtopic);
        else this.#running.set(subtopic, rest);
      },
    };
  }

  noteBadName(entry: OpenEntry, fault: string): void {
    this.#violations.push({ kind: 'malformed name', atMs: entry.atMs, fault, entries: [entry] });
  }

  all(): RequestLogEntry[] {
    return [...this.#reads, ...this.#commands].toSorted((a, b) => a.seq - b.seq);
  }

  commands(): RequestLogEntry[] {
    return [...this.#commands];
  }

  violations(): Violation[] {
    return [...this.#violations];
  }

  #still(subtopic: string, nowMs: number): Running[] {
    return (this.#running.get(subtopic) ?? []).filter((one) => one.untilMs > nowMs);
  }
}
