/** One attempt: stop, wait, restart, verify. */
import { CancellationScope, sleep } from '@temporalio/workflow';
import type { CommandReport } from '../../src/domain/activities.ts';
import { sayRefusal, type Refusal } from '../../src/domain/guard/refusal.ts';
import { diagnose, type SeenReading } from '../../src/domain/reading.ts';
import { afterFailedAttempt } from '../../src/domain/remedy.ts';
import { emptyStreak, lifeOf } from '../../src/domain/streak.ts';
import { type WatchResult } from '../../src/domain/watch.ts';
import { commandLimitMs, readStore, stopStore, watch } from './calls.ts';
import { tellCommandEnded } from '../guard-line.ts';
import { askLease } from './guard-talk.ts';
import { endAs, goOn, type Incident, type Step } from './incident.ts';
import { handOverHeld, newestIn, nextCommandId, payRestart, sayReport } from './restart.ts';

/** What a heal does next after an attempt that did not end it. */
export type AfterAttempt = 'confirm again' | 'back off';

/** How long a heal that holds its lease waits for a free command slot. */
const WAIT_FOR_SLOT_MS = 1_800_000;

interface Stopped {
  readonly word: string;
  /** The newest checkpoint before the stop: the restart has held once the Store is past it. */
  readonly newestBeforeS: number | null;
}

export async function attemptRestart(incident: Incident, confirmed: SeenReading): Promise<Step<AfterAttempt>> {
  const stopped = await stop(incident, confirmed);
  if (stopped.end !== null) return stopped;
  if (stopped.go === 'confirm again' || stopped.go === 'back off') return goOn(stopped.go);
  const { word, newestBeforeS } = stopped.go;
  const restarted = await CancellationScope.nonCancellable(async () => {
    incident.show('waiting before the restart');
    await sleep(incident.policy.waitMs, { summary: `between stop and restart of ${incident.store}` });
    return payRestart(incident, 'our stop went before');
  });
  if (restarted.end !== null) return restarted;
  return verify(incident, { stop: word, restart: restarted.go.word }, newestBeforeS);
}

/** Sends the stop after a last look. What is not sent is no attempt: the heal decides afresh. */
async function stop(incident: Incident, confirmed: SeenReading): Promise<Step<Stopped | AfterAttempt>> {
  const untilMs = Date.now() + WAIT_FOR_SLOT_MS;
  while (Date.now() < untilMs) {
    incident.show('stopping');
    const report = await sendStop(incident);
    incident.note(`Stop: ${sayReport(report)}`);
    if (report.kind === 'sent') return afterStop(incident, report, newestIn(report.evidence) ?? confirmed.checkpoints.newestS);
    const waitMs = report.refusal === null ? null : waitForSlotMs(report.refusal);
    if (waitMs === null) return afterNoStop(incident, report);
    incident.show('waiting for the guard');
    await sleep(waitMs, { summary: report.refusal === null ? '' : sayRefusal(report.refusal) });
  }
  return endAs('blocked', 'no command slot came free in time', { whenMs: Date.now() });
}

async function sendStop(incident: Incident): Promise<CommandReport> {
  const { cluster, store, policy, order, streak } = incident;
  const commandId = nextCommandId(incident);
  const report = await stopStore(incident, {
    cluster,
    store,
    commandId,
    life: streak.life ?? { port: null, startedAt: null },
    streakSinceMs: streak.sinceMs ?? Date.now(),
    override: order?.override ?? [],
    restartHealthy: order?.restartHealthy ?? false,
    ordered: order !== null,
    sendByMs: policy.sendByMs,
    ...(incident.vote === null ? {} : { planId: incident.vote.planId }),
    why: order === null ? `faulty since ${new Date(streak.sinceMs ?? Date.now()).toISOString()}` : `ordered: ${order.reason}`,
  });
  if (report.kind === 'sent' && report.answer.kind !== 'refused') incident.debt = 'open';
  await tellCommandEnded(incident, 'stop', commandId, report);
  return report;
}

