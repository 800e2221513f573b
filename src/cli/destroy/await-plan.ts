import { setTimeout as sleep } from 'node:timers/promises';
import type { OpenPlan, PlanView } from '../../domain/approval/view.ts';
import type { Run } from '../../domain/guard/messages.ts';
import { askRun } from '../reach/ask-run.ts';
import type { Temporal } from '../reach/open-temporal.ts';

const POLL_MS = 300;

export type PlanAwaited =
  | { readonly kind: 'plan'; readonly view: PlanView; readonly open: OpenPlan }
  /** What a worker shows is not what it sealed. */
  | { readonly kind: 'does not hold'; readonly faults: readonly string[] }
  /** There is none yet, and this is where it stands. */
  | { readonly kind: 'none yet'; readonly phase: string }
  /** The run has ended: its outcome says why. */
  | { readonly kind: 'over' };

/** Waits for the plan of this run, as people are asked about it, for at most `timeoutMs`. */
export async function awaitPlan(
  temporal: Temporal,
  run: Run,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<PlanAwaited> {
  const [{ planQuery }, { checkPlan }] = await Promise.all([
    import('../../../workflows/messages.ts'),
    import('../vote/plan/check-plan.ts'),
  ]);
  const deadlineMs = Date.now() + timeoutMs;
  let phase = 'no worker has begun it yet';
  for (let leftMs = timeoutMs; leftMs > 0; leftMs = deadlineMs - Date.now()) {
    const answered = await askRun(temporal, run, planQuery, { timeoutMs: Math.min(leftMs, 5_000), wanted: 'running' });
    if (answered.kind === 'none') return { kind: 'over' };
    if (answered.kind === 'answered') {
      const view = answered.value;
      ({ phase } = view);
      const checked = checkPlan(view, run, null);
      if (checked.kind === 'does not hold') return checked;
      if (checked.kind === 'holds' && phase !== 'reading the evidence') return { kind: 'plan', view, open: checked.open };
    } else phase = answered.because;
    await sleep(Math.min(POLL_MS, Math.max(0, deadlineMs - Date.now())), undefined, { signal });
  }
  return { kind: 'none yet', phase };
}
