import type { Command } from 'commander';
import type { ClusterConfig, Config } from '../../config/config.ts';
import type { StoreName } from '../../domain/store.ts';
import { describeLook, lookTable, type StoreLook } from '../check/describe-look.ts';
import { acting, verb, type Call } from '../program/call.ts';
import type { ErrorObject } from '../program/command-error.ts';
import { EXIT, type ExitCode } from '../program/exit-codes.ts';
import { chooseStore, pickClusters } from '../reach/read-config.ts';
import { readWatched } from '../reach/read-watched.ts';
import { startProgress } from '../screen/progress.ts';
import type { Screen } from '../screen/screen.ts';

export function registerCheck(program: Command): void {
  verb(program, 'check [stores...]', 'look once at Stores, straight from their Cluster Manager; needs no Temporal')
    .option('--cluster <name>', 'only this cluster; a Store named with it need not be configured')
    .option('--all', 'list every Store, also many healthy ones')
    .action(acting(check));
}

interface CheckOptions {
  readonly cluster?: string;
  readonly all?: boolean;
}

/** More healthy Stores than this are only counted, unless they were asked for. */
const HEALTHY_LISTED_MAX = 20;

interface ClusterLook {
  readonly name: string;
  readonly cm: string;
  readonly reachable: boolean;
  readonly counts: Readonly<Record<StoreLook['diagnosis'], number>>;
  readonly stores: readonly StoreLook[];
}

async function check(call: Call<CheckOptions>): Promise<ExitCode> {
  const { args, options, screen } = call;
  const config = await readWatched(call);
  const chosen = choose(config, args, options.cluster);
  const clusters = await lookAtAll(chosen, call);
  const healthy = clusters.every(({ counts, stores }) => counts.healthy === stores.length);
  const blind = clusters.filter((cluster) => !cluster.reachable);
  const error: { error?: ErrorObject } = blind.length === 0 ? {} : { error: unreachable(blind) };
  const listAll = options.all === true || args.length > 0;
  screen.answer(
    { clusters, ok: healthy, ...error },
    clusters.flatMap((cluster) => show(cluster, listAll, screen)),
  );
  if (error.error !== undefined) {
    screen.fail(error.error.message, error.error.hint);
    return EXIT.unreachable;
  }
  return healthy ? EXIT.fine : EXIT.trouble;
}

/** The Stores to look at, by cluster: those that were named, or all. */
function choose(config: Config, names: readonly string[], cluster: string | undefined): Map<ClusterConfig, readonly StoreName[]> {
  if (names.length === 0) return new Map(pickClusters(config, cluster).map((each) => [each, each.stores]));
  const chosen = new Map<ClusterConfig, StoreName[]>();
  for (const name of names) {
    const { cluster: home, store } = chooseStore(config, name, cluster);
    const stores = chosen.get(home) ?? [];
    if (!stores.includes(store)) chosen.set(home, [...stores, store]);
  }
  return chosen;
}

async function lookAtAll(
  chosen: ReadonlyMap<ClusterConfig, readonly StoreName[]>,
  { screen, signal }: Call<unknown>,
): Promise<ClusterLook[]> {
  const { lookAtStores, isUnreachable } = await import('../check/look-at-stores.ts');
  const total = [...chosen.values()].reduce((sum, stores) => sum + stores.length, 0);
  const progress = startProgress(screen, 'looking at Stores', total);
  try {
    return await Promise.all(
      [...chosen].map(async ([cluster, stores]): Promise<ClusterLook> => {
        const readings = await lookAtStores(cluster, stores, { signal, onLook: () => progress.step() });
        const looks = readings.map(describeLook);
        const count = (kind: StoreLook['diagnosis']): number => looks.filter((look) => look.diagnosis === kind).length;
        const counts = { healthy: count('healthy'), faulty: count('faulty'), unknown: count('unknown') };
        return { name: cluster.name, cm: cluster.cm, reachable: !isUnreachable(readings), counts, stores: looks };
      }),
    );
  } finally {
    progress.done();
  }
}

function unreachable(clusters: readonly ClusterLook[]): ErrorObject {
  const which = clusters.map(({ name, cm, stores }) => `${name} at ${cm} (${stores[0]?.detail ?? 'no answer'})`).join(', ');
  return {
    code: 'unreachable',
    message: `No answer of the Cluster Manager of ${which}`,
    hint: 'see that it runs and that this machine may reach it; the address is cm: in storekeeper.yaml',
  };
}

function show(cluster: ClusterLook, listAll: boolean, screen: Screen): string[] {
  const { counts, stores, name, cm, reachable } = cluster;
  const lines = [screen.paint('bold', `${name}  ${cm}`)];
  // One sentence about CM says more than the same row for each Store.
  if (!reachable && stores.length > 1)
    return [...lines, screen.paint('yellow', `unknown, all ${stores.length}: ${stores[0]?.detail ?? ''}`), ''];
  const quiet = !listAll && counts.healthy > HEALTHY_LISTED_MAX;
  const listed = quiet ? stores.filter((look) => look.diagnosis !== 'healthy') : stores;
  if (listed.length > 0) lines.push(...lookTable(listed, screen.columns, screen.paint));
  const hidden = quiet ? ' (--all lists them, too)' : '';
  lines.push(
    `${stores.length} ${stores.length === 1 ? 'Store' : 'Stores'}: ${counts.healthy} healthy, ${counts.faulty} faulty, ${counts.unknown} unknown${hidden}`,
    '',
  );
  return lines;
}
