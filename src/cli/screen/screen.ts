import { paintFor, type Paint } from './paint.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** What a screen is made of; `process` has it all. */
export interface Streams {
  readonly stdin: { readonly isTTY?: boolean };
  readonly stdout: { readonly isTTY?: boolean; readonly columns?: number; write(text: string): unknown };
  readonly stderr: { readonly isTTY?: boolean; readonly columns?: number; write(text: string): unknown };
  readonly env: Env;
}

const COLUMNS_DEFAULT = 80;

/**
 * Where a command speaks. The answer goes to stdout, once: text for people, or one JSON object. Everything else
 * (narration, questions, progress, errors) goes to stderr.
 */
export class Screen {
  readonly json: boolean;
  /** Columns of the terminal behind stdout; null when there is none, and nothing need be cut. */
  readonly columns: number | null;
  /** Whether somebody can be asked: a person types, sees stderr, and no program waits for JSON. */
  readonly canAsk: boolean;
  /** Whether stderr can show a line that changes. */
  readonly canRedraw: boolean;
  readonly #streams: Streams;
  readonly #paintAnswer: Paint;
  readonly #paintSaid: Paint;
  #answered = false;

  constructor(streams: Streams, json: boolean) {
    const { stdin, stdout, stderr, env } = streams;
    this.#streams = streams;
    this.json = json;
    this.columns = stdout.isTTY === true ? (stdout.columns ?? COLUMNS_DEFAULT) : null;
    this.canAsk = stdin.isTTY === true && stderr.isTTY === true && !json;
    this.canRedraw = stderr.isTTY === true && env['TERM'] !== 'dumb';
    this.#paintAnswer = paintFor(stdout, env);
    this.#paintSaid = paintFor(stderr, env);
  }

  /** For text that goes into the answer. */
  get paint(): Paint {
    return this.#paintAnswer;
  }

  /** For text that is said. */
  get paintSaid(): Paint {
    return this.#paintSaid;
  }

  get answered(): boolean {
    return this.#answered;
  }

  /** The command's data, at most once: `data` as one line of JSON with `--json`, else the lines for people. */
  answer(data: object, lines: readonly string[]): void {
    if (this.#answered) throw new Error('a command answers once');
    this.#answered = true;
    this.#streams.stdout.write(this.json ? `${JSON.stringify(data)}\n` : lines.map((line) => `${line}\n`).join(''));
  }

  /** One line of narration, on stderr. */
  say(line: string): void {
    this.#streams.stderr.write(`${line}\n`);
  }

  /** What is no error, and should be read all the same. */
  note(text: string): void {
    this.say(`${this.paintSaid('yellow', 'note:')} ${text}`);
  }

  /** What went wrong and what to do, as every command says it. */
  fail(what: string, mend: string, why?: string): void {
    this.say(`${this.paintSaid('red', 'error:')} ${what}`);
    if (why !== undefined) this.say(`  why: ${why}`);
    this.say(`  do:  ${mend}`);
  }

  /** The line on stderr that is overwritten by the next; nothing where a line cannot change. An empty text clears it. */
  redraw(text: string): void {
    if (!this.canRedraw) return;
    const width = (this.#streams.stderr.columns ?? COLUMNS_DEFAULT) - 1;
    this.#streams.stderr.write(`\r\u001B[2K${text.slice(0, width)}`);
  }
}
