import { setTimeout as pause } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { type Client, WithStartWorkflowOperation } from '@temporalio/client';
import type { GuardInput } from '../src/domain/activities.ts';
import type { Look, LookAnswer, SweepReply, SweepReport } from '../src/domain/guard/messages.ts';
import { guardStart } from '../src/domain/guard/start.ts';
import type { GuardState } from '../src/domain/guard/state.ts';
import { guardWorkflowId } from '../src/domain/names.ts';
import type { ServerClock } from './server-clock.ts';

/** The workflow's type by name: importing its code would pull the sandbox into the worker. */
type GuardCluster = (input: GuardInput) => Promise<void>;

export interface GuardUnheard {
  readonly kind: 'unheard';
  readonly detail: string;
}

const ONE_CALL_MS = 10_000;
const BETWEEN_CALLS_MS = 500;

function startedIfMissing(cluster: string): WithStartWorkflowOperation<GuardCluster> {
  return new WithStartWorkflowOperation<GuardCluster>('guardCluster', {
    ...guardStart(cluster, 'found missing'),
    workflowIdConflictPolicy: 'USE_EXISTING',
  });
}

/** The guard's word on one command. Asked again until `untilMs` (server time), since a busy guard may turn one away. */
export async function askForLook(
  cluster: string,
  look: Look,
  untilMs: number,
  clock: ServerClock,
): Promise<LookAnswer | GuardUnheard> {
  let detail = 'it was too late to ask';
  while (clock.now() < untilMs) {
    try {
      return await withDeadline((client) =>
        client.workflow.executeUpdateWithStart<GuardCluster, LookAnswer, [Look]>('look', {
          args: [look],
          updateId: look.commandId,
          startWorkflowOperation: startedIfMissing(cluster),
        }),
      );
    } catch (error) {
      detail = error instanceof Error ? error.message : String(error);
      await pause(BETWEEN_CALLS_MS + Math.random() * BETWEEN_CALLS_MS);
    }
  }
  return { kind: 'unheard', detail };
}

export function sendSweepReport(cluster: string, report: SweepReport): Promise<SweepReply> {
  return withDeadline((client) =>
    client.workflow.executeUpdateWithStart<GuardCluster, SweepReply, [SweepReport]>('reportSweep', {
      args: [report],
      updateId: `${report.sweepRun}:${report.surveyedMs}`,
      startWorkflowOperation: startedIfMissing(cluster),
    }),
  );
}

/** What the guard remembers, or null if it cannot be asked: a survey goes on without. */
export async function queryGuard(cluster: string): Promise<GuardState | null> {
  try {
    return await withDeadline((client) => client.workflow.getHandle(guardWorkflowId(cluster)).query<GuardState>('guard'));
  } catch {
    return null;
  }
}

function withDeadline<T>(call: (client: Client) => Promise<T>): Promise<T> {
  const { client } = Context.current();
  return client.withDeadline(Date.now() + ONE_CALL_MS, () => call(client));
}
