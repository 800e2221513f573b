/**
 * Store names: `{host}-{port}:{subtopic}:{seq}`, as the vendor's troubleshooting guide documents them.
 * A name is parsed once, at the edge; nothing below it takes a raw string.
 */

declare const storeNameBrand: unique symbol;

/** A Store name that has been checked: it may be put on the wire and into a workflow id. */
export type StoreName = string & { readonly [storeNameBrand]: true };

export interface StoreNameParts {
  readonly host: string;
  /** The port of the Store manager (71xx); the data port (17xxx) is part of a reading and may change. */
  readonly port: number;
  readonly subtopic: string;
  /** Ten digits. Not simply counted up: a replacement has another seq on the same subtopic. */
  readonly seq: string;
}

/** An example that every complaint about a Store name shows. */
export const STORE_NAME_EXAMPLE = '10.0.0.7-7100:p_4223_source-000-0:0000000007';

/** Workflow ids are `heal:{cluster}:{store}`, and SQL columns hold 255 characters. */
const STORE_NAME_LENGTH_MAX = 180;

const PATTERN = /^([A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?)-(\d{1,5}):([A-Za-z0-9_.-]+):(\d{10})$/;

export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: string };

/**
 * Parses a Store name. Anything that is not exactly one full name is refused with a sentence that says
 * what is wrong: empty, blank, wildcards, lists, control characters, arrays.
 */
export function parseStoreName(text: unknown): Parsed<StoreName> {
  const fault = storeNameFault(text);
  return fault === undefined
    ? { ok: true, value: text as StoreName }
    : { ok: false, error: `${fault}; a full Store name looks like ${STORE_NAME_EXAMPLE}` };
}

function storeNameFault(text: unknown): string | undefined {
  if (typeof text !== 'string') return `a Store name must be one string, not ${describeType(text)}`;
  if (text.trim() === '') return 'the Store name is empty';
  if (/[*?%]/.test(text)) return `${quote(text)} has a wildcard; a Store is named in full`;
  if (/[,;\s]/.test(text)) return `${quote(text)} has a comma, semicolon or blank; one Store is named per call`;
  if (text.length > STORE_NAME_LENGTH_MAX)
    return `the Store name has ${text.length} characters, at most ${STORE_NAME_LENGTH_MAX} are allowed`;
  const match = PATTERN.exec(text);
  if (match === null) return `${quote(text)} is not {host}-{port}:{subtopic}:{seq of ten digits}`;
  const port = Number(match[2]);
  if (port < 1 || port > 65_535) return `${quote(text)} has the port ${port}; ports go from 1 to 65535`;
  return undefined;
}

function describeType(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : typeof value;
}

/** Quoted and cut, with control characters made visible: names come from people and from files. */
function quote(text: string): string {
  const cut = text.length > 80 ? `${text.slice(0, 80)}…` : text;
  return JSON.stringify(cut);
}

/** The parts of a name that was parsed before. Throws on any other text: that is a fault of ours, not an operator's. */
export function storeNameParts(name: StoreName): StoreNameParts {
  const match = storeNameFault(name) === undefined ? PATTERN.exec(name) : null;
  if (match === null) throw new Error(`not a Store name: ${name}`);
  const [, host = '', port = '', subtopic = '', seq = ''] = match;
  return { host, port: Number(port), subtopic, seq };
}

export function subtopicOf(name: StoreName): string {
  return storeNameParts(name).subtopic;
}

/** The other Stores of the same subtopic, of those listed. */
export function siblingsAmong(stores: readonly StoreName[], store: StoreName): StoreName[] {
  return stores.filter((other) => other !== store && subtopicOf(other) === subtopicOf(store));
}

/**
 * Whether `other` names the same Store but for the port: the vendor's own sample asks for `…-7100:…` and
 * is answered about `…-7104:…`. Such an answer is accepted and flagged; any other difference is not.
 */
export function sameStoreButForPort(name: StoreName, other: StoreName): boolean {
  const a = storeNameParts(name);
  const b = storeNameParts(other);
  return a.host === b.host && a.subtopic === b.subtopic && a.seq === b.seq;
}

const CLUSTER_PATTERN = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$/;

/** A cluster's name goes into workflow ids, queue names and search attributes. */
export function parseClusterName(text: unknown): Parsed<string> {
  if (typeof text === 'string' && CLUSTER_PATTERN.test(text)) return { ok: true, value: text };
  const what = typeof text === 'string' ? quote(text) : describeType(text);
  return { ok: false, error: `a cluster's name is up to 40 letters, digits, '.', '_' or '-', such as hangzhou-1, not ${what}` };
}
