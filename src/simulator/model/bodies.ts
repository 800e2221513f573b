import type { Look } from './store-model.ts';
import type { StoreFacts } from './store-spec.ts';

/** Where OMS hosts usually stand. CM writes its times server-local and without a zone; the vendor's sample fits UTC+8. */
const HOST_OFFSET_MS = 8 * 3_600_000;
/** Messages per second of a simulated source. */
const MESSAGES_PER_S = 17;
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** The facts that an answer shows. Not the whole of them: an answer may be about a Store that nobody simulates. */
export type ShownFacts = Pick<StoreFacts, 'subtopic' | 'seq' | 'datasource' | 'location' | 'role'> & { readonly name: string };

/** `crawler/detail` in the fields and the order of the vendor's page. */
export function detailBody(facts: ShownFacts, seen: Look, message: string = startLine(facts, seen)): string {
  return JSON.stringify({
    crawler: {
      active: seen.active,
      cfg: '',
      checkpoints: [[oldestCheckpoint(facts, seen), newestCheckpoint(facts, seen)]],
      datasource: facts.datasource,
      errMsg: message,
      location: facts.location,
      name: facts.name,
      port: seen.port,
      role: facts.role,
      status: seen.status,
      userData: '',
    },
    isSuccess: true,
  });
}

/** The line of the last start, with a dot before seq. It stays when the Store dies (field report). */
function startLine({ subtopic, seq }: ShownFacts, { startedMs }: Look): string {
  return `[${ctime(startedMs)}] DRC_500:Store ${subtopic}.${seq} started successfully\n`;
}

/** Nothing is documented of these bodies; the documented connector calls of the same CM are the best guess. */
export function commandBody(name: string): string {
  return JSON.stringify({ errCode: null, errMsg: null, errorDetail: null, isSuccess: true, result: name, retryable: null });
}

export function refusalBody(errCode: string | null, errMsg: string): string {
  return JSON.stringify({ errCode, errMsg, errorDetail: null, isSuccess: false, result: null, retryable: null });
}

export function notFoundBody(name: string): string {
  return refusalBody(null, `crawler not found: ${name}`);
}

export const HTML_PAGE =
  '<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n';

/** Answers that are not what the vendor's page shows, each made of the right one. */
export const MALFORMED = {
  truncated: (body: string): string => body.slice(0, Math.floor(body.length / 2)),
  empty: (): string => '',
  'not-json': (): string => 'OK',
  'no-crawler': (): string => JSON.stringify({ isSuccess: true }),
  'wrong-types': (): string =>
    JSON.stringify({ crawler: { active: 'yes', checkpoints: 'none', name: 7, status: 'running' }, isSuccess: 'maybe' }),
} as const;

function oldestCheckpoint(facts: ShownFacts, seen: Look): object {
  return checkpoint(facts.datasource, { fileIdx: seen.oldestS + 1, offset: 0, timestamp: seen.oldestS, msgId: 1 });
}

function newestCheckpoint(facts: ShownFacts, seen: Look): object {
  const newest = seen.newestS;
  const msgId = 1 + (newest - seen.oldestS) * MESSAGES_PER_S;
  return checkpoint(facts.datasource, { fileIdx: newest, offset: (newest * 7919) % 1_000_000, timestamp: newest, msgId });
}

interface Position {
  readonly fileIdx: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly msgId: number;
}

function checkpoint(dataSource: string, position: Position): object {
  const cut = dataSource.lastIndexOf(':');
  const ip = dataSource.slice(0, cut);
  const { fileIdx, offset, timestamp, msgId } = position;
  return {
    checkpoint: `${dataSource}:${fileIdx}:${offset}:${timestamp}:${msgId}`,
    dataSource,
    dbIp: ipNumber(ip),
    dbIpString: ip,
    dbPort: Number(dataSource.slice(cut + 1)),
    fileIdx,
    gmt: null,
    msgId,
    offset,
    timestamp,
  };
}

/** 1.1.1.1 as 16843009; -1 where there is no IPv4 address (field report). */
function ipNumber(ip: string): number {
  const bytes = ip.split('.').map(Number);
  const valid = bytes.length === 4 && ip !== '' && bytes.every((byte) => Number.isInteger(byte) && byte >= 0 && byte <= 255);
  return valid ? bytes.reduce((sum, byte) => sum * 256 + byte, 0) : -1;
}

/** As C's ctime writes it: `Mon Oct 30 16:31:01 2023`, with a blank before a day of one digit. */
function ctime(epochMs: number): string {
  const at = new Date(epochMs + HOST_OFFSET_MS);
  const [, clockTime = ''] = /T(\d\d:\d\d:\d\d)/.exec(at.toISOString()) ?? [];
  const day = String(at.getUTCDate()).padStart(2, ' ');
  return `${DAYS[at.getUTCDay()] ?? ''} ${MONTHS[at.getUTCMonth()] ?? ''} ${day} ${clockTime} ${at.getUTCFullYear()}`;
}
