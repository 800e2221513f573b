import { stat } from 'node:fs/promises';
import type { Command } from 'commander';
import type { History } from '../../approval/history-signals.ts';
import type { ApprovalRules } from '../../domain/approval/electorate.ts';
import type { AuditReport } from '../../audit/report.ts';
import { acting, verb, type Call } from '../program/call.ts';
import { UsageError } from '../program/command-error.ts';
import { EXIT, type ExitCode } from '../program/exit-codes.ts';
import { withTemporal } from '../reach/open-temporal.ts';
import { readConfig } from '../reach/read-config.ts';

const HELP = `
Takes workflow ids (heal:CLUSTER:STORE, destroy:CLUSTER:STORE) and histories in files, in the JSON
that Temporal's command line, its Web UI and its SDKs write. With --config, votes must also hold by
the approvers of that file.

--json gives one object:
  ok        whether nothing was found broken
  commands  how many reached, or may have reached, the Cluster Manager
  broken    how many times an invariant was broken
  runs[]    run {workflowId, runId}, workflowType, startedMs, ended, notAudited (why, or null),
            notSent (how many commands were not), openDebts[] {eventId, what}, notShown[] (sentences)
    .violations[]  invariant (its number), run, eventId, commandId (or null), what
    .commands[]    verb, cluster, store, commandId, runId, broughtByReset, answer (done, refused,
                   unknown), detail, events {scheduled, started, closed}, times {scheduledMs,
                   startedMs, closedMs}, restsOn {kind: streak, order, plan, stop or debt; eventId},
                   evidence, lease {eventId, atMs}, votes[] {eventId, atMs, verdict, name, assurance,
                   principal, key, counted, because}, clocks {approveByMs, decidedMs, executeByMs,
                   needed}, digests {configuration, policy, rules, plan}, notShown[]
Times are epoch milliseconds by Temporal's clock. What a history cannot show is in notShown, and is
never called fine. Exit code 0: nothing broken; 1: something is.

Examples:
  storekeeper audit destroy:hangzhou-1:10.0.0.7-7100:p_4223_source-000-0:0000000007
  storekeeper audit --config storekeeper.yaml --json history.json`;

export function registerAudit(program: Command): void {
  verb(program, 'audit <what...>', 'check histories against the invariants: what was sent, on what evidence, by whose vote')
    .option('--run <id>', 'only this run of the workflow')
    .addHelpText('after', HELP)
    .action(acting(auditAll));
}

interface AuditOptions {
  readonly run?: string;
}

async function auditAll(call: Call<AuditOptions>): Promise<ExitCode> {
  const { screen } = call;
  const { files, workflows } = await sortOut(call);
  const [{ audit }, { readHistoryFile }, { showAudit }] = await Promise.all([
    import('../../audit/audit.ts'),
    import('../audit/read-files.ts'),
    import('../audit/show-audit.ts'),
  ]);
  const configured = await configuredRules(call);
  const read: History[] = [];
  for (const file of files) read.push(await readHistoryFile(file));
  const { fetched, context } = await fetchAll(call, workflows);
  const report = auditOrRefuse(() => audit([...read, ...fetched], { context, configured }));
  screen.answer(report, showAudit(report, screen.paint));
  return report.ok ? EXIT.fine : EXIT.trouble;
}

function auditOrRefuse(check: () => AuditReport): AuditReport {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'AuditError') throw error;
    throw new UsageError({
      what: 'This is not a history that can be audited',
      why: error.message,
      mend: 'take it from Temporal itself',
      run: 'storekeeper audit WORKFLOW-ID',
    });
  }
}

/** What ends in .json or is there as a file is one; anything else is a workflow's id. */
async function sortOut({ args, options }: Call<AuditOptions>): Promise<{ files: string[]; workflows: string[] }> {
  const isFile = await Promise.all(args.map(async (arg) => arg.endsWith('.json') || (await isThere(arg))));
  const files = args.filter((_arg, index) => isFile[index]);
  const workflows = args.filter((_arg, index) => !isFile[index]);
  if (options.run !== undefined && (workflows.length !== 1 || files.length > 0)) {
    throw new UsageError({
      what: '--run names a run of one workflow',
      why: `${workflows.length} workflow ids and ${files.length} files were given`,
      mend: 'give one workflow id with it; see',
      run: 'storekeeper audit --help',
    });
  }
  return { files, workflows };
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    return false;
  }
}

/** Only of a file that was named: the one that lies here may be of another time, and of another hand. */
async function configuredRules(call: Call<AuditOptions>): Promise<ReadonlyMap<string, ApprovalRules>> {
  if (call.options.config === undefined) return new Map();
  const { clusters } = await readConfig(call);
  return new Map(clusters.map(({ name, approval }) => [name, approval]));
}

async function fetchAll(
  call: Call<AuditOptions>,
  workflows: readonly string[],
): Promise<{ readonly fetched: readonly History[]; readonly context: readonly History[] }> {
  if (workflows.length === 0) return { fetched: [], context: [] };
  const { fetchRuns, RUNS_MAX } = await import('../audit/fetch-runs.ts');
  return withTemporal(call, async (temporal) => {
    const fetched: History[] = [];
    const context: History[] = [];
    for (const workflowId of new Set(workflows)) {
      const found = await fetchRuns(temporal, workflowId, call.options.run);
      fetched.push(...found.histories);
      context.push(...found.context);
      if (found.cut)
        call.screen.say(`${workflowId} has more runs than ${RUNS_MAX}: the newest are audited; name another by --run`);
    }
    return { fetched, context };
  });
}
