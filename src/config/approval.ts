import { parsePublicKey } from '../approval/keys.ts';
import { approvalFaults } from '../domain/approval/approval-faults.ts';
import { type ApprovalPolicy, defaultApproval } from '../domain/approval/approval-policy.ts';
import type { Environment } from '../domain/policy.ts';
import type { ConfigFault } from './config.ts';
import type { ApprovalFile } from './schema.ts';

export interface CheckedApproval {
  readonly approval: ApprovalPolicy;
  readonly faults: readonly ConfigFault[];
}

/** Who may approve what: what the file sets, the defaults for the rest, and every fault of it. */
export function checkApproval(file: ApprovalFile | undefined, environment: Environment): CheckedApproval {
  const approval = approvalOf(file ?? {});
  return { approval, faults: [...approvalFaults(approval, environment), ...keyFaults(approval)] };
}

function approvalOf(file: ApprovalFile): ApprovalPolicy {
  const base = defaultApproval;
  return {
    assurance: file.assurance ?? base.assurance,
    quorum: file.quorum ?? base.quorum,
    restartQuorum: file.restartQuorum ?? base.restartQuorum,
    approvers: (file.approvers ?? []).map(({ name = '', principals = [], keys = [] }) => ({ name, principals, keys })),
    approveWithinMs: file.approveWithin ?? base.approveWithinMs,
    executeWithinMs: file.executeWithin ?? base.executeWithinMs,
  };
}

/** A key that anybody could sign for must not get past here: a vote that it signs is taken for its owner's. */
function keyFaults({ approvers }: ApprovalPolicy): ConfigFault[] {
  return approvers.flatMap(({ keys }, person) =>
    (keys ?? []).flatMap((text, index): ConfigFault[] => {
      const parsed = parsePublicKey(text);
      return parsed.ok ? [] : [{ path: `approval.approvers[${person}].keys[${index}]`, message: parsed.error }];
    }),
  );
}
