import { activityInfo } from '@temporalio/activity';
import type { Look } from '../src/domain/guard/messages.ts';
import { sayRefusal, type Refusal } from '../src/domain/guard/refusal.ts';
import { askForLook } from './guard-client.ts';
import { ownRun } from './own-run.ts';
import { clockFrom, type ServerClock, startStopwatch } from './server-clock.ts';

export interface Passed {
  readonly kind: 'passed';
  /** Server time of the guard's word, epoch ms. */
  readonly passedMs: number;
  /** When the server scheduled the attempt, epoch ms. */
  readonly scheduledMs: number;
  /** From here on nothing may be sent any more, epoch ms. */
  readonly sendByMs: number;
  /** The larger of the guard's time and the activity's own. */
  readonly clock: ServerClock;
}

export interface HeldBack {
  readonly kind: 'not sent';
  readonly because: 'too late' | 'guard refused' | 'guard silent';
  readonly detail: string;
  readonly evidence: null;
  readonly refusal: Refusal | null;
}

/**
 * (b) and (c) of the last gate (design, invariant 13): the guard's word on one command of the calling run, and until
 * when it may be sent. `sendByMs` is the time from the attempt's scheduling in which a command may leave.
 */
export async function passGuard(
  { cluster, sendByMs }: { readonly cluster: string; readonly sendByMs: number },
  look: Omit<Look, 'run'>,
  clock: ServerClock,
): Promise<Passed | HeldBack> {
  const scheduledMs = activityInfo().currentAttemptScheduledTimestampMs;
  const untilMs = scheduledMs + sendByMs;
  const tooLate = heldBack('too late', `sendBy of ${sendByMs} ms is over`);
  // A guard that was not even asked is not a silent one: who reads the outcome would look for the fault there.
  if (clock.now() >= untilMs) return tooLate;
  const stopwatch = startStopwatch();
  const word = await askForLook(cluster, { run: ownRun(), ...look }, untilMs, clock);
  if (word.kind === 'unheard') return heldBack('guard silent', word.detail);
  if (word.kind === 'refused') return heldBack('guard refused', sayRefusal(word.refusal), word.refusal);
  // From the guard's word on, the server's time is known again; what passed since is measured here.
  const sinceWord = clockFrom(word.nowMs, stopwatch);
  const now = (): number => Math.max(sinceWord.now(), clock.now());
  if (now() >= untilMs) return tooLate;
  return { kind: 'passed', passedMs: word.nowMs, scheduledMs, sendByMs: untilMs, clock: { now } };
}

function heldBack(because: HeldBack['because'], detail: string, refusal: Refusal | null = null): HeldBack {
  return { kind: 'not sent', because, detail, evidence: null, refusal };
}
