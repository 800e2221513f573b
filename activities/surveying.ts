import { Context, heartbeat } from '@temporalio/activity';
import type { ClusterManager } from '../src/cluster-manager/cluster-manager.ts';
import type { ClusterActivities, Survey } from '../src/domain/activities.ts';
import { foldStanding, isFrozen, type Standing } from '../src/domain/frozen.ts';
import type { SweptStore } from '../src/domain/guard/messages.ts';
import { guardViewOf } from '../src/domain/guard/state.ts';
import { diagnose, evidenceKeyOf, type Reading } from '../src/domain/reading.ts';
import type { StoreName } from '../src/domain/store.ts';
import type { ClusterSource } from './cluster-source.ts';
import { queryGuard } from './guard-client.ts';
import { type ServerClock, startServerClock, startStopwatch } from './server-clock.ts';

const READS_AT_ONCE = 16;
/** Suspects and remembered Stores that travel to the guard in one report. */
const REPORTED_MAX = 1_000;
/** When the first so many reads all time out, the rest of the sweep would only add to CM's trouble. */
const TIMED_OUT_FIRST = 50;
const HEARTBEAT_EVERY = 100;
const FROZEN_NAMED_MAX = 20;

interface Tally {
  readonly counts: { healthy: number; faulty: number; unknown: number; frozen: number };
  readonly matter: SweptStore[];
  readonly frozen: StoreName[];
  cutOff: number;
}

/** One look at every Store, those the guard remembers first, with bounded concurrency. Returns counts and what matters. */
export function createSurveying(clusters: ClusterSource, host: string, build: string): Pick<ClusterActivities, 'surveyCluster'> {
  // Since when each newest checkpoint stands. Kept by the worker alone: it is a warning, never a reason to act.
  const standings = new Map<string, Map<StoreName, Standing>>();
  return {
    async surveyCluster({ cluster, budgetMs }) {
      const clock = startServerClock();
      const stopwatch = startStopwatch();
      const live = await clusters.get(cluster);
      const { stores } = live;
      const { policy } = live.config;
      const guard = await queryGuard(cluster);
      const remembered = new Set(guard?.stores.map((memory) => memory.store) ?? []);
      const surveyedMs = clock.now();
      const standing = standings.get(cluster) ?? new Map<StoreName, Standing>();
      standings.set(cluster, standing);

      const tally: Tally = { counts: { healthy: 0, faulty: 0, unknown: 0, frozen: 0 }, matter: [], frozen: [], cutOff: 0 };
      const take = (reading: Reading): void => {
        count(tally, reading, remembered);
        follow(tally, standing, reading, policy.frozenAfterMs);
      };
      const inOrder = [...stores].toSorted((a, b) => Number(remembered.has(b)) - Number(remembered.has(a)));
      const endedEarly = await readAll(live.cm, inOrder, clock, () => stopwatch() < budgetMs, take);
      const survey: Survey = {
        report: {
          surveyedMs,
          view: guardViewOf(policy),
          total: stores.length,
          counts: tally.counts,
          stores: tally.matter,
          cutOff: tally.cutOff,
          worker: { host, digest: live.digest, build },
        },
        frozen: tally.frozen,
        tookMs: Math.round(stopwatch()),
        endedEarly,
        inventory: live.inventory ?? null,
      };
      return survey;
    },
  };
}

async function readAll(
  cm: ClusterManager,
  stores: readonly StoreName[],
  clock: ServerClock,
  hasTime: () => boolean,
  take: (reading: Reading) => void,
): Promise<string | null> {
  const signal = Context.current().cancellationSignal;
  let next = 0;
  let done = 0;
  let timedOut = 0;
  let endedEarly: string | null = null;
  const reader = async (): Promise<void> => {
    while (next < stores.length && endedEarly === null) {
      const store = stores[next];
      next += 1;
      if (store === undefined) return;
      const { reading } = await cm.read(store, clock.now(), signal);
      take(reading);
      done += 1;
      if (reading.kind === 'unseen' && reading.because === 'timed out') timedOut += 1;
      if (done === TIMED_OUT_FIRST && timedOut === done) endedEarly = `the first ${done} reads all timed out`;
      if (!hasTime()) endedEarly = `its time was over after ${done} of ${stores.length} Stores`;
      if (done % HEARTBEAT_EVERY === 0) heartbeat({ done, total: stores.length });
    }
  };
  const beat = setInterval(() => heartbeat({ done, total: stores.length }), 2_000);
  try {
    await Promise.all(Array.from({ length: Math.min(READS_AT_ONCE, stores.length) }, reader));
  } finally {
    clearInterval(beat);
  }
  const atMs = clock.now();
  for (const store of stores.slice(next)) {
    take({ kind: 'unseen', store, because: 'not reached', detail: endedEarly ?? '', atMs });
  }
  return done < stores.length ? endedEarly : null;
}

function count(tally: Tally, reading: Reading, remembered: ReadonlySet<StoreName>): void {
  const { kind } = diagnose(reading);
  tally.counts[kind] += 1;
  if (kind !== 'faulty' && !remembered.has(reading.store)) return;
  if (tally.matter.length >= REPORTED_MAX) {
    tally.cutOff += 1;
    return;
  }
  const evidenceKey = reading.kind === 'seen' ? evidenceKeyOf(reading) : '';
  tally.matter.push({ store: reading.store, diagnosis: kind, atMs: reading.atMs, evidenceKey });
}

function follow(tally: Tally, standings: Map<StoreName, Standing>, reading: Reading, afterMs: number): void {
  if (reading.kind === 'unseen' || !reading.trusted) return;
  const standing = foldStanding(standings.get(reading.store), reading);
  if (standing === undefined) {
    standings.delete(reading.store);
    return;
  }
  standings.set(reading.store, standing);
  if (!isFrozen(standing, reading.atMs, afterMs)) return;
  tally.counts.frozen += 1;
  if (tally.frozen.length < FROZEN_NAMED_MAX) tally.frozen.push(reading.store);
}
