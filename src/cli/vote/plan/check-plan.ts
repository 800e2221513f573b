import { planDigest } from '../../../approval/digest.ts';
import { holdsSeal } from '../../../approval/seal.ts';
import { parsePlan } from '../../../domain/approval/parse-plan.ts';
import type { Plan } from '../../../domain/approval/plan.ts';
import type { OpenPlan, PlanView } from '../../../domain/approval/view.ts';
import type { Run } from '../../../domain/guard/messages.ts';
import { destroyWorkflowId, healWorkflowId } from '../../../domain/names.ts';

export type PlanChecked =
  | { readonly kind: 'holds'; readonly open: OpenPlan }
  /** It is whole, and not the one that was asked for: what that one rested on has changed. */
  | { readonly kind: 'another plan'; readonly planId: string }
  | { readonly kind: 'none yet' }
  /** What a worker shows is not what was sealed. Whoever votes on it does not know what they vote on. */
  | { readonly kind: 'does not hold'; readonly faults: readonly string[] };

/**
 * Whether what a worker shows as this plan of this run is what the id was made from and what a signature will be over.
 * Nothing of it is believed: seal and digest are computed here.
 */
export function checkPlan({ open, cluster, store }: PlanView, run: Run, planId: string | null): PlanChecked {
  if (open === null) return { kind: 'none yet' };
  const parsed = parsePlan(open.plan);
  if (!parsed.ok) return { kind: 'does not hold', faults: [`it is ${parsed.error}`] };
  const plan = parsed.value;
  const faults = [
    ...(seals(plan) ? [] : ['its id is not the seal of what it says']),
    ...(plan.workflowId === run.workflowId && plan.runId === run.runId ? [] : [`it belongs to another run (${plan.runId})`]),
    ...(plan.workflowId === idOf(plan) ? [] : [`${plan.workflowId} is not where this Store's plans are made`]),
    ...(plan.cluster === cluster && plan.store === store ? [] : [`it names ${plan.store}, and its workflow ${store}`]),
    ...(planDigest(plan) === open.digest ? [] : ['its digest is another than the one that is shown']),
  ];
  if (faults.length > 0) return { kind: 'does not hold', faults };
  if (planId !== null && plan.planId !== planId) return { kind: 'another plan', planId: plan.planId };
  return { kind: 'holds', open: { ...open, plan } };
}

/** An id without the parts of one throws, and seals nothing. */
function seals(plan: Plan): boolean {
  try {
    return holdsSeal(plan);
  } catch {
    return false;
  }
}

function idOf({ action, cluster, store }: Plan): string {
  return action === 'destroy' ? destroyWorkflowId(cluster, store) : healWorkflowId(cluster, store);
}
