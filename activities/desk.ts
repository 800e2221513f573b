import { Context } from '@temporalio/activity';
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { DeskActivities, GuardInput } from '../src/domain/activities.ts';
import type { Run } from '../src/domain/guard/messages.ts';
import { guardStart } from '../src/domain/guard/start.ts';
import { sendSweepReport } from './guard-client.ts';
import type { Journal } from './journal.ts';

const DESCRIBED_AT_ONCE = 8;

/** What workflows need of Temporal and of people; no Cluster Manager is reached from here. */
export function createDesk(journal: Journal): DeskActivities {
  return {
    async tellGuard({ cluster, signal, message }) {
      const { client } = Context.current();
      const handle = await client.workflow.signalWithStart<(input: GuardInput) => Promise<void>, [unknown]>('guardCluster', {
        ...guardStart(cluster, 'found missing'),
        signal,
        signalArgs: [message],
      });
      return { told: handle.signaledRunId };
    },

    reportSweep: ({ cluster, report }) => sendSweepReport(cluster, report),

    async findDeadRuns({ runs }) {
      const { client } = Context.current();
      const dead: Run[] = [];
      for (let from = 0; from < runs.length; from += DESCRIBED_AT_ONCE) {
        const batch = runs.slice(from, from + DESCRIBED_AT_ONCE);
        const alive = await Promise.all(batch.map((run) => isRunning(client, run)));
        dead.push(...batch.filter((_, index) => alive[index] === false));
      }
      return dead;
    },

    async handOver({ cluster, store, outcome, because, next, run }) {
      journal({ journal: 'hand-over', at: new Date().toISOString(), cluster, store, outcome, because, next, ...run });
      return { delivered: 'the worker’s log' };
    },

    async announce({ run, ...notice }) {
      journal({ journal: 'plan', at: new Date().toISOString(), ...notice, ...run });
      return { delivered: 'the worker’s log' };
    },
  };
}

/** Only what the server says has ended is dead; every other trouble is thrown, and asked again. */
async function isRunning(client: Client, run: Run): Promise<boolean> {
  try {
    const { status } = await client.workflow.getHandle(run.workflowId, run.runId).describe();
    return !['COMPLETED', 'FAILED', 'CANCELLED', 'TERMINATED', 'CONTINUED_AS_NEW', 'TIMED_OUT'].includes(status.name);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
