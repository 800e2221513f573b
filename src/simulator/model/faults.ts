import { z } from 'zod';
import { DurationMs, PeriodMs } from './duration.ts';
import { problemsOf, type Checked } from './problem.ts';

/** When a fault sets in (after it was injected, or after the start) and how long it lasts; for ever without `for`. */
const timing = { after: DurationMs.optional(), for: DurationMs.optional() };

const verb = z.enum(['stop', 'restart', 'destroy']);
const times = z.int().min(1).max(1_000_000);
/** Whether a spoilt answer meets reads, commands or both. */
const affects = z.enum(['detail', 'commands', 'everything']).default('everything');

const schemas = {
  /** The reader dies; a restart cures it. With `for` it comes back by itself, as after a network outage (vendor's RCA: "normally self-heals"). */
  'reader-died': z.strictObject({ kind: z.literal('reader-died'), ...timing }),

  /**
   * Dead; each restart is answered with success and shows status 0, and the reader dies again `diesAfter` its start.
   * Seen on a real site: 43 s and 127 s after the start, at an unchanged checkpoint. After `times` restarts it is cured.
   */
  zombie: z.strictObject({
    kind: z.literal('zombie'),
    diesAfter: DurationMs.default(43_000),
    times: times.optional(),
    /** Whether the reader gets anything done before it dies. */
    checkpoint: z.enum(['stands', 'moves']).default('stands'),
    ...timing,
  }),

  /**
   * No restart ever helps: shortly after each the Store dies at the same place. Source log gone, or a record that cannot
   * be parsed (vendor's forum and field reports). With `for` the cause ends then, and the next restart cures.
   */
  permanent: z.strictObject({ kind: z.literal('permanent'), diesAfter: DurationMs.default(10_000), ...timing }),

  /** Dead; a restart is answered with success and nothing happens at all: port, start time and status stay (field report of a console restart). */
  'never-comes-up': z.strictObject({ kind: z.literal('never-comes-up'), ...timing }),

  /** Green, yet the checkpoint stands: RPC ports closed (vendor's FAQ). No restart helps; only its end does. */
  frozen: z.strictObject({ kind: z.literal('frozen'), ...timing }),

  /** CM's message about the Store is another. The status stays what it is: no message is proof of it (field report). */
  says: z.strictObject({ kind: z.literal('says'), message: z.string().max(4_000), ...timing }),

  /** `active: false`: CM cannot vouch for its own fields, which stay as they were (vendor's page: metaDB or clock trouble). */
  blind: z.strictObject({ kind: z.literal('blind'), status: z.int().optional(), ...timing }),

  /** Detail is answered late. The answer tells what was so when the question came. */
  slow: z.strictObject({ kind: z.literal('slow'), delay: DurationMs.default(5000), ...timing }),

  /** The whole CM: every connection is cut without an answer. Nothing is carried out. */
  down: z.strictObject({ kind: z.literal('down'), ...timing }),

  /** The whole CM: nobody listens, connections are refused; later it listens again on the same port. Commands that were running go on. */
  refusing: z.strictObject({ kind: z.literal('refusing'), ...timing }),

  /**
   * A page of a proxy in front of CM instead of JSON. Unless `carriedOut`, the command never reached CM; with it, the
   * proxy gave up waiting while CM did the work.
   */
  html: z.strictObject({
    kind: z.literal('html'),
    status: z.int().min(200).max(599).default(502),
    carriedOut: z.boolean().default(false),
    affects,
    ...timing,
  }),

  /** The command is carried out, and the connection is cut where the answer should come. */
  'answer-lost': z.strictObject({ kind: z.literal('answer-lost'), verb, times: times.default(1), ...timing }),

  /** CM declines: HTTP 200 with `isSuccess: false`. The code is the vendor's "failed to start crawler" unless given. */
  refuse: z.strictObject({
    kind: z.literal('refuse'),
    verb,
    times: times.default(1),
    errCode: z.string().default('CM-SCHEOR000203'),
    errMsg: z.string().default('failed to start crawler'),
    ...timing,
  }),

  /** CM says that it knows no such Store, as after OMS's own HA recycled it (72 h). */
  'not-found': z.strictObject({ kind: z.literal('not-found'), ...timing }),

  /** Dies and revives by itself, without a restart: dead for half of each `period`, then alive for the other half. */
  flapping: z.strictObject({ kind: z.literal('flapping'), period: PeriodMs.default(60_000), ...timing }),

  /** Every Store of the host dies at one moment (vendor's upgrade guide: a container restart); each is cured by a restart. */
  'host-failure': z.strictObject({ kind: z.literal('host-failure'), ...timing }),

  /** Somebody restarts the Store by hand again and again: port and start time change, and no command of ours was sent. */
  'operator-restarts': z.strictObject({ kind: z.literal('operator-restarts'), every: PeriodMs.default(120_000), ...timing }),

  /** An answer that is not what the vendor's page shows. Commands are carried out nevertheless. */
  malformed: z.strictObject({
    kind: z.literal('malformed'),
    shape: z.enum(['truncated', 'empty', 'not-json', 'no-crawler', 'wrong-types']).default('truncated'),
    affects,
    ...timing,
  }),

  /** Detail answers about another Store: `as`, or else the next one of the cluster. The vendor's own sample differs in the port. */
  'wrong-store': z.strictObject({ kind: z.literal('wrong-store'), as: z.string().min(1).optional(), ...timing }),

  /** The command is carried out, and the connection stays open without ever an answer. */
  hang: z.strictObject({ kind: z.literal('hang'), verb, times: times.default(1), ...timing }),
} as const;

