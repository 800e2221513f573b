import { outcomeTraits } from '../outcome.ts';
import { gapMs } from '../policy.ts';
import { subtopicOf, type StoreName } from '../store.ts';
import { healthyFor } from './asks.ts';
import { brakeAfter, probesAtOnce, unnamedIn } from './brake.ts';
import { overBudget } from './budgets.ts';
import { heldBy } from './holds.ts';
import { blankMemory, evidenceWithMode, isQuarantined, leaseOn, pausedBy } from './lookups.ts';
import type { LedgerEntry, SweepReply, SweepReport, SweptStore } from './messages.ts';
import { reservedFor } from './proposals.ts';
import type { Refusal } from './refusal.ts';
import { type GuardState, STORES_MAX, type StoreMemory } from './state.ts';
import { warningsOf } from './warnings.ts';
import { strictestView, workersAfter } from './workers.ts';

const LEDGER_MAX = 200;
const DAY_MS = 86_400_000;
/** A Store that was healthy, or in no sweep's report, for so long is forgotten. */
const FORGET_AFTER_MS = 7 * DAY_MS;

interface Swept {
  readonly state: GuardState;
  readonly reply: SweepReply;
}

/**
 * One sweep's report. Says which Stores to open and why not the others; opening reserves nothing. The same
 * report again gets the same answer, an older one is ignored.
 */
export function takeSweepReport(before: GuardState, report: SweepReport, nowMs: number): Swept {
  const previous = before.lastSweep;
  if (previous !== null && previous.sweepRun === report.sweepRun && previous.surveyedMs === report.surveyedMs) {
    return { state: before, reply: { ...previous.reply, ledger: before.ledger } };
  }
  if (previous !== null && report.surveyedMs <= previous.surveyedMs) {
    return { state: before, reply: { open: [], ledger: [], note: 'a newer sweep reported already' } };
  }
  const gap = previous === null || report.surveyedMs - previous.surveyedMs > gapMs(report.view.everyMs);
  const freshFromMs = gap ? Math.max(before.freshFromMs, report.surveyedMs) : before.freshFromMs;
  // What the sweep before this one saw is from before the gap, the resume or this guard: so this is the first.
  const observing = gap || previous.surveyedMs < before.freshFromMs;
  const workers = workersAfter(before.workers, report);
  const learned = {
    ...before,
    workers,
    view: strictestView(report.view, workers),
    build: before.build ?? report.worker?.build ?? null,
    freshFromMs,
  };
  const remembered = brakeAfter(rememberReadings(learned, report, nowMs), report);
  const { open, ledger } = judgeSuspects(remembered, report, observing, nowMs);
  const note = observing ? 'the first sweep after a gap, a resume or a new guard only observes' : null;
  const reply = { open, ledger: ledger.slice(0, LEDGER_MAX), note, warnings: warningsOf(remembered, nowMs) };
  const summary = { total: report.total, counts: report.counts, cutOff: report.cutOff };
  return {
    state: {
      ...remembered,
      lastSweep: {
        sweepRun: report.sweepRun,
        surveyedMs: report.surveyedMs,
        reply: { ...reply, ledger: [] },
        summary,
        unnamed: unnamedIn(remembered, report),
      },
      ledger: reply.ledger,
    },
    reply,
  };
}

function rememberReadings(state: GuardState, report: SweepReport, nowMs: number): GuardState {
  const memories = new Map(state.stores.map((memory) => [memory.store, memory]));
  for (const swept of report.stores) {
    const known = memories.get(swept.store);
    if (known === undefined && (swept.diagnosis !== 'faulty' || memories.size >= STORES_MAX)) continue;
    const after = afterReading(known ?? blankMemory(swept.store, nowMs), swept, state.view.lineageMs);
    // It is still listed, whatever was seen of it.
    memories.set(swept.store, { ...after, touchedMs: Math.max(after.touchedMs, swept.atMs) });
  }
  const stores = [...memories.values()].filter((memory) => !isForgotten(memory, nowMs));
  return { ...state, stores };
}

