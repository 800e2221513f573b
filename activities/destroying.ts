import { activityInfo } from '@temporalio/activity';
import { planDigest } from '../src/approval/digest.ts';
import { planIn, type PlanInHistory, sentBefore } from '../src/approval/plans-in-history.ts';
import { holdsSeal } from '../src/approval/seal.ts';
import type { Evidence } from '../src/domain/activities.ts';
import { rulesFor } from '../src/domain/approval/approval-policy.ts';
import type { DestroyActivities, DestroyInput, DestroyProof, DestroyReport } from '../src/domain/approval/contract.ts';
import { type DestroyPlan, materialChange, type Sight } from '../src/domain/approval/plan.ts';
import { sayTally } from '../src/domain/approval/tally.ts';
import { destroyWorkflowId } from '../src/domain/names.ts';
import { countBallot, ownHistory } from './ballot.ts';
import type { ClusterSource, LiveCluster } from './cluster-source.ts';
import type { Journal } from './journal.ts';
import { passGuard } from './last-gate.ts';
import { lookAt } from './observing.ts';
import { ownRun } from './own-run.ts';
import { reported } from './reporting.ts';
import type { ServerClock } from './server-clock.ts';

type NotSent = Extract<DestroyReport, { kind: 'not sent' }>;

/**
 * Destroys a Store, and trusts nobody for it: not the workflow that asks, nor the worker that sealed the plan. It
 * takes plan and votes from the server's history, the rules also from its own file, looks at the Store afresh, asks
 * the guard, and counts the votes once more just before it sends one request (design, invariants 7, 8 and 13).
 */
export function createDestroying(clusters: ClusterSource, journal: Journal): DestroyActivities {
  return {
    destroyStore: (input) => reported('destroy', input, journal, (clock) => destroy(input, clusters, clock)),
  };
}

async function destroy(input: DestroyInput, clusters: ClusterSource, clock: ServerClock): Promise<DestroyReport> {
  const looked = await unlessThrown(async () => lookAt(await clusters.get(input.cluster), input.store, true));
  if ('kind' in looked) return looked;
  const { evidence, sight } = looked;
  // Asked for after the look, which may take long: whoever was struck off the list meanwhile counts no more.
  const cluster = await unlessThrown(() => clusters.get(input.cluster));
  if ('kind' in cluster) return cluster;
  if (cluster.stale !== null) return notSent('mode', `the configuration cannot be read: ${cluster.stale}`, evidence);
  const proven = await prove(input, cluster, clock, sight);
  if (proven.kind === 'not sent') return { ...proven, evidence };
  const changed = whyEvidenceForbids(proven.plan, sight, evidence);
  if (changed !== null) return changed;
  return send(input, cluster, clock, proven, evidence);
}

/** Nothing has left yet, so whatever breaks here is no reason to fear that it has. */
async function unlessThrown<T extends object>(body: () => Promise<T>): Promise<T | NotSent> {
  try {
    return await body();
  } catch (error) {
    return notSent('it could not be verified', error instanceof Error ? error.message : String(error));
  }
}

interface Proven {
  readonly kind: 'proven';
  readonly plan: DestroyPlan;
  readonly found: PlanInHistory;
  readonly sight: Sight;
  readonly proof: Omit<DestroyProof, 'passedMs'>;
}

/** Plan and votes, from the history as it is at this moment. */
function prove(input: DestroyInput, cluster: LiveCluster, clock: ServerClock, sight: Sight): Promise<Proven | NotSent> {
  return unlessThrown(() => proveFromHistory(input, cluster, clock, sight));
}