function waitForSlotMs(refusal: Refusal): number | null {
  return refusal.reason === 'slots taken' && refusal.whenMs !== null ? Math.max(1_000, refusal.whenMs - Date.now()) : null;
}

function afterNoStop(incident: Incident, report: Extract<CommandReport, { kind: 'not sent' }>): Step<AfterAttempt> {
  switch (report.because) {
    case 'it is healthy now':
      return endAs('recovered', 'it was healthy at the last look before the stop');
    case 'the reading is unknown':
    case 'somebody restarted it':
    case 'too late':
    case 'unreachable':
      return goOn('confirm again');
    case 'guard silent':
      return endAs('guard silent', report.detail);
    case 'mode':
      if (incident.vote !== null) return endAs('declined', `what people said yes to is not sent any more: ${report.detail}`);
      return endAs('blocked', `the sending worker does not let it act: ${report.detail}`);
    case 'guard refused':
      return afterGuardRefusal(report.refusal, report.detail);
  }
}

function afterGuardRefusal(refusal: Refusal | null, detail: string): Step<AfterAttempt> {
  if (refusal === null) return endAs('blocked', detail);
  // Evidence from before a gap, or a guard that no longer knows us: start again from a fresh confirmation.
  const again = refusal.reason === 'confirm again' || refusal.reason === 'not the holder';
  return again ? goOn('confirm again') : endAs('blocked', sayRefusal(refusal), { whenMs: refusal.whenMs });
}

async function afterStop(
  incident: Incident,
  report: Extract<CommandReport, { kind: 'sent' }>,
  newestBeforeS: number | null,
): Promise<Step<Stopped | AfterAttempt>> {
  const { answer } = report;
  switch (answer.kind) {
    case 'done':
      return goOn({ word: 'done', newestBeforeS });
    case 'refused': {
      // Refused means that nothing was stopped, so no restart is owed. It counts as an attempt that failed.
      const word = `refused: ${answer.detail}`;
      return judge(
        incident,
        { stop: word, restart: 'not sent' },
        { cameUp: false, diedAtS: null, verdict: 'CM refused the stop' },
      );
    }
    case 'unknown':
      return CancellationScope.nonCancellable(async () => {
        const waitMs = Math.max(0, report.scheduledMs + commandLimitMs(incident.policy) - Date.now());
        await sleep(waitMs, { summary: "the stop's answer was lost; until it cannot be running any more" });
        const now = await readStore(incident, "the stop's answer was lost");
        if (now.ok && diagnose(now.value.reading).kind === 'healthy') {
          incident.debt = 'settled';
          return endAs('recovered', 'the answer to the stop was lost, and it is healthy');
        }
        return goOn({ word: 'answer lost', newestBeforeS });
      });
  }
}

interface Words {
  readonly stop: string;
  readonly restart: string;
}

/** Success is never the first status 0: it must be healthy and move on for `healthyFor`. */
export async function verify(incident: Incident, words: Words, newestBeforeS: number | null): Promise<Step<AfterAttempt>> {
  incident.show('verifying');
  const { policy } = incident;
  const { foreignRestarts, life } = incident.streak;
  incident.streak = { ...emptyStreak, foreignRestarts };
  const watched = { everyMs: policy.everyMs, confirm: policy.confirm, ...policy.verify };
  const result = await watch(incident, { kind: 'verify', ...watched, newestBeforeS, lifeBefore: life });
  if (provesRestart(result)) settleDebt(incident);
  const record = { number: incident.attempts.length + 1, ...words };
  switch (result.kind) {
    case 'verified':
      incident.attempts.push({ ...record, verdict: 'healthy and moving', cameUp: true, diedAtS: null });
      return endAs('healed', `healthy and moving for ${Math.round(result.goodMs / 1000)} s after attempt ${record.number}`);
    case 'failed':
      incident.streak = result.streak;
      return judge(incident, words, {
        cameUp: result.cameUp,
        diedAtS: result.reading.checkpoints.newestS,
        verdict: result.cameUp ? 'came up and died again' : 'did not come up',
      });
    case 'flapping':
      incident.attempts.push({ ...record, verdict: 'restarted by others', cameUp: true, diedAtS: null });
      return endAs('flapping', 'somebody else keeps restarting it');
    case 'not proven':
      incident.attempts.push({ ...record, verdict: result.because, cameUp: result.cameUp, diedAtS: null });
      return endAs('not proven', result.because, { next: 'look whether its source has new data, and whether it is read' });
    case 'blind':
      incident.attempts.push({ ...record, verdict: 'nobody could see', cameUp: false, diedAtS: null });
      return endAs('observer blind', result.because, {
        next: 'look after the Cluster Manager: metaDB writes, metaDB latency, clocks',
      });
    case 'confirmed':
    case 'healthy':
    case 'elapsed':
      throw new Error(`a verification cannot end as ${result.kind}`);
  }
}

