import type { ClusterConfig, Config } from '../../config/config.ts';
import type { ApprovalPolicy } from '../../domain/approval/approval-policy.ts';

/** What is allowed, and yet may surprise whoever is on call. */
export interface Warning {
  /** Null for the whole file. */
  readonly cluster: string | null;
  readonly code: string;
  readonly message: string;
}

export function warningsOf({ environment, approval, clusters }: Config): Warning[] {
  return [
    ...(environment === 'development' ? [DEVELOPMENT] : []),
    ...warnOfApproval(approval),
    ...clusters.flatMap((cluster) => [...warnOfNobody(cluster, approval), ...warnOfActing(cluster)]),
  ];
}

const DEVELOPMENT: Warning = {
  cluster: null,
  code: 'development',
  message: 'environment: development lowers the floors of production; use it for tests and demos alone',
};

function warnOfApproval({ assurance, approvers, quorum }: ApprovalPolicy): Warning[] {
  const warn = (code: string, message: string): Warning => ({ cluster: null, code, message });
  const few =
    `approval.approvers names no more people than a destroy needs (${quorum}): whoever orders one cannot approve it, ` +
    `and an order that nobody signed needs one approval more; name at least ${quorum + 1}`;
  return [
    ...(assurance.includes('declared')
      ? [warn('declared', 'a typed name counts as a vote (assurance declared), which proves nothing')]
      : []),
    ...(approvers.length > 0 && approvers.length <= quorum ? [warn('few-approvers', few)] : []),
  ];
}

function warnOfNobody({ name, policy }: ClusterConfig, { approvers }: ApprovalPolicy): Warning[] {
  const asks = policy.mode === 'ask' || policy.whenExhausted === 'propose-destroy';
  const message = 'people are to be asked, and nobody may answer: name them under approval.approvers';
  return asks && approvers.length === 0 ? [{ cluster: name, code: 'no-approvers', message }] : [];
}

/** Of clusters where something is restarted, whoever says yes to it. */
function warnOfActing({ name, policy, discover }: ClusterConfig): Warning[] {
  if (policy.mode === 'observe' && policy.act.length === 0) return [];
  const noWitness =
    "without OMS's own word (discover) a Store that somebody stopped in OMS's console looks like a crashed one, and may be " +
    `restarted; hold it before such work: storekeeper hold STORE --cluster ${name} --reason "..."`;
  return [
    ...(discover === undefined ? [{ cluster: name, code: 'no-witness', message: noWitness }] : []),
    { cluster: name, code: 'oms-ha', message: policy.ha ? HA_TAKEN_INTO_ACCOUNT : HA_BESIDE_US },
  ];
}

const SWITCH_OFF = "switch the HA of Stores off in OMS's console (System Parameters, ha.config, enableStore: false)";

const HA_BESIDE_US =
  "OMS's own HA adds a new Store where all of a subtopic are faulty for 240 s, and a heal takes longer: both would work on " +
  `one subtopic, and HA adds Stores until it gives up. For what is healed here, ${SWITCH_OFF}; where it has to stay on, set ` +
  'ha: true (with discover)';

const HA_TAKEN_INTO_ACCOUNT =
  "ha: true waits until OMS's own HA has had its time, so that a fault is acted on after 14 minutes at the earliest. " +
  `Sooner, and without new Stores at each fault: ${SWITCH_OFF}, and set ha: false`;
