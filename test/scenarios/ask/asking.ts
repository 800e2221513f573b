/** Mode `ask`: a Store whose fault is confirmed, and people who are asked whether it may be restarted. */
import type { WorkflowHandle } from '@temporalio/client';
import { expect } from 'vitest';
import type { ApprovalPolicy } from '../../../src/domain/approval/approval-policy.ts';
import type { Plan } from '../../../src/domain/approval/plan.ts';
import type { StoreName } from '../../../src/domain/store.ts';
import { type PolicyPatch, startVirtualWorld, type VirtualWorld } from '../../virtual-world.ts';
import { approvalWith, planShown } from '../destroy/people.ts';
import { dies, healOf } from '../stage.ts';

export interface Asked {
  readonly handle: WorkflowHandle;
  readonly plan: Plan;
}

export function askWorld(
  stores: readonly StoreName[],
  policy: PolicyPatch = {},
  approval: Partial<ApprovalPolicy> = {},
): Promise<VirtualWorld> {
  return startVirtualWorld({ stores, policy: { mode: 'ask', ...policy }, approval: approvalWith(approval) });
}

/** The Store dies, a sweep opens its incident, and people see the plan. */
export async function asksAbout(world: VirtualWorld, store: StoreName): Promise<Asked> {
  await dies(world, store);
  await world.sweep();
  const handle = healOf(world, store);
  const { plan, needed } = await planShown(world, handle);
  expect([plan.action, needed]).toEqual(['restart', world.config.current.approval.restartQuorum]);
  return { handle, plan };
}
