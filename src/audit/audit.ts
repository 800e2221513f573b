/**
 * An independent check of what was done. It takes histories, believes none of what stands in them but what the
 * server itself writes down, and compares it with the invariants of the design. It shares canonical JSON, digests
 * and signatures with the product, and nothing that decides: a fault there must not hide itself here.
 */
import { policyDigest } from '../approval/digest.ts';
import type { History } from '../approval/history-signals.ts';
import type { ApprovalRules } from '../domain/approval/electorate.ts';
import { checkDebts } from './checks/debts.ts';
import { Finding } from './checks/finding.ts';
import { checkGate, checkLastLook, checkNames } from './checks/last-look.ts';
import { checkBetweenRuns, checkLease, checkOneAtATime, type GuardTalk, guardTalkOf, type RunCommands } from './checks/lease.ts';
import { checkMode, learnedIn } from './checks/mode.ts';
import { ordersOf } from './checks/orders.ts';
import { checkOncePerPlan, checkPlan, type PlanChecked, type PlanView } from './plans/check-plan.ts';
import { checkSecrets } from './checks/secrets.ts';
import { type Command, commandsOf } from './history/commands.ts';
import { recordBeforeReset, recordOf, type RunRecord } from './history/run-record.ts';
import type { AuditReport, CommandAudit, Ground, RunAudit } from './report.ts';

/** A history that no run of ours can have; checking it could take hours. */
export class AuditError extends Error {
  override readonly name = 'AuditError';
}

/** A heal stops twenty times at most. */
const COMMANDS_MAX = 500;

export interface AuditOptions {
  /** Histories that are only asked who started what: parents, and runs before. */
  readonly context?: readonly History[];
  /** The rules of the auditor's own configuration, by cluster: then these count, too. */
  readonly configured?: ReadonlyMap<string, ApprovalRules>;
}

/**
 * Audits these histories, together and each by itself. A history that does not begin with its start is left out.
 * Throws AuditError for one that cannot be a run's.
 */
export function audit(histories: readonly History[], { context = [], configured = new Map() }: AuditOptions = {}): AuditReport {
  const given = histories.flatMap((history) => recordOf(history) ?? []);
  const records = withRunsBefore(given);
  // Only whole histories tell who asked: what a reset brought along lacks what came to the old run later.
  const whole = [...given, ...context.flatMap((history) => recordOf(history) ?? [])];
  const known = new Map(whole.map((record) => [record.run.runId, record]));
  const audited = records.map((record) => auditRun(record, known, configured));
  checkBetweenRuns(audited);
  const runs = audited.map(({ finish }) => finish());
  const broken = runs.reduce((sum, { violations }) => sum + violations.length, 0);
  return { ok: broken === 0, commands: runs.reduce((sum, { commands }) => sum + commands.length, 0), broken, runs };
}

/** What a reset brought along is audited as the run it is of, unless that run's own history is given. */
function withRunsBefore(given: readonly RunRecord[]): RunRecord[] {
  const found = new Map(given.map((record) => [record.run.runId, record]));
  for (const record of given) {
    for (let before = recordBeforeReset(record); before !== null; before = recordBeforeReset(before)) {
      if (!found.has(before.run.runId)) found.set(before.run.runId, before);
    }
  }
  // A run that a reset made has the start of the old one, word for word.
  const order = ({ origin }: RunRecord): number => origin.startedMs + origin.resets.length;
  return [...found.values()].toSorted((a, b) => order(a) - order(b));
}

interface Audited extends RunCommands {
  /** Once the runs have been compared with each other, too. */
  readonly finish: () => RunAudit;
}

const AUDITED: readonly string[] = ['healStore', 'destroyStore'];

