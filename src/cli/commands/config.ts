import type { Command } from 'commander';
import type { ClusterConfig, Config } from '../../config/config.ts';
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
  screen.answer({ ok: true, path: config.path, environment: config.environment, digest: config.digest, clusters, warnings }, [
    `${config.path} is fine: environment ${config.environment}, ${clusters.length === 1 ? '1 cluster' : `${clusters.length} clusters`}`,
    ...config.clusters.map(describe),
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

/** What is allowed, and yet may surprise whoever is on call. */
function warningsOf(config: Config): Warning[] {
  const development: Warning = {
    cluster: null,
    code: 'development',
    message: 'environment: development lowers the floors of production; use it for tests and demos alone',
  };
  const asked: Warning[] = config.approval.assurance.includes('declared')
    ? [{ cluster: null, code: 'declared', message: 'a typed name counts as a vote (assurance declared), which proves nothing' }]
    : [];
  const blindSpots = config.clusters.flatMap(({ name, policy }): Warning[] => [
    ...(config.approval.approvers.length === 0 && (policy.mode === 'ask' || policy.whenExhausted === 'propose-destroy')
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
              'hold is not built yet, so pause the cluster before such work: storekeeper pause --cluster ' +
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
  const shown = { ...config, clusters: pickClusters(config, options.cluster) };
  screen.answer(shown, [stringify(shown, { lineWidth: 0 }).trimEnd()]);
  return EXIT.fine;
}
