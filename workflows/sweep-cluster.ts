import { ApplicationFailure } from '@temporalio/common';
import { ActivityFailure, proxyActivities, setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { ClusterActivities, DeskActivities } from '../src/domain/activities.ts';
import type { LedgerEntry } from '../src/domain/guard/messages.ts';
import { sayRefusal } from '../src/domain/guard/refusal.ts';
import { escapeMarkdown } from '../src/domain/incident.ts';
import { sayInventory, type InventoryView } from '../src/domain/inventory-view.ts';
import { cmQueue } from '../src/domain/names.ts';
import { parseClusterRequest } from '../src/domain/requests.ts';
import type { StoreName } from '../src/domain/store.ts';
import { searchAttributes } from './attributes.ts';
import { startHeal } from './start-work.ts';

const { reportSweep } = proxyActivities<Pick<DeskActivities, 'reportSweep'>>({
  startToCloseTimeout: '30 seconds',
  scheduleToCloseTimeout: '1 minute',
  summary: 'tell the guard what was seen, and learn which Stores to open',
});

export interface SweepOutcome {
  readonly cluster: string;
  readonly total: number;
  readonly healthy: number;
  readonly faulty: number;
  readonly unknown: number;
  readonly frozen: number;
  readonly tookMs: number;
  readonly opened: readonly StoreName[];
  readonly notOpened: readonly { readonly store: StoreName; readonly because: string }[];
  /** What OMS listed; null where nothing is discovered. */
  readonly inventory: InventoryView | null;
  readonly notes: readonly string[];
}

/** One scheduled look at every Store of a cluster. Opens incidents where the guard says so; decides nothing itself. */
export async function sweepCluster(input: unknown): Promise<SweepOutcome> {
  const parsed = parseClusterRequest(input);
  if (!parsed.ok) throw ApplicationFailure.nonRetryable(parsed.error, 'InvalidInput');
  const { cluster } = parsed.value;
  upsertSearchAttributes(searchAttributes({ cluster, phase: 'surveying' }));

  const survey = await look(cluster);
  const sweepRun = workflowInfo().runId;
  const reply = await reportSweep({ cluster, report: { ...survey.report, sweepRun } });
  const opened: StoreName[] = [];
  for (const store of reply.open) {
    // Null: an incident was open already, which is an entry in the ledger and no fault.
    const run = await startHeal({ cluster, store, order: null }, `${store} was read as faulty`);
    if (run !== null) opened.push(store);
  }

  const { counts, total } = survey.report;
  // A survey that an older version recorded has none.
  const inventory = survey.inventory ?? null;
  const told = inventory === null ? [] : sayInventory(inventory);
  const notes = [survey.endedEarly, reply.note, ...(reply.warnings ?? []), ...told].filter((note) => note !== null);
  const seen = { cluster, total, ...counts, tookMs: survey.tookMs, inventory };
  const outcome = { ...seen, opened, notOpened: explain(reply.ledger), notes };
  setCurrentDetails(describeSweep(outcome));
  return outcome;
}

/** Half of the run's time is the survey's; what it does not reach counts as unknown. */
async function look(cluster: string): ReturnType<ClusterActivities['surveyCluster']> {
  const runMs = workflowInfo().runTimeoutMs ?? 120_000;
  const budgetMs = Math.floor(runMs / 2);
  const { surveyCluster } = proxyActivities<Pick<ClusterActivities, 'surveyCluster'>>({
    taskQueue: cmQueue(cluster),
    scheduleToStartTimeout: Math.max(30_000, Math.floor(runMs / 3)),
    startToCloseTimeout: budgetMs + 15_000,
    heartbeatTimeout: '15 seconds',
    retry: { maximumAttempts: 1 },
    summary: `look at every Store of ${cluster}`,
  });
  try {
    return await surveyCluster({ cluster, budgetMs });
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    throw ApplicationFailure.create({
      message: `No survey of ${cluster}: is a worker running that can reach its Cluster Manager? The next sweep tries again.`,
      type: 'NoSurvey',
      nonRetryable: true,
      cause: error,
    });
  }
}

function explain(ledger: readonly LedgerEntry[]): { store: StoreName; because: string }[] {
  return ledger.flatMap(({ store, refusal }) => (refusal === null ? [] : [{ store, because: sayRefusal(refusal) }]));
}

function describeSweep(outcome: SweepOutcome): string {
  const { total, healthy, faulty, unknown, frozen } = outcome;
  return [
    `- ${total} Stores: ${healthy} healthy, ${faulty} faulty, ${unknown} unknown, ${frozen} frozen`,
    ...outcome.opened.map((store) => `- opened: ${escapeMarkdown(store)}`),
    ...outcome.notOpened.slice(0, 12).map((entry) => `- ${escapeMarkdown(entry.store)}: ${escapeMarkdown(entry.because)}`),
    ...outcome.notes.map((note) => `- ${escapeMarkdown(note)}`),
  ].join('\n');
}
