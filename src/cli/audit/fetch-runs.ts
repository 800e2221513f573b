/** Histories from Temporal: every run of a workflow that is still kept, and those of everybody who started it. */
import { type History, originOf, signalsIn } from '../../approval/history-signals.ts';
import type { Run } from '../../domain/guard/messages.ts';
import { UsageError } from '../program/command-error.ts';
import { grpcFault } from '../program/explain-error.ts';
import type { Temporal } from '../reach/open-temporal.ts';

/** An audit of more is not read by anybody; the newest are taken. */
export const RUNS_MAX = 100;
const CHAIN_MAX = 50;

export interface Fetched {
  readonly histories: readonly History[];
  /** Of runs that started these, or sent them orders. */
  readonly context: readonly History[];
  /** Whether there are more runs than were taken. */
  readonly cut: boolean;
}

/** All runs of this id, or the one that is named. Throws UsageError if Temporal has none. */
export async function fetchRuns(temporal: Temporal, workflowId: string, runId: string | undefined): Promise<Fetched> {
  const found = new Map<string, History>();
  const waiting = runId === undefined ? await runIdsOf(temporal, workflowId) : [runId];
  while (waiting.length > 0 && found.size < RUNS_MAX) {
    const next = waiting.shift() ?? '';
    if (found.has(next)) continue;
    const history = await historyOf(temporal, { workflowId, runId: next });
    if (history === null) continue;
    found.set(next, history);
    if (runId === undefined) waiting.push(...runsBefore(history));
  }
  if (found.size === 0) throw unknownWorkflow(temporal, workflowId, runId);
  const histories = [...found.values()];
  return { histories, context: await fetchChain(temporal, histories), cut: waiting.some((id) => !found.has(id)) };
}

/** The latest run, and what the server lists of this id, newest first. Its list may lag behind by seconds. */
async function runIdsOf({ client }: Temporal, workflowId: string): Promise<string[]> {
  const { WorkflowNotFoundError } = await import('@temporalio/client');
  const ids: string[] = [];
  try {
    ids.push((await client.workflow.getHandle(workflowId).describe()).runId);
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
  const query = `WorkflowId = '${workflowId.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  for await (const { runId } of client.workflow.list({ query, pageSize: RUNS_MAX })) {
    ids.push(runId);
    if (ids.length > RUNS_MAX) break;
  }
  return ids;
}

function runsBefore(history: History): string[] {
  const origin = originOf(history);
  if (origin === null) return [];
  return [...origin.resets.map(({ baseRunId }) => baseRunId), origin.continuedFrom?.runId ?? ''].filter((id) => id !== '');
}

/** How the server says that it has no such run, and that a text cannot be the id of one. */
const GRPC = { invalidArgument: 3, notFound: 5 } as const;

/** Null for a run that is kept no more. The SDK hands on what the server said, and makes no error of its own of it. */
async function historyOf({ client }: Temporal, { workflowId, runId }: Run): Promise<History | null> {
  try {
    return await client.workflow.getHandle(workflowId, runId).fetchHistory();
  } catch (error) {
    const code = grpcFault(error)?.code;
    if (code === GRPC.notFound || code === GRPC.invalidArgument) return null;
    throw error;
  }
}

/** Whoever stands in the chain of starts may not approve: their histories tell who they are. */
async function fetchChain(temporal: Temporal, histories: readonly History[]): Promise<History[]> {
  const context = new Map<string, History | null>();
  const known = new Set(histories.map((history) => originOf(history)?.run.runId ?? ''));
  const waiting = histories.flatMap(askingRuns);
  for (let run = waiting.shift(); run !== undefined && context.size < CHAIN_MAX; run = waiting.shift()) {
    if (known.has(run.runId) || context.has(run.runId)) continue;
    const history = await historyOf(temporal, run);
    context.set(run.runId, history);
    if (history !== null) waiting.push(...askingRuns(history));
  }
  return [...context.values()].flatMap((history) => history ?? []);
}

function askingRuns(history: History): Run[] {
  const origin = originOf(history);
  const senders = signalsIn(history, ['order']).map(({ sender }) => sender);
  const before = (origin?.resets ?? []).map(({ baseRunId: runId }) => (origin === null ? null : { ...origin.run, runId }));
  return [origin?.parent, origin?.continuedFrom, ...senders, ...before].flatMap((run) => run ?? []);
}

function unknownWorkflow({ namespace }: Temporal, workflowId: string, runId: string | undefined): UsageError {
  return new UsageError(
    {
      what: `There is no workflow ${workflowId}${runId === undefined ? '' : `, run ${runId}`}`,
      why: `the namespace ${namespace} has none, or has it no more: closed ones are kept for its retention only`,
      mend: 'name a workflow id such as heal:CLUSTER:STORE, or a history in a file; see what is open',
      run: 'storekeeper status',
    },
    'unknown-workflow',
  );
}