async function proveFromHistory(
  input: DestroyInput,
  cluster: LiveCluster,
  clock: ServerClock,
  sight: Sight,
): Promise<Proven | NotSent> {
  const history = await ownHistory();
  const found = planIn(history, input.planId);
  if (found === null) return notSent('the plan does not hold', 'the history of this run holds no such plan');
  const { plan } = found;
  const fault = plan.action === 'destroy' ? whyPlanDoesNotHold(plan, input, cluster) : 'it is not a plan of a destroy';
  if (plan.action !== 'destroy' || fault !== null) return notSent('the plan does not hold', fault ?? '');
  const before = sentBefore(history, plan.planId, activityInfo().activityId);
  if (before !== null) return notSent('sent before', `by activity ${before.activityId} of this run`);
  const own = rulesFor(cluster.config.approval, 'destroy');
  const { tally, requesters, rules } = await countBallot(history, plan, [found.rules, own]);
  if (tally.state.kind !== 'approved') return notSent('the votes do not stand', sayTally(tally));
  const { executeByMs } = tally.state;
  if (clock.now() >= executeByMs)
    return notSent('too long ago', `it had to be carried out by ${new Date(executeByMs).toISOString()}`);
  const proof = {
    digest: planDigest(plan),
    tally,
    requesters,
    rules,
    configDigest: cluster.digest,
    executeByMs,
    siblings: sight.siblings ?? [],
  };
  return { kind: 'proven', plan, found, sight, proof };
}

/** The plan must be whole, and of this very run, Store, cluster and address: approval of one is none of another. */
function whyPlanDoesNotHold(plan: DestroyPlan, input: DestroyInput, { config }: LiveCluster): string | null {
  const run = ownRun();
  if (!holdsSeal(plan)) return 'it is not the one that its id was made from';
  if (plan.runId !== run.runId || plan.workflowId !== run.workflowId) return 'it is of another run';
  if (plan.cluster !== input.cluster) return `it is of cluster ${plan.cluster}`;
  if (plan.store !== input.store) return `it is of Store ${plan.store}`;
  if (run.workflowId !== destroyWorkflowId(plan.cluster, plan.store))
    return 'its workflow has another id than a destroy of this Store';
  return plan.cm === config.cm ? null : `it names the Cluster Manager ${plan.cm}, and the file of this worker ${config.cm}`;
}

function whyEvidenceForbids(plan: DestroyPlan, sight: Sight, evidence: Evidence): NotSent | null {
  const change = materialChange(plan, sight);
  switch (change.kind) {
    case 'unchanged':
      return null;
    case 'cleared':
      return { ...notSent('it is healthy now', 'status 0'), evidence };
    case 'read again':
      return { ...notSent('the reading is unknown', change.because), evidence };
    case 'changed':
      return { ...notSent('the evidence changed', change.parts.join(', ')), evidence, parts: change.parts };
  }
}

/** (b) and (c) of the last gate, with the votes counted once more in between: an approval can be taken back until here. */
async function send(
  input: DestroyInput,
  cluster: LiveCluster,
  clock: ServerClock,
  { plan, found, sight }: Proven,
  evidence: Evidence,
): Promise<DestroyReport> {
  const { store, commandId } = input;
  const claim = { planId: plan.planId, modeBefore: found.mode };
  const word = await passGuard(
    input,
    { store, verb: 'destroy', commandId, streakSinceMs: plan.evidence.atMs, override: [], destroy: claim },
    clock,
  );
  if (word.kind === 'not sent') return { ...word, evidence };
  const { passedMs, scheduledMs } = word;
  const again = await prove(input, cluster, word.clock, sight);
  if (again.kind === 'not sent') return { ...again, evidence };
  const endMs = Math.min(word.sendByMs, again.proof.executeByMs);
  const mayStillSend = (): boolean => word.clock.now() < endMs;
  if (!mayStillSend()) return notSent('too late', `sendBy of ${input.sendByMs} ms is over`, evidence);
  const answer = await cluster.cm.command('destroy', input.store, { mayStillSend });
  if (answer.kind === 'never sent') return { ...notSent(answer.because, answer.detail), evidence };
  return { kind: 'sent', answer, evidence, proof: { ...again.proof, passedMs }, scheduledMs };
}

function notSent(because: NotSent['because'], detail: string, evidence: Evidence | null = null): NotSent {
  return { kind: 'not sent', because, detail, evidence, refusal: null };
}
