import type { Run } from '../../../domain/guard/messages.ts';
import { WAITING_FOR_A_VOTE, type PlanView } from '../../../domain/approval/view.ts';
import { CommandError } from '../../program/command-error.ts';
import { EXIT } from '../../program/exit-codes.ts';
import { grpcFault } from '../../program/explain-error.ts';
import { askRun } from '../../reach/ask-run.ts';
import type { Temporal } from '../../reach/open-temporal.ts';

const QUERY_TIMEOUT_MS = 5_000;
/** A cluster has few places for plans; more than this is a flood, and then it is said that there are more. */
const RUNS_MAX = 200;
/** Each is a question to a worker. */
const ASKED_AT_ONCE = 8;

export interface OpenRun {
  readonly run: Run;
  /** Null: no worker answered for it. */
  readonly view: PlanView | null;
  readonly silentBecause: string | null;
}

export interface OpenRuns {
  readonly runs: readonly OpenRun[];
  readonly more: boolean;
}

/** Everything that waits for people, of one cluster or of all, oldest first. `cluster` is a checked name. */
export async function findOpenRuns(temporal: Temporal, cluster: string | undefined): Promise<OpenRuns> {
  const found = await listRuns(temporal, [
    `ExecutionStatus = 'Running'`,
    `(WorkflowType = 'destroyStore' OR (WorkflowType = 'healStore' AND StorekeeperPhase = '${WAITING_FOR_A_VOTE}'))`,
    ...(cluster === undefined ? [] : [`StorekeeperCluster = '${cluster}'`]),
  ]);
  const runs: OpenRun[] = [];
  for (let from = 0; from < Math.min(found.length, RUNS_MAX); from += ASKED_AT_ONCE) {
    const some = found.slice(from, Math.min(from + ASKED_AT_ONCE, RUNS_MAX));
    runs.push(...(await Promise.all(some.map((run) => ask(temporal, run)))).flatMap((open) => open ?? []));
  }
  return { runs, more: found.length > RUNS_MAX };
}

/** The run of this id, whatever became of it; null if visibility knows none. */
export async function findRun(temporal: Temporal, runId: string): Promise<Run | null> {
  const [run] = await listRuns(temporal, [`RunId = '${runId}'`]);
  return run ?? null;
}

async function listRuns({ client }: Temporal, conditions: readonly string[]): Promise<Run[]> {
  const runs: Run[] = [];
  try {
    for await (const { workflowId, runId } of client.workflow.list({ query: conditions.join(' AND ') })) {
      // A start under another id only hands its order over: nothing is voted on there.
      if (/^(destroy|heal):/.test(workflowId)) runs.push({ workflowId, runId });
      if (runs.length > RUNS_MAX) break;
    }
  } catch (error) {
    throw grpcFault(error)?.code === INVALID_ARGUMENT ? withoutAttributes(error) : error;
  }
  return runs.toReversed();
}

const INVALID_ARGUMENT = 3;

function withoutAttributes(cause: unknown): CommandError {
  return new CommandError(
    'search-attributes',
    EXIT.trouble,
    {
      what: 'Temporal cannot list plans',
      why: grpcFault(cause)?.details ?? 'its namespace does not know our search attributes',
      mend: 'register them',
      run: 'storekeeper schedule apply --register',
    },
    { cause },
  );
}

/** Null: it has ended since. */
async function ask(temporal: Temporal, run: Run): Promise<OpenRun | null> {
  const { planQuery } = await import('../../../../workflows/messages.ts');
  const answered = await askRun(temporal, run, planQuery, { timeoutMs: QUERY_TIMEOUT_MS, wanted: 'running' });
  if (answered.kind === 'none') return null;
  return answered.kind === 'silent'
    ? { run, view: null, silentBecause: answered.because }
    : { run, view: answered.value, silentBecause: null };
}
