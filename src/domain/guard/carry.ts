/**
 * The guard's state as it is carried from one run of its workflow into the next. Temporal warns of payloads beyond
 * 256 KiB, and of all the state only memories and leases are many: they travel as rows, without the names of their
 * fields, and a heal's workflow id, which follows from the Store, is left out.
 */
import { healWorkflowId } from '../names.ts';
import { subtopicOf, type StoreName } from '../store.ts';
import type { Run } from './messages.ts';
import { sameRun } from './messages.ts';
import type { GuardState, LastIncident, Lease, PassedCommand, StoreMemory } from './state.ts';

/** The id of a run of the Store's own heal, or a run in full. */
type RunCell = string | Run;
type LastRow = readonly [LastIncident['outcome'], string, number, number, string];
type MemoryRow = readonly [
  store: StoreName,
  attempts: number,
  firstFaultyMs: number | null,
  healthySinceMs: number | null,
  openRun: RunCell | null,
  last: LastRow | null,
  touchedMs: number,
];
type PassedRow = readonly [PassedCommand['verb'], string, number, PassedCommand['ended']];
type LeaseRow = readonly [
  /** Which of the remembered Stores, or its name where it is not remembered. */
  store: number | StoreName,
  /** Null: the open run of the Store. */
  holder: RunCell | null,
  sinceMs: number,
  progressMs: number,
  passed: PassedRow | null,
  probe: 0 | 1,
];

export type CarriedGuard = Omit<GuardState, 'stores' | 'leases'> & {
  readonly stores: readonly (MemoryRow | StoreMemory)[];
  readonly leases: readonly (LeaseRow | Lease)[];
};

export function pack(state: GuardState): CarriedGuard {
  const nth = new Map(state.stores.map(({ store }, index) => [store, index]));
  return {
    ...state,
    stores: state.stores.map((memory) => packMemory(state.cluster, memory)),
    leases: state.leases.map((lease) => packLease(state, lease, nth.get(lease.store))),
  };
}

/** Takes rows and, from a run of an earlier version, what has the names of its fields. */
export function unpack<State extends Pick<CarriedGuard, 'cluster' | 'stores' | 'leases'>>(
  carried: State,
): Omit<State, 'stores' | 'leases'> & Pick<GuardState, 'stores' | 'leases'> {
  const { cluster } = carried;
  const stores = carried.stores.map((row) => (isRow(row) ? unpackMemory(cluster, row) : row));
  const leases = carried.leases.map((row) => (isRow(row) ? unpackLease(cluster, row, stores) : row));
  return { ...carried, stores, leases };
}

function isRow<Row extends readonly unknown[]>(value: Row | object): value is Row {
  return Array.isArray(value);
}

function packRun(cluster: string, store: StoreName, run: Run): RunCell {
  return run.workflowId === healWorkflowId(cluster, store) ? run.runId : run;
}

function unpackRun(cluster: string, store: StoreName, cell: RunCell): Run {
  return typeof cell === 'string' ? { workflowId: healWorkflowId(cluster, store), runId: cell } : cell;
}

function packMemory(cluster: string, memory: StoreMemory): MemoryRow {
  const { store, attempts, firstFaultyMs, healthySinceMs, openRun, last, touchedMs } = memory;
  return [
    store,
    attempts,
    firstFaultyMs,
    healthySinceMs,
    openRun === null ? null : packRun(cluster, store, openRun),
    last === null ? null : [last.outcome, last.runId, last.endedMs, last.notBeforeMs, last.evidenceKey],
    touchedMs,
  ];
}

function unpackMemory(cluster: string, row: MemoryRow): StoreMemory {
  const [store, attempts, firstFaultyMs, healthySinceMs, openRun, last, touchedMs] = row;
  return {
    store,
    attempts,
    firstFaultyMs,
    healthySinceMs,
    openRun: openRun === null ? null : unpackRun(cluster, store, openRun),
    last:
      last === null ? null : { outcome: last[0], runId: last[1], endedMs: last[2], notBeforeMs: last[3], evidenceKey: last[4] },
    touchedMs,
  };
}

function packLease({ cluster, stores }: GuardState, lease: Lease, nth: number | undefined): LeaseRow {
  const { store, holder, sinceMs, progressMs, passed, probe } = lease;
  const open = nth === undefined ? null : (stores[nth]?.openRun ?? null);
  return [
    nth ?? store,
    open !== null && sameRun(open, holder) ? null : packRun(cluster, store, holder),
    sinceMs,
    progressMs,
    passed === null ? null : [passed.verb, passed.commandId, passed.atMs, passed.ended],
    probe === true ? 1 : 0,
  ];
}

function unpackLease(cluster: string, row: LeaseRow, stores: readonly StoreMemory[]): Lease {
  const [which, cell, sinceMs, progressMs, passed, probe] = row;
  const memory = typeof which === 'number' ? stores[which] : undefined;
  const store = memory?.store ?? (which as StoreName);
  const holder = cell === null ? memory?.openRun : unpackRun(cluster, store, cell);
  // Whoever packed it found it there; a run without an id holds nothing that anybody could use.
  const known = holder ?? { workflowId: healWorkflowId(cluster, store), runId: '' };
  const lease: Lease = {
    subtopic: subtopicOf(store),
    store,
    holder: known,
    sinceMs,
    progressMs,
    passed: passed === null ? null : { verb: passed[0], commandId: passed[1], atMs: passed[2], ended: passed[3] },
  };
  return probe === 1 ? { ...lease, probe: true } : lease;
}
