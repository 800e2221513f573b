import { activityInfo, heartbeat } from '@temporalio/activity';
import type {
  ClusterActivities,
  CommandReport,
  Evidence,
  NotSentReason,
  RestartInput,
  StopInput,
} from '../src/domain/activities.ts';
import type { CommandAnswer, Verb } from '../src/domain/command.ts';
import type { Look, LookAnswer } from '../src/domain/guard/messages.ts';
import { sayRefusal, type Refusal } from '../src/domain/guard/refusal.ts';
import { modeFor } from '../src/domain/policy.ts';
import { diagnose } from '../src/domain/reading.ts';
import { isForeignHand, lifeOf } from '../src/domain/streak.ts';
import type { ClusterSource, LiveCluster } from './cluster-source.ts';
import { askForLook, type GuardUnheard } from './guard-client.ts';
import type { Journal } from './journal.ts';
import { evidenceOf } from './observing.ts';
import { clockFrom, type ServerClock, startServerClock, startStopwatch } from './server-clock.ts';

const HEARTBEAT_EVERY_MS = 3_000;

type NotSent = Extract<CommandReport, { kind: 'not sent' }>;
type Input = StopInput | RestartInput;

/**
 * The last gate before CM (design, invariant 13). Each command is sent only after its own last look, in this
 * order: a reading (before a stop), the worker's own permission, the guard's word for exactly this run, and
 * the time since the server scheduled the attempt, checked when the connection stands.
 */
export function createCommanding(
  clusters: ClusterSource,
  journal: Journal,
): Pick<ClusterActivities, 'stopStore' | 'restartStore'> {
  return {
    stopStore: (input) =>
      reported('stop', input, journal, async (clock) => {
        const { cm } = await clusters.get(input.cluster);
        const evidence = evidenceOf(await cm.read(input.store, clock.now()));
        // Asked for after the reading, which may take long: a mode that was tightened meanwhile counts.
        const cluster = await clusters.get(input.cluster);
        const stale = whyEvidenceForbids(input, evidence) ?? whyWorkerForbids(input, cluster, evidence);
        if (stale !== null) return stale;
        return send('stop', input, cluster, clock, evidence, { streakSinceMs: input.streakSinceMs, override: input.override });
      }),
    restartStore: (input) =>
      reported('restart', input, journal, async (clock) => {
        const cluster = await clusters.get(input.cluster);
        // An owed restart rests on our stop and not on a reading; mode and pause do not hold it back.
        return send('restart', input, cluster, clock, null, { streakSinceMs: clock.now(), override: [] });
      }),
  };
}

function notSent(because: NotSentReason, detail: string, evidence: Evidence | null, refusal: Refusal | null = null): NotSent {
  return { kind: 'not sent', because, detail, evidence, refusal };
}

/** (a): trusted-faulty, or what the order allows, and the same life of the Store as the streak. */
function whyEvidenceForbids(input: StopInput, evidence: Evidence): NotSent | null {
  const { reading } = evidence;
  const diagnosis = diagnose(reading);
  if (reading.kind === 'unseen' || diagnosis.kind === 'unknown') {
    const detail = diagnosis.kind === 'unknown' ? `${diagnosis.because}: ${diagnosis.detail}` : '';
    return notSent('the reading is unknown', detail, evidence);
  }
  const life = lifeOf(reading, null);
  if (isForeignHand(input.life, life)) {
    return notSent('somebody restarted it', `port ${life.port ?? '?'}, started ${life.startedAt ?? '?'}`, evidence);
  }
  if (diagnosis.kind === 'healthy' && !input.restartHealthy) return notSent('it is healthy now', 'status 0', evidence);
  return null;
}

/** The sending worker's own file has a say: the strictest view of the mode counts. */
function whyWorkerForbids(input: StopInput, cluster: LiveCluster, evidence: Evidence): NotSent | null {
  if (cluster.stale !== null) return notSent('mode', `the configuration cannot be read: ${cluster.stale}`, evidence);
  const mode = modeFor(cluster.config.policy, input.store);
  return mode === 'act' || input.override.includes('mode')
    ? null
    : notSent('mode', `mode ${mode} in the sending worker's file`, evidence);
}

async function send(
  verb: Verb,
  input: Input,
  cluster: LiveCluster,
  clock: ServerClock,
  evidence: Evidence | null,
  claim: Pick<Look, 'streakSinceMs' | 'override'>,
): Promise<CommandReport> {
  const scheduledMs = activityInfo().currentAttemptScheduledTimestampMs;
  const tooLate = notSent('too late', `sendBy of ${input.sendByMs} ms is over`, evidence);
  // A guard that was not even asked is not a silent one: who reads the outcome would look for the fault there.
  if (clock.now() - scheduledMs >= input.sendByMs) return tooLate;
  const stopwatch = startStopwatch();
  const word = await askForLook(input.cluster, lookOf(verb, input, claim), scheduledMs + input.sendByMs, clock);
  if (word.kind !== 'pass') return guardForbids(word, evidence);
  // From the guard's word on, the server's time is known again; what passed since is measured here.
  const sinceWord = clockFrom(word.nowMs, stopwatch);
  const mayStillSend = (): boolean => Math.max(sinceWord.now(), clock.now()) - scheduledMs < input.sendByMs;
  if (!mayStillSend()) return tooLate;
  const answer = await cluster.cm.command(verb, input.store, { mayStillSend });
  return fromAnswer(answer, evidence, scheduledMs);
}

/** Who asks is read from the activity's own info, never from its input: after a reset, input names the old run. */
function lookOf(verb: Verb, input: Input, claim: Pick<Look, 'streakSinceMs' | 'override'>): Look {
  const { workflowId, runId } = activityInfo().workflowExecution ?? { workflowId: '', runId: '' };
  return { run: { workflowId, runId }, store: input.store, verb, commandId: input.commandId, ...claim };
}

function guardForbids(word: Exclude<LookAnswer, { kind: 'pass' }> | GuardUnheard, evidence: Evidence | null): NotSent {
  return word.kind === 'refused'
    ? notSent('guard refused', sayRefusal(word.refusal), evidence, word.refusal)
    : notSent('guard silent', word.detail, evidence);
}

function fromAnswer(answer: CommandAnswer, evidence: Evidence | null, scheduledMs: number): CommandReport {
  return answer.kind === 'never sent'
    ? notSent(answer.because, answer.detail, evidence)
    : { kind: 'sent', answer, evidence, scheduledMs };
}

/** Heartbeats while the command runs, so that a dead worker is noticed in seconds, and writes the journal line. */
async function reported(
  verb: Verb,
  input: Input,
  journal: Journal,
  body: (clock: ServerClock) => Promise<CommandReport>,
): Promise<CommandReport> {
  const clock = startServerClock();
  const stopwatch = startStopwatch();
  const beat = setInterval(() => heartbeat({ verb }), HEARTBEAT_EVERY_MS);
  try {
    const report = await body(clock);
    const { workflowId, runId } = activityInfo().workflowExecution ?? { workflowId: '', runId: '' };
    journal({
      journal: 'command',
      at: new Date().toISOString(),
      cluster: input.cluster,
      store: input.store,
      verb,
      commandId: input.commandId,
      workflowId,
      runId,
      why: input.why,
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
