/**
 * Keeps signals and cancellations away from the moments in which a timer of their workflow fires.
 *
 * Where a timer fires during the very workflow task that cancels it, the time-skipping server refuses that task
 * ("invalid history builder state for action") and every later one of the run: the run is stuck for good. A real
 * server drops the fired timer and goes on. Whatever wakes a workflow that waits makes it cancel a timer, and while
 * time is locked the server's clock runs as a real one, so on a busy machine the two meet sooner or later.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Client, WorkflowClientInterceptor } from '@temporalio/client';

/** As long as a workflow task may take on a busy machine, in milliseconds. */
const SOON_MS = 600;
/** What was found holds for so long: a flood must not ask for the history at each of its votes. */
const FOUND_FOR_MS = 150;

interface Found {
  readonly atMs: number;
  readonly wait: Promise<void>;
}

/** `ask` is a client without this; `nowMs` the server's time. */
export function awayFromTimers(ask: Client, nowMs: () => Promise<number>): WorkflowClientInterceptor {
  const found = new Map<string, Found>();
  const wait = (workflowId: string): Promise<void> => {
    const known = found.get(workflowId);
    if (known !== undefined && Date.now() - known.atMs < FOUND_FOR_MS) return known.wait;
    const fresh = { atMs: Date.now(), wait: untilNoneIsDue(ask, workflowId, nowMs) };
    found.set(workflowId, fresh);
    return fresh.wait;
  };
  return {
    async signal(input, next) {
      await wait(input.workflowExecution.workflowId);
      return next(input);
    },
    async cancel(input, next) {
      await wait(input.workflowExecution.workflowId);
      return next(input);
    },
  };
}

async function untilNoneIsDue(ask: Client, workflowId: string, nowMs: () => Promise<number>): Promise<void> {
  for (let tries = 0; tries < 20; tries += 1) {
    const now = await nowMs();
    const due = (await dueMs(ask, workflowId)).filter((ms) => ms > now - SOON_MS && ms < now + SOON_MS);
    if (due.length === 0) return;
    await pause(Math.max(20, Math.min(...due) - now + 20));
  }
}

/** When the timers of the workflow's newest run fire, by the server's clock. Nothing of one that is not there. */
async function dueMs(ask: Client, workflowId: string): Promise<number[]> {
  const history = await ask.workflow
    .getHandle(workflowId)
    .fetchHistory()
    .catch(() => null);
  const due = new Map<string, number>();
  for (const { eventTime, timerStartedEventAttributes: started, ...event } of history?.events ?? []) {
    const { timerId, startToFireTimeout: after } = started ?? {};
    if (timerId) due.set(timerId, millis(eventTime) + millis(after));
    const ended = event.timerFiredEventAttributes ?? event.timerCanceledEventAttributes;
    if (ended?.timerId) due.delete(ended.timerId);
  }
  return [...due.values()];
}

function millis(time: { seconds?: unknown; nanos?: number | null } | null | undefined): number {
  return Number(time?.seconds ?? 0) * 1_000 + (time?.nanos ?? 0) / 1_000_000;
}
