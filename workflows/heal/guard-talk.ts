/** What a heal says to its guard. Asked by signal and answered by signal, so that hundreds can ask at once. */
import { CancellationScope, condition, log } from '@temporalio/workflow';
import type { CommandReport, GuardMessage } from '../../src/domain/activities.ts';
import type { Verb } from '../../src/domain/command.ts';
import type { Closed, CommandEnded, LeaseAnswer, OpenedAnswer } from '../../src/domain/guard/messages.ts';
import { guardViewOf } from '../../src/domain/guard/state.ts';
import { desk, settle } from './calls.ts';
import type { Ended, Incident } from './incident.ts';

const SILENT_AFTER_MS = 600_000;

async function ask<Answer extends OpenedAnswer | LeaseAnswer>(
  incident: Incident,
  askId: string,
  message: GuardMessage,
): Promise<Answer | null> {
  const untilMs = Date.now() + SILENT_AFTER_MS;
  while (Date.now() < untilMs) {
    await settle(desk(`ask the guard: ${message.signal}`).tellGuard({ cluster: incident.cluster, ...message }));
    if (await condition(() => incident.answers.has(askId), '2 minutes', { summary: 'until the guard answers' })) break;
  }
  const answer = incident.answers.get(askId);
  incident.answers.delete(askId);
  return (answer as Answer | undefined) ?? null;
}

/**
 * Names a question. A reset replays what the old run heard before the reset, and applies again what it heard
 * after: the time makes the first match as it did then, and the second match nothing that is asked now. The
 * run's id would do neither, since the old run's answers are replayed under the new one.
 */
function nextAskId(incident: Incident): string {
  incident.asked += 1;
  return `${incident.asked}@${Date.now()}`;
}

function askerOf(incident: Incident) {
  const { run, store, order } = incident;
  return { run, store, order: order !== null, override: order?.override ?? [] };
}

/** Null: the guard was silent for ten minutes. */
export function tellOpened(incident: Incident): Promise<OpenedAnswer | null> {
  const askId = nextAskId(incident);
  const owesRestart = incident.debt === 'open';
  const message = { askId, ...askerOf(incident), view: guardViewOf(incident.policy), owesRestart };
  return ask<OpenedAnswer>(incident, askId, { signal: 'opened', message });
}

export function askLease(incident: Incident, owed: boolean): Promise<LeaseAnswer | null> {
  const askId = nextAskId(incident);
  const message = { askId, ...askerOf(incident), streakSinceMs: incident.streak.sinceMs ?? Date.now(), owed };
  return ask<LeaseAnswer>(incident, askId, { signal: 'requestLease', message });
}

/** Every command ends with a word to the guard, also one whose activity died. */
export async function tellCommandEnded(incident: Incident, verb: Verb, commandId: string, report: CommandReport): Promise<void> {
  const { run, store } = incident;
  const message: CommandEnded = { run, store, verb, commandId, ended: endedAs(report) };
  await CancellationScope.nonCancellable(() => tell(incident, { signal: 'commandEnded', message }));
}

function endedAs(report: CommandReport): CommandEnded['ended'] {
  return report.kind === 'not sent' ? 'never sent' : report.answer.kind;
}

export async function tellClosed(incident: Incident, ended: Ended): Promise<void> {
  const message: Closed = {
    run: incident.run,
    store: incident.store,
    outcome: ended.kind,
    attempts: incident.attempts.length,
    evidenceKey: incident.evidenceKey,
    debt: incident.debt,
    whenMs: ended.whenMs ?? null,
  };
  await CancellationScope.nonCancellable(() => tell(incident, { signal: 'closed', message }));
}

/** If the guard cannot be told, it finds out: a holder that no longer runs is noticed at the next sweep. */
async function tell(incident: Incident, message: GuardMessage): Promise<void> {
  const told = await settle(desk(`tell the guard: ${message.signal}`).tellGuard({ cluster: incident.cluster, ...message }));
  if (!told.ok) log.error('the guard could not be told', { signal: message.signal });
}
