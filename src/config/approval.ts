import { parsePublicKey } from '../approval/keys.ts';
import { approvalFaults } from '../domain/approval/approval-faults.ts';
import { type ApprovalPolicy, defaultApproval } from '../domain/approval/approval-policy.ts';
import type { Environment } from '../domain/policy.ts';
import { isBad } from './check-shape.ts';
import type { ConfigFault } from './config.ts';
import type { ApprovalFile } from './schema.ts';

export interface CheckedApproval {
  readonly approval: ApprovalPolicy;
  readonly faults: readonly ConfigFault[];
}

/**
 * Who may approve what: what the file sets, the defaults for the rest, and every fault of it. Nothing is said of a
 * part whose shape is at fault (`badPaths`), nor of what only follows from that.
 */
export function checkApproval(
  file: ApprovalFile | undefined,
  environment: Environment,
  badPaths: ReadonlySet<string>,
): CheckedApproval {
  const approval = approvalOf(file ?? {});
  const nameless = missingNames(file?.approvers ?? []);
  const keys = keyFaults(approval);
  const told = new Set([...nameless, ...keys].map(({ path }) => path));
  const faults = [...nameless, ...approvalFaults(approval, environment).filter(({ path }) => !told.has(path)), ...keys];
  return { approval, faults: faults.filter(({ path }) => !isBad(badPaths, path) && !followsFrom(badPaths, path)) };
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

function missingNames(approvers: NonNullable<ApprovalFile['approvers']>): ConfigFault[] {
  return approvers.flatMap(({ name }, person) =>
    name === undefined ? [{ path: `approval.approvers[${person}].name`, message: 'is missing' }] : [],
  );
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

/** Whether a fault is judged by parts that could not be read: who can approve, by every proof; a time, by the other. */
function followsFrom(badPaths: ReadonlySet<string>, path: string): boolean {
  const isAnyBad = (part: string): boolean =>
    isBad(badPaths, part) || [...badPaths].some((bad) => bad.startsWith(`${part}.`) || bad.startsWith(`${part}[`));
  if (path === 'approval.quorum' || path === 'approval.restartQuorum')
    return isAnyBad('approval.approvers') || isAnyBad('approval.assurance');
  if (path === 'approval.executeWithin') return isAnyBad('approval.approveWithin');
  return /^approval\.approvers\[\d+\]$/.test(path) && (isAnyBad(path) || isAnyBad('approval.assurance'));
}
