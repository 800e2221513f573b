import { errors, type Pool } from 'undici';
import type { WitnessSilence } from '../domain/witness.ts';
import { explainRefusal, lenient, parseJson, type Fields } from './lenient.ts';

/** A listing of a large project is some hundred kilobytes. */
const BODY_BYTES_MAX = 16 * 1024 * 1024;

export type Silence = {
  readonly kind: 'silent';
  readonly because: Exclude<WitnessSilence, 'not listed'>;
  readonly detail: string;
};

/** `data` of an answer that says of itself that it succeeded. */
export type Answered = { readonly kind: 'answered'; readonly data: unknown } | Silence;

export interface Asking {
  readonly pool: Pool;
  readonly prefix: string;
  /** `Basic …`; it stays in this object and in the request. */
  readonly authorization: string;
  readonly timeoutMs: number;
}

/**
 * One call of OMS's OpenAPI: `POST {prefix}/api/v2?Action=NAME` with a JSON body (vendor's reference of OMS CE 4.1.1 and
 * newer). One deadline holds for the whole call. Resolves for whatever OMS or the network does; rejects with the
 * signal's reason when `signal` ends it.
 */
export async function ask(asking: Asking, action: string, body: Fields, signal?: AbortSignal): Promise<Answered> {
  const deadline = AbortSignal.timeout(asking.timeoutMs);
  const ends = signal === undefined ? deadline : AbortSignal.any([deadline, signal]);
  try {
    const { statusCode, body: answer } = await asking.pool.request({
      method: 'POST',
      path: `${asking.prefix}/api/v2?Action=${action}`,
      headers: { authorization: asking.authorization, 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(body),
      signal: ends,
    });
    const text = await readBounded(answer);
    return text === null ? silent('malformed', `the answer is longer than ${BODY_BYTES_MAX} bytes`) : judge(statusCode, text);
  } catch (error) {
    signal?.throwIfAborted();
    if (deadline.aborted) return silent('timed out', `no whole answer within ${asking.timeoutMs} ms`);
    return failed(error);
  }
}

async function readBounded(body: AsyncIterable<Buffer>): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Only `success` decides: the vendor shows answers with success true beside a filled error code. */
function judge(httpStatus: number, text: string): Answered {
  const answer = lenient(parseJson(text));
  if (httpStatus === 401 || httpStatus === 403) return silent('refused', `HTTP ${httpStatus}: user or password is not accepted`);
  if (httpStatus < 200 || httpStatus > 299) return silent('refused', `HTTP ${httpStatus}${explainRefusal(answer)}`);
  if (answer === null) return silent('malformed', 'the answer is no JSON object');
  const { success } = answer;
  if (success !== true && success !== 'true') {
    return success === undefined
      ? silent('malformed', 'the answer does not say whether it succeeded')
      : silent('refused', `OMS says no${explainRefusal(answer)}`);
  }
  return { kind: 'answered', data: answer['data'] };
}

function failed(error: unknown): Silence {
  if (
    error instanceof errors.ConnectTimeoutError ||
    error instanceof errors.HeadersTimeoutError ||
    error instanceof errors.BodyTimeoutError
  ) {
    return silent('timed out', error.message);
  }
  const broken = error instanceof errors.HTTPParserError || error instanceof errors.ResponseContentLengthMismatchError;
  // The address stands in the configuration; what the system says of it is enough, and holds no secret.
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  const said = error instanceof Error ? [error.message, code].filter((word) => word !== '').join(' ') : String(error);
  return silent(broken ? 'malformed' : 'unreachable', said);
}

export function silent(because: Silence['because'], detail: string): Silence {
  return { kind: 'silent', because, detail: detail.replace(/\s+/g, ' ').slice(0, 400) };
}