export type FaultKind = keyof typeof schemas;

/** A fault as people write it, in code, in a scenario and over HTTP alike. */
export type Fault = { [K in FaultKind]: z.input<(typeof schemas)[K]> }[FaultKind];

/** A fault as the model uses it: defaults filled in, every duration in milliseconds and not yet divided by the speed. */
export type ParsedFault = { [K in FaultKind]: z.output<(typeof schemas)[K]> }[FaultKind];

/** Faults of the Cluster Manager as a whole; they have no Store. */
export type OutageFault = Extract<ParsedFault, { kind: 'down' | 'refusing' }>;
export type StoreFault = Exclude<ParsedFault, OutageFault>;

export function isOutage(fault: ParsedFault): fault is OutageFault {
  return fault.kind === 'down' || fault.kind === 'refusing';
}

/** One right example for each kind, in the form of a scenario. */
export const FAULT_EXAMPLES: Readonly<Record<FaultKind, string>> = {
  'reader-died': '{kind: reader-died}',
  zombie: '{kind: zombie, diesAfter: 43s, times: 2}',
  permanent: '{kind: permanent}',
  'never-comes-up': '{kind: never-comes-up}',
  frozen: '{kind: frozen, for: 20m}',
  says: '{kind: says, message: "DRC_510:Store stopped by an error"}',
  blind: '{kind: blind, status: 1, for: 5m}',
  slow: '{kind: slow, delay: 5s}',
  down: '{kind: down, for: 30s}',
  refusing: '{kind: refusing, for: 30s}',
  html: '{kind: html, status: 502, affects: detail}',
  'answer-lost': '{kind: answer-lost, verb: restart, times: 1}',
  refuse: '{kind: refuse, verb: restart, times: 1}',
  'not-found': '{kind: not-found}',
  flapping: '{kind: flapping, period: 60s}',
  'host-failure': '{kind: host-failure}',
  'operator-restarts': '{kind: operator-restarts, every: 2m}',
  malformed: '{kind: malformed, shape: truncated}',
  'wrong-store': '{kind: wrong-store}',
  hang: '{kind: hang, verb: stop, times: 1}',
};

export const FAULT_KINDS = Object.keys(FAULT_EXAMPLES) as readonly FaultKind[];

export function isFaultKind(value: unknown): value is FaultKind {
  return typeof value === 'string' && Object.hasOwn(schemas, value);
}

/** Reads a fault from JSON, YAML or code and reports everything that is wrong with it. */
export function parseFault(value: unknown, path: string): Checked<ParsedFault> {
  const kind = typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined;
  if (!isFaultKind(kind)) {
    const said = kind === undefined ? 'is missing' : `${JSON.stringify(kind)} is no fault`;
    const message = `${said}; faults are ${FAULT_KINDS.join(', ')}`;
    return {
      ok: false,
      problems: [{ path: path === '' ? 'kind' : `${path}.kind`, message, example: FAULT_EXAMPLES['reader-died'] }],
    };
  }
  const schema: z.ZodType<ParsedFault> = schemas[kind];
  const parsed = schema.safeParse(value);
  if (parsed.success) return { ok: true, value: parsed.data };
  const known = Object.keys(schemas[kind].shape);
  return { ok: false, problems: problemsOf(parsed.error, path, known, () => FAULT_EXAMPLES[kind]) };
}
