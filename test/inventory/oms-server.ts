/** OMS's OpenAPI over HTTP, as far as Stores are listed. Written from the vendor's pages, and sharing no code with us. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export const USER = 'storekeeper';
export const PASSWORD = 'correct horse';

export const HANGS = { hangs: true } as const;

export interface OmsServer {
  readonly url: string;
  /** The Stores of each project. */
  readonly projects: Map<string, string[]>;
  /** What was asked, as `Action id`. */
  readonly asked: string[];
  /** Instead of an answer: nothing at all, an HTTP status, or a body as it stands. */
  fault: typeof HANGS | number | string | null;
  /** Keys as `Success`, as some of the vendor's samples have them. */
  pascalCase: boolean;
  close(): Promise<void>;
}

export async function startOmsServer(projects: Record<string, string[]>): Promise<OmsServer> {
  const server = createServer((request, response) => {
    void (async () => {
      const body = JSON.parse(await bodyOf(request)) as { readonly id?: string };
      const action = new URL(request.url ?? '', 'http://oms').searchParams.get('Action') ?? '';
      oms.asked.push([action, body.id].filter(Boolean).join(' '));
      if (oms.fault === HANGS) return;
      const expected = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}`;
      const status = request.headers.authorization === expected ? 200 : 401;
      response.writeHead(typeof oms.fault === 'number' ? oms.fault : status, { 'content-type': 'application/json' });
      const answer = answerTo(action, body.id ?? '', oms.projects);
      response.end(typeof oms.fault === 'string' ? oms.fault : JSON.stringify(oms.pascalCase ? inPascalCase(answer) : answer));
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const oms: OmsServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    projects: new Map(Object.entries(projects)),
    asked: [],
    fault: null,
    pascalCase: false,
    close: () => closed(server),
  };
  return oms;
}

function answerTo(action: string, id: string, projects: ReadonlyMap<string, string[]>): object {
  const data =
    action === 'ListProjects'
      ? [...projects.keys()].map((project) => ({
          id: project,
          name: `name of ${project}`,
          status: 'RUNNING',
          enableIncrTransfer: true,
        }))
      : componentsOf(projects.get(id));
  const success = data !== null;
  const errorDetail = success ? null : { code: 'GHANA-OPERAT000099', message: 'The project does not exist.' };
  return { success, errorDetail, code: null, message: null, requestId: '1', cost: '1 ms', data };
}

function componentsOf(stores: readonly string[] | undefined): object | null {
  if (stores === undefined) return null;
  return {
    storeList: stores.map((name) => ({
      name,
      status: 'ACTIVE',
      delay: 1,
      gmt: 1_795_516_618,
      errorDetails: null,
      toSwitch: false,
    })),
    reverseStoreList: null,
  };
}

function inPascalCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inPascalCase);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key.charAt(0).toUpperCase() + key.slice(1), inPascalCase(item)]),
  );
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
