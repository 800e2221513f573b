import { request } from 'node:http';
import type { ManualClock } from './manual-clock.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';

export const A = '10.0.0.7-7100:p_4223_source-000-0:0000000007';
/** Another Store on A's host. */
export const B = '10.0.0.7-7100:MYSQL_np_1-1-0:0000000001';
/** Another host. */
export const C = '10.0.0.8-7100:ORACLE_np_2-1-0:0000000001';
/** A sibling of A: the same subtopic. */
export const A2 = '10.0.0.8-7100:p_4223_source-000-0:0001000001';

export type Answer =
  | { readonly kind: 'answer'; readonly status: number; readonly type: string; readonly body: string }
  | { readonly kind: 'failed'; readonly code: string };

export interface Call {
  readonly answer: Promise<Answer>;
  readonly hangUp: () => void;
}

/** One request on a connection of its own, by nothing but node:http. */
export function call(
  sim: Simulator,
  method: string,
  path: string,
  body?: string,
  type = 'application/x-www-form-urlencoded',
): Call {
  const headers = body === undefined ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(body) };
  const outgoing = request(`${sim.url}${path}`, { method, agent: false, headers });
  const answer = new Promise<Answer>((resolve) => {
    outgoing.on('error', (error: NodeJS.ErrnoException) => resolve({ kind: 'failed', code: error.code ?? error.message }));
    outgoing.on('response', (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () =>
        resolve({
          kind: 'answer',
          status: incoming.statusCode ?? 0,
          type: incoming.headers['content-type'] ?? '',
          body: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
  });
  outgoing.end(body);
  return { answer, hangUp: () => outgoing.destroy() };
}

export function detailPath(store: string): string {
  return `/crawler/detail?filters=&crawler=${encodeURIComponent(store)}`;
}

export async function rawDetail(sim: Simulator, store: string): Promise<Answer> {
  return call(sim, 'GET', detailPath(store)).answer;
}

export interface Checkpoint {
  readonly checkpoint: string;
  readonly timestamp: number;
  readonly fileIdx: number;
  readonly offset: number;
  readonly msgId: number;
  readonly dbIp: number;
  readonly dbIpString: string;
  readonly dbPort: number;
}

export interface Crawler {
  readonly name: string;
  readonly active: boolean;
  readonly status: number;
  readonly port: number;
  readonly errMsg: string;
  readonly role: string;
  readonly location: string;
  readonly oldest: Checkpoint;
  readonly newest: Checkpoint;
}

/** Detail of a Store that is expected to be answered properly. */
export async function detail(sim: Simulator, store: string): Promise<Crawler> {
  const answer = await rawDetail(sim, store);
  if (answer.kind !== 'answer' || answer.status !== 200) throw new Error(`no detail: ${JSON.stringify(answer)}`);
  const parsed = JSON.parse(answer.body) as { crawler?: Crawler & { checkpoints: [[Checkpoint, Checkpoint]] } };
  if (parsed.crawler === undefined) throw new Error(`no crawler: ${answer.body}`);
  const [[oldest, newest]] = parsed.crawler.checkpoints;
  return { ...parsed.crawler, oldest, newest };
}

const PATHS = { stop: '/crawler/clear', restart: '/crawler/restore', destroy: '/crawler/destroy' } as const;

/** Sends a command, and returns once the simulator has it; the answer is still to come. */
export async function send(sim: Simulator, verb: keyof typeof PATHS, store: string): Promise<Call> {
  const before = sim.commands().length;
  const sent = call(sim, 'POST', PATHS[verb], `crawler=${encodeURIComponent(store)}`);
  await until(() => sim.commands().length > before);
  return sent;
}

/** Sends a command and lets the clock run until it is answered. */
export async function carryOut(sim: Simulator, clock: ManualClock, verb: keyof typeof PATHS, store: string): Promise<Answer> {
  const { answer } = await send(sim, verb, store);
  await clock.advance({ stop: 22_000, restart: 40_000, destroy: 2000 }[verb]);
  return answer;
}

export async function until(holds: () => boolean): Promise<void> {
  const deadlineMs = Date.now() + 5000;
  while (!holds()) {
    if (Date.now() > deadlineMs) throw new Error(`waited in vain for ${String(holds)}`);
    await new Promise<void>((resolve) => setTimeout(resolve, 1));
  }
}

export function json(answer: Answer): unknown {
  if (answer.kind !== 'answer') throw new Error(`no answer but ${answer.code}`);
  return JSON.parse(answer.body);
}
