import type { Command } from 'commander';
import { healWorkflowId } from '../../domain/names.ts';
import { lookAtStores } from '../check/look-at-stores.ts';
import { describeLook } from '../check/describe-look.ts';
import { acting, verb, type Call } from '../program/call.ts';
import { EXIT, type ExitCode } from '../program/exit-codes.ts';
import { askGuard } from '../reach/ask-guard.ts';
import { askRun } from '../reach/ask-run.ts';
import { type Temporal, withTemporal } from '../reach/open-temporal.ts';
import { chooseStore } from '../reach/read-config.ts';
import { readKept } from '../reach/read-watched.ts';
import { stamp } from '../screen/times.ts';
import { wrap } from '../screen/wrap.ts';
import { explainStore, type WhyFacts } from '../why/explain.ts';

const QUERY_TIMEOUT_MS = 5_000;

export function registerWhy(program: Command): void {
  verb(program, 'why <store>', 'why a Store is being healed, or is not, and what helps')
    .option('--cluster <name>', 'the cluster, where the configuration does not tell')
    .addHelpText(
      'after',
      `
With --json: {cluster, store, ok, look, reasons: [{about, text}], next, run}; about is one of seen, heal, guard,
history, held back, next.

Example:
  storekeeper why 10.0.0.7-7100:p_4223_source-000-0:0000000007`,
    )
    .action(acting(why));
}

async function why(call: Call<{ readonly cluster?: string }>): Promise<ExitCode> {
  const { args, options, screen, signal } = call;
  const { cluster, store } = chooseStore(await readKept(call), args[0] ?? '', options.cluster);
  const [[reading], known] = await Promise.all([
    lookAtStores(cluster, [store], { signal }),
    withTemporal(call, (temporal) => factsFrom(temporal, cluster.name, healWorkflowId(cluster.name, store))),
  ]);
  if (reading === undefined) throw new Error('a look brings a reading for each Store');
  const { ok, reasons, nextMs, run } = explainStore({ cluster: cluster.name, store, nowMs: Date.now(), reading, ...known });
  screen.answer({ cluster: cluster.name, store, ok, look: describeLook(reading), reasons, next: stamp(nextMs), run }, [
    `${screen.paint('bold', store)}, cluster ${cluster.name}`,
    ...reasons.flatMap(({ about, text }) => wrap(`${about}:`, text, screen.columns)),
    ...(run === null ? [] : wrap('do:', run, screen.columns)),
  ]);
  return ok ? EXIT.fine : EXIT.trouble;
}

async function factsFrom(
  temporal: Temporal,
  cluster: string,
  workflowId: string,
): Promise<Pick<WhyFacts, 'guard' | 'noGuard' | 'incident' | 'nextSweepMs'>> {
  const { incidentQuery } = await import('../../../workflows/messages.ts');
  const { describeSchedules } = await import('../../temporal/schedules.ts');
  const [guard, heal, schedules] = await Promise.all([
    askGuard(temporal, cluster),
    askRun(temporal, { workflowId }, incidentQuery, { timeoutMs: QUERY_TIMEOUT_MS, wanted: 'running' }),
    describeSchedules(temporal.client, [cluster]),
  ]);
  const schedule = schedules.find((view) => view.cluster === cluster);
  return {
    guard: guard.kind === 'answered' ? guard.state : null,
    noGuard:
      guard.kind === 'answered'
        ? ''
        : guard.kind === 'none'
          ? 'the cluster has no guard'
          : `its guard is silent: ${guard.because}`,
    incident: heal.kind === 'answered' ? heal.value : null,
    nextSweepMs: schedule === undefined || schedule.paused ? null : schedule.nextMs,
  };
}
