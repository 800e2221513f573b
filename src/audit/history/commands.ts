/** The commands of a run that reached, or may have reached, the Cluster Manager. */
import type { Verb } from '../../domain/command.ts';
import type { CommandAudit } from '../report.ts';
import { fieldsOf, numberOf, textOf, type Fields } from './fields.ts';
import { runIdAt, type ActivityRecord, type RunRecord } from './run-record.ts';

export interface Command {
  readonly verb: Verb;
  readonly activity: ActivityRecord;
  readonly cluster: string;
  readonly store: string;
  /** The plan that it was said to rest on; null where it names none. */
  readonly planId: string | null;
  readonly commandId: string;
  readonly answer: CommandAudit['answer'];
  readonly detail: string;
  readonly tookMs: number | null;
  /** What its activity reported; null where it left no word. */
  readonly report: Fields | null;
  readonly runId: string;
  readonly broughtByReset: boolean;
}

const VERBS: ReadonlyMap<string, Verb> = new Map([
  ['stopStore', 'stop'],
  ['restartStore', 'restart'],
  ['destroyStore', 'destroy'],
]);

export function commandsOf(record: RunRecord): { readonly commands: Command[]; readonly notSent: number } {
  const found = record.activities.flatMap((activity) => {
    const verb = VERBS.get(activity.type);
    return verb === undefined ? [] : [commandOf(record, verb, activity)];
  });
  const commands = found.flatMap((command) => command ?? []);
  return { commands, notSent: found.length - commands.length };
}

/** Null for one that was not sent: its activity says so, or no worker ever began it. */
function commandOf(record: RunRecord, verb: Verb, activity: ActivityRecord): Command | null {
  const report = activity.end === 'completed' ? fieldsOf(activity.result) : null;
  if (report?.['kind'] === 'not sent' || neverBegan(activity)) return null;
  const { input } = activity;
  const planId = textOf(input['planId']);
  return {
    verb,
    activity,
    cluster: textOf(input['cluster']),
    store: textOf(input['store']),
    planId: planId === '' ? null : planId,
    commandId: textOf(input['commandId']),
    ...answerOf(activity, report),
    report: report?.['kind'] === 'sent' ? report : null,
    runId: runIdAt(record, activity.scheduledId),
    broughtByReset: activity.scheduledId < record.ownFrom && !isOfThisRun(record, activity, report),
  };
}

/** A reset brings along what was scheduled and not begun; if the new run then sent it, it is the new run's doing. */
function isOfThisRun({ ownFrom }: RunRecord, { closedId }: ActivityRecord, report: Fields | null): boolean {
  return report !== null && closedId !== null && closedId > ownFrom;
}

/** The server writes the start of an activity no later than its end. While it is open, a worker may have begun it. */
function neverBegan({ end, startedId }: ActivityRecord): boolean {
  return end !== 'open' && startedId === null;
}

function answerOf(activity: ActivityRecord, report: Fields | null): Pick<Command, 'answer' | 'detail' | 'tookMs'> {
  if (report === null) {
    const detail =
      activity.end === 'open'
        ? 'no answer yet; it may be under way'
        : `its activity ${activity.end}${activity.failure === '' ? '' : `: ${activity.failure}`}`;
    return { answer: 'unknown', detail, tookMs: null };
  }
  const said = fieldsOf(report['answer']);
  const kind = said['kind'];
  if (report['kind'] !== 'sent' || (kind !== 'done' && kind !== 'refused' && kind !== 'unknown')) {
    return { answer: 'unknown', detail: 'its report cannot be read', tookMs: null };
  }
  return { answer: kind, detail: textOf(said['detail']).slice(0, 300), tookMs: numberOf(said['tookMs']) };
}

/** Whether CM may have carried it out. One that CM refused changed nothing. */
export function mayHaveHappened({ answer }: Command): boolean {
  return answer !== 'refused';
}
