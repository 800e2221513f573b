/** Activity calls of whoever asks people: their queues, time-outs, and what their failure means. */
import { CancellationScope, isCancellation, proxyActivities } from '@temporalio/workflow';
import type { ApprovalActivities, Count, PlanWatch, Sealed, SealInput } from '../../src/domain/approval/contract.ts';
import { cmQueue } from '../../src/domain/names.ts';
import { say } from '../../src/domain/policy.ts';
import { sayFailure, settle } from '../heal/calls.ts';

/** Sealed evidence must come from a worker of the cluster; without one it fails within a minute instead of hanging. */
export async function sealPlan(input: SealInput, everyMs: number): Promise<Sealed> {
  const { sealPlan: seal } = proxyActivities<ApprovalActivities>({
    taskQueue: cmQueue(input.cluster),
    scheduleToStartTimeout: '1 minute',
    startToCloseTimeout: '1 minute',
    scheduleToCloseTimeout: input.patienceMs + everyMs + 60_000,
    retry: { initialInterval: everyMs, backoffCoefficient: 1 },
    summary: `plan ${input.number}: read the evidence and seal it`,
  });
  const result = await settle(seal(input));
  return result.ok ? result.value : { kind: 'no trusted reading', because: `nobody could look: ${sayFailure(result.error)}` };
}

export interface Watching {
  /** Null while it goes on. */
  result(): PlanWatch | null;
  /** Gives it up, and waits until that is known. */
  end(): Promise<void>;
}

type WatchInput = Parameters<ApprovalActivities['watchPlan']>[0];

/** Watches the evidence while people think. One activity that the server repeats: it costs no history between looks. */
export function watchPlan(input: WatchInput): Watching {
  const { plan, everyMs, untilMs } = input;
  const scope = new CancellationScope();
  let found: PlanWatch | null = null;
  const { watchPlan: watch } = proxyActivities<ApprovalActivities>({
    taskQueue: cmQueue(plan.cluster),
    startToCloseTimeout: '1 minute',
    scheduleToCloseTimeout: Math.max(1_000, untilMs - Date.now()) + everyMs + 60_000,
    retry: { initialInterval: everyMs, backoffCoefficient: 1 },
    summary: `does the evidence of the plan still stand: every ${say(everyMs)}`,
  });
  const look = async (): Promise<void> => {
    try {
      const settled = await scope.run(() => settle(watch(input)));
      // Nobody could look: the votes go on, and the last look decides before anything is sent.
      found = settled.ok ? settled.value : { kind: 'elapsed' };
    } catch (error) {
      if (!isCancellation(error)) throw error;
    }
  };
  const running = look();
  running.catch(() => undefined);
  return {
    result: () => found,
    async end() {
      scope.cancel();
      await running;
    },
  };
}

/** The count, from the server's history. Null if it could not be made now: the votes are still there. */
export async function countVotes(input: Parameters<ApprovalActivities['countVotes']>[0]): Promise<Count | null> {
  const { countVotes: count } = proxyActivities<ApprovalActivities>({
    taskQueue: cmQueue(input.plan.cluster),
    startToCloseTimeout: '2 minutes',
    scheduleToCloseTimeout: '5 minutes',
    heartbeatTimeout: '30 seconds',
    retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '15 seconds' },
    summary: 'who voted, by the server’s history of this run',
  });
  const result = await settle(count(input));
  return result.ok ? result.value : null;
}
