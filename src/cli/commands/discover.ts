import type { Command } from 'commander';
import { plainLine } from '../../cluster-manager/wire.ts';
import type { ClusterConfig, Config, DiscoverConfig } from '../../config/config.ts';
import { emptyInventory, storesOf } from '../../domain/inventory.ts';
import { say as sayDuration } from '../../domain/policy.ts';
import type { OmsListing } from '../../domain/witness.ts';
import { compareStores, standingTable, type Standing, type StoreStanding } from '../discover/compare.ts';
import { acting, verb, type Call } from '../program/call.ts';
import { UsageError, type ErrorObject } from '../program/command-error.ts';
import { EXIT, type ExitCode } from '../program/exit-codes.ts';
import { pickClusters, readConfig } from '../reach/read-config.ts';
import { keptInventory } from '../reach/read-watched.ts';
import type { Screen } from '../screen/screen.ts';

export function registerDiscover(program: Command): void {
  verb(program, 'discover', 'list the Stores that OMS knows, compared with those that are watched')
    .option('--cluster <name>', 'only this cluster')
    .addHelpText(
      'after',
      `
Asks OMS once, and changes nothing. Watched are the Stores that the configuration names and those in the list that a
worker keeps in .storekeeper/ beside it; a worker that runs takes what is new by itself.

With --json: {ok, clusters: [{name, oms, projects, silence, counts: {new, vanished, known} | null, stores: [{store,
standing: new|vanished|known, subtopic, named, projects, status, delayS, toSwitch}]}], error?: {code, message, hint}}.
Ends with 0 when both are the same, with 1 when they differ, with 3 when an OMS cannot be reached.

Example:
  storekeeper discover --cluster hangzhou-1`,
    )
    .action(acting(discover));
}

/** One cluster of `discover --json`. Fields are only ever added. */
interface ClusterDiscovery {
  readonly name: string;
  readonly oms: string;
  readonly projects: readonly string[];
  /** Why OMS did not list; null if it did. */
  readonly silence: Omit<Extract<OmsListing, { kind: 'silent' }>, 'kind'> | null;
  /** Null: OMS did not list. */
  readonly counts: Readonly<Record<Standing, number>> | null;
  readonly stores: readonly StoreStanding[];
}

type Discovering = ClusterConfig & { readonly discover: DiscoverConfig };

async function discover(call: Call<{ readonly cluster?: string }>): Promise<ExitCode> {
  const { options, screen, signal } = call;
  const config = await readConfig(call, { secrets: 'needed' });
  const chosen = discoveringAmong(pickClusters(config, options.cluster), config);
  const clusters = await Promise.all(chosen.map((cluster) => compare(config, cluster, signal)));
  const silent = clusters.filter(({ silence }) => silence !== null);
  const ok = clusters.every(({ counts }) => counts !== null && counts.new === 0 && counts.vanished === 0);
  const error: { error?: ErrorObject } = silent.length === 0 ? {} : { error: silenceOf(silent) };
  screen.answer(
    { ok, clusters, ...error },
    clusters.flatMap((cluster) => show(cluster, screen)),
  );
  if (error.error !== undefined) {
    screen.fail(error.error.message, error.error.hint);
    return error.error.code === 'unreachable' ? EXIT.unreachable : EXIT.trouble;
  }
  for (const cluster of chosen) explainNew(cluster, clusters.find(({ name }) => name === cluster.name)?.counts ?? null, screen);
  return ok ? EXIT.fine : EXIT.trouble;
}

/** Throws UsageError where there is nothing to discover. */
function discoveringAmong(clusters: readonly ClusterConfig[], { path }: Config): Discovering[] {
  const discovering = clusters.flatMap((cluster) =>
    cluster.discover === undefined ? [] : [{ ...cluster, discover: cluster.discover }],
  );
  if (discovering.length > 0) return discovering;
  throw new UsageError(
    {
      what: `${clusters.length === 1 ? `The cluster ${clusters[0]?.name ?? ''} discovers` : 'No cluster discovers'} no Stores`,
      why: `${path} has no discover there: nothing says where OMS is, and as whom to ask`,
      mend: 'add it, such as discover: {oms: "http://10.0.0.4:8089", user: storekeeper, password: "${OMS_PASSWORD}", projects: [np_5w5abcdefghi]}, then see',
      run: 'storekeeper config check',
    },
    'no-discovery',
  );
}

async function compare(config: Config, cluster: Discovering, signal: AbortSignal): Promise<ClusterDiscovery> {
  const { name, discover, stores: named } = cluster;
  const { listStores } = await import('../reach/ask-oms.ts');
  const listing = await listStores(discover, signal);
  const asked = { name, oms: discover.oms, projects: discover.projects };
  if (listing.kind === 'silent') {
    const { because, detail } = listing;
    return { ...asked, silence: { because, detail }, counts: null, stores: [] };
  }
  const watched = storesOf((await keptInventory(config, cluster)) ?? emptyInventory, named);
  const stores = compareStores(listing.stores, watched, named);
  const count = (standing: Standing): number => stores.filter((store) => store.standing === standing).length;
  return { ...asked, silence: null, counts: { new: count('new'), vanished: count('vanished'), known: count('known') }, stores };
}

function silenceOf(clusters: readonly ClusterDiscovery[]): ErrorObject {
  const why = ({ silence }: ClusterDiscovery): string => plainLine(`${silence?.because ?? ''}: ${silence?.detail ?? ''}`);
  const which = clusters.map((cluster) => `${cluster.name} at ${cluster.oms} (${why(cluster)})`);
  const unreachable = clusters.some(({ silence }) => silence?.because === 'unreachable' || silence?.because === 'timed out');
  const message = `OMS does not list the Stores of ${which.join(', ')}`;
  return unreachable
    ? {
        code: 'unreachable',
        message,
        hint: 'see that its console runs and that this machine may reach it; the address is discover.oms in storekeeper.yaml',
      }
    : {
        code: 'no-list',
        message,
        hint: 'see that discover.user may use the OpenAPI, that its password is right, and that each of discover.projects is still there',
      };
}

function show({ name, oms, stores, counts, projects }: ClusterDiscovery, screen: Screen): string[] {
  const head = screen.paint('bold', `${name}  ${oms}`);
  if (counts === null) return [head, screen.paint('yellow', 'unknown: OMS did not list its Stores'), ''];
  const total = `${stores.length} ${stores.length === 1 ? 'Store' : 'Stores'} in ${projects.length === 1 ? '1 project' : `${projects.length} projects`}`;
  return [
    head,
    ...(stores.length === 0 ? [] : standingTable(stores, screen.columns, screen.paint)),
    `${total}: ${counts.new} new, ${counts.vanished} vanished, ${counts.known} known`,
    '',
  ];
}

/** What becomes of what differs, so that nobody does by hand what is done anyway. */
function explainNew({ name, discover }: Discovering, counts: ClusterDiscovery['counts'], screen: Screen): void {
  if (counts === null) return;
  if (counts.new > 0) screen.say(`${name}: a worker that runs looks at what is new within ${sayDuration(discover.everyMs)}.`);
  if (counts.vanished > 0) {
    screen.say(
      `${name}: what vanished is looked at for ${sayDuration(discover.graceMs)} more, and what the configuration names until it is taken out there.`,
    );
  }
}
