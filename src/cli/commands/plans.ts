import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import type { Config } from '../../config/config.ts';
import { parseClusterName } from '../../domain/store.ts';
import { acting, verb, type Call } from '../program/call.ts';
import { UsageError } from '../program/command-error.ts';
import { EXIT, type ExitCode } from '../program/exit-codes.ts';
import { withTemporal } from '../reach/open-temporal.ts';
import { configPath, pickClusters, readConfig } from '../reach/read-config.ts';
import { webUiUrl } from '../reach/web-ui-url.ts';
import { listedPlan, listedPlanForPrograms, showListed } from '../vote/plan/list-plans.ts';
import { findOpenRuns } from '../vote/plan/open-plans.ts';

interface PlansOptions {
  readonly cluster?: string;
}

export function registerPlans(program: Command): void {
  verb(program, 'plans', 'the plans that wait for people: destroys, and restarts in mode ask')
    .option('--cluster <name>', 'only this cluster')
    .action(acting(plans));
}

async function plans(call: Call<PlansOptions>): Promise<ExitCode> {
  const { options, screen, env } = call;
  const config = await configIfAny(call);
  const cluster = checkedCluster(config, options.cluster);
  const asked = config?.approval.approvers.map(({ name }) => name) ?? null;
  const { listed, more } = await withTemporal(call, async (temporal) => {
    const found = await findOpenRuns(temporal, cluster);
    const { checkPlan } = await import('../vote/plan/check-plan.ts');
    const urlOf = (run: Parameters<typeof webUiUrl>[2]): string | null => webUiUrl(env, temporal.namespace, run);
    return { listed: found.runs.map((open) => listedPlan(open, urlOf(open.run), checkPlan)), more: found.more };
  });
  const nowMs = Date.now();
  const none = `No plan waits for people${cluster === undefined ? '' : ` in ${cluster}`}.`;
  screen.answer(
    { at: new Date(nowMs).toISOString(), plans: listed.map((one) => listedPlanForPrograms(one, nowMs)), approvers: asked, more },
    listed.length === 0 ? [none] : listed.flatMap((one) => showListed(one, asked, screen, nowMs)),
  );
  if (more) screen.say('There are more than are shown: name a cluster by --cluster.');
  return EXIT.fine;
}

/** Who votes may have no configuration at hand: it only tells who is asked. One that was named must be sound. */
async function configIfAny(call: Call<PlansOptions>): Promise<Config | null> {
  const named = call.options.config !== undefined || (call.env['STOREKEEPER_CONFIG'] ?? '') !== '';
  return named || existsSync(configPath(call)) ? readConfig(call) : null;
}

function checkedCluster(config: Config | null, name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  if (config !== null) return pickClusters(config, name)[0]?.name;
  const parsed = parseClusterName(name);
  if (parsed.ok) return parsed.value;
  throw new UsageError({
    what: `--cluster ${name}`,
    why: parsed.error,
    mend: 'name one',
    run: 'storekeeper plans --cluster hangzhou-1',
  });
}