/** `unknown` changes nothing. Healthy for `lineage` forgives attempts and ends what was final. */
function afterReading(memory: StoreMemory, swept: SweptStore, lineageMs: number): StoreMemory {
  switch (swept.diagnosis) {
    case 'unknown':
      return memory;
    case 'faulty':
      return { ...memory, firstFaultyMs: memory.firstFaultyMs ?? swept.atMs, healthySinceMs: null };
    case 'healthy': {
      const healthy = { ...memory, firstFaultyMs: null, healthySinceMs: memory.healthySinceMs ?? swept.atMs };
      return healthyFor(healthy, swept.atMs) >= lineageMs ? { ...healthy, attempts: 0, last: null } : healthy;
    }
  }
}

function isForgotten(memory: StoreMemory, nowMs: number): boolean {
  if (memory.openRun !== null) return false;
  const idle = memory.attempts === 0 && memory.last === null;
  if (idle && memory.firstFaultyMs === null) return true;
  return healthyFor(memory, nowMs) >= FORGET_AFTER_MS || nowMs - memory.touchedMs >= FORGET_AFTER_MS;
}

function judgeSuspects(
  state: GuardState,
  report: SweepReport,
  observing: boolean,
  nowMs: number,
): { readonly open: StoreName[]; readonly ledger: LedgerEntry[] } {
  const memories = new Map(state.stores.map((memory) => [memory.store, memory]));
  const firstFaulty = (store: StoreName): number => memories.get(store)?.firstFaultyMs ?? nowMs;
  const suspects = report.stores
    .filter((swept) => swept.diagnosis === 'faulty')
    .toSorted((a, b) => firstFaulty(a.store) - firstFaulty(b.store) || (a.store < b.store ? -1 : 1));
  const open: StoreName[] = [];
  const ledger = suspects.map((swept): LedgerEntry => {
    const refusal = judge(state, memories.get(swept.store), swept, observing, open.length, nowMs);
    if (refusal === null) open.push(swept.store);
    return { store: swept.store, verdict: refusal === null ? 'open' : 'not opened', refusal };
  });
  return { open, ledger };
}

function judge(
  state: GuardState,
  memory: StoreMemory | undefined,
  swept: SweptStore,
  observing: boolean,
  opened: number,
  nowMs: number,
): Refusal | null {
  const no = (reason: Refusal['reason'], detail = '', whenMs: number | null = null): Refusal => ({ reason, detail, whenMs });
  if (memory === undefined) return no('memory full', `${STORES_MAX} Stores`);
  if (memory.openRun !== null) return no('already open', memory.openRun.workflowId);
  if (observing) return no('observing', '', nowMs + state.view.everyMs);
  const paused = pausedBy(state);
  if (paused !== null) return paused;
  const held = heldBy(state, swept.store);
  if (held !== null) return held;
  const braked = brakeAtDoor(state, opened, nowMs);
  if (braked !== null) return braked;
  const { last } = memory;
  if (last !== null) {
    if (last.outcome !== 'terminated' && outcomeTraits[last.outcome].life === 'final') return no('final', last.outcome);
    if (last.outcome === 'would act' && last.evidenceKey === evidenceWithMode(state.view, swept.store, swept.evidenceKey)) {
      return no('said already');
    }
    if (last.notBeforeMs > nowMs) return no('cooling down', last.outcome, last.notBeforeMs);
  }
  const subtopic = subtopicOf(swept.store);
  const quarantine = isQuarantined(state, subtopic, nowMs);
  if (quarantine !== null) return quarantine;
  const lease = leaseOn(state, subtopic);
  if (lease !== undefined) return no('subtopic busy', lease.holder.workflowId, nowMs + state.view.everyMs);
  const reserved = reservedFor(state, swept.store, null, nowMs);
  if (reserved !== null) return reserved;
  const spent = overBudget(state, 'restarts', nowMs);
  if (spent !== null) return spent;
  return opened >= state.view.openPerSweep ? no('sweep full', `${state.view.openPerSweep}`, nowMs + state.view.everyMs) : null;
}

/** Under the brake no more incidents are opened than may try: the others would only ask and be turned away. */
function brakeAtDoor(state: GuardState, opened: number, nowMs: number): Refusal | null {
  const { brake } = state;
  if (brake === null) return null;
  const most = probesAtOnce(state);
  const underWay = state.stores.filter(({ openRun }) => openRun !== null).length;
  if (underWay + opened < most) return null;
  const detail = most === 0 ? brake.because : `${brake.because}; ${most} at a time may try`;
  return { reason: 'brake', detail, whenMs: Math.max(brake.grewMs + state.view.cooldownMs, nowMs + state.view.everyMs) };
}
