/** Plans as the results of `sealPlan` hold them. A result is a worker's word; what is proven about it is its seal. */
import type { Plan } from '../../domain/approval/plan.ts';
import { parseStoreName } from '../../domain/store.ts';
import { fieldsOf, listOf, numberOf, type Fields } from '../history/fields.ts';
import type { RunRecord } from '../history/run-record.ts';

export interface SealedPlan {
  readonly eventId: number;
  readonly atMs: number;
  readonly plan: Fields;
  readonly digest: unknown;
  readonly rules: unknown;
  readonly requesters: unknown;
  readonly evidence: unknown;
}

export function sealedPlansIn({ activities }: RunRecord): SealedPlan[] {
  return activities.flatMap(({ type, result, closedId, closedMs }) => {
    const { kind, plan, digest, rules, requesters, evidence } = fieldsOf(result);
    if (type !== 'sealPlan' || kind !== 'sealed' || closedId === null || closedMs === null) return [];
    return [{ eventId: closedId, atMs: closedMs, plan: fieldsOf(plan), digest, rules, requesters, evidence }];
  });
}

const TEXTS = ['planId', 'cluster', 'cm', 'policyDigest', 'workflowId', 'runId', 'nonce'] as const;

/** The plan, if every part that is read here is of its kind; what else it holds is for the seal to vouch for. */
export function planShape(plan: Fields): Plan | null {
  const { checkpoints, status, message } = fieldsOf(plan['evidence']);
  const { quorum, assurance } = fieldsOf(plan['approval']);
  const sound =
    TEXTS.every((name) => typeof plan[name] === 'string') &&
    parseStoreName(plan['store']).ok &&
    numberOf(status) !== null &&
    typeof message === 'string' &&
    typeof checkpoints === 'object' &&
    checkpoints !== null &&
    numberOf(quorum) !== null &&
    Array.isArray(assurance) &&
    numberOf(plan['approveByMs']) !== null &&
    numberOf(plan['executeWithinMs']) !== null &&
    (plan['action'] === 'restart' || (plan['action'] === 'destroy' && Array.isArray(plan['siblings'])));
  return sound ? (plan as unknown as Plan) : null;
}

/** Covered: one healthy sibling holds all that the Store holds, from its oldest checkpoint to its newest. */
export function coverageIn(
  plan: Extract<Plan, { action: 'destroy' }>,
  siblings: readonly unknown[] = listOf(plan.siblings),
): 'covered' | 'uncovered' {
  const { oldestS, newestS } = plan.evidence.checkpoints;
  const covered = siblings.some((sibling) => {
    const { health, span } = fieldsOf(sibling);
    const held = fieldsOf(span);
    const [from, to] = [numberOf(held['oldestS']), numberOf(held['newestS'])];
    return (
      health === 'healthy' &&
      from !== null &&
      to !== null &&
      oldestS !== null &&
      newestS !== null &&
      from <= oldestS &&
      to >= newestS
    );
  });
  return covered ? 'covered' : 'uncovered';
}
