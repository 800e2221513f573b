import type { Command } from 'commander';
import { acting, verb, type Call } from '../program/call.ts';
import { EXIT, type ExitCode } from '../program/exit-codes.ts';
import { askGuard } from '../reach/ask-guard.ts';
import { withTemporal } from '../reach/open-temporal.ts';
import { pickClusters, readConfig } from '../reach/read-config.ts';
import { clusterStatus, statusForPrograms } from '../status/cluster-status.ts';
import { showStatus } from '../status/show-status.ts';

export function registerStatus(program: Command): void {
  verb(program, 'status', 'what the guards know: sweeps, incidents, pauses, and why nothing is done')
    .option('--cluster <name>', 'only this cluster')
    .action(acting(status));
}

async function status(call: Call<{ readonly cluster?: string }>): Promise<ExitCode> {
  const { options, screen } = call;
  const config = await readConfig(call);
  const names = pickClusters(config, options.cluster).map((cluster) => cluster.name);
  const clusters = await withTemporal(call, async (temporal) => {
    const { describeSchedules } = await import('../../temporal/schedules.ts');
    const [schedules, answers] = await Promise.all([
      describeSchedules(temporal.client, names),
      Promise.all(names.map((name) => askGuard(temporal, name))),
    ]);
    return names.map((name, index) =>
      clusterStatus(
        name,
        answers[index] ?? { kind: 'none' },
        schedules.find((view) => view.cluster === name) ?? null,
        Date.now(),
      ),
    );
  });
  const nowMs = Date.now();
  const ok = clusters.every(({ trouble }) => trouble.length === 0);
  const { environment } = config;
  const forPrograms = clusters.map((cluster) => statusForPrograms(cluster, nowMs));
  screen.answer({ ok, at: new Date(nowMs).toISOString(), environment, clusters: forPrograms }, [
    ...(environment === 'development' ? [screen.paint('yellow', 'environment: development')] : []),
    ...clusters.flatMap((cluster) => showStatus(cluster, screen, nowMs)),
  ]);
  return ok ? EXIT.fine : EXIT.trouble;
}
