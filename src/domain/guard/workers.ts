/** The workers that sweep a cluster, and what each of them would have the guard decide by. */
import { defaultPolicy, strictestMode } from '../policy.ts';
import type { GuardView, SweepReport, SweepWorker } from './messages.ts';

export interface WorkerSeen extends SweepWorker {
  readonly view: GuardView;
  readonly seenMs: number;
}

const WORKERS_MAX = 20;
/** A worker that reported no sweep for so many intervals, and so long, is taken to be gone. */
const FRESH_INTERVALS = 5;
const FRESH_AT_LEAST_MS = 300_000;

/** Who sweeps, after this report: it says what its worker's file says now. */
export function workersAfter(workers: readonly WorkerSeen[], report: SweepReport): readonly WorkerSeen[] {
  const { worker, view, surveyedMs } = report;
  if (worker === undefined) return workers;
  const freshMs = Math.max(FRESH_INTERVALS * view.everyMs, FRESH_AT_LEAST_MS);
  const others = workers.filter(({ host, seenMs }) => host !== worker.host && surveyedMs - seenMs < freshMs);
  return [{ ...worker, view, seenMs: surveyedMs }, ...others].slice(0, WORKERS_MAX);
}

/** The hosts whose configurations differ, as `host (digest)`; empty while all agree. */
export function disagreeing(workers: readonly WorkerSeen[]): readonly string[] {
  const digests = new Set(workers.map(({ digest }) => digest));
  return digests.size < 2 ? [] : workers.map(({ host, digest }) => `${host} (${digest.slice(0, 8)})`);
}

/** What holds while workers disagree: of each permission the stricter, of each figure the more careful. */
export function strictestView(newest: GuardView, workers: readonly WorkerSeen[]): GuardView {
  const views = [newest, ...workers.map(({ view }) => view)];
  if (disagreeing(workers).length === 0) return newest;
  const least = (figure: (view: GuardView) => number): number => Math.min(...views.map(figure));
  const most = (figure: (view: GuardView) => number): number => Math.max(...views.map(figure));
  const base = defaultPolicy.guard;
  const budget = (view: GuardView): NonNullable<GuardView['budget']> => view.budget ?? base;
  const brake = (view: GuardView): NonNullable<GuardView['brake']> => view.brake ?? base.brake;
  return {
    ...newest,
    mode: strictestMode(views.map(({ mode }) => mode)),
    act: canaries(views),
    lineageMs: most((view) => view.lineageMs),
    inFlight: least((view) => view.inFlight),
    cooldownMs: most((view) => view.cooldownMs),
    openPerSweep: least((view) => view.openPerSweep),
    proposals: least((view) => view.proposals ?? base.proposals),
    aftermathMs: most((view) => view.aftermathMs),
    budget: { perHour: least((view) => budget(view).perHour), perDay: least((view) => budget(view).perDay) },
    brake: {
      stores: least((view) => brake(view).stores),
      subtopics: least((view) => brake(view).subtopics),
      faultyShare: least((view) => brake(view).faultyShare),
      unknown: least((view) => brake(view).unknown),
      unknownShare: least((view) => brake(view).unknownShare),
    },
  };
}

/** Patterns that act in every view that does not act on everything anyway. */
function canaries(views: readonly GuardView[]): readonly string[] {
  const listing = views.filter(({ mode }) => mode !== 'act');
  const [first, ...others] = listing;
  if (first === undefined) return [];
  return first.act.filter((pattern) => others.every(({ act }) => act.includes(pattern)));
}
