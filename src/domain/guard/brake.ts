/**
 * The guard's storm mode. Too much broken at once is a host, the metaDB or the network, and restarting Store after
 * Store is no answer to that. It trips by a sweep's figures, holds until no more breaks, and then lets a few
 * restarts try whether they help.
 */
import type { OutcomeKind } from '../outcome.ts';
import { type BrakePolicy, defaultPolicy } from '../policy.ts';
import { subtopicOf, type StoreName } from '../store.ts';
import type { Override, Run, SweepReport } from './messages.ts';
import { sameRun } from './messages.ts';
import type { Refusal } from './refusal.ts';
import type { GuardState, Lease } from './state.ts';

export interface Brake {
  readonly sinceMs: number;
  readonly because: string;
  /** When it was last seen to grow: a Store more was faulty, too much was unknown, or a probe failed. */
  readonly grewMs: number;
  /** 0: nothing passes. Then so many steps of probes have begun. */
  readonly step: number;
  /** Probes of this step that healed their Store. */
  readonly passed: number;
}

/** How many restarts are tried at once, step by step. After the last step the brake is off. */
const PROBES: readonly number[] = [1, 2, 4];
/** How long a heal that found all places of probes taken waits before it asks again. */
const ASK_AGAIN_MS = 60_000;

/** How many probes may be under way now. */
export function probesAtOnce(state: GuardState): number {
  const { brake, view } = state;
  return brake === null || brake.step === 0 ? 0 : Math.min(PROBES[brake.step - 1] ?? 0, view.inFlight);
}

interface Storm {
  readonly because: string;
  readonly grewMs: number;
}

/** What is beyond the thresholds in this sweep, the one that grew last; null if nothing is. */
function stormIn(state: GuardState, report: SweepReport): Storm | null {
  const limits = state.view.brake ?? defaultPolicy.guard.brake;
  const [blind, out] = [blindness(state, limits, report), outage(state, limits, report)];
  if (blind === null || out === null) return blind ?? out;
  return blind.grewMs >= out.grewMs ? blind : out;
}

/** While the brake is on, being blind counts as growing: nothing is tried. Once people released it, only more does. */
function blindness(state: GuardState, limits: BrakePolicy, report: SweepReport): Storm | null {
  const { counts, total, surveyedMs } = report;
  if (!isBlind(limits, report)) return null;
  const before = state.brake === null && state.brakeReleasedMs !== null ? state.lastSweep?.summary : undefined;
  const asBefore = before !== undefined && isBlind(limits, before) && counts.unknown <= before.counts.unknown;
  return { because: `${counts.unknown} of ${total} Stores cannot be judged`, grewMs: asBefore ? 0 : surveyedMs };
}

function isBlind(limits: BrakePolicy, { counts, total }: Pick<SweepReport, 'counts' | 'total'>): boolean {
  return counts.unknown >= limits.unknown && counts.unknown >= limits.unknownShare * total;
}

function outage(state: GuardState, limits: BrakePolicy, report: SweepReport): Storm | null {
  const { counts, total, stores } = report;
  const suspects = stores.filter(({ diagnosis }) => diagnosis === 'faulty').map(({ store }) => store);
  const subtopics = new Set(suspects.map(subtopicOf)).size;
  if (counts.faulty < limits.stores || counts.faulty < limits.faultyShare * total || subtopics < limits.subtopics) return null;
  const firstFaulty = new Map(state.stores.map((memory) => [memory.store, memory.firstFaultyMs]));
  const grewMs = Math.max(0, ...suspects.map((store) => firstFaulty.get(store) ?? 0));
  return {
    because: `${counts.faulty} of ${total} Stores on ${subtopics} subtopics are faulty`,
    grewMs: unnamedIn(state, report) > (state.lastSweep?.unnamed ?? 0) ? report.surveyedMs : grewMs,
  };
}

/** How many suspects of a report the guard knows by number alone: they were not reported, or cannot be remembered. */
export function unnamedIn(state: GuardState, report: SweepReport): number {
  const known = new Set(state.stores.map(({ store }) => store));
  return report.cutOff + report.stores.filter(({ diagnosis, store }) => diagnosis === 'faulty' && !known.has(store)).length;
}

