/** Why a Store is, or is not, being healed: everything that decides about it, in words for somebody on call. */
import { plainLine } from '../../cluster-manager/wire.ts';
import { overBudget } from '../../domain/guard/budgets.ts';
import { heldBy } from '../../domain/guard/holds.ts';
import { debtOf, isQuarantined, leaseOn, memoryOf, pausedBy } from '../../domain/guard/lookups.ts';
import { type Refusal, type RefusalReason, sayRefusal } from '../../domain/guard/refusal.ts';
import type { GuardState } from '../../domain/guard/state.ts';
import { sayBrake } from '../../domain/guard/warnings.ts';
import type { IncidentView } from '../../domain/incident.ts';
import { outcomeTraits } from '../../domain/outcome.ts';
import { modeFor } from '../../domain/policy.ts';
import { diagnose, type Reading } from '../../domain/reading.ts';
import { subtopicOf, type StoreName } from '../../domain/store.ts';
import { sayReading } from '../../domain/watch.ts';
import { ago, ahead, span } from '../screen/times.ts';

export interface WhyFacts {
  readonly cluster: string;
  readonly store: StoreName;
  readonly nowMs: number;
  /** One look made now, straight from the Cluster Manager. */
  readonly reading: Reading;
  readonly guard: GuardState | null;
  /** Why there is no guard to ask; empty where there is one. */
  readonly noGuard: string;
  /** What its open heal shows of itself. */
  readonly incident: IncidentView | null;
  readonly nextSweepMs: number | null;
}

/** One thing that decides, and what it says. `about` is a stable word. */
export interface Reason {
  readonly about: 'seen' | 'heal' | 'guard' | 'history' | 'held back' | 'next';
  readonly text: string;
}

export interface Why {
  /** It is healthy, or nothing more is expected of anybody. */
  readonly ok: boolean;
  readonly reasons: readonly Reason[];
  /** When something happens next by itself, epoch milliseconds. */
  readonly nextMs: number | null;
  /** The command that helps, where a person can do something. */
  readonly run: string | null;
}

/** What a person can do about each reason to refuse; null where waiting is right. */
const HELPS: Readonly<Record<RefusalReason, (facts: WhyFacts) => string | null>> = {
  paused: ({ cluster }) => `storekeeper resume --cluster ${cluster}`,
  held: ({ store }) => `storekeeper unhold ${store}`,
  mode: ({ store }) => `storekeeper heal ${store} --override mode --reason "..."`,
  final: ({ store }) => `storekeeper heal ${store} --reason "..."`,
  'said already': ({ store }) => `storekeeper heal ${store} --override mode --reason "..."`,
  brake: ({ cluster }) => `storekeeper release-brake --cluster ${cluster} --reason "..."`,
  budget: ({ store }) => `storekeeper heal ${store} --override budget --reason "..."`,
  'cooling down': ({ store }) => `storekeeper heal ${store} --override cooldown --reason "..."`,
  'subtopic busy': ({ cluster }) => `storekeeper status --cluster ${cluster}`,
  'debt first': ({ cluster }) => `storekeeper status --cluster ${cluster}`,
  'already open': ({ cluster }) => `storekeeper status --cluster ${cluster}`,
  'memory full': ({ cluster }) => `storekeeper status --cluster ${cluster}`,
  reserved: () => 'storekeeper plans',
  'proposals full': () => 'storekeeper plans',
  'not proposed': () => 'storekeeper plans',
  'sent before': () => 'storekeeper plans',
  'confirm again': () => null,
  quarantine: () => null,
  'slots taken': () => null,
  'not the holder': () => null,
  observing: () => null,
  'sweep full': () => null,
};

export function explainStore(facts: WhyFacts): Why {
  const { guard, reading, nowMs } = facts;
  const healthy = diagnose(reading).kind === 'healthy';
  const seen: Reason = { about: 'seen', text: saySeen(reading) };
  if (guard === null) {
    const text = `nobody decides about it: ${facts.noGuard}`;
    return { ok: healthy, reasons: [seen, { about: 'guard', text }], nextMs: null, run: 'storekeeper status' };
  }
  const refusals = [...standing(facts, guard), ...ledgered(facts, guard)];
  const reasons = [seen, ...healing(facts, guard), ...history(facts, guard), ...refusals.map(sayHeldBack(nowMs))];
  const nextMs = nextOf(facts, refusals);
  const next: Reason[] = nextMs === null ? [] : [{ about: 'next', text: sayNext(facts, nextMs) }];
  const helping = refusals.map(({ reason }) => HELPS[reason](facts)).find((run) => run !== null);
  return {
    ok: healthy && refusals.length === 0,
    reasons: [...reasons, ...next],
    nextMs,
    run: healthy ? null : (helping ?? null),
  };
}