function auditRun(
  record: RunRecord,
  known: ReadonlyMap<string, RunRecord>,
  configured: ReadonlyMap<string, ApprovalRules>,
): Audited {
  const finding = new Finding(record);
  checkSecrets(finding, record.history);
  const { workflowType } = record.origin;
  if (!AUDITED.includes(workflowType)) {
    const notAudited = `a ${workflowType === '' ? 'workflow without a type' : workflowType} sends no commands; it was only searched for secrets`;
    return { record, finding, commands: [], finish: () => runAudit(record, finding, [], 0, notAudited) };
  }
  const { commands, notSent } = commandsOf(record);
  if (commands.length > COMMANDS_MAX) {
    throw new AuditError(
      `the history of run ${record.run.runId} holds ${commands.length} commands, and no run sends more than ${COMMANDS_MAX}`,
    );
  }
  const orders = ordersOf(record);
  const talk = guardTalkOf(record);
  const judged: PlanView['judged'] = new Map();
  const grounds = checkDebts(finding, record, commands, orders);
  checkOneAtATime(finding, commands);
  checkOncePerPlan(finding, commands);
  const own = commands.filter(({ broughtByReset }) => !broughtByReset);
  const parts = own.map((command) => {
    const view = { record, known, orders, configured: configured.get(command.cluster) ?? null, judged };
    return checkCommand(finding, view, talk, command, grounds.get(command) ?? null);
  });
  if (!record.stamped) finding.notShown(null, 'who did what: this server stamps no principals');
  return {
    record,
    finding,
    commands: own,
    finish: () =>
      runAudit(
        record,
        finding,
        parts.map((part) => ({ ...part.shown, notShown: finding.notShownOf(part.command) })),
        notSent,
        null,
      ),
  };
}

interface Part {
  readonly command: Command;
  readonly shown: Omit<CommandAudit, 'notShown'>;
}

function checkCommand(finding: Finding, view: PlanView, talk: GuardTalk, command: Command, ground: Ground | null): Part {
  const { record, orders } = view;
  checkNames(finding, record, command);
  checkGate(finding, record, command);
  checkMode(finding, record, command, orders);
  const evidence = checkLastLook(finding, command, orders);
  const lease = checkLease(finding, record, talk, command);
  const voted = command.verb === 'destroy' || command.planId !== null ? checkPlan(finding, view, command, evidence) : null;
  checkConfirmedAfresh(finding, view, command, ground, voted);
  const { verb, cluster, store, commandId, runId, broughtByReset, answer, detail, activity } = command;
  return {
    command,
    shown: {
      verb,
      cluster,
      store,
      commandId,
      runId,
      broughtByReset,
      answer,
      detail,
      events: { scheduled: activity.scheduledId, started: activity.startedId, closed: activity.closedId },
      times: { scheduledMs: activity.scheduledMs, startedMs: activity.startedMs, closedMs: activity.closedMs },
      restsOn: voted?.ground ?? ground,
      evidence,
      lease,
      votes: voted?.votes ?? [],
      digests: {
        configuration: learnedIn(record)?.digest ?? null,
        policy: voted?.policy ?? policyOf(record),
        rules: voted?.rules ?? null,
        plan: voted?.plan ?? null,
      },
      clocks: voted?.clocks ?? null,
    },
  };
}

/** In mode `ask` the fault is confirmed again once people have approved the restart, and before that approval lapses. */
function checkConfirmedAfresh(
  finding: Finding,
  { record }: PlanView,
  command: Command,
  ground: Ground | null,
  voted: PlanChecked | null,
): void {
  if (command.verb !== 'stop' || voted?.decidedId == null || ground?.kind !== 'streak') return;
  const { scheduledId } = command.activity;
  if (ground.eventId < voted.decidedId) {
    const what = `the fault was confirmed at event ${ground.eventId}, and not again after the vote of event ${voted.decidedId}`;
    finding.broken(13, scheduledId, what, command);
  }
  const stops = record.activities.filter(({ type, input }) => type === 'stopStore' && input['planId'] === command.planId);
  const confirmedMs = record.activities.find(({ closedId }) => closedId === ground.eventId)?.closedMs ?? 0;
  const isFirst = stops[0]?.scheduledId === scheduledId;
  if (isFirst && confirmedMs > (voted.clocks?.executeByMs ?? 0)) {
    finding.broken(13, scheduledId, `the approval had lapsed when the fault was confirmed at event ${ground.eventId}`, command);
  }
}

/** The digest of the policy as the run learned it; null where it learned none. */
function policyOf(record: RunRecord): string | null {
  const learned = learnedIn(record);
  try {
    return learned === null ? null : policyDigest(learned.policy);
  } catch {
    return null;
  }
}

function runAudit(
  record: RunRecord,
  finding: Finding,
  commands: readonly CommandAudit[],
  notSent: number,
  notAudited: string | null,
): RunAudit {
  const { origin, run, ended } = record;
  return {
    run,
    workflowType: origin.workflowType,
    startedMs: origin.startedMs,
    ended: ended?.how ?? 'running',
    notAudited,
    commands,
    notSent,
    violations: finding.violations.toSorted((a, b) => a.eventId - b.eventId || a.invariant - b.invariant),
    openDebts: finding.openDebts,
    notShown: finding.runNotShown,
  };
}
