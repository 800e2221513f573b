import { setTimeout as sleep } from 'node:timers/promises';
import { buildConnector, Client } from 'undici';
import type { CommandAnswer, Verb } from '../domain/command.ts';
import type { StoreName } from '../domain/store.ts';
import { refusalText } from './detail.ts';
import { exchange, type Exchange } from './exchange.ts';
import { complaintOf, field, isJsonObject, parseJson, plainLine, successOf, type JsonObject } from './wire.ts';

/** A connection that does not stand by then is not going to: CM is a process on the same network. */
const CONNECT_TIMEOUT_MS = 10_000;
const RETRY_WAIT_FIRST_MS = 250;
const RETRY_WAIT_MAX_MS = 2_000;

/** CM's words for our verbs (vendor's page on the Store component). */
const PATHS: Readonly<Record<Verb, string>> = {
  stop: '/crawler/clear',
  restart: '/crawler/restore',
  destroy: '/crawler/destroy',
};

export interface CommandWay {
  readonly origin: string;
  /** Path prefix of CM's address, without a slash at its end. */
  readonly prefix: string;
  readonly restartMethod: 'POST' | 'GET';
  /** One deadline over waiting for a refused connection, sending and the whole answer. */
  readonly timeoutMs: number;
}

/**
 * Sends one command, at most once, on a connection of its own that is closed after it.
 *
 * `mayStillSend` is asked last: the connection stands (TCP, and TLS if any) and the request is written in the
 * same turn of the event loop. While CM refuses the connection (it is being restarted) the connection is tried
 * again as long as `mayStillSend` allows and the deadline lasts; without `mayStillSend` it is tried once.
 * Nothing cancels a command that was sent. Rejects only with what `mayStillSend` threw, before anything was sent.
 */
export async function sendCommand(
  way: CommandWay,
  verb: Verb,
  store: StoreName,
  mayStillSend?: () => boolean,
): Promise<CommandAnswer> {
  const startedMs = performance.now();
  const leftMs = (): number => Math.max(1, Math.ceil(way.timeoutMs - (performance.now() - startedMs)));
  for (let waitMs = RETRY_WAIT_FIRST_MS; ; waitMs = Math.min(2 * waitMs, RETRY_WAIT_MAX_MS)) {
    const result = await attempt(way, verb, store, leftMs(), mayStillSend);
    if (isRefusedConnection(result) && mayStillSend?.() === true && leftMs() > waitMs) {
      await sleep(waitMs);
      if (mayStillSend()) continue;
    }
    return answerOf(result, Math.round(performance.now() - startedMs));
  }
}

function isRefusedConnection(result: Exchange): boolean {
  return result.kind === 'no answer' && !result.sent && result.code === 'ECONNREFUSED';
}

async function attempt(
  way: CommandWay,
  verb: Verb,
  store: StoreName,
  timeoutMs: number,
  mayStillSend: (() => boolean) | undefined,
): Promise<Exchange> {
  // The signal frees a socket that is still connecting when we give up; it never reaches a sent request.
  const over = new AbortController();
  const client = new Client(way.origin, {
    connect: buildConnector({ timeout: Math.min(CONNECT_TIMEOUT_MS, timeoutMs), signal: over.signal }),
    // The connection serves this one request (`connection: close`).
    pipelining: 0,
    // Our own deadline covers headers and body.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const path = way.prefix + PATHS[verb];
  const form = new URLSearchParams({ crawler: store }).toString();
  const byGet = verb === 'restart' && way.restartMethod === 'GET';
  try {
    return await exchange(client, byGet ? { method: 'GET', path: `${path}?${form}` } : { method: 'POST', path, form }, {
      timeoutMs,
      mayStillSend,
    });
  } finally {
    over.abort();
    await client.destroy();
  }
}

/**
 * What an exchange says about a command. CM's bodies for clear, restore and destroy are not documented, so
 * success is what nothing in an HTTP 2xx contradicts; `unknown` costs a wait and a new reading, while a wrong
 * `done` or `refused` would be built upon.
 *
 * | answer | kind | why |
 * |---|---|---|
 * | no connection; TLS failed | never sent, unreachable | no byte was written |
 * | `mayStillSend` said no | never sent, too late | no byte was written |
 * | 2xx, JSON object, `isSuccess: true` | done | CM's word |
 * | 2xx, JSON object without isSuccess (or null) | done | the bodies are undocumented, the status says yes |
 * | same, with an error code or `success: false` | unknown | it contradicts its status |
 * | 2xx, empty or blank body | done | as above |
 * | 2xx, `isSuccess: false` | refused | CM's word |
 * | 2xx, isSuccess no boolean | unknown | not understood |
 * | 2xx, HTML or anything but a JSON object | unknown | a proxy's page or another service: did CM get it? |
 * | 3xx | refused | whoever redirects did not carry it out; never followed |
 * | 4xx | refused | the request was not accepted |
 * | 5xx, also 501 and 503 | unknown | CM, or a gateway that passed it on, failed at some point unknown to us |
 * | body cut short, encoded, over 1 MiB; no HTTP | unknown | the request was read, the answer is not |
 * | connection lost, or time over, after sending | unknown | CM may still be at it: clear takes 20 s, restore 40 s |
 */
function answerOf(result: Exchange, tookMs: number): CommandAnswer {
  if (result.kind === 'no answer' && !result.sent) {
    const because = result.because === 'too late' ? 'too late' : 'unreachable';
    return { kind: 'never sent', because, detail: plainLine(result.detail), tookMs };
  }
  if (result.kind !== 'answer') return { kind: 'unknown', detail: plainLine(result.detail), tookMs };
  const { httpStatus, text } = result;
  const verdict = (kind: 'done' | 'refused' | 'unknown', detail: string): CommandAnswer => ({
    kind,
    detail: plainLine(detail),
    tookMs,
  });
  if (httpStatus >= 500) return verdict('unknown', `HTTP ${httpStatus}: ${text}`);
  if (httpStatus >= 300) return verdict('refused', refusalText(httpStatus, text));
  if (text.trim() === '') return verdict('done', `HTTP ${httpStatus} with an empty body`);
  const body = parseJson(text);
  if (!isJsonObject(body)) return verdict('unknown', `HTTP ${httpStatus}, and the body is no JSON object: ${text}`);
  const success = successOf(body);
  if (success === 'unclear') return verdict('unknown', `isSuccess is neither true nor false: ${text}`);
  if (success === 'no') return verdict('refused', `isSuccess is false: ${complaintOf(body) || text}`);
  if (success === 'silent' && contradictsItself(body)) {
    return verdict('unknown', `HTTP ${httpStatus} with an error in its body: ${text}`);
  }
  return verdict('done', `HTTP ${httpStatus}: ${text}`);
}

function contradictsItself(body: JsonObject): boolean {
  const isSet = (key: string): boolean => ![undefined, '', 0, '0'].includes(field(body, key) as string | number | undefined);
  return isSet('errCode') || isSet('errorDetail') || field(body, 'success') === false;
}