function saySeen(reading: Reading): string {
  const said = sayReading(reading);
  if (reading.kind === 'unseen') return `${said}${reading.detail === '' ? '' : ` (${plainLine(reading.detail, 300)})`}`;
  return reading.message.trim() === '' ? said : `${said}; CM says: ${plainLine(reading.message, 300)}`;
}

function healing({ incident, store, nowMs }: WhyFacts, guard: GuardState): Reason[] {
  const memory = memoryOf(guard, store);
  const faulty = memory?.firstFaultyMs ?? null;
  const since: Reason[] =
    faulty === null ? [] : [{ about: 'guard', text: `sweeps have seen it faulty for ${span(nowMs - faulty)}` }];
  if (incident === null) return [...since, { about: 'heal', text: 'no heal of it is open' }];
  const evidence = incident.evidence === null ? '' : `; ${plainLine(incident.evidence, 300)}`;
  return [...since, { about: 'heal', text: `a heal is open and is ${incident.phase}${evidence}` }];
}

function history({ store, nowMs }: WhyFacts, guard: GuardState): Reason[] {
  const memory = memoryOf(guard, store);
  if (memory === undefined || memory.last === null) return [];
  const { last, attempts } = memory;
  const final = last.outcome !== 'terminated' && outcomeTraits[last.outcome].life === 'final';
  const words = final ? ', for good: it is not opened again before it was healthy for a while, or somebody orders it' : '';
  const tried = attempts === 0 ? '' : ` after ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}`;
  return [{ about: 'history', text: `its last heal ended ${ago(last.endedMs, nowMs)} as "${last.outcome}"${tried}${words}` }];
}

/** What stands in its way whether a sweep has asked or not. */
function standing({ store, nowMs, reading }: WhyFacts, guard: GuardState): Refusal[] {
  if (diagnose(reading).kind === 'healthy') return [pausedBy(guard), heldBy(guard, store)].filter((refusal) => refusal !== null);
  const subtopic = subtopicOf(store);
  const mode = modeFor(guard.view, store);
  const lease = leaseOn(guard, subtopic);
  const debt = guard.debts.find((other) => other.subtopic === subtopic && other.store !== store);
  const brake = sayBrake(guard);
  const no = (reason: RefusalReason, detail: string): Refusal => ({ reason, detail, whenMs: null });
  const found: (Refusal | null)[] = [
    pausedBy(guard),
    heldBy(guard, store),
    mode === 'act' ? null : no('mode', mode),
    isQuarantined(guard, subtopic, nowMs),
    lease === undefined || lease.store === store ? null : no('subtopic busy', lease.holder.workflowId),
    debt === undefined ? null : no('debt first', debt.store),
    brake === null ? null : { reason: 'brake', detail: brake, whenMs: null },
    debtOf(guard, store) === undefined ? overBudget(guard, 'restarts', nowMs) : null,
  ];
  return found.filter((refusal) => refusal !== null);
}

/** What the last sweep was told of it, where nothing that stands now says the same. */
function ledgered(facts: WhyFacts, guard: GuardState): Refusal[] {
  const entry = guard.ledger.find((other) => other.store === facts.store);
  if (entry === undefined || entry.refusal === null) return [];
  // That heal has ended since, and is told of as the last one.
  if (entry.refusal.reason === 'already open' && (memoryOf(guard, facts.store)?.openRun ?? null) === null) return [];
  const known = standing(facts, guard).some(({ reason }) => reason === entry.refusal?.reason);
  return known ? [] : [entry.refusal];
}

const sayHeldBack =
  (nowMs: number) =>
  (refusal: Refusal): Reason => {
    const when = refusal.whenMs === null || refusal.whenMs <= nowMs ? '' : `; asked again ${ahead(refusal.whenMs, nowMs)}`;
    return { about: 'held back', text: `${plainLine(sayRefusal(refusal), 400)}${when}` };
  };

function nextOf({ nextSweepMs, nowMs }: WhyFacts, refusals: readonly Refusal[]): number | null {
  const times = refusals.flatMap(({ whenMs }) => (whenMs !== null && whenMs > nowMs ? [whenMs] : []));
  // Whatever else has to pass first, it is a sweep that opens a heal.
  if (times.length === 0) return nextSweepMs;
  return Math.max(...times, nextSweepMs ?? 0);
}

function sayNext({ nextSweepMs, nowMs }: WhyFacts, nextMs: number): string {
  return nextMs === nextSweepMs
    ? `the next sweep looks at it ${ahead(nextMs, nowMs)}`
    : `it has its next chance ${ahead(nextMs, nowMs)}`;
}
