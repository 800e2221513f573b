/** Invariant 3: one command at a time on a subtopic, by a run that holds its lease. */
import { type HistorySignal, signalsIn } from '../../approval/history-signals.ts';
import { parseStoreName, subtopicOf } from '../../domain/store.ts';
import { mayHaveHappened, type Command } from '../history/commands.ts';
import { fieldsOf, textOf } from '../history/fields.ts';
import { runIdAt, type RunRecord, valueOf } from '../history/run-record.ts';
import type { CommandAudit } from '../report.ts';
import type { Finding } from './finding.ts';

/** What a run asked its guard, and every answer that came: looked up once, since a history can hold many of both. */
export interface GuardTalk {
  readonly asked: ReadonlySet<string>;
  readonly answers: readonly HistorySignal[];
  /** The events by which it gave its lease, or its place, back. */
  readonly closed: readonly number[];
}

/** A destroy that asks for its place again has given back what it held for a plan whose votes are void. */
const GIVING_BACK: readonly unknown[] = ['closed', 'proposalClosed', 'proposed'];

export function guardTalkOf({ activities, history }: RunRecord): GuardTalk {
  const told = activities.filter(({ type }) => type === 'tellGuard');
  return {
    asked: new Set(
      told
        .filter(({ input }) => input['signal'] === 'requestLease')
        .map(({ input }) => textOf(fieldsOf(input['message'])['askId'])),
    ),
    answers: signalsIn(history, ['guardAnswer']),
    closed: told.filter(({ input }) => GIVING_BACK.includes(input['signal'])).map(({ scheduledId }) => scheduledId),
  };
}

/** The grant that this command was sent under. */
export function checkLease(finding: Finding, record: RunRecord, talk: GuardTalk, command: Command): CommandAudit['lease'] {
  const { scheduledId } = command.activity;
  const granted = grantBefore(record, talk, command);
  if (granted === undefined) {
    finding.broken(3, scheduledId, `no lease was granted to run ${command.runId} before this ${command.verb}`, command);
    return null;
  }
  const { eventId, atMs, sender, identity } = granted;
  const guard = `guard:${command.cluster}`;
  if (sender === null && identity === '') finding.notShown(command, 'that it was the guard who granted the lease');
  else if (sender?.workflowId !== guard) {
    finding.broken(3, eventId, `the lease was granted by ${sender?.workflowId ?? identity}, not by ${guard}`, command);
  }
  const closed = talk.closed.findLast((id) => id < scheduledId && runIdAt(record, id) === command.runId);
  if (closed !== undefined && closed > eventId) {
    finding.broken(3, scheduledId, `the lease had been given back at event ${closed}`, command);
  }
  return { eventId, atMs };
}

/** The last grant to the run that sent the command, in answer to its own question. What a reset replayed is none. */
function grantBefore(record: RunRecord, { asked, answers }: GuardTalk, command: Command): HistorySignal | undefined {
  return answers.findLast(({ eventId, payloads, origin }) => {
    if (eventId > command.activity.scheduledId || runIdAt(record, eventId) !== command.runId) return false;
    if (origin === 'replayed by reset' && !command.broughtByReset) return false;
    const { runId, askId, answer } = fieldsOf(valueOf(payloads));
    return fieldsOf(answer)['kind'] === 'granted' && runId === command.runId && asked.has(textOf(askId));
  });
}

/** No command of a run is scheduled while another one is open. */
export function checkOneAtATime(finding: Finding, commands: readonly Command[]): void {
  for (const [index, command] of commands.entries()) {
    const open = commands
      .slice(0, index)
      .find(({ activity }) => activity.closedId === null || activity.closedId > command.activity.scheduledId);
    if (open === undefined) continue;
    const what = `it was scheduled while the ${open.verb} of event ${open.activity.scheduledId} was open`;
    finding.broken(3, command.activity.scheduledId, what, command);
  }
}

export interface RunCommands {
  readonly record: RunRecord;
  readonly finding: Finding;
  readonly commands: readonly Command[];
}

/** Across the runs that were given: commands on one subtopic never overlap in time. */
export function checkBetweenRuns(runs: readonly RunCommands[]): void {
  const all = runs
    .flatMap((run) => run.commands.filter((command) => !command.broughtByReset).map((command) => ({ run, command })))
    .toSorted((a, b) => a.command.activity.scheduledMs - b.command.activity.scheduledMs);
  for (const [index, later] of all.entries()) {
    const earlier = all
      .slice(0, index)
      .find(
        (other) =>
          other.run.record.run.runId !== later.run.record.run.runId &&
          placeOf(other.command) === placeOf(later.command) &&
          mayHaveHappened(other.command) &&
          endMs(other.run.record, other.command) > later.command.activity.scheduledMs,
      );
    if (earlier === undefined) continue;
    const { verb, activity } = earlier.command;
    const what = `the ${verb} of ${earlier.run.record.run.workflowId}, run ${earlier.run.record.run.runId}, event ${activity.scheduledId}, was open then on the same subtopic`;
    later.run.finding.broken(3, later.command.activity.scheduledId, what, later.command);
  }
}

function placeOf({ cluster, store }: Command): string {
  const parsed = parseStoreName(store);
  return `${cluster} ${parsed.ok ? subtopicOf(parsed.value) : store}`;
}

function endMs({ ended }: RunRecord, { activity }: Command): number {
  return activity.closedMs ?? ended?.atMs ?? Number.POSITIVE_INFINITY;
}
