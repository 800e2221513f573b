import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { LineCounter, parseDocument, type Document } from 'yaml';
import type { ApprovalPolicy } from '../domain/approval/approval-policy.ts';
import { policyFaults, type Environment, type Policy } from '../domain/policy.ts';
import { parseClusterName } from '../domain/store.ts';
import { checkApproval } from './approval.ts';
import { checkShape, isBad } from './check-shape.ts';
import { clashes, systemLookup, type ClusterClaims, type Lookup } from './clashes.ts';
import { READ_TIMEOUT_MS, cmAddress, policyOf, storesOf, type Complain } from './cluster.ts';
import { ConfigError, type ClusterConfig, type Config, type ConfigFault, type DiscoverConfig } from './config.ts';
import { checkDiscover, type DiscoverGiven } from './discover.ts';
import { pathText, withExample } from './explain.ts';
import { codeOf, expandReferences, redact, type Env } from './expand.ts';
import type { ClusterFile } from './schema.ts';

/** A setting that is judged by others: nothing is said of it while one of those is itself at fault. */
const JUDGED_BY: Readonly<Record<string, readonly string[]>> = {
  cm: ['drcProperties'],
  stores: ['storesFile', 'discover'],
  ha: ['discover'],
  'discover.grace': ['discover.every'],
  'policy.verify.within': ['policy.verify.healthyFor'],
  'policy.confirm.patience': ['policy.confirm.over', 'policy.confirm.readings', 'every'],
  'policy.alertAfter': ['policy.confirm.over'],
  'policy.lineage': ['policy.verify.healthyFor'],
  act: ['mode'],
};

/** Where secrets stand. */
const SECRETS = /^clusters\[\d+\]\.discover\.password$/;

export interface LoadOptions {
  /** Resolves host names, to find one Cluster Manager under two names. Default: the system's. */
  readonly lookup?: Lookup;
  /**
   * `if there`: a secret whose variable or file is not there is no fault. For whoever asks nobody with it: in need, a
   * pause must work from a shell that has no password of OMS. Default: `needed`.
   */
  readonly secrets?: 'needed' | 'if there';
}

/**
 * Reads storekeeper.yaml and everything it refers to. Throws one ConfigError with every fault in it: each with
 * its path, what is wrong and an example.
 */
export async function loadConfig(path: string, env: Env, options: LoadOptions = {}): Promise<Config> {
  const { lookup = systemLookup, secrets = 'needed' } = options;
  const file = resolve(path);
  const folder = dirname(file);
  const { value, faults: notFound, inserted, files } = await expandReferences(await readYaml(file), env, folder);
  const notRead = new Set(secrets === 'needed' ? [] : notFound.map(({ path: at }) => at).filter((at) => SECRETS.test(at)));
  const missing = notFound.filter((fault) => !notRead.has(fault.path));
  const shape = checkShape(value, new Set(notFound.map((fault) => fault.path)));
  // Of two floors the lower one: what is below it is wrong whatever the environment was meant to be.
  const environment = isBad(shape.badPaths, 'environment') ? 'development' : (shape.environment ?? 'production');
  const asked = checkApproval(shape.approval, environment, shape.badPaths);
  const faults = [...missing, ...shape.faults, ...asked.faults.map(withExample)];
  const clusters: ClusterConfig[] = [];
  const claims: ClusterClaims[] = [];
  for (const [index, cluster] of shape.clusters.entries()) {
    const passwordAt = `clusters[${index}].discover.password`;
    const password = notRead.has(passwordAt) ? 'not read' : standingOf(inserted.get(passwordAt), cluster.discover?.password);
    const checked = await checkCluster(cluster, folder, { environment, password });
    const isBadHere = (below: string): boolean => isBad(shape.badPaths, `clusters[${index}].${below}`);
    faults.push(
      ...checked.faults
        .filter(({ path: below }) => ![below, ...(JUDGED_BY[below] ?? [])].some(isBadHere))
        .map(({ path: below, message }) => withExample({ path: `clusters[${index}].${below}`, message })),
    );
    claims.push({ index, name: checked.name, cm: checked.cm, stores: checked.stores, discover: checked.discover });
    if (checked.name !== undefined && checked.cm !== undefined) {
      clusters.push(clusterConfig(checked.name, checked.cm, checked, cluster, { environment, approval: asked.approval }));
    }
  }
  faults.push(...(await clashes(claims, lookup)));
  if (faults.length > 0) {
    const inOrder = faults.toSorted((a, b) => clusterIndex(a.path) - clusterIndex(b.path));
    throw new ConfigError(
      file,
      inOrder.map((fault) => redact(fault, inserted)),
    );
  }
  const digest = digestOf({ environment, clusters: clusters.map((cluster) => cluster.digest).toSorted() });
  return {
    environment,
    path: file,
    files: [file, ...new Set([...filesNamedIn(shape.clusters, folder), ...files])],
    clusters,
    approval: asked.approval,
    digest,
  };
}

