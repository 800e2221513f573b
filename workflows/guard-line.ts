/** How a workflow speaks with its guard. Asked by signal and answered by signal, so that hundreds can ask at once. */
import { CancellationScope, condition, log, setHandler } from '@temporalio/workflow';
import type { CommandReport, GuardMessage } from '../src/domain/activities.ts';
import type { Verb } from '../src/domain/command.ts';
import type { LeaseAnswer, OpenedAnswer, ProposedAnswer, Run } from '../src/domain/guard/messages.ts';
import type { StoreName } from '../src/domain/store.ts';
import { desk, settle } from './heal/calls.ts';
import { guardAnswerSignal } from './messages.ts';

export type GuardWord = OpenedAnswer | ProposedAnswer | LeaseAnswer;

/** One end of the line: who asks, and what came back. */
export interface GuardLine {
  readonly cluster: string;
  readonly run: Run;
  readonly answers: Map<string, GuardWord>;
  asked: number;
}

const SILENT_AFTER_MS = 600_000;

/** Hears the guard's answers. The handler only notes, and never throws. */
export function hearGuard({ answers }: GuardLine): void {
  setHandler(
    guardAnswerSignal,
    (input: unknown) => {
      const answer = input as { askId?: unknown; answer?: GuardWord } | null;
      if (typeof answer?.askId !== 'string' || answer.answer === undefined) return;
      answers.set(answer.askId, answer.answer);
    },
    { description: 'from the guard' },
  );
}

/** Null: the guard was silent for ten minutes. */
export async function ask<Answer extends GuardWord>(
  line: GuardLine,
  askId: string,
  message: GuardMessage,
): Promise<Answer | null> {
  const untilMs = Date.now() + SILENT_AFTER_MS;
  while (Date.now() < untilMs) {
    await settle(desk(`ask the guard: ${message.signal}`).tellGuard({ cluster: line.cluster, ...message }));
    if (await condition(() => line.answers.has(askId), '2 minutes', { summary: 'until the guard answers' })) break;
  }
  const answer = line.answers.get(askId);
  line.answers.delete(askId);
  return (answer as Answer | undefined) ?? null;
}

/**
 * Names a question. A reset replays what the old run heard before the reset, and applies again what it heard
 * after: the time makes the first match as it did then, and the second match nothing that is asked now. The
 * run's id would do neither, since the old run's answers are replayed under the new one.
 */
export function nextAskId(line: GuardLine): string {
  line.asked += 1;
  return `${line.asked}@${Date.now()}`;
}

type Reported = { readonly kind: 'not sent' } | Pick<Extract<CommandReport, { kind: 'sent' }>, 'kind' | 'answer'>;

/** Every command ends with a word to the guard, also one whose activity died. */
export async function tellCommandEnded(
  line: GuardLine & { readonly store: StoreName },
  verb: Verb,
  commandId: string,
  report: Reported,
): Promise<void> {
  const { run, store } = line;
  const ended = report.kind === 'not sent' ? 'never sent' : report.answer.kind;
  await tell(line, { signal: 'commandEnded', message: { run, store, verb, commandId, ended } });
}

/** If the guard cannot be told, it finds out: a holder that no longer runs is noticed at the next sweep. */
export async function tell(line: GuardLine, message: GuardMessage): Promise<void> {
  await CancellationScope.nonCancellable(async () => {
    const told = await settle(desk(`tell the guard: ${message.signal}`).tellGuard({ cluster: line.cluster, ...message }));
    if (!told.ok) log.error('the guard could not be told', { signal: message.signal });
  });
}
