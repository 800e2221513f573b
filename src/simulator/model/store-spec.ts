import { z } from 'zod';
import { parseStoreName, storeNameParts, STORE_NAME_EXAMPLE, type StoreName } from '../../domain/store.ts';
import { DurationMs } from './duration.ts';
import { problemsOf, type Checked } from './problem.ts';

const StoreSpecSchema = z.strictObject({
  name: z.string(),
  /** `ip:port` of the source database; `:` as Oracle readers show it. */
  datasource: z
    .string()
    .regex(/^[^:\s]*:\d*$/, { error: 'is wrong: expected ip:port, or : alone' })
    .default('10.9.0.1:2881'),
  /** The region's code; a string on the wire. */
  location: z.string().default('0'),
  role: z.string().default('master'),
  /** The first data port; each restart moves it on by one. Components draw from 17000-17499 (vendor's system requirements). */
  port: z.int().min(1).max(65_535).optional(),
  /** How much a Store keeps: 24 h for synchronization, 120 h for migration projects (vendor's FAQ). */
  retention: DurationMs.default(24 * 3_600_000),
  /** How far the newest checkpoint is behind the clock while the reader lives. */
  lag: DurationMs.default(1000),
  /** How long the Store had been running when the simulator began. */
  age: DurationMs.default(48 * 3_600_000),
});

/** A Store to simulate. Only `name` is required. */
export type StoreSpec = z.input<typeof StoreSpecSchema>;

/** What never changes in a Store's life. */
export interface StoreFacts {
  readonly name: StoreName;
  readonly host: string;
  readonly subtopic: string;
  readonly seq: string;
  readonly datasource: string;
  readonly location: string;
  readonly role: string;
  readonly firstPort: number | undefined;
  readonly retentionMs: number;
  readonly lagMs: number;
  readonly ageMs: number;
}

const EXAMPLES: Readonly<Record<string, string>> = {
  datasource: 'datasource: 10.9.0.1:2881',
  location: "location: '111'",
  role: 'role: master',
  port: 'port: 17001',
  retention: 'retention: 24h',
  lag: 'lag: 1s',
  age: 'age: 48h',
};

/** Reads a Store from a scenario or from code: a bare name, or an object with a name. */
export function parseStoreSpec(value: unknown, path: string): Checked<StoreFacts> {
  const example = (key: string): string => EXAMPLES[key] ?? `name: ${STORE_NAME_EXAMPLE}`;
  const parsed = StoreSpecSchema.safeParse(typeof value === 'string' ? { name: value } : value);
  const rawName = typeof value === 'object' && value !== null && 'name' in value ? value.name : value;
  const name = parseStoreName(rawName);
  const nameProblem = name.ok
    ? []
    : [{ path: typeof value === 'string' ? path : `${path}.name`, message: name.error, example: example('name') }];
  if (!parsed.success || !name.ok) {
    const others = parsed.success ? [] : problemsOf(parsed.error, path, Object.keys(StoreSpecSchema.shape), example);
    return { ok: false, problems: [...nameProblem, ...others.filter((problem) => problem.path !== `${path}.name`)] };
  }
  const { host, subtopic, seq } = storeNameParts(name.value);
  const { datasource, location, role, port, retention, lag, age } = parsed.data;
  const facts = { datasource, location, role, firstPort: port, retentionMs: retention, lagMs: lag, ageMs: age };
  return { ok: true, value: { name: name.value, host, subtopic, seq, ...facts } };
}
