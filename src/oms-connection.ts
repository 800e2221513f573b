/**
 * The plainest client of OMS's OpenAPI: enough to list projects and Stores.
 * @TODO src/oms-api takes its place; what is called here stays the same.
 */
import { z } from 'zod';
import { parseStoreName, subtopicOf, type StoreName } from './domain/store.ts';
import type { OmsListing, OmsStore, Witness } from './domain/witness.ts';
import type { OmsAccess, OmsView } from './inventory/discovery.ts';

export interface OmsProject {
  readonly id: string;
  readonly name: string;
  readonly status: string;
}

type Silent = Extract<OmsListing, { kind: 'silent' }>;
export type OmsProjects = { readonly kind: 'listed'; readonly projects: readonly OmsProject[] } | Silent;

export interface OmsApi extends OmsView {
  listProjects(signal?: AbortSignal): Promise<OmsProjects>;
}

const PAGE_SIZE = 150;
const PAGES_MAX = 200;
const BODY_BYTES_MAX = 16 * 1024 * 1024;

/** Asks nothing yet. Nothing it does rejects for what OMS did, only when its signal is aborted. */
export function connectOmsApi(access: OmsAccess): OmsApi {
  const listStores = async (projects: readonly string[], signal?: AbortSignal): Promise<OmsListing> => {
    const stores: OmsStore[] = [];
    for (const id of projects) {
      const answer = await call(access, 'DescribeProjectComponents', { id }, Components, signal);
      if (answer.kind === 'silent') return { ...answer, detail: `project ${id}: ${answer.detail}` };
      for (const raw of [...(answer.data.storeList ?? []), ...(answer.data.reverseStoreList ?? [])]) {
        const store = parseStoreName(raw.name);
        if (!store.ok) return silent('malformed', `project ${id}: ${store.error}`);
        stores.push(storeOf(store.value, id, raw));
      }
    }
    return { kind: 'listed', stores: merged(stores) };
  };
  return {
    listStores,
    async listProjects(signal) {
      const projects: OmsProject[] = [];
      for (let pageNumber = 1; pageNumber <= PAGES_MAX; pageNumber += 1) {
        // Oldest first, so that a new project moves no other to another page. Not by the total: its meaning differs.
        const page = { pageNumber, pageSize: PAGE_SIZE, sortField: 'gmtCreate', order: 'asc' };
        const answer = await call(access, 'ListProjects', page, Projects, signal);
        if (answer.kind === 'silent') return answer;
        projects.push(...(answer.data ?? []));
        if ((answer.data ?? []).length < PAGE_SIZE) break;
      }
      return { kind: 'listed', projects };
    },
    witnessFor: (projects): Witness => ({
      async ask(store, signal) {
        const listing = await listStores(projects, signal);
        if (listing.kind === 'silent') return listing;
        const found = listing.stores.find((listed) => listed.store === store);
        return found === undefined
          ? { kind: 'silent', because: 'not listed', detail: `in none of ${projects.join(', ')}` }
          : { kind: 'said', store: found };
      },
    }),
    // Connections are fetch's own, and end by themselves.
    close: () => Promise.resolve(),
  };
}

const words = z
  .string()
  .nullish()
  .transform((text) => text ?? '');
const figure = z.coerce.number().nullish().catch(null);
const RawStore = z.object({
  name: z.unknown().optional(),
  status: words,
  delay: figure,
  gmt: figure,
  errMsg: words,
  toSwitch: z
    .unknown()
    .optional()
    .transform((value) => value === true || value === 'true'),
  errorDetails: z
    .array(z.object({ code: words, level: words, message: words, reason: words, proposal: words }))
    .nullish()
    .catch(null),
});
const Components = z.object({ storeList: z.array(RawStore).nullish(), reverseStoreList: z.array(RawStore).nullish() });
const Projects = z.array(z.object({ id: z.string().min(1), name: words, status: words })).nullish();
const Envelope = z.object({
  success: z.unknown().optional(),
  message: words,
  errorDetail: z.object({ code: words, message: words }).nullish().catch(null),
  data: z.unknown().optional(),
});

function storeOf(store: StoreName, project: string, raw: z.infer<typeof RawStore>): OmsStore {
  return {
    store,
    projects: [project],
    subtopic: subtopicOf(store),
    status: raw.status,
    delayS: raw.delay ?? null,
    sampledAtS: raw.gmt ?? null,
    errorDetails: raw.errorDetails ?? [],
    errorMessage: raw.errMsg,
    toSwitch: raw.toSwitch,
  };
}

/** Several projects may list one Store. */
function merged(stores: readonly OmsStore[]): OmsStore[] {
  const byName = new Map<StoreName, OmsStore>();
  for (const store of stores) {
    const projects = [...(byName.get(store.store)?.projects ?? []), ...store.projects].toSorted();
    byName.set(store.store, { ...store, projects: [...new Set(projects)] });
  }
  return [...byName.values()].toSorted((a, b) => (a.store < b.store ? -1 : 1));
}

function silent(because: Silent['because'], detail: string): Silent {
  return { kind: 'silent', because, detail };
}

async function call<T>(
  { baseUrl, user, password, timeoutMs }: OmsAccess,
  action: string,
  body: object,
  schema: z.ZodType<T>,
  signal?: AbortSignal,
): Promise<{ readonly kind: 'answered'; readonly data: T } | Silent> {
  const timeOut = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(`${baseUrl}/api/v2?Action=${action}`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify(body),
      // Credentials go to the address that was configured, and to no other.
      redirect: 'manual',
      signal: signal === undefined ? timeOut : AbortSignal.any([signal, timeOut]),
    });
    if (response.status !== 200) return silent('refused', `HTTP ${response.status}`);
    return understand(await readBounded(response), schema);
  } catch (error) {
    signal?.throwIfAborted();
    return timeOut.aborted ? silent('timed out', `no whole answer in ${timeoutMs} ms`) : silent('unreachable', reasonOf(error));
  }
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) throw new Error(`the answer is longer than ${BODY_BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Only `success` decides: OMS fills code and errorDetail in good answers, too. */
function understand<T>(text: string, schema: z.ZodType<T>): { readonly kind: 'answered'; readonly data: T } | Silent {
  let content: unknown;
  try {
    content = withLowerKeys(JSON.parse(text));
  } catch {
    return silent('malformed', 'the answer is not JSON');
  }
  const envelope = Envelope.safeParse(content);
  if (!envelope.success) return silent('malformed', 'the answer has another shape');
  const { success, message, errorDetail, data } = envelope.data;
  if (success !== true && success !== 'true') {
    return silent(
      'refused',
      [errorDetail?.code, errorDetail?.message || message]
        .filter((word) => word)
        .join(' ')
        .slice(0, 200),
    );
  }
  const parsed = schema.safeParse(data);
  return parsed.success ? { kind: 'answered', data: parsed.data } : silent('malformed', 'its data have another shape');
}

/** Keys may come as `Success` or as `success`. */
function withLowerKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withLowerKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key.charAt(0).toLowerCase() + key.slice(1), withLowerKeys(item)]),
  );
}

/** Node puts the system's word for it into the cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}
