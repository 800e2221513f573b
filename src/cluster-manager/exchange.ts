import { setMaxListeners } from 'node:events';
import { errors, type Dispatcher } from 'undici';

/** No answer of CM is read further than this: its details are a few hundred bytes. */
export const BODY_BYTES_MAX = 1024 * 1024;

/** How one HTTP request went. What it means is decided by those who asked. */
export type Exchange =
  /** The whole answer arrived. A redirect is an answer like any other: it is never followed. */
  | { readonly kind: 'answer'; readonly httpStatus: number; readonly text: string }
  /** An answer began, and it is cut short, too long, encoded, or no HTTP. */
  | { readonly kind: 'broken answer'; readonly detail: string }
  /** No answer began in time. `sent` false means that provably no byte of the request was written. */
  | {
      readonly kind: 'no answer';
      readonly because: 'timed out' | 'unreachable' | 'too late';
      readonly sent: boolean;
      readonly detail: string;
      /** The system's word for the failure, such as ECONNREFUSED; empty when there is none. */
      readonly code: string;
    };

export interface ExchangeLimits {
  /** One deadline over connecting, sending, headers and body, so that a slow drip ends as well. */
  readonly timeoutMs: number;
  /** Ends the exchange; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Asked when the connection stands and the request is about to be written. False: nothing is written. */
  readonly mayStillSend?: (() => boolean) | undefined;
}

const HEADERS = { accept: 'application/json', 'accept-encoding': 'identity' };

/**
 * Sends one request and reads its answer. Resolves for everything that CM or the network does; rejects
 * only when `signal` ends it, or with what `mayStillSend` threw (nothing was written then).
 */
export function exchange(
  dispatcher: Dispatcher,
  request: { readonly method: 'GET' | 'POST'; readonly path: string; readonly form?: string },
  limits: ExchangeLimits,
): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    if (limits.signal?.aborted === true) {
      reject(limits.signal.reason as Error);
      return;
    }
    const { method, path, form } = request;
    const headers = form === undefined ? HEADERS : { ...HEADERS, 'content-type': 'application/x-www-form-urlencoded' };
    dispatcher.dispatch(
      { method, path, headers, body: form ?? null, idempotent: false },
      new Conversation(limits, resolve, reject),
    );
  });
}

class Conversation implements Dispatcher.DispatchHandler {
  readonly #limits: ExchangeLimits;
  readonly #resolve: (result: Exchange) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #onAbort = (): void => this.#end(() => this.#reject(this.#limits.signal?.reason));
  #controller: Dispatcher.DispatchController | undefined;
  #ended = false;
  #sent = false;
  #httpStatus: number | undefined;
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(limits: ExchangeLimits, resolve: (result: Exchange) => void, reject: (reason: unknown) => void) {
    this.#limits = limits;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#timer = setTimeout(
      () => this.#noAnswer('timed out', `no whole answer within ${limits.timeoutMs} ms`),
      limits.timeoutMs,
    );
    // A sweep reads many Stores under one signal: Node would warn of a leak from the eleventh listener on.
    if (limits.signal !== undefined) setMaxListeners(0, limits.signal);
    limits.signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** undici calls this in the same turn in which it writes the request, and only once the connection stands. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // A second start would be a repetition by the HTTP library. A command is never repeated.
    if (this.#ended || this.#sent) {
      controller.abort(new Error('ended before it was sent'));
      return;
    }
    try {
      if (this.#limits.mayStillSend?.() === false) {
        this.#noAnswer('too late', 'the time to send was over when the connection stood');
        return;
      }
    } catch (error) {
      this.#end(() => this.#reject(error));
      return;
    }
    this.#sent = true;
  }

  onResponseStart(
    _: Dispatcher.DispatchController,
    httpStatus: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (httpStatus < 200) return;
    this.#httpStatus = httpStatus;
    const encoding = String(headers['content-encoding'] ?? 'identity').toLowerCase();
    if (encoding !== 'identity') this.#broken(`the body is encoded as ${encoding}, which was not asked for`);
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > BODY_BYTES_MAX) this.#broken(`the body is longer than ${BODY_BYTES_MAX} bytes`);
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    const httpStatus = this.#httpStatus;
    if (httpStatus === undefined) return;
    const [first = Buffer.alloc(0), ...more] = this.#chunks;
    const text = utf8.decode(more.length === 0 ? first : Buffer.concat(this.#chunks));
    this.#end(() => this.#resolve({ kind: 'answer', httpStatus, text }));
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    const code = codeOf(error);
    const said = `${error.message === '' ? error.name : error.message}${code === '' || error.message.includes(code) ? '' : ` (${code})`}`;
    if (this.#httpStatus !== undefined) this.#broken(`the answer (HTTP ${this.#httpStatus}) was cut short: ${said}`);
    else if (error instanceof errors.HTTPParserError || code === 'UND_ERR_HEADERS_OVERFLOW')
      this.#broken(`the answer is no HTTP: ${said}`);
    else this.#noAnswer(code === 'UND_ERR_CONNECT_TIMEOUT' ? 'timed out' : 'unreachable', said, code);
  }

  #broken(detail: string): void {
    this.#end(() => this.#resolve({ kind: 'broken answer', detail }));
  }

  #noAnswer(because: 'timed out' | 'unreachable' | 'too late', detail: string, code = ''): void {
    this.#end(() => this.#resolve({ kind: 'no answer', because, sent: this.#sent, detail, code }));
  }

  #end(settle: () => void): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#limits.signal?.removeEventListener('abort', this.#onAbort);
    settle();
    this.#chunks = [];
    // Frees the connection of an exchange that ends early; after a whole answer it does nothing.
    this.#controller?.abort(new Error('ended'));
  }
}

const utf8 = new TextDecoder();

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}
