import type {
  ClusterActivities,
  CommandReport,
  Evidence,
  NotSentReason,
  RestartInput,
  StopInput,
} from '../src/domain/activities.ts';
import type { Verb } from '../src/domain/command.ts';
import type { Look } from '../src/domain/guard/messages.ts';
import { planIn } from '../src/approval/plans-in-history.ts';
import { holdsSeal } from '../src/approval/seal.ts';
import { rulesFor } from '../src/domain/approval/approval-policy.ts';
import { sayTally } from '../src/domain/approval/tally.ts';
import { modeFor } from '../src/domain/policy.ts';
import { diagnose } from '../src/domain/reading.ts';
import type { StoreName } from '../src/domain/store.ts';
import { isForeignHand, lifeOf } from '../src/domain/streak.ts';
import { countBallot, ownHistory } from './ballot.ts';
import type { ClusterSource, LiveCluster } from './cluster-source.ts';
import type { Journal } from './journal.ts';
import { passGuard } from './last-gate.ts';
import { evidenceOf, heldAgainstOms } from './observing.ts';
import { ownRun } from './own-run.ts';
import { reported } from './reporting.ts';
import type { ServerClock } from './server-clock.ts';

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
        const evidence = await looked(await clusters.get(input.cluster), input, clock);
        // Asked for after the reading, which may take long: a mode that was tightened meanwhile counts.
        const cluster = await clusters.get(input.cluster);
        const stale = whyEvidenceForbids(input, evidence) ?? (await whyWorkerForbids(input, cluster, evidence));
        if (stale !== null) return stale;
        const { streakSinceMs, override } = input;
        // Votes were counted above where this worker's mode wants them; the guard is told that there were any.
        return send('stop', input, cluster, clock, evidence, { streakSinceMs, override, approved: input.planId !== undefined });
      }),
    restartStore: (input) =>
      reported('restart', input, journal, async (clock) => {
        const cluster = await clusters.get(input.cluster);
        // An owed restart rests on our stop and not on a reading; mode and pause do not hold it back.
        return send('restart', input, cluster, clock, null, { streakSinceMs: clock.now(), override: [] });
      }),
  };
}

/** CM's whole answer, and OMS's word beside it; that word decides, but for a person's order. */
async function looked(cluster: LiveCluster, input: StopInput, clock: ServerClock): Promise<Evidence> {
  const evidence = evidenceOf(await cluster.cm.read(input.store, clock.now()));
  const held = await heldAgainstOms(cluster, evidence.reading);
  if (held === null) return evidence;
  return { ...evidence, reading: input.ordered === true ? evidence.reading : held.reading, witness: held.witness };
}

function notSent(because: NotSentReason, detail: string, evidence: Evidence | null): NotSent {
  return { kind: 'not sent', because, detail, evidence, refusal: null };
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
async function whyWorkerForbids(input: StopInput, cluster: LiveCluster, evidence: Evidence): Promise<NotSent | null> {
  if (cluster.stale !== null) return notSent('mode', `the configuration cannot be read: ${cluster.stale}`, evidence);
  const mode = modeFor(cluster.config.policy, input.store);
  // Votes that are claimed are counted whatever this worker's mode is: the guard's may be the one that wants them.
  if (input.planId !== undefined) {
    const doubt = await whyVotesDoNotStand(input.planId, input.store, cluster);
    if (doubt !== null) return notSent('mode', `mode ${mode}, and the approval does not stand: ${doubt}`, evidence);
    if (mode === 'ask') return null;
  }
  return mode === 'act' || input.override.includes('mode')
    ? null
    : notSent('mode', `mode ${mode} in the sending worker's file`, evidence);
}

/** The votes that let this restart go on in mode `ask`, counted from the server's own history; null if they do. */
async function whyVotesDoNotStand(planId: string, store: StoreName, { config }: LiveCluster): Promise<string | null> {
  const history = await ownHistory();
  const found = planIn(history, planId);
  if (found === null || found.plan.action !== 'restart') return 'this run sealed no such plan';
  const { plan, rules } = found;
  if (!holdsSeal(plan)) return 'the plan is not the one that its id was made from';
  if (plan.runId !== ownRun().runId || plan.store !== store || plan.cluster !== config.name)
    return 'the plan is of another run or Store';
  const { tally } = await countBallot(history, plan, [rules, rulesFor(config.approval, 'restart')]);
  return tally.state.kind === 'approved' ? null : sayTally(tally);
}

async function send(
  verb: Verb,
  input: Input,
  cluster: LiveCluster,
  clock: ServerClock,
  evidence: Evidence | null,
  claim: Pick<Look, 'streakSinceMs' | 'override' | 'approved'>,
): Promise<CommandReport> {
  const { store, commandId } = input;
  const word = await passGuard(input, { store, verb, commandId, ...claim }, clock);
  if (word.kind === 'not sent') return { ...word, evidence };
  const mayStillSend = (): boolean => word.clock.now() < word.sendByMs;
  const answer = await cluster.cm.command(verb, store, { mayStillSend });
  return answer.kind === 'never sent'
    ? notSent(answer.because, answer.detail, evidence)
    : { kind: 'sent', answer, evidence, scheduledMs: word.scheduledMs };
}
