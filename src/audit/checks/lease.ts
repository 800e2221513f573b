/** Invariant 3: one command at a time on a subtopic, by a run that holds its lease. */
import { signalsIn } from '../../approval/history-signals.ts';
import { parseStoreName, subtopicOf } from '../../domain/store.ts';
import { mayHaveHappened, type Command } from '../history/commands.ts';
import { fieldsOf, textOf } from '../history/fields.ts';
import { runIdAt, type RunRecord, valueOf } from '../history/run-record.ts';
import type { CommandAudit } from '../report.ts';
import type { Finding } from './finding.ts';

interface Granted {
  readonly eventId: number;
  readonly atMs: number;
}

/** The grant that this command was sent under. */
export function checkLease(finding: Finding, record: RunRecord, command: Command): CommandAudit['lease'] {
  const { scheduledId } = command.activity;
  const granted = grantsOf(finding, record, command).findLast(({ eventId }) => eventId < scheduledId);
  const closed = closedBefore(record, command);
  if (granted === undefined) {
    finding.broken(3, scheduledId, `no lease was granted to run ${command.runId} before this ${command.verb}`, command);
    return null;
  }
  if (closed !== null && closed > granted.eventId) {
    finding.broken(3, scheduledId, `the lease had been given back at event ${closed}`, command);
  }
  return granted;
}

/** Grants to the run that sent the command, in answer to its own question. A reset brings none along that counts. */
function grantsOf(finding: Finding, record: RunRecord, command: Command): Granted[] {
  const asked = new Set(
    record.activities
      .filter(({ type, input }) => type === 'tellGuard' && input['signal'] === 'requestLease')
      .map(({ input }) => textOf(fieldsOf(input['message'])['askId'])),
  );
  return signalsIn(record.history, ['guardAnswer']).flatMap(
    ({ eventId, atMs, payloads, sender, identity, origin }): Granted[] => {
      const { runId, askId, answer } = fieldsOf(valueOf(payloads));
      if (fieldsOf(answer)['kind'] !== 'granted' || eventId > command.activity.scheduledId) return [];
      const here = runIdAt(record, eventId) === command.runId && (origin !== 'replayed by reset' || command.broughtByReset);
      if (runId !== command.runId || !here || !asked.has(textOf(askId))) return [];
      const guard = `guard:${command.cluster}`;
      if (sender === null && identity === '') finding.notShown(command, 'that it was the guard who granted the lease');
      else if (sender?.workflowId !== guard) {
        finding.broken(3, eventId, `the lease was granted by ${sender?.workflowId ?? identity}, not by ${guard}`, command);
      }
      return [{ eventId, atMs }];
    },
  );
}

/** The last event by which the run gave its lease back, before the command. */
function closedBefore(record: RunRecord, command: Command): number | null {
  const last = record.activities.findLast(
    ({ type, input, scheduledId }) =>
      type === 'tellGuard' &&
      (input['signal'] === 'closed' || input['signal'] === 'proposalClosed') &&
      scheduledId < command.activity.scheduledId &&
      runIdAt(record, scheduledId) === command.runId,
  );
  return last?.scheduledId ?? null;
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
