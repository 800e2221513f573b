import { LineCounter, parseDocument } from 'yaml';
import { STORE_NAME_EXAMPLE } from '../domain/store.ts';
import { isOutage, parseFault, type Fault, type ParsedFault } from './model/faults.ts';
import { joinPath, type Problem } from './model/problem.ts';
import { parseStoreSpec, type StoreFacts, type StoreSpec } from './model/store-spec.ts';
import type { ScheduledFault, Target } from './simulator.ts';

/** What a scenario file says; it can be handed to `startSimulator` as it is. */
export interface Scenario {
  readonly stores: readonly (string | StoreSpec)[];
  readonly speed?: number;
  readonly faults: readonly ScheduledFault[];
}

export type ParsedScenario =
  | { readonly ok: true; readonly value: Scenario }
  /** Everything that is wrong with the file, not just the first of it. */
  | { readonly ok: false; readonly errors: readonly Problem[] };

const FAULT_EXAMPLE = `{at: 10s, store: ${STORE_NAME_EXAMPLE}, kind: reader-died}`;

const FILE_EXAMPLE = `stores: [${STORE_NAME_EXAMPLE}], faults: [${FAULT_EXAMPLE}]`;

/**
 * Reads a scenario from YAML or JSON: `stores`, optionally `speed`, and `faults`, each with `at` (counted from the
 * start), one of `store`, `host` or `all: true`, and the fault's own fields.
 */
export function parseScenario(text: string): ParsedScenario {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  if (document.errors.length > 0) {
    const errors = document.errors.map((error) => {
      const { line, col } = lineCounter.linePos(error.pos[0]);
      return { path: `line ${line}, column ${col}`, message: error.message, example: FILE_EXAMPLE };
    });
    return { ok: false, errors };
  }
  try {
    return checkScenario(document.toJS());
  } catch (error) {
    const message = `cannot be unfolded: ${error instanceof Error ? error.message : String(error)}`;
    return { ok: false, errors: [{ path: 'the file', message, example: FILE_EXAMPLE }] };
  }
}

function checkScenario(file: unknown): ParsedScenario {
  if (!isRecord(file)) {
    return {
      ok: false,
      errors: [{ path: 'the file', message: 'is not a mapping with stores and faults', example: FILE_EXAMPLE }],
    };
  }
  const errors: Problem[] = [];
  for (const key of Object.keys(file)) {
    if (['stores', 'speed', 'faults'].includes(key)) continue;
    errors.push({ path: key, message: 'is not known here; known are stores, speed, faults', example: FILE_EXAMPLE });
  }
  const stores = checkStores(file['stores'], errors);
  const speed = checkSpeed(file['speed'], errors);
  const faults = checkFaults(file['faults'], stores, errors);
  if (errors.length > 0) return { ok: false, errors };
  const specs = (file['stores'] ?? []) as (string | StoreSpec)[];
  return { ok: true, value: { stores: specs, faults, ...(speed === undefined ? {} : { speed }) } };
}

function checkStores(value: unknown, errors: Problem[]): StoreFacts[] {
  if (!Array.isArray(value) || value.length === 0) {
    errors.push({ path: 'stores', message: 'must be a list of at least one Store', example: `stores: [${STORE_NAME_EXAMPLE}]` });
    return [];
  }
  const known = new Map<string, StoreFacts>();
  for (const [index, spec] of value.entries()) {
    const path = joinPath('stores', [index]);
    const parsed = parseStoreSpec(spec, path);
    if (!parsed.ok) {
      errors.push(...parsed.problems);
    } else if (known.has(parsed.value.name)) {
      errors.push({ path, message: `names ${parsed.value.name} a second time`, example: STORE_NAME_EXAMPLE });
    } else {
      known.set(parsed.value.name, parsed.value);
    }
  }
  return [...known.values()];
}

function checkSpeed(value: unknown, errors: Problem[]): number | undefined {
  if (value === undefined || (typeof value === 'number' && Number.isFinite(value) && value > 0)) return value;
  errors.push({ path: 'speed', message: `${JSON.stringify(value)} is no number above 0`, example: 'speed: 10' });
  return undefined;
}

function checkFaults(value: unknown, stores: readonly StoreFacts[], errors: Problem[]): ScheduledFault[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) {
    errors.push({ path: 'faults', message: 'must be a list', example: `faults: [${FAULT_EXAMPLE}]` });
    return [];
  }
  const faults = value.map((entry: unknown, index) => checkFault(entry, joinPath('faults', [index]), stores, errors));
  return faults.filter((fault) => fault !== undefined);
}

function checkFault(entry: unknown, path: string, stores: readonly StoreFacts[], errors: Problem[]): ScheduledFault | undefined {
  if (!isRecord(entry)) {
    errors.push({ path, message: 'is not a mapping', example: FAULT_EXAMPLE });
    return undefined;
  }
  const { at, store, host, all, after, ...rest } = entry;
  if (after !== undefined)
    errors.push({ path: `${path}.after`, message: 'has no place in a scenario; say at', example: FAULT_EXAMPLE });
  // The model's `after` counts from the injection, and a scenario's faults are injected at the start.
  const written = { ...rest, ...(at === undefined ? {} : { after: at }) };
  const parsed = parseFault(written, path);
  if (!parsed.ok) {
    errors.push(
      ...parsed.problems.map((problem) => ({
        ...problem,
        path: problem.path === `${path}.after` ? `${path}.at` : problem.path,
        message: problem.message.replace(/\bafter, for$/, 'at, for, and one of store, host, all'),
      })),
    );
  }
  const target = checkTarget({ store, host, all }, parsed.ok ? parsed.value : undefined, { path, stores, errors });
  return parsed.ok && target !== undefined ? { target, fault: written as Fault } : undefined;
}

function checkTarget(
  said: { readonly store: unknown; readonly host: unknown; readonly all: unknown },
  fault: ParsedFault | undefined,
  context: { readonly path: string; readonly stores: readonly StoreFacts[]; readonly errors: Problem[] },
): Target | undefined {
  const { path, stores, errors } = context;
  const given = Object.entries(said).filter(([, value]) => value !== undefined);
  const [first] = given;
  if (fault !== undefined && isOutage(fault)) {
    if (first === undefined || (given.length === 1 && said.all === true)) return '*';
    errors.push({
      path,
      message: `${fault.kind} meets the whole Cluster Manager`,
      example: `{at: 10s, all: true, kind: ${fault.kind}}`,
    });
    return undefined;
  }
  if (first === undefined || given.length > 1) {
    const many = first === undefined ? 'has none' : `has ${given.map(([key]) => key).join(' and ')}`;
    errors.push({ path, message: `${many}; a fault meets one of store, host, or all: true`, example: FAULT_EXAMPLE });
    return undefined;
  }
  const [key, value] = first;
  if (key === 'all') {
    if (value === true) return '*';
    errors.push({ path: `${path}.all`, message: 'can only be true', example: '{at: 10s, all: true, kind: blind}' });
    return undefined;
  }
  const known = stores.some((facts) => (key === 'store' ? facts.name : facts.host) === value);
  if (known) return key === 'store' ? String(value) : { host: String(value) };
  const example = key === 'store' ? (stores[0]?.name ?? STORE_NAME_EXAMPLE) : `host: ${stores[0]?.host ?? '10.0.0.7'}`;
  errors.push({ path: `${path}.${key}`, message: `${JSON.stringify(value)} is none of the stores above`, example });
  return undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
