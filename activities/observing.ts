import { gzipSync } from 'node:zlib';
import { activityInfo, Context, heartbeat } from '@temporalio/activity';
import type { Look } from '../src/cluster-manager/cluster-manager.ts';
import type { ClusterActivities, Evidence, WatchInput } from '../src/domain/activities.ts';
import type { Sight } from '../src/domain/approval/plan.ts';
import { diagnose, type Reading } from '../src/domain/reading.ts';
import { siblingsAmong, type StoreName } from '../src/domain/store.ts';
import { underWitness, type WitnessWord } from '../src/domain/witness.ts';
import { startWatch, stepWatch, watchDeadlineMs, type WatchResult, type WatchState } from '../src/domain/watch.ts';
import type { ClusterSource, LiveCluster } from './cluster-source.ts';
import { stillWatching } from './failures.ts';
import { startServerClock, startStopwatch } from './server-clock.ts';

/** Text longer than this is compressed: JSON escapes could otherwise carry it past the server's payload limit. */
const PLAIN_TEXT_MAX = 256 * 1024;

export function evidenceOf(look: Look): Evidence {
  const { reading, raw } = look;
  if (raw === null) return { reading, raw: null };
  return raw.length <= PLAIN_TEXT_MAX
    ? { reading, raw: { encoding: 'text', data: raw } }
    : { reading, raw: { encoding: 'gzip+base64', data: gzipSync(raw).toString('base64') } };
}

function readAll({ cm }: LiveCluster, stores: readonly StoreName[]): Promise<Look[]> {
  const clock = startServerClock();
  return Promise.all(stores.map((store) => cm.read(store, clock.now(), Context.current().cancellationSignal)));
}

export interface Looked {
  readonly sight: Sight;
  readonly evidence: Evidence;
}

/** One look at the Store and, where they matter, at its siblings. */
export async function lookAt(cluster: LiveCluster, store: StoreName, withSiblings: boolean): Promise<Looked> {
  const siblings = withSiblings ? siblingsAmong(cluster.stores, store) : [];
  const [own, ...others] = await readAll(cluster, [store, ...siblings]);
  if (own === undefined) throw new Error('a look brings a reading for each Store');
  return { sight: { reading: own.reading, siblings: others.map(({ reading }) => reading) }, evidence: evidenceOf(own) };
}

/** Everything a heal looks at. Nothing here changes anything at CM. */
export function createObserving(
  clusters: ClusterSource,
  host: string,
): Pick<ClusterActivities, 'learnPolicy' | 'readStore' | 'readSiblings' | 'watchStore'> {
  return {
    async learnPolicy({ cluster }) {
      const { config, digest } = await clusters.get(cluster);
      return { policy: config.policy, digest, host };
    },

    async readStore({ cluster, store }) {
      const { cm } = await clusters.get(cluster);
      return evidenceOf(await cm.read(store, startServerClock().now(), Context.current().cancellationSignal));
    },

    async readSiblings({ cluster, store }) {
      const live = await clusters.get(cluster);
      const looks = await readAll(live, siblingsAmong(live.stores, store));
      return looks.map((look) => look.reading);
    },

    async watchStore(input) {
      const stopwatch = startStopwatch();
      const live = await clusters.get(input.cluster);
      const atMs = activityInfo().currentAttemptScheduledTimestampMs;
      const signal = Context.current().cancellationSignal;
      const { reading } = await live.cm.read(input.store, atMs, signal);
      // An order rests on CM's reading: whoever gave it knows what OMS shows.
      const held =
        input.spec.kind === 'confirm' && input.spec.order === null ? await heldAgainstOms(live, reading, signal) : null;
      return watchOnce(input, held?.reading ?? reading, stopwatch());
    },
  };
}

/** A faulty reading beside what OMS says of the Store; null where OMS is not asked. */
export async function heldAgainstOms(
  { witness }: LiveCluster,
  reading: Reading,
  signal?: AbortSignal,
): Promise<{ readonly reading: Reading; readonly witness: WitnessWord } | null> {
  if (witness === null || diagnose(reading).kind !== 'faulty') return null;
  const word = await witness.ask(reading.store, signal);
  return { reading: underWitness(reading, word), witness: word };
}

/** One attempt of a watch: fold the reading, then return, or hand the state to the server and be run again. */
function watchOnce(input: WatchInput, reading: Look['reading'], tookMs: number): WatchResult {
  const { scheduledTimestampMs: startedMs, heartbeatDetails } = activityInfo();
  const before = (heartbeatDetails as WatchState | undefined) ?? startWatch(input.streak);
  const step = stepWatch(input.spec, before, reading, startedMs);
  if (step.done !== null) return step.done;
  heartbeat(step.state);
  const leftMs = watchDeadlineMs(input.spec, startedMs) - reading.atMs;
  throw stillWatching(step.progress, { everyMs: input.spec.everyMs, tookMs, leftMs });
}
