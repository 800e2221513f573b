import type { Command } from 'commander';
import type { ClusterConfig, Config } from '../../config/config.ts';
import type { ApprovalPolicy } from '../../domain/approval/approval-policy.ts';
import { say as sayDuration } from '../../domain/policy.ts';
import { acting, verb, type Call } from '../program/call.ts';
import { EXIT, type ExitCode } from '../program/exit-codes.ts';
import { pickClusters, readConfig } from '../reach/read-config.ts';

export function registerConfig(program: Command): void {
  const group = verb(program, 'config', 'check or show the configuration');
  verb(group, 'check', 'find every fault of the configuration').action(acting(check));
  verb(group, 'show', 'the configuration as it is understood: defaults filled in, durations in milliseconds')
    .option('--cluster <name>', 'only this cluster')
    .action(acting(show));
}

interface Warning {
  /** Null for the whole file. */
  readonly cluster: string | null;
  readonly code: string;
  readonly message: string;
}

async function check(call: Call<unknown>): Promise<ExitCode> {
  const { screen } = call;
  const config = await readConfig(call);
  const warnings = warningsOf(config);
  const clusters = config.clusters.map(({ name, cm, stores, policy, digest }) => ({
    name,
    cm,
    stores: stores.length,
    everyMs: policy.everyMs,
    mode: policy.mode,
    act: policy.act,
    digest,
  }));
  const { path, environment, digest, approval } = config;
  screen.answer({ ok: true, path, environment, digest, clusters, approval, warnings }, [
    `${path} is fine: environment ${environment}, ${clusters.length === 1 ? '1 cluster' : `${clusters.length} clusters`}`,
    ...config.clusters.map(describe),
    ...(approval.approvers.length === 0 ? [] : [describeApproval(approval)]),
  ]);
  for (const { cluster, message } of warnings) {
    screen.say(`${screen.paintSaid('yellow', 'note:')} ${cluster === null ? '' : `${cluster}: `}${message}`);
  }
  return EXIT.fine;
}

function describe({ name, cm, stores, policy }: ClusterConfig): string {
  const canary = policy.act.length === 0 ? '' : `, but act on ${policy.act.join(', ')}`;
  return `  ${name}: ${stores.length} ${stores.length === 1 ? 'Store' : 'Stores'} behind ${cm}, every ${sayDuration(policy.everyMs)}, mode ${policy.mode}${canary}`;
}

function describeApproval({ quorum, restartQuorum, approvers, assurance }: ApprovalPolicy): string {
  const names = approvers.map(({ name }) => name).join(', ');
  return `  a destroy needs ${quorum} of ${names}, a restart in mode ask ${restartQuorum}; what counts: ${assurance.join(', ')}`;
}

/** What is allowed, and yet may surprise whoever is on call. */
function warningsOf(config: Config): Warning[] {
  const development: Warning = {
    cluster: null,
    code: 'development',
    message: 'environment: development lowers the floors of production; use it for tests and demos alone',
  };
  const { assurance, approvers, quorum } = config.approval;
  const asked: Warning[] = [
    ...(assurance.includes('declared')
      ? [{ cluster: null, code: 'declared', message: 'a typed name counts as a vote (assurance declared), which proves nothing' }]
      : []),
    ...(approvers.length > 0 && approvers.length <= quorum
      ? [
          {
            cluster: null,
            code: 'few-approvers',
            message:
              `approval.approvers names no more people than a destroy needs (${quorum}): whoever orders one cannot approve it, ` +
              `and an order that nobody signed needs one approval more; name at least ${quorum + 1}`,
          },
        ]
      : []),
  ];
  const blindSpots = config.clusters.flatMap(({ name, policy }): Warning[] => [
    ...(approvers.length === 0 && (policy.mode === 'ask' || policy.whenExhausted === 'propose-destroy')
      ? [
          {
            cluster: name,
            code: 'no-approvers',
            message: 'people are to be asked, and nobody may answer: name them under approval.approvers',
          },
        ]
      : []),
    ...(policy.mode === 'act' || policy.act.length > 0
      ? [
          {
            cluster: name,
            code: 'no-witness',
            message:
              "without OMS's own word a Store that somebody stopped in OMS's console looks like a crashed one, and is restarted; " +
              'hold it before such work: storekeeper hold STORE --cluster ' +
              `${name} --reason "..."`,
          },
        ]
      : []),
  ]);
  return [...(config.environment === 'development' ? [development] : []), ...asked, ...blindSpots];
}

async function show(call: Call<{ readonly cluster?: string }>): Promise<ExitCode> {
  const { options, screen } = call;
  const config = await readConfig(call);
  const { stringify } = await import('yaml');
  // Who may approve is the same for every cluster of a file, so it is shown once.
  const clusters = pickClusters(config, options.cluster).map(({ approval: _approval, ...cluster }) => cluster);
  const shown = { ...config, clusters };
  screen.answer(shown, [stringify(shown, { lineWidth: 0 }).trimEnd()]);
  return EXIT.fine;
}