/** The brake after a sweep. `state` has the readings of this sweep in its memory already. */
export function brakeAfter(state: GuardState, report: SweepReport): GuardState {
  const { brake } = state;
  const storm = stormIn(state, report);
  if (brake === null) {
    // The same faults do not trip it again after it was released: only more of them do.
    if (storm === null || (state.brakeReleasedMs !== null && storm.grewMs <= state.brakeReleasedMs)) return state;
    const { surveyedMs } = report;
    return { ...state, brake: { sinceMs: surveyedMs, because: storm.because, grewMs: surveyedMs, step: 0, passed: 0 } };
  }
  if (storm !== null && storm.grewMs > brake.grewMs) {
    return { ...state, brake: { ...brake, ...storm, step: 0, passed: 0 } };
  }
  if (report.surveyedMs - brake.grewMs < state.view.cooldownMs) return state;
  if (storm === null) return releaseBrake(state, report.surveyedMs);
  return brake.step === 0 ? { ...state, brake: { ...brake, because: storm.because, step: 1, passed: 0 } } : state;
}

/** A person's word, or the last probe's: normal caps hold again, and what is broken now does not trip it anew. */
export function releaseBrake(state: GuardState, nowMs: number): GuardState {
  // Who was turned away was told a time that no longer holds. What else stands in its way, it is told anew.
  const stores = state.stores.map((memory) =>
    memory.last?.outcome === 'blocked' && memory.last.notBeforeMs > nowMs
      ? { ...memory, last: { ...memory.last, notBeforeMs: nowMs } }
      : memory,
  );
  return { ...state, stores, brake: null, brakeReleasedMs: nowMs };
}

/** Whether the brake keeps this run from a stop or a destroy. People's orders pass it by name. */
export function brakedFor(
  state: GuardState,
  { run, override, destroy }: { readonly run: Run; readonly override: readonly Override[]; readonly destroy?: unknown },
  nowMs: number,
): Refusal | null {
  const { brake } = state;
  if (brake === null || override.includes('brake')) return null;
  if (brake.step === 0 || destroy !== undefined) {
    const whenMs = Math.max(brake.grewMs + state.view.cooldownMs, nowMs + ASK_AGAIN_MS);
    return { reason: 'brake', detail: brake.because, whenMs };
  }
  const others = state.leases.filter((lease) => lease.probe === true && !sameRun(lease.holder, run)).length;
  const most = probesAtOnce(state);
  return others < most ? null : { reason: 'brake', detail: `${most} at a time may try`, whenMs: nowMs + ASK_AGAIN_MS };
}

/** A probe that wants to stop its Store again was not healed by its first restart. */
export function isFailedProbe(lease: Lease): boolean {
  return lease.probe === true && lease.passed !== null && lease.passed.verb === 'restart';
}

/** What a probe came to. One that tells nothing of restarts (healed meanwhile, blocked) only gives its place back. */
const PROBE_TELLS: Readonly<Record<OutcomeKind | 'terminated', 'it helps' | 'it does not help' | 'nothing'>> = {
  healed: 'it helps',
  'not proven': 'it does not help',
  flapping: 'it does not help',
  escalated: 'it does not help',
  permanent: 'it does not help',
  'handed over': 'it does not help',
  terminated: 'it does not help',
  recovered: 'nothing',
  'would act': 'nothing',
  blocked: 'nothing',
  'observer blind': 'nothing',
  'guard silent': 'nothing',
  superseded: 'nothing',
  declined: 'nothing',
  cancelled: 'nothing',
};

/** The brake after a heal's end. `lease` is what the heal held. */
export function brakeAfterProbe(
  state: GuardState,
  lease: Lease | undefined,
  outcome: OutcomeKind | 'terminated',
  nowMs: number,
): GuardState {
  const { brake } = state;
  if (brake === null || brake.step === 0 || lease?.probe !== true || lease.passed === null) return state;
  const told = PROBE_TELLS[outcome];
  if (told === 'nothing') return state;
  if (told === 'it does not help') return tripAgain(state, lease.store, nowMs);
  if (brake.passed + 1 < probesAtOnce(state)) return { ...state, brake: { ...brake, passed: brake.passed + 1 } };
  return brake.step < PROBES.length
    ? { ...state, brake: { ...brake, step: brake.step + 1, passed: 0 } }
    : releaseBrake(state, nowMs);
}

/** A restart that was tried did not help: the others would not be helped either. */
export function tripAgain(state: GuardState, store: StoreName, nowMs: number): GuardState {
  const { brake } = state;
  if (brake === null) return state;
  return { ...state, brake: { ...brake, because: `a restart of ${store} did not help`, grewMs: nowMs, step: 0, passed: 0 } };
}
