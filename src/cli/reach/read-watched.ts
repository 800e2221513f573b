import type { ClusterConfig, Config } from '../../config/config.ts';
import { emptyInventory, foldListing, storesOf, withinProjects, type Inventory } from '../../domain/inventory.ts';
import type { Call } from '../program/call.ts';
import { readConfig } from './read-config.ts';

type Asking = Pick<Call<unknown>, 'options' | 'env' | 'screen' | 'signal'>;

/**
 * The configuration, with every Store that is looked at in `stores`: also those that OMS listed, as the worker of this
 * folder keeps them. Where none has kept any yet, OMS is asked; if that fails it is said, and what is named is left.
 */
export async function readWatched(call: Asking): Promise<Config> {
  return withStores(call, (cluster) => firstInventory(cluster, call));
}

/** The same for verbs that must not wait for OMS: what no worker has kept is not known. */
export async function readKept(call: Asking): Promise<Config> {
  return withStores(call, async () => emptyInventory);
}

async function withStores(call: Asking, otherwise: (cluster: ClusterConfig) => Promise<Inventory>): Promise<Config> {
  const config = await readConfig(call);
  const clusters = config.clusters.map(async (cluster): Promise<ClusterConfig> => {
    const inventory = (await keptInventory(config, cluster)) ?? (await otherwise(cluster));
    return { ...cluster, stores: storesOf(inventory, cluster.stores) };
  });
  return { ...config, clusters: await Promise.all(clusters) };
}

/** The list that a worker keeps beside the configuration; null if there is none to be used. */
export async function keptInventory({ path }: Config, { name, discover }: ClusterConfig): Promise<Inventory | null> {
  if (discover === undefined) return null;
  const { inventoryPath, readInventory } = await import('../../inventory/inventory-file.ts');
  const read = await readInventory(inventoryPath(path, name), name);
  const inventory = read.kind === 'read' ? withinProjects(read.inventory, discover.projects) : emptyInventory;
  return inventory.stores.length === 0 ? null : inventory;
}

async function firstInventory({ name, discover }: ClusterConfig, { screen, signal }: Asking): Promise<Inventory> {
  if (discover === undefined) return emptyInventory;
  const without = (why: string): Inventory => {
    screen.note(`${name}: ${why}; only the Stores that the configuration names are known here`);
    return emptyInventory;
  };
  if (!discover.password.isKnown)
    return without('no worker has kept a list of Stores, and OMS cannot be asked without its password');
  const { listStores } = await import('./ask-oms.ts');
  const listing = await listStores(discover, signal);
  if (listing.kind === 'silent')
    return without(`OMS at ${discover.oms} does not list its Stores (${listing.because}: ${listing.detail})`);
  return foldListing(emptyInventory, listing, Date.now(), discover.graceMs);
}
