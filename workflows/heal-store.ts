import { ApplicationFailure } from '@temporalio/common';
import {
  CancellationScope,
  continueAsNew,
  getExternalWorkflowHandle,
  isCancellation,
  log,
  setCurrentDetails,
  sleep,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { sayRefusal } from '../src/domain/guard/refusal.ts';
import { describeIncident } from '../src/domain/incident.ts';
import { healWorkflowId } from '../src/domain/names.ts';
import { outcomeTraits, type Attached, type HealOutcome } from '../src/domain/outcome.ts';
import { backoffBefore, modeFor, say } from '../src/domain/policy.ts';
import { evidenceKeyOf, sayCheckpoint, type SeenReading } from '../src/domain/reading.ts';
import { hopelessPattern, supersededBy } from '../src/domain/remedy.ts';
import { type HealRequest, type Order, parseHealRequest, REASON_LENGTH_MAX } from '../src/domain/requests.ts';
import { emptyStreak } from '../src/domain/streak.ts';
import { subtopicOf } from '../src/domain/store.ts';
import { phaseAttribute, searchAttributes } from './attributes.ts';
import { askForVote, needsVote } from './heal/ask-vote.ts';
import { attemptRestart, payDebt } from './heal/attempt.ts';
import { handOver, learnPolicy, readSiblings, watch } from './heal/calls.ts';
import { askLease, tellClosed, tellOpened } from './heal/guard-talk.ts';
import { type Ended, endAs, goOn, type Incident, openIncident, orderArrives, type Step, takeOrder } from './heal/incident.ts';
import { orderSignal } from './messages.ts';
import { attachedTo, startDestroy, startHeal } from './start-work.ts';

/** Every round confirms, and stops at most once. An incident that needs more belongs into people's hands. */
const ROUNDS_MAX = 20;

/** Heals one Store: confirm, take the lease, then stop, wait, restart and verify until an outcome stands. */
export async function healStore(input: unknown): Promise<HealOutcome | Attached> {
  const request = checkInput(input);
  const canonicalId = healWorkflowId(request.cluster, request.store);
  if (workflowInfo().workflowId !== canonicalId) return attach(request, canonicalId);

  const incident = openIncident(request);
  let ended = await unlessCancelled(() => heal(incident));
  for (let orders = 0; orders < ROUNDS_MAX && mustObey(incident, ended); orders += 1) {
    ended = await unlessCancelled(() => rounds(incident));
  }
  const outcome = await conclude(incident, ended);
  // An order that came while the guard was being told is not lost: a new run of the same incident obeys it.
  if (incident.nextOrder !== null) await continueAsNew({ ...incident.nextOrder, cluster: request.cluster, store: request.store });
  return outcome;
}

/** An order that came while the outcome was reached is obeyed, unless there is nothing left to cure. */
function mustObey(incident: Incident, ended: Ended): boolean {
  if (ended.kind === 'cancelled' || !takeOrder(incident)) return false;
  const well = ended.kind === 'healed' || ended.kind === 'recovered';
  if (well && incident.order?.restartHealthy !== true) {
    incident.note('An order came as it got well; nothing more was done.');
    return false;
  }
  return true;
}

async function heal(incident: Incident): Promise<Ended> {
  const opened = await open(incident);
  if (opened.end !== null) return opened.end;
  if (opened.go.owed) {
    const paid = await payDebt(incident);
    if (paid.end !== null) return paid.end;
    const rested = await backOff(incident);
    if (rested.end !== null) return rested.end;
  }
  return rounds(incident);
}

async function rounds(incident: Incident): Promise<Ended> {
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const confirmed = await confirm(incident);
    if (confirmed.end !== null) return confirmed.end;
    if (confirmed.go === 'order') continue;

    const allowed = await mayAct(incident, confirmed.go);
    if (allowed.end !== null) return allowed.end;
    if (allowed.go === 'confirm again') continue;

    const attempt = await attemptRestart(incident, confirmed.go);
    if (attempt.end !== null) return attempt.end;
    if (attempt.go === 'confirm again') continue;

    const rested = await backOff(incident);
    if (rested.end !== null) return rested.end;
  }
  // Kept waiting all the time: nothing was tried, so nothing is known that people would have to decide on.
  if (incident.attempts.length === 0) return { kind: 'blocked', because: `nothing was sent in ${ROUNDS_MAX} rounds` };
  return { kind: 'escalated', because: `${ROUNDS_MAX} rounds came to nothing`, next: 'look why its state never holds still' };
}

function checkInput(input: unknown): HealRequest {
  const parsed = parseHealRequest(input);
  if (!parsed.ok) throw ApplicationFailure.nonRetryable(parsed.error, 'InvalidInput');
  return parsed.value;
}

