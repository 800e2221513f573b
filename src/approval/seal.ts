import { type Plan, planIdOf } from '../domain/approval/plan.ts';
import { digestOf } from './digest.ts';

/**
 * The plan under an id that is made from all the rest of it: `{run id}.{number}.{seal}`. A vote names its plan by this
 * id alone where the server attests who sent it, so the id itself says what was voted on. A worker that showed people
 * one plan and carried out another would have to find two plans with one seal (128 bits).
 */
export function sealed<P extends Plan>(plan: P): P {
  return { ...plan, planId: sealedId(plan) };
}

/** Whether the id of the plan is the one that its content makes. Never throws, whatever stands in a plan of the right shape. */
export function holdsSeal(plan: Plan): boolean {
  try {
    return plan.planId === sealedId(plan);
  } catch {
    // What has no canonical JSON, or no parts to make an id of, was never sealed.
    return false;
  }
}

function sealedId(plan: Plan): string {
  const number = Number(plan.planId.split('.')[1]);
  const seal = digestOf('plan-id', { ...plan, planId: `${plan.runId}.${number}` }).slice(0, 32);
  return planIdOf(plan.runId, number, seal);
}
