import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Verb } from '../../domain/command.ts';
import { parseStoreName, subtopicOf } from '../../domain/store.ts';
import type { SimulatorClock, Timeline } from '../clock.ts';
import { planCommand, planDetail, type AnswerPlan, type Reply } from '../model/answering.ts';
import { refusalBody } from '../model/bodies.ts';
import type { Cluster } from '../model/cluster.ts';
import type { OpenEntry, RequestLog } from '../request-log.ts';
import { readBody } from './read-body.ts';

/** What a request is answered from. */
export interface CrawlerWorld {
  readonly cluster: Cluster;
  readonly log: RequestLog;
  readonly timeline: Timeline;
  readonly clock: SimulatorClock;
  /** Aborted when the simulator closes: nobody waits any longer. */
  readonly signal: AbortSignal;
  /** Whether CM itself cuts connections just now, so that a lost one is not the client's doing. */
  readonly cuts: () => boolean;
}

type Route = { readonly verb: Verb | 'detail'; readonly methods: readonly string[] };

/** The vendor's page shows detail as GET and the others by POST; OMS's own console calls restore with GET. */
const ROUTES: Readonly<Record<string, Route>> = {
  '/crawler/detail': { verb: 'detail', methods: ['GET'] },
  '/crawler/clear': { verb: 'stop', methods: ['POST'] },
  '/crawler/restore': { verb: 'restart', methods: ['GET', 'POST'] },
  '/crawler/destroy': { verb: 'destroy', methods: ['POST'] },
};

const FORM_BYTES_MAX = 64 * 1024;

/** Answers one request as CM does. What CM does for a command goes on when its client hangs up. */
export async function answerCrawler(request: IncomingMessage, response: ServerResponse, world: CrawlerWorld): Promise<void> {
  const method = request.method ?? 'GET';
  const [path, query] = splitOnce(request.url ?? '/', '?');
  const names = [...new URLSearchParams(query).getAll('crawler'), ...(await formNames(request))];
  const atMs = await world.timeline.now();
  const entry = world.log.open({ atMs, method, path, store: names.length === 0 ? null : names.join(',') });
  const hungUp = (): void => {
    if (entry.outcome === 'open') entry.outcome = world.cuts() ? 'answer lost' : 'client hung up';
  };
  if (request.socket.destroyed) hungUp();
  response.on('close', hungUp);

  const plan = planAnswer(world, entry, ROUTES[path], names);
  entry.note = plan.note;
  entry.carriedOut = plan.carriedOut;
  const work = plan.carriedOut ? world.log.run(entry, subtopicOfKnown(names), atMs + plan.afterMs) : undefined;
  if (plan.afterMs > 0) await world.clock.sleep(plan.afterMs, world.signal);
  if (world.signal.aborted) return;
  work?.done();
  entry.endedMs = atMs + plan.afterMs;
  send(request, response, entry, plan.reply);
}

function planAnswer(world: CrawlerWorld, entry: OpenEntry, route: Route | undefined, names: readonly string[]): AnswerPlan {
  const { cluster, log } = world;
  if (route === undefined) return httpError(404, 'no such address');
  if (!route.methods.includes(entry.method)) return httpError(405, `only ${route.methods.join(' and ')} here`);
  const [name = ''] = names;
  const parsed = parseStoreName(name);
  if (names.length > 1) log.noteBadName(entry, `${names.length} names at once`);
  else if (!parsed.ok) log.noteBadName(entry, parsed.error);
  if (name === '') {
    return plainAnswer(200, 'json', refusalBody(null, 'parameter crawler is required'), 'without a name');
  }
  if (route.verb === 'detail') return planDetail(cluster, name, entry.atMs);
  if (parsed.ok) log.arrive(entry, subtopicOf(parsed.value));
  return planCommand(cluster, route.verb, name, entry.atMs);
}

function send(request: IncomingMessage, response: ServerResponse, entry: OpenEntry, reply: Reply): void {
  if (reply.kind === 'never' || entry.outcome !== 'open') return;
  if (reply.kind === 'lost') {
    entry.outcome = 'answer lost';
    request.socket.destroy();
    return;
  }
  entry.outcome = 'answered';
  entry.status = reply.status;
  const type = reply.type === 'json' ? 'application/json;charset=UTF-8' : 'text/html;charset=UTF-8';
  response.writeHead(reply.status, { 'content-type': type, 'content-length': Buffer.byteLength(reply.body) });
  response.end(reply.body);
}

function httpError(status: number, note: string): AnswerPlan {
  return plainAnswer(status, 'html', `<html><body><h2>HTTP ERROR ${status}</h2></body></html>\n`, note);
}

function plainAnswer(status: number, type: 'json' | 'html', body: string, note: string): AnswerPlan {
  return { afterMs: 0, reply: { kind: 'answer', status, type, body }, carriedOut: false, note };
}

/** Only a form counts, as in any servlet: a JSON body tells CM nothing. */
async function formNames(request: IncomingMessage): Promise<string[]> {
  if (request.method !== 'POST') return [];
  const body = await readBody(request, FORM_BYTES_MAX);
  const isForm = (request.headers['content-type'] ?? '').toLowerCase().startsWith('application/x-www-form-urlencoded');
  return isForm ? new URLSearchParams(body).getAll('crawler') : [];
}

function subtopicOfKnown(names: readonly string[]): string {
  const parsed = parseStoreName(names[0]);
  return parsed.ok ? subtopicOf(parsed.value) : '';
}

function splitOnce(text: string, by: string): [string, string] {
  const cut = text.indexOf(by);
  return cut < 0 ? [text, ''] : [text.slice(0, cut), text.slice(cut + 1)];
}
