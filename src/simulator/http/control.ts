import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { STORE_NAME_EXAMPLE } from '../../domain/store.ts';
import type { Target, StoreState } from '../model/cluster.ts';
import { FAULT_EXAMPLES, parseFault, type ParsedFault } from '../model/faults.ts';
import { inputError, problemsOf, SimulatorInputError } from '../model/problem.ts';
import type { RequestLogEntry, Violation } from '../request-log.ts';
import { readBody } from './read-body.ts';

/** What the control address can do to the simulator. */
export interface Controls {
  states(): StoreState[];
  log(): readonly RequestLogEntry[];
  commands(): readonly RequestLogEntry[];
  violations(): readonly Violation[];
  injectParsed(target: Target, fault: ParsedFault): void;
  clearFaults(target: Target): void;
  kill(store: string): void;
  operatorRestart(store: string): void;
  settled(): Promise<void>;
}

const BODY_BYTES_MAX = 1024 * 1024;

const TargetSchema = z.union([z.string().min(1), z.strictObject({ host: z.string().min(1) })], {
  error: 'is wrong: expected a Store name, "*" for all, or {"host": "10.0.0.7"}',
});
const StoreBody = z.strictObject({ store: z.string().min(1) });
const FaultBody = z.strictObject({ target: TargetSchema, fault: z.looseObject({}) });

type Handler = (controls: Controls, query: URLSearchParams, body: unknown) => unknown;

/** Everything below /_sim/: not CM's, not logged, and never spoilt by a fault but `refusing`, which shuts the port. */
const ROUTES: Readonly<Record<string, Handler>> = {
  'GET /_sim/stores': (controls) => controls.states(),
  'GET /_sim/log': (controls, query) => {
    const entries = query.get('commands') === 'true' ? controls.commands() : controls.log();
    const store = query.get('store');
    return store === null ? entries : entries.filter((entry) => entry.store === store);
  },
  'GET /_sim/violations': (controls) => controls.violations(),
  'POST /_sim/faults': (controls, _query, body) => {
    const { target, fault } = parse(FaultBody, body, `{"target": "*", "fault": {"kind": "reader-died"}}`);
    const parsed = parseFault(fault, 'fault');
    if (!parsed.ok) throw inputError('the fault cannot be read', parsed.problems);
    if (parsed.value.kind === 'refusing' && parsed.value.for === undefined) {
      const why = 'a simulator that refuses connections could not be told over HTTP to listen again';
      throw new SimulatorInputError('fault.for is missing', why, `Say how long: ${FAULT_EXAMPLES.refusing}`);
    }
    controls.injectParsed(target, parsed.value);
    return { ok: true };
  },
  'DELETE /_sim/faults': (controls, query) => {
    controls.clearFaults(query.get('store') ?? '*');
    return { ok: true };
  },
  'POST /_sim/kill': (controls, _query, body) => {
    controls.kill(parse(StoreBody, body, STORE_BODY_EXAMPLE).store);
    return { ok: true };
  },
  'POST /_sim/operator-restart': (controls, _query, body) => {
    controls.operatorRestart(parse(StoreBody, body, STORE_BODY_EXAMPLE).store);
    return { ok: true };
  },
};

const STORE_BODY_EXAMPLE = `{"store": "${STORE_NAME_EXAMPLE}"}`;

/** Answers one request to the control address: JSON, and for bad input 400 with what, why and how. */
export async function answerControl(request: IncomingMessage, response: ServerResponse, controls: Controls): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://simulator');
  const route = `${request.method ?? 'GET'} ${url.pathname}`;
  const handler = Object.hasOwn(ROUTES, route) ? ROUTES[route] : undefined;
  if (handler === undefined) {
    const how = `Use one of: ${Object.keys(ROUTES).join(', ')}.`;
    sendJson(response, 404, { error: { what: `no ${route}`, why: 'the simulator has no such control address', how } });
    return;
  }
  try {
    const body = request.method === 'POST' ? parseJson(await readBody(request, BODY_BYTES_MAX)) : undefined;
    // Once before, so that the answer shows the present; once after, so that "ok" means done.
    await controls.settled();
    const answer = handler(controls, url.searchParams, body);
    if (request.method !== 'GET') await controls.settled();
    sendJson(response, 200, answer);
  } catch (error) {
    if (!(error instanceof SimulatorInputError)) throw error;
    sendJson(response, 400, { error: { what: error.what, why: error.why, how: error.how } });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new SimulatorInputError('the body is not JSON', why, `Send a JSON object, such as ${STORE_BODY_EXAMPLE}`);
  }
}

function parse<T extends z.ZodObject>(schema: T, body: unknown, example: string): z.output<T> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw inputError(
    'the body is wrong',
    problemsOf(parsed.error, 'body', Object.keys(schema.shape), () => example),
  );
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const text = `${JSON.stringify(body, null, 2)}\n`;
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}
