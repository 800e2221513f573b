import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseCmUrl } from '../cluster-manager/cm-url.ts';
import { readDrcProperties } from '../cluster-manager/drc-properties.ts';
import { defaultPolicy, floorsOf, type Environment, type Policy } from '../domain/policy.ts';
import { parseStoreName, type StoreName } from '../domain/store.ts';
import { codeOf } from './expand.ts';
import type { ClusterFile } from './schema.ts';

/** Reports a fault at a path below the cluster's own. */
export type Complain = (path: readonly (string | number)[], message: string) => void;

/** CM's detail is a read of one database row: 11 ms on a real site, seconds on one with a slow metaDB. */
export const READ_TIMEOUT_MS = 10_000;

/** The address of CM: `cm`, or `cm.url` out of OMS's own drc.properties. Undefined after a complaint. */
export async function cmAddress(cluster: ClusterFile, folder: string, complain: Complain): Promise<string | undefined> {
  const { cm, drcProperties } = cluster;
  if (cm !== undefined && drcProperties !== undefined) complain(['drcProperties'], 'stands beside cm; keep one of them');
  if (cm !== undefined) {
    const parsed = parseCmUrl(cm);
    if (parsed.ok) return parsed.value;
    complain(['cm'], parsed.error);
    return undefined;
  }
  if (drcProperties === undefined) {
    complain(['cm'], 'is missing, and drcProperties with it: nothing says where the Cluster Manager is');
    return undefined;
  }
  const file = resolve(folder, drcProperties);
  const content = await readText(file);
  if (!content.ok) {
    complain(['drcProperties'], content.error);
    return undefined;
  }
  const parsed = readDrcProperties(content.value);
  if (parsed.ok) return parsed.value;
  complain(['drcProperties'], `${file}: ${parsed.error}`);
  return undefined;
}

/** The Stores of one cluster with the path that named each, for complaints. */
export interface NamedStore {
  readonly name: StoreName;
  readonly path: readonly (string | number)[];
}

/** `stores` and the lines of `storesFile`; a Store that is named twice is a fault. */
export async function storesOf(cluster: ClusterFile, folder: string, complain: Complain): Promise<NamedStore[]> {
  const seen = new Set<string>();
  const named: NamedStore[] = [];
  let read = true;
  const add = (text: unknown, path: NamedStore['path'], where: string): void => {
    const parsed = parseStoreName(text);
    if (!parsed.ok) complain(path, `${where}${parsed.error}`);
    else if (seen.has(parsed.value)) complain(path, `${where}the Store ${parsed.value} is named twice; keep one`);
    else named.push({ name: parsed.value, path });
    if (parsed.ok) seen.add(parsed.value);
  };
  for (const [index, text] of (cluster.stores ?? []).entries()) add(text, ['stores', index], '');
  if (cluster.storesFile !== undefined) {
    const content = await readText(resolve(folder, cluster.storesFile));
    if (!content.ok) complain(['storesFile'], content.error);
    read = content.ok;
    for (const [number, name] of content.ok ? linesOf(content.value) : []) add(name, ['storesFile'], `line ${number}: `);
  }
  const tried = seen.size > 0 || (cluster.stores ?? []).length > 0 || !read;
  if (!tried && cluster.discover === undefined)
    complain(
      ['stores'],
      'no Store is named here, neither in stores nor in storesFile nor by discover: there would be nothing to look at',
    );
  return named;
}

/** Numbered from 1, without comments and empty lines. */
function linesOf(text: string): [number, string][] {
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
    .map((line, index): [number, string] => [index + 1, line.replace(/#.*$/, '').trim()])
    .filter(([, name]) => name !== '');
}

async function readText(file: string): Promise<{ ok: true; value: string } | { ok: false; error: string }> {
  try {
    return { ok: true, value: await readFile(file, 'utf8') };
  } catch (error) {
    return {
      ok: false,
      error: `${file} cannot be read (${codeOf(error)}); relative paths start from the folder of storekeeper.yaml`,
    };
  }
}

/** The cluster's thresholds: what the file sets, and the defaults for the rest. */
export function policyOf(file: ClusterFile, environment: Environment): Policy {
  const set = file.policy ?? {};
  const base = defaultPolicy;
  const ha = file.ha ?? base.ha;
  // What nobody set rises with the floors that `ha` sets.
  const floors = floorsOf(environment, ha);
  const overMs = set.confirm?.over ?? Math.max(base.confirm.overMs, floors.confirmOverMs);
  const guard = file.guard ?? {};
  return {
    everyMs: file.every ?? base.everyMs,
    mode: file.mode ?? base.mode,
    act: file.act ?? base.act,
    ha,
    confirm: {
      readings: set.confirm?.readings ?? base.confirm.readings,
      overMs,
      patienceMs: set.confirm?.patience ?? base.confirm.patienceMs,
    },
    attempts: set.attempts ?? base.attempts,
    waitMs: set.wait ?? base.waitMs,
    verify: {
      healthyForMs: set.verify?.healthyFor ?? base.verify.healthyForMs,
      withinMs: set.verify?.within ?? base.verify.withinMs,
    },
    backoffMs: set.backoff ?? base.backoffMs.map((ms) => Math.max(ms, floors.backoffMs)),
    lineageMs: set.lineage ?? base.lineageMs,
    sendByMs: set.sendBy ?? base.sendByMs,
    // People hear of a fault before the healer acts on it, whatever confirm.over is.
    alertAfterMs: set.alertAfter ?? Math.min(base.alertAfterMs, overMs),
    hopeless: set.hopeless ?? base.hopeless,
    frozenAfterMs: set.frozen?.after ?? base.frozenAfterMs,
    whenExhausted: set.whenExhausted ?? base.whenExhausted,
    whenBlocked: set.whenBlocked ?? base.whenBlocked,
    command: { timeoutMs: file.commandTimeout ?? base.command.timeoutMs },
    guard: {
      inFlight: guard.inFlight ?? base.guard.inFlight,
      proposals: guard.proposals ?? base.guard.proposals,
      perHour: guard.perHour ?? base.guard.perHour,
      perDay: guard.perDay ?? base.guard.perDay,
      cooldownMs: guard.cooldown ?? base.guard.cooldownMs,
      openPerSweep: guard.openPerSweep ?? base.guard.openPerSweep,
      brake: {
        stores: guard.brake?.stores ?? base.guard.brake.stores,
        subtopics: guard.brake?.subtopics ?? base.guard.brake.subtopics,
        faultyShare: guard.brake?.faultyShare ?? base.guard.brake.faultyShare,
        unknown: guard.brake?.unknown ?? base.guard.brake.unknown,
        unknownShare: guard.brake?.unknownShare ?? base.guard.brake.unknownShare,
      },
    },
  };
}
