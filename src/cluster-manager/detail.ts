import type { Reading, UnseenReading } from '../domain/reading.ts';
import { parseStoreName, sameStoreButForPort, type StoreName } from '../domain/store.ts';
import type { Exchange } from './exchange.ts';
import {
  complaintOf,
  field,
  isJsonObject,
  parseJson,
  plainLine,
  portOf,
  spanOf,
  successOf,
  textOf,
  type JsonObject,
} from './wire.ts';

/** CM's message travels into histories; its own samples have a hundred characters. */
const MESSAGE_LENGTH_MAX = 4_000;
const WORD_LENGTH_MAX = 100;

/**
 * What CM's answer to `GET /crawler/detail` tells about a Store. Only a whole HTTP 200 with a crawler object
 * of that very Store, a boolean `active` and a whole number as `status` is a look at it; everything else
 * says nothing about the Store and comes back as `unseen` with the reason.
 */
export function readDetail(store: StoreName, answer: Exchange, atMs: number): Reading {
  const unseen = (because: UnseenReading['because'], detail: string): UnseenReading => ({
    kind: 'unseen',
    store,
    because,
    detail: plainLine(detail),
    atMs,
  });
  if (answer.kind === 'no answer') {
    return unseen(answer.because === 'timed out' ? 'timed out' : 'unreachable', answer.detail);
  }
  if (answer.kind === 'broken answer') return unseen('malformed', answer.detail);
  const { httpStatus, text } = answer;
  const body = parseJson(text);
  if (httpStatus >= 300) {
    const missing = httpStatus === 404 && isJsonObject(body) && !isFrameworkError(body);
    return unseen(missing ? 'not found' : 'refused', refusalText(httpStatus, text));
  }
  if (httpStatus !== 200) return unseen('malformed', `HTTP ${httpStatus} where 200 is due: ${text}`);
  if (!isJsonObject(body)) return unseen('malformed', text === '' ? 'the body is empty' : `the body is no JSON object: ${text}`);

  const success = successOf(body);
  if (success === 'no') {
    const complaint = complaintOf(body);
    return unseen(saysNotFound(complaint) ? 'not found' : 'refused', `isSuccess is false: ${complaint || text}`);
  }
  if (success === 'unclear') return unseen('malformed', `isSuccess is neither true nor false: ${text}`);
  const crawler = field(body, 'crawler');
  if (crawler === undefined && success === 'yes') return unseen('not found', 'CM answered with success and no crawler');
  if (!isJsonObject(crawler)) return unseen('malformed', `crawler is missing or no object: ${text}`);

  const named = parseStoreName(field(crawler, 'name'));
  if (!named.ok) return unseen('malformed', `crawler.name: ${named.error}`);
  if (!sameStoreButForPort(store, named.value)) return unseen('about another store', `CM answered about ${named.value}`);
  const trusted = field(crawler, 'active');
  if (typeof trusted !== 'boolean') return unseen('malformed', 'crawler.active is missing or neither true nor false');
  const status = field(crawler, 'status');
  if (typeof status !== 'number' || !Number.isInteger(status)) {
    return unseen('malformed', 'crawler.status is missing or not a whole number');
  }
  return {
    kind: 'seen',
    store,
    trusted,
    status,
    message: messageOf(field(crawler, 'errMsg')),
    checkpoints: spanOf(field(crawler, 'checkpoints')),
    port: portOf(field(crawler, 'port')),
    role: plainLine(textOf(field(crawler, 'role')), WORD_LENGTH_MAX),
    location: plainLine(textOf(field(crawler, 'location')), WORD_LENGTH_MAX),
    ...(named.value === store ? {} : { answeredAs: named.value }),
    atMs,
  };
}

/** Half characters are replaced: they would come back from a history as something else than they went in. */
function messageOf(errMsg: unknown): string {
  return textOf(errMsg)
    .trim()
    .slice(0, MESSAGE_LENGTH_MAX)
    .replace(/\p{Cs}/gu, '\uFFFD');
}

/** The sentence about an HTTP status from 300 on. */
export function refusalText(httpStatus: number, text: string): string {
  return httpStatus < 400
    ? `HTTP ${httpStatus}: CM redirects, and a redirect is never followed; configure the address that answers itself`
    : `HTTP ${httpStatus}: ${text}`;
}

/**
 * The 404 of a web framework for an address without a handler (`{"status":404,"error":"Not Found","path":…}`)
 * means that our address of CM is wrong. It must not read as if the Store were gone.
 */
function isFrameworkError(body: JsonObject): boolean {
  return field(body, 'isSuccess') === undefined && field(body, 'path') !== undefined;
}

/** CM's words for an unknown Store are not documented; these are what its family of interfaces says. */
function saysNotFound(complaint: string): boolean {
  return /\bnot (?:be )?found\b|\bnot exists?\b|n't exists?\b|\bno such crawler\b|不存在|未找到/i.test(complaint);
}
