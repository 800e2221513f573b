import type { ClusterConfig, Config } from '../../config/config.ts';
import type { ApprovalPolicy } from '../../domain/approval/approval-policy.ts';
import { say as sayDuration } from '../../domain/policy.ts';
import type { Screen } from '../screen/screen.ts';
import { warningsOf } from './warnings.ts';

/** A sound configuration in a few lines, and for programs. */
export function summarize(config: Config): { readonly data: object; readonly lines: readonly string[] } {
  const { path, environment, digest, approval } = config;
  const clusters = config.clusters.map(({ name, cm, stores, discover, policy, digest }) => ({
    name,
    cm,
    stores: stores.length,
    discover: discover === undefined ? null : { oms: discover.oms, projects: discover.projects },
    everyMs: policy.everyMs,
    mode: policy.mode,
    act: policy.act,
    digest,
  }));
  return {
    data: { ok: true, path, environment, digest, clusters, approval, warnings: warningsOf(config) },
    lines: [
      `${path} is fine: environment ${environment}, ${clusters.length === 1 ? '1 cluster' : `${clusters.length} clusters`}`,
      ...config.clusters.map(describe),
      ...(approval.approvers.length === 0 ? [] : [describeApproval(approval)]),
    ],
  };
}

/** What is allowed, and yet may surprise. */
export function sayWarnings(config: Config, screen: Screen): void {
  for (const { cluster, message } of warningsOf(config)) {
    screen.note(`${cluster === null ? '' : `${cluster}: `}${message}`);
  }
}

function describe({ name, cm, stores, discover, policy }: ClusterConfig): string {
  const canary = policy.act.length === 0 ? '' : `, but act on ${policy.act.join(', ')}`;
  const named =
    stores.length === 0 && discover !== undefined ? [] : [`${stores.length} ${stores.length === 1 ? 'Store' : 'Stores'}`];
  const listed = discover === undefined ? [] : [`what ${discover.oms} lists in ${discover.projects.join(', ')}`];
  return `  ${name}: ${[...named, ...listed].join(' and ')} behind ${cm}, every ${sayDuration(policy.everyMs)}, mode ${policy.mode}${canary}`;
}

function describeApproval({ quorum, restartQuorum, approvers, assurance }: ApprovalPolicy): string {
  const names = approvers.map(({ name }) => name).join(', ');
  return `  a destroy needs ${quorum} of ${names}, a restart in mode ask ${restartQuorum}; what counts: ${assurance.join(', ')}`;
}
