import type { OpenPlan, PlanView } from '../../../domain/approval/view.ts';
import { consequenceOfPlan } from '../../../domain/approval/view.ts';
import { stamp } from '../../screen/times.ts';

/** A plan in `--json`. Fields are only ever added. */
export function planForPrograms(view: PlanView, { plan, digest, needed, tally, warnings }: OpenPlan, nowMs: number): object {
  return {
    planId: plan.planId,
    digest,
    action: plan.action,
    cluster: plan.cluster,
    store: plan.store,
    phase: view.phase,
    reason: view.reason,
    coverage: plan.action === 'destroy' ? plan.coverage : null,
    consequence: consequenceOfPlan(plan),
    assurance: plan.approval.assurance,
    votes: {
      state: tally?.state.kind ?? 'open',
      approvals: tally?.approvals ?? [],
      needed: tally?.needed ?? needed,
      notCounted: tally?.refusedCount ?? 0,
    },
    approveBy: stamp(plan.approveByMs),
    leftMs: Math.max(0, plan.approveByMs - nowMs),
    executeBy: stamp(view.executeByMs),
    warnings,
    notes: view.notes,
    plan,
  };
}