function filesNamedIn(clusters: readonly ClusterFile[], folder: string): string[] {
  const named = clusters.flatMap(({ storesFile, drcProperties }) => [storesFile ?? [], drcProperties ?? []].flat());
  return [...new Set(named)].map((path) => resolve(folder, path));
}

/** People mend one cluster after the other; what belongs to none comes first. */
function clusterIndex(path: string): number {
  return Number(/^clusters\[(\d+)\]/.exec(path)?.[1] ?? -1);
}

async function readYaml(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    const message = `cannot be read (${codeOf(cause)}); \`storekeeper init\` writes one, --config names another`;
    throw new ConfigError(file, [{ path: '', message }], { cause });
  });
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false, strict: true, uniqueKeys: true, merge: true });
  const complaints = [...document.errors, ...document.warnings];
  if (complaints.length > 0) {
    const faults = complaints.map((error) => {
      const { line, col } = lineCounter.linePos(error.pos[0]);
      return { path: `line ${line}, column ${col}`, message: `this is not YAML: ${error.message.replace(/\s+/g, ' ')}` };
    });
    throw new ConfigError(file, faults);
  }
  const content = toPlain(file, document);
  if (typeof content === 'object' && content !== null && !Array.isArray(content)) return content;
  throw new ConfigError(file, [withExample({ path: 'clusters', message: 'is missing: the file has no settings' })]);
}

function toPlain(file: string, document: Document.Parsed): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    const message = `cannot be understood: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw new ConfigError(file, [{ path: '', message }], { cause });
  }
}

/** A secret is one reference, and nothing beside it. */
function standingOf(
  inserted: readonly { readonly text: string }[] | undefined,
  text: string | undefined,
): Exclude<DiscoverGiven['password'], 'not read'> {
  return inserted?.length === 1 && inserted[0]?.text === text ? 'reference' : 'literal';
}

interface CheckedCluster extends Omit<ClusterClaims, 'index' | 'discover'> {
  readonly discover: DiscoverConfig | undefined;
  readonly policy: Policy;
  /** With paths below the cluster's own. */
  readonly faults: readonly ConfigFault[];
}

async function checkCluster(cluster: ClusterFile, folder: string, given: DiscoverGiven): Promise<CheckedCluster> {
  const { environment } = given;
  const faults: ConfigFault[] = [];
  const complain: Complain = (path, message) => faults.push({ path: pathText(path), message });
  const name = parseClusterName(cluster.name);
  if (!name.ok) complain(['name'], cluster.name === undefined ? 'is missing' : name.error);
  const cm = await cmAddress(cluster, folder, complain);
  const stores = await storesOf(cluster, folder, complain);
  const discover = checkDiscover(cluster.discover, given, complain);
  const ha = cluster.ha === true && cluster.discover !== undefined;
  if (cluster.ha === true && !ha) {
    complain(
      ['ha'],
      'true needs discover, to see the Stores that OMS adds; configure discover, or use false and switch the HA of OMS off',
    );
  }
  // `ha` raises floors; where it is refused, those of a file without it are the ones to meet.
  const policy = policyOf({ ...cluster, ha }, environment);
  faults.push(...policyFaults(policy, environment));
  return { name: name.ok ? name.value : undefined, cm, stores, discover, policy, faults };
}

function clusterConfig(
  name: string,
  cm: string,
  { policy, stores, discover }: CheckedCluster,
  file: ClusterFile,
  { environment, approval }: { readonly environment: Environment; readonly approval: ApprovalPolicy },
): ClusterConfig {
  const cluster = {
    name,
    cm,
    restartMethod: file.restartMethod ?? 'POST',
    readTimeoutMs: file.readTimeout ?? READ_TIMEOUT_MS,
    commandTimeoutMs: policy.command.timeoutMs,
    stores: stores.map((store) => store.name).toSorted(),
    ...(discover === undefined ? {} : { discover }),
    policy,
    approval,
  } as const;
  return { ...cluster, digest: digestOf({ environment, ...cluster }) };
}

/** Over JSON with sorted keys: the order in the file, comments and spelled-out defaults make no difference. */
function digestOf(value: unknown): string {
  const canonical = JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
  return createHash('sha256').update(canonical).digest('hex');
}
