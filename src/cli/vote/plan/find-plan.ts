import { runOfPlanId } from '../../../domain/approval/plan.ts';
import type { DestroyPhase, OpenPlan, PlanView } from '../../../domain/approval/view.ts';
import type { Run } from '../../../domain/guard/messages.ts';
import { parseStoreName } from '../../../domain/store.ts';
import { CommandError, UsageError } from '../../program/command-error.ts';
import { EXIT } from '../../program/exit-codes.ts';
import { askRun } from '../../reach/ask-run.ts';
import type { Temporal } from '../../reach/open-temporal.ts';
import { findOpenRuns, findRun } from './open-plans.ts';

const QUERY_TIMEOUT_MS = 5_000;

export interface FoundPlan {
  readonly run: Run;
  readonly view: PlanView;
  readonly open: OpenPlan;
}

/** The run that a plan id names. Throws UsageError: a vote is on one plan, so no other name of it will do. */
export function runOfTyped(typed: string, verdict: string): string {
  const runId = runOfPlanId(typed);
  if (runId !== null) return runId;
  const isStore = parseStoreName(typed).ok;
  throw new UsageError(
    {
      what: isStore ? 'This is a Store, not a plan' : 'This is not the id of a plan',
      why: `a vote is for one plan on one evidence, so \`storekeeper ${verdict}\` takes the whole id: {run id}.{number}.{seal}`,
      mend: 'copy it from the open plans',
      run: 'storekeeper plans',
    },
    'bad-plan-id',
  );
}

/** A run that makes its next plan still shows the one before, which nobody can vote on any more. */
const NOT_OPEN: ReadonlySet<string> = new Set<DestroyPhase>(['opening', 'reading the evidence', 'closing']);

/** The plan of this id, whole and open for votes. Throws CommandError where there is none such; nothing was sent then. */
export async function findPlan(temporal: Temporal, planId: string, runId: string): Promise<FoundPlan> {
  const run = await locate(temporal, runId);
  if (run === null) throw unknownPlan(planId);
  const [{ planQuery }, { checkPlan }] = await Promise.all([
    import('../../../../workflows/messages.ts'),
    import('./check-plan.ts'),
  ]);
  const answered = await askRun(temporal, run, planQuery, { timeoutMs: QUERY_TIMEOUT_MS, wanted: 'any' });
  if (answered.kind === 'none') throw unknownPlan(planId);
  if (answered.kind === 'silent') throw nobodyShowsIt(planId, answered.because);
  const { value: view, running } = answered;
  const checked = checkPlan(view, run, planId);
  if (checked.kind === 'does not hold') throw doesNotHold(planId, checked.faults);
  if (!running || NOT_OPEN.has(view.phase)) throw over(planId, view.phase);
  switch (checked.kind) {
    case 'none yet':
      throw over(planId, view.phase);
    case 'another plan':
      throw numberOf(planId) === numberOf(checked.planId) ? mistyped(planId, checked.planId) : replaced(planId, checked.planId);
    case 'holds':
      return { run, view, open: checked.open };
  }
}

/** Visibility may list a run before it answers for its id. */
async function locate(temporal: Temporal, runId: string): Promise<Run | null> {
  const found = await findRun(temporal, runId);
  if (found !== null) return found;
  const { runs } = await findOpenRuns(temporal, undefined);
  return runs.find(({ run }) => run.runId === runId)?.run ?? null;
}

function unknownPlan(planId: string): CommandError {
  return new UsageError(
    {
      what: `No plan is known as ${planId}`,
      why: 'this Temporal, in this namespace, knows no destroy and no heal of that run',
      mend: 'look at TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE, and at the open plans',
      run: 'storekeeper plans',
    },
    'unknown-plan',
  );
}

/** A run makes its plans one after the other. */
function numberOf(planId: string): string | undefined {
  return planId.split('.')[1];
}

function mistyped(planId: string, whole: string): CommandError {
  return new UsageError(
    {
      what: `No plan is known as ${planId}`,
      why: `the plan of that run is ${whole}: a part of the id is missing, or another`,
      mend: 'copy it whole from the open plans',
      run: 'storekeeper plans',
    },
    'unknown-plan',
  );
}

function nobodyShowsIt(planId: string, because: string): CommandError {
  return new CommandError('no-answer', EXIT.trouble, {
    what: `Plan ${planId} cannot be shown`,
    why: because,
    mend: 'nobody should vote on what they cannot see: start a worker, then try again',
    run: 'storekeeper worker',
  });
}

function doesNotHold(planId: string, faults: readonly string[]): CommandError {
  return new CommandError('plan-does-not-hold', EXIT.refused, {
    what: `DO NOT VOTE: plan ${planId} is not what it seems`,
    why: `${faults.join('; ')}. What is shown is not what a vote would be for`,
    mend: 'nothing was sent; find out which worker shows it, and who runs that worker',
  });
}

function over(planId: string, phase: string): CommandError {
  return new CommandError('plan-over', EXIT.refused, {
    what: `Nothing was sent: plan ${planId} is not open any more`,
    why: `where it stands: ${phase}`,
    mend: 'see what is open',
    run: 'storekeeper plans',
  });
}

function replaced(planId: string, by: string): CommandError {
  return new CommandError('plan-void', EXIT.refused, {
    what: `Nothing was sent: plan ${planId} is void`,
    why: `what it rested on has changed, and plan ${by} took its place; votes do not carry over`,
    mend: 'look at the new one',
    run: `storekeeper approve ${by}`,
  });
}
