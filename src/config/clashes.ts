import { lookup as dnsLookup } from 'node:dns/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { subtopicOf } from '../domain/store.ts';
import type { NamedStore } from './cluster.ts';
import type { ConfigFault } from './config.ts';
import { faultAt } from './explain.ts';

/** All addresses of a host name. */
export type Lookup = (host: string) => Promise<readonly string[]>;

/** A name server that does not answer must not keep the healer from starting. */
const LOOKUP_TIMEOUT_MS = 3_000;

export const systemLookup: Lookup = async (host) => (await dnsLookup(host, { all: true })).map(({ address }) => address);

/** What of a cluster may collide with another one. Parts with faults of their own are left out. */
export interface ClusterClaims {
  readonly index: number;
  readonly name: string | undefined;
  readonly cm: string | undefined;
  readonly stores: readonly NamedStore[];
  /** What is discovered, and where. */
  readonly discover: { readonly oms: string; readonly projects: readonly string[] } | undefined;
}

/** Two entries that are one cluster would have two guards, and neither would know of the other's commands. */
export async function clashes(clusters: readonly ClusterClaims[], lookup: Lookup): Promise<ConfigFault[]> {
  return [
    ...nameClashes(clusters),
    ...(await addressClashes(clusters, lookup)),
    ...subtopicClashes(clusters),
    ...projectClashes(clusters),
  ];
}

function nameClashes(clusters: readonly ClusterClaims[]): ConfigFault[] {
  const first = new Map<string, number>();
  const faults: ConfigFault[] = [];
  for (const { index, name } of clusters) {
    if (name === undefined) continue;
    const before = first.get(name);
    if (before === undefined) first.set(name, index);
    else faults.push(faultAt(['clusters', index, 'name'], `${name} is the name of clusters[${before}], too; give each its own`));
  }
  return faults;
}

async function addressClashes(clusters: readonly ClusterClaims[], lookup: Lookup): Promise<ConfigFault[]> {
  const first = new Map<string, number>();
  const faults: ConfigFault[] = [];
  const resolved = await Promise.all(
    clusters.map(async ({ index, cm }) => ({ index, at: cm === undefined ? [] : await addressesOf(cm, lookup) })),
  );
  for (const { index, at } of resolved) {
    const common = at.find((address) => first.has(address));
    if (common !== undefined) {
      const message = `is at ${common}, as is that of clusters[${first.get(common)}]: one Cluster Manager is one cluster; put the Stores together`;
      faults.push(faultAt(['clusters', index, 'cm'], message));
    }
    for (const address of at) if (!first.has(address)) first.set(address, index);
  }
  return faults;
}

/** Each `address:port` behind a CM address, and the name itself, which is all there is when it does not resolve. */
async function addressesOf(cm: string, lookup: Lookup): Promise<string[]> {
  const url = new URL(cm);
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  const timer = new AbortController();
  const nothing = sleep(LOOKUP_TIMEOUT_MS, [], { signal: timer.signal }).catch(() => []);
  const addresses = await Promise.race([lookup(host).catch(() => []), nothing]);
  timer.abort();
  return [...new Set([host, ...addresses])].map((address) => `${address}:${port}`);
}

function subtopicClashes(clusters: readonly ClusterClaims[]): ConfigFault[] {
  const first = new Map<string, number>();
  const faults: ConfigFault[] = [];
  for (const { index, stores } of clusters) {
    for (const [subtopic, path] of new Map(stores.toReversed().map((store) => [subtopicOf(store.name), store.path]))) {
      const before = first.get(subtopic);
      if (before === undefined) first.set(subtopic, index);
      else {
        const message = `the subtopic ${subtopic} belongs to clusters[${before}], too: a subtopic is locked within one cluster; name its Stores in one of them`;
        faults.push(faultAt(['clusters', index, ...path], message));
      }
    }
  }
  return faults;
}

/** One project is one set of subtopics, whoever lists it. */
function projectClashes(clusters: readonly ClusterClaims[]): ConfigFault[] {
  const first = new Map<string, number>();
  const faults: ConfigFault[] = [];
  for (const { index, discover } of clusters) {
    for (const id of new Set(discover?.projects)) {
      const key = `${discover?.oms} ${id}`;
      const before = first.get(key);
      if (before === undefined) first.set(key, index);
      else {
        const message = `the project ${id} is discovered for clusters[${before}], too: a subtopic is locked within one cluster; name the project in one of them`;
        faults.push(faultAt(['clusters', index, 'discover', 'projects'], message));
      }
    }
  }
  return faults;
}