/** The Web UI offers random ids. The canonical id is the lock, so the work is done under it, and this run says where. */
async function attach(request: HealRequest, canonicalId: string): Promise<Attached> {
  const { cluster, store, order } = request;
  upsertSearchAttributes(searchAttributes({ cluster, store, subtopic: subtopicOf(store), phase: 'attached' }));
  const attached = (because: string, runId: string | null): Attached => attachedTo(request, canonicalId, because, runId);
  for (;;) {
    const runId = await startHeal(request, 'opened by a start under another id');
    if (runId !== null) return attached('the incident was opened under its own id', runId);
    if (order === null) return attached('an incident is already open', null);
    if (await handOrder(canonicalId, order)) return attached('an incident is already open, and has been given the order', null);
    // It ended between the two calls: then there is none to attach to, and one can be opened.
    await sleep('1 second', { summary: 'the open incident ended just now' });
  }
}

async function handOrder(canonicalId: string, order: Order): Promise<boolean> {
  try {
    await getExternalWorkflowHandle(canonicalId).signal(orderSignal, order);
    return true;
  } catch (error) {
    if (isCancellation(error)) throw error;
    log.info('the incident that was to get the order had ended', { canonicalId });
    return false;
  }
}

async function open(incident: Incident): Promise<Step<{ owed: boolean }>> {
  const { cluster } = incident;
  const learned = await learnPolicy(cluster);
  if (!learned.ok) {
    return endAs('observer blind', `no worker for cluster ${cluster} answered`, {
      next: `start a worker that can reach its Cluster Manager`,
    });
  }
  incident.policy = learned.value.policy;
  incident.clusterKnown = true;
  const answer = await tellOpened(incident);
  if (answer === null) return endAs('guard silent', 'the guard did not answer for ten minutes');
  if (answer.kind === 'refused') return endAs('blocked', sayRefusal(answer.refusal), { whenMs: answer.refusal.whenMs });
  incident.earlierAttempts = answer.attempts;
  return goOn({ owed: answer.owed });
}

/** Watches until the fault is certain. An order that arrives meanwhile is taken up at once. */
async function confirm(incident: Incident): Promise<Step<SeenReading | 'order'>> {
  takeOrder(incident);
  incident.show('confirming');
  const { policy, order } = incident;
  const spec = {
    kind: 'confirm',
    everyMs: policy.everyMs,
    confirm: policy.confirm,
    order: order === null ? null : { restartHealthy: order.restartHealthy },
  } as const;
  const result = await unlessOrdered(incident, () => watch(incident, spec));
  if (result === 'order') return goOn('order');
  incident.streak = 'streak' in result ? result.streak : incident.streak;
  switch (result.kind) {
    case 'confirmed':
      incident.evidenceKey = evidenceKeyOf(result.reading);
      incident.streak = { ...result.streak, sinceMs: result.streak.sinceMs ?? result.reading.atMs };
      incident.show('confirming', describeFault(result.reading));
      return goOn(result.reading);
    case 'healthy':
      return endAs('recovered', 'it is healthy again, and nothing was done');
    case 'flapping':
      return endAs('flapping', 'somebody else keeps restarting it', { next: 'find out who restarts it' });
    case 'blind':
      return endAs('observer blind', `its fault could neither be confirmed nor ruled out: ${result.because}`, {
        next: result.because.includes('witness')
          ? "look at it in OMS's console; if nobody stopped it there, order the heal with a reason"
          : 'look after the Cluster Manager: metaDB writes, metaDB latency, clocks',
      });
    case 'verified':
    case 'failed':
    case 'not proven':
    case 'elapsed':
      throw new Error(`a confirmation cannot end as ${result.kind}`);
  }
}

function describeFault(reading: SeenReading): string {
  return `status ${reading.status}, newest checkpoint ${sayCheckpoint(reading.checkpoints.newestS)}, port ${reading.port ?? 'unknown'}, "${reading.message.trim()}"`;
}

/** Everything that can forbid a stop before it is even looked at: a successor, no hope, the mode, the guard. */
async function mayAct(incident: Incident, reading: SeenReading): Promise<Step<'leased' | 'confirm again'>> {
  const { policy, order, store } = incident;
  const successor = supersededBy(store, reading.checkpoints.newestS, await readSiblings(incident));
  if (successor !== null) {
    return endAs('superseded', `${successor.store} has taken over and holds everything from ${successor.oldestS} on`);
  }
  const hopeless = order === null ? hopelessPattern(policy, reading) : null;
  if (hopeless !== null) return endAs('permanent', `its message matches the hopeless pattern ${hopeless}`);
  const mode = modeFor(policy, store);
  if (mode !== 'act' && !(order?.override ?? []).includes('mode')) {
    if (mode === 'observe')
      return endAs('would act', 'it would be stopped and restarted now; mode observe leaves that to people');
    if (needsVote(incident)) return askForVote(incident);
  }
  return lease(incident);
}