/** A trusted status 0 after the restart settles the debt, also where the restart's answer was lost. */
function provesRestart(result: WatchResult): boolean {
  return result.kind === 'verified' || ('cameUp' in result && result.cameUp);
}

function settleDebt(incident: Incident): void {
  if (incident.debt === 'open') incident.debt = 'settled';
}

function judge(
  incident: Incident,
  words: Words,
  end: { readonly cameUp: boolean; readonly diedAtS: number | null; readonly verdict: string },
): Step<AfterAttempt> {
  incident.attempts.push({ number: incident.attempts.length + 1, ...words, ...end });
  // An order is obeyed once, also where the attempts are used up.
  const next = afterFailedAttempt(incident.policy, incident.attempts, incident.earlierAttempts);
  return next.kind === 'again'
    ? goOn('back off')
    : endAs(next.kind, next.because, {
        next: "find out why it dies: the Store's own log, and CM's whole answer in the result of stopStore in this history",
      });
}

/** An owed restart that an earlier run left behind: one reading, then restart and verify, or settled. */
export async function payDebt(incident: Incident): Promise<Step<AfterAttempt>> {
  const paid = await CancellationScope.nonCancellable(() => payOwedRestart(incident));
  if (paid.end !== null) return paid;
  const { word, newestBeforeS } = paid.go;
  return verify(incident, { stop: 'sent by an earlier run', restart: word }, newestBeforeS);
}

async function payOwedRestart(incident: Incident): Promise<Step<Stopped>> {
  incident.show('paying a debt');
  incident.debt = 'open';
  const lease = await leaseForDebt(incident);
  if (lease.end !== null) return lease;
  const now = await readStore(incident, 'a restart is owed to it');
  const reading = now.ok ? now.value.reading : null;
  if (reading?.kind === 'seen') incident.streak = { ...incident.streak, life: lifeOf(reading, null) };
  if (reading !== null && diagnose(reading).kind === 'healthy') {
    incident.debt = 'settled';
    return endAs('recovered', 'a restart was owed to it, and it is healthy');
  }
  const restarted = await payRestart(incident, 'owed since a stop that an earlier run sent');
  if (restarted.end !== null) return restarted;
  return goOn({ word: restarted.go.word, newestBeforeS: reading?.kind === 'seen' ? reading.checkpoints.newestS : null });
}

const LEASE_FOR_DEBT_TRIES = 40;

async function leaseForDebt(incident: Incident): Promise<Step<'leased'>> {
  for (let tries = 0; tries < LEASE_FOR_DEBT_TRIES; tries += 1) {
    const answer = await askLease(incident, true);
    if (answer === null) return endAs('guard silent', 'the guard did not answer for ten minutes; a restart stays owed');
    if (answer.kind === 'granted') return goOn('leased');
    const { refusal } = answer;
    if (refusal.reason === 'held') return handOverHeld(incident, refusal);
    await sleep(Math.max(5_000, (refusal.whenMs ?? 0) - Date.now()), {
      summary: `an owed restart waits: ${sayRefusal(refusal)}`,
    });
  }
  return endAs('blocked', 'its subtopic stayed busy; a restart stays owed', { whenMs: Date.now() });
}
