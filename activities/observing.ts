import { gzipSync } from 'node:zlib';
import { activityInfo, Context, heartbeat } from '@temporalio/activity';
import type { Look } from '../src/cluster-manager/cluster-manager.ts';
import type { ClusterActivities, Evidence, WatchInput } from '../src/domain/activities.ts';
import { siblingsAmong } from '../src/domain/store.ts';
import { startWatch, stepWatch, watchDeadlineMs, type WatchResult, type WatchState } from '../src/domain/watch.ts';
import type { ClusterSource } from './cluster-source.ts';
import { asTemporalFailure } from './failures.ts';
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
      const { cm, config } = await clusters.get(cluster);
      const clock = startServerClock();
      const siblings = siblingsAmong(config.stores, store);
      const looks = await Promise.all(
        siblings.map((sibling) => cm.read(sibling, clock.now(), Context.current().cancellationSignal)),
      );
      return looks.map((look) => look.reading);
    },

    async watchStore(input) {
      const stopwatch = startStopwatch();
      const { cm } = await clusters.get(input.cluster);
      const atMs = activityInfo().currentAttemptScheduledTimestampMs;
      const { reading } = await cm.read(input.store, atMs, Context.current().cancellationSignal);
      return watchOnce(input, reading, stopwatch());
    },
  };
}

/** One attempt of a watch: fold the reading, then return, or hand the state to the server and be run again. */
function watchOnce(input: WatchInput, reading: Look['reading'], tookMs: number): WatchResult {
  const { scheduledTimestampMs: startedMs, heartbeatDetails } = activityInfo();
  const before = (heartbeatDetails as WatchState | undefined) ?? startWatch(input.streak);
  const step = stepWatch(input.spec, before, reading, startedMs);
  if (step.done !== null) return step.done;
  heartbeat(step.state);
  const leftMs = watchDeadlineMs(input.spec, startedMs) - reading.atMs;
  // Paced by the interval, not by the pause between looks: slow readings must not make holes in a streak.
  const nextMs = Math.max(1, Math.min(input.spec.everyMs - tookMs, leftMs));
  throw asTemporalFailure({ kind: 'still watching', progress: step.progress, nextMs });
}
