import { activityInfo, heartbeat } from '@temporalio/activity';
import type { Target } from '../src/domain/activities.ts';
import type { CommandAnswer, Verb } from '../src/domain/command.ts';
import { asTemporalFailure } from './failures.ts';
import type { CommandLine, Journal } from './journal.ts';
import { ownRun } from './own-run.ts';
import { type ServerClock, startServerClock, startStopwatch } from './server-clock.ts';

const HEARTBEAT_EVERY_MS = 3_000;

interface Command extends Target {
  readonly commandId: string;
  readonly why: string;
}

type Report =
  | {
      readonly kind: 'not sent';
      readonly because: Exclude<CommandLine['answer'], CommandAnswer['kind']>;
      readonly detail: string;
    }
  | { readonly kind: 'sent'; readonly answer: Exclude<CommandAnswer, { kind: 'never sent' }> };

/** Heartbeats while the command runs, so that a dead worker is noticed in seconds, and writes the journal line. */
export async function reported<R extends Report>(
  verb: Verb,
  { cluster, store, commandId, why }: Command,
  journal: Journal,
  body: (clock: ServerClock) => Promise<R>,
): Promise<R> {
  const { attempt } = activityInfo();
  if (attempt > 1) throw asTemporalFailure({ kind: 'command repeated', attempt });
  const clock = startServerClock();
  const stopwatch = startStopwatch();
  const beat = setInterval(() => heartbeat({ verb }), HEARTBEAT_EVERY_MS);
  try {
    const report = await body(clock);
    journal({
      journal: 'command',
      at: new Date().toISOString(),
      cluster,
      store,
      verb,
      commandId,
      ...ownRun(),
      why,
      sent: report.kind === 'sent',
      answer: report.kind === 'sent' ? report.answer.kind : report.because,
      detail: report.kind === 'sent' ? report.answer.detail : report.detail,
      tookMs: Math.round(stopwatch()),
    });
    return report;
  } finally {
    clearInterval(beat);
  }
}