async function lease(incident: Incident): Promise<Step<'leased' | 'confirm again'>> {
  incident.show('asking for the lease');
  const answer = await askLease(incident, false);
  if (answer === null) return endAs('guard silent', 'the guard did not answer for ten minutes');
  if (answer.kind === 'granted') return goOn('leased');
  const { refusal } = answer;
  if (refusal.reason === 'confirm again') {
    incident.note('The guard wants the fault confirmed afresh.');
    incident.streak = { ...emptyStreak, foreignRestarts: incident.streak.foreignRestarts };
    return goOn('confirm again');
  }
  if (incident.policy.whenBlocked === 'wait' && refusal.whenMs !== null) {
    incident.show('waiting for the guard');
    await sleep(Math.max(1_000, refusal.whenMs - Date.now()), { summary: sayRefusal(refusal) });
    return goOn('confirm again');
  }
  return endAs('blocked', sayRefusal(refusal), { whenMs: refusal.whenMs });
}

/** Peace between two attempts. Recovery ends it, and so does an order. */
async function backOff(incident: Incident): Promise<Step<'again'>> {
  incident.show('backing off');
  const { policy } = incident;
  const forMs = backoffBefore(policy, incident.earlierAttempts + incident.attempts.length);
  const result = await unlessOrdered(incident, () => watch(incident, { kind: 'backoff', everyMs: policy.everyMs, forMs }));
  if (result === 'order') return goOn('again');
  if ('streak' in result) incident.streak = result.streak;
  if (result.kind === 'healthy')
    return endAs('recovered', `it came back by itself within the ${say(forMs)} between two attempts`);
  if (result.kind === 'flapping')
    return endAs('flapping', 'somebody else keeps restarting it', { next: 'find out who restarts it' });
  return goOn('again');
}

/** Runs a watch until it ends or a person's order arrives; the watch is then given up. */
async function unlessOrdered<T>(incident: Incident, watching: () => Promise<T>): Promise<T | 'order'> {
  const scope = new CancellationScope();
  const watched = scope.run(watching);
  const ordered = orderArrives(incident).then(() => 'order' as const);
  // A cancelled run rejects both; the watch's rejection is the one that goes on up.
  ordered.catch(() => undefined);
  const first = await Promise.race([watched, ordered]);
  if (first !== 'order') return first;
  scope.cancel();
  await watched.catch((error: unknown) => {
    if (!isCancellation(error)) throw error;
  });
  return 'order';
}

async function unlessCancelled(body: () => Promise<Ended>): Promise<Ended> {
  try {
    return await body();
  } catch (error) {
    if (!isCancellation(error)) throw error;
    return { kind: 'cancelled', because: 'a person cancelled it; what was owed was paid first' };
  }
}

/** Hands over what needs people, tells the guard, and leaves the outcome where a closed run still shows it. */
async function conclude(incident: Incident, ended: Ended): Promise<HealOutcome> {
  const { cluster, store, attempts } = incident;
  await CancellationScope.nonCancellable(async () => {
    incident.show('closing');
    if (outcomeTraits[ended.kind].needs === 'person') await handOver(incident, ended);
    if (incident.clusterKnown) await tellClosed(incident, ended);
    if (isExhausted(ended) && incident.policy.whenExhausted === 'propose-destroy') await proposeDestroy(incident, ended);
    upsertSearchAttributes(phaseAttribute(ended.kind));
    setCurrentDetails(describeIncident({ ...incident.view(), phase: `ended: ${ended.kind}. ${ended.because}` }));
  });
  return {
    kind: ended.kind,
    cluster,
    store,
    because: ended.because,
    attempts,
    ...(ended.whenMs === undefined || ended.whenMs === null ? {} : { whenMs: ended.whenMs }),
    ...(ended.next === undefined ? {} : { next: ended.next }),
  };
}

function isExhausted({ kind }: Ended): boolean {
  return kind === 'escalated' || kind === 'permanent';
}

/** After the guard was told: the subtopic is free again, and the destroy asks for its own place. */
async function proposeDestroy(incident: Incident, { kind, because }: Ended): Promise<void> {
  const { cluster, store } = incident;
  const reason = `the heal of this Store ended as ${kind}: ${because}`.slice(0, REASON_LENGTH_MAX);
  const run = await startDestroy({ cluster, store, reason }, `proposed: ${kind}`);
  incident.note(run === null ? 'A destroy of it waits for people already.' : 'A destroy was proposed to people.');
}
