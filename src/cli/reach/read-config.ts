import type { ClusterConfig, Config } from '../../config/config.ts';
import type { LoadOptions } from '../../config/load-config.ts';
import { subtopicOf, parseClusterName, parseStoreName, type StoreName } from '../../domain/store.ts';
import type { Call } from '../program/call.ts';
import { UsageError } from '../program/command-error.ts';
import { nearest } from '../program/nearest.ts';

const FILE_DEFAULT = 'storekeeper.yaml';

/** The configuration's path: `--config`, then $STOREKEEPER_CONFIG, then ./storekeeper.yaml. */
export function configPath({ options, env }: Pick<Call<unknown>, 'options' | 'env'>): string {
  const fromEnv = env['STOREKEEPER_CONFIG'];
  return options.config ?? (fromEnv === undefined || fromEnv === '' ? FILE_DEFAULT : fromEnv);
}

/**
 * Reads the configuration that this call means. Throws ConfigError with every fault in it. Secrets are for the verbs that
 * ask somebody with them: a pause must work from a shell that has none.
 */
export async function readConfig(
  call: Pick<Call<unknown>, 'options' | 'env'>,
  { secrets = 'if there' }: Pick<LoadOptions, 'secrets'> = {},
): Promise<Config> {
  const { loadConfig } = await import('../../config/load-config.ts');
  return loadConfig(configPath(call), call.env, { secrets });
}

/** All clusters, or the one that is named. Throws UsageError for a name that is not configured. */
export function pickClusters(config: Config, name: string | undefined): readonly ClusterConfig[] {
  if (name === undefined) return config.clusters;
  const parsed = parseClusterName(name);
  const found = config.clusters.filter((cluster) => cluster.name === name);
  if (found.length > 0) return found;
  const names = config.clusters.map((cluster) => cluster.name);
  const near = nearest(name, names);
  throw new UsageError(
    {
      what: parsed.ok ? `No cluster is named ${name}` : `--cluster: ${parsed.error}`,
      why:
        near === undefined
          ? `${config.path} has ${names.join(', ')}`
          : `${config.path} has ${names.join(', ')}; did you mean ${near}?`,
      mend: 'name one of those, or see them',
      run: 'storekeeper config check',
    },
    'unknown-cluster',
  );
}

export interface ChosenStore {
  readonly cluster: ClusterConfig;
  readonly store: StoreName;
}

/**
 * The Store that was typed, and its cluster. Without `cluster` it must be in the configuration; with it any
 * well-formed name is taken. Throws UsageError that names the nearest Store.
 */
export function chooseStore(config: Config, typed: string, cluster: string | undefined): ChosenStore {
  const parsed = parseStoreName(typed);
  const clusters = pickClusters(config, cluster);
  const known = clusters.flatMap((candidate) => candidate.stores);
  const near = nearest(typed, known) ?? known.find((name) => typed !== '' && name.includes(typed));
  const hint = near === undefined ? '' : `; did you mean ${near}?`;
  if (!parsed.ok) {
    throw new UsageError(
      {
        what: 'This is not a Store',
        why: `${parsed.error}${hint}`,
        mend: 'name it in full; see them all',
        run: 'storekeeper config show',
      },
      'bad-store-name',
    );
  }
  const home = clusters.find((candidate) => candidate.stores.includes(parsed.value));
  if (home !== undefined) return { cluster: home, store: parsed.value };
  const [named] = cluster === undefined ? [] : clusters;
  if (named !== undefined) return { cluster: named, store: parsed.value };
  throw new UsageError(
    {
      what: `No Store is named ${parsed.value}`,
      why: `no cluster of ${config.path} lists it${hint}`,
      mend: 'name one that is configured, or say which cluster it belongs to',
      run: `storekeeper check ${parsed.value} --cluster ${homeOf(parsed.value, config) ?? 'NAME'}`,
    },
    'unknown-store',
  );
}

/** The cluster that has its subtopic, or the only cluster there is. */
function homeOf(store: StoreName, config: Config): string | undefined {
  const siblings = config.clusters.find((cluster) => cluster.stores.some((other) => subtopicOf(other) === subtopicOf(store)));
  return (siblings ?? (config.clusters.length === 1 ? config.clusters[0] : undefined))?.name;
}
