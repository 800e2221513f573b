import { randomBytes } from 'node:crypto';
import { activityInfo, Context, heartbeat } from '@temporalio/activity';
import proto from '@temporalio/proto';
import { planDigest, policyDigest } from '../src/approval/digest.ts';
import { isStamped } from '../src/approval/plans-in-history.ts';
import { sealed } from '../src/approval/seal.ts';
import { rulesFor } from '../src/domain/approval/approval-policy.ts';
import type { ApprovalActivities, PlanWatch, Sealed, SealInput } from '../src/domain/approval/contract.ts';
import { type ApprovalRules, neededApprovals, type Requesters, whyNotApprovable } from '../src/domain/approval/electorate.ts';
import { makePlan, makeRestartPlan, materialChange, type PlanFrame, type Sight } from '../src/domain/approval/plan.ts';
import { destroyQueue } from '../src/domain/names.ts';
import { modeFor } from '../src/domain/policy.ts';
import { diagnose } from '../src/domain/reading.ts';
import { supersededBy } from '../src/domain/remedy.ts';
import { countBallot, NOBODY, ownHistory, requestersOf } from './ballot.ts';
import type { ClusterSource, LiveCluster } from './cluster-source.ts';
import { stillWatching } from './failures.ts';
import { lookAt, type Looked } from './observing.ts';
import { ownRun } from './own-run.ts';
import { startServerClock, startStopwatch } from './server-clock.ts';

/** What it takes to ask people: a sealed plan, an eye on its evidence, and the count of the votes. Sends nothing. */
export function createApproving(clusters: ClusterSource): ApprovalActivities {
  return {
    async sealPlan(input) {
      const stopwatch = startStopwatch();
      const cluster = await clusters.get(input.cluster);
      const look = await lookAt(cluster, input.store, input.action === 'destroy');
      const answer = await seal(input, cluster, look);
      if (answer.kind !== 'no trusted reading') return answer;
      const { scheduledTimestampMs } = activityInfo();
      const leftMs = scheduledTimestampMs + input.patienceMs - startServerClock().now();
      if (leftMs <= 0) return answer;
      const { everyMs } = cluster.config.policy;
      throw stillWatching(`no trusted reading yet: ${answer.because}`, { everyMs, tookMs: stopwatch(), leftMs });
    },

    async watchPlan({ plan, everyMs, untilMs }) {
      const stopwatch = startStopwatch();
      const cluster = await clusters.get(plan.cluster);
      const { sight } = await lookAt(cluster, plan.store, plan.action === 'destroy');
      const seen = judge(plan, sight);
      if (seen.kind === 'over') return seen.result;
      const leftMs = untilMs - startServerClock().now();
      if (leftMs <= 0) return { kind: 'elapsed' };
      throw stillWatching(seen.progress, { everyMs, tookMs: stopwatch(), leftMs });
    },

    async countVotes({ plan, rules }) {
      const { config } = await clusters.get(plan.cluster);
      const { tally, requesters, countedTo } = await countBallot(await ownHistory(), plan, [
        rules,
        rulesFor(config.approval, plan.action),
      ]);
      return { tally, requesters, countedTo };
    },
  };
}

async function seal(input: SealInput, cluster: LiveCluster, { sight, evidence }: Looked): Promise<Sealed> {
  const { config } = cluster;
  const rules = rulesFor(config.approval, input.action);
  const clock = startServerClock();
  const frame: PlanFrame = {
    cluster: input.cluster,
    cm: config.cm,
    store: input.store,
    policyDigest: policyDigest({ policy: config.policy, approval: config.approval }),
    approval: { quorum: rules.quorum, assurance: rules.assurance },
    ...ownRun(),
    number: input.number,
    // Real randomness: what a workflow makes up, a reset makes up again.
    nonce: randomBytes(16).toString('hex'),
    approveByMs: input.approveByMs ?? Math.floor(clock.now()) + rules.approveWithinMs,
    executeWithinMs: rules.executeWithinMs,
  };
  const planned = input.action === 'destroy' ? makePlan(frame, sight) : makeRestartPlan(frame, sight.reading);
  if (planned.kind === 'cleared') return planned;
  if (planned.kind === 'read again') return { kind: 'no trusted reading', because: planned.because };
  const plan = sealed(planned.plan);
  heartbeat({ plan: plan.planId });
  const history = await ownHistory();
  const requesters = await requestersOf(history, rules);
  const asked = input.action === 'destroy' ? requesters : NOBODY;
  const because = whyNotApprovable(rules, plan.approval, asked, isStamped(history));
  if (because !== null) return { kind: 'cannot be approved here', because };
  return {
    kind: 'sealed',
    plan,
    digest: planDigest(plan),
    rules,
    requesters: asked,
    needed: neededApprovals(rules, plan.approval, asked),
    mode: modeFor(config.policy, input.store),
    everyMs: config.policy.everyMs,
    warnings: await warningsOf(input, rules, asked),
    evidence,
  };
}

async function warningsOf({ action, cluster }: SealInput, rules: ApprovalRules, requesters: Requesters): Promise<string[]> {
  const declared = rules.assurance.includes('declared');
  return [
    ...(declared ? ['a typed name counts as a vote here, which proves nothing: environment development'] : []),
    ...(requesters.proven || declared ? [] : ['it is not proven who ordered this, so one approval more is needed']),
    ...(action === 'destroy' && !(await isPolled(destroyQueue(cluster)))
      ? [
          `no worker polls ${destroyQueue(cluster)} now: without one, approvals run out unused; start storekeeper worker --only destroy`,
        ]
      : []),
  ];
}

const { TASK_QUEUE_TYPE_ACTIVITY: ACTIVITIES } = proto.temporal.api.enums.v1.TaskQueueType;

/** Whether a worker asked this queue for work of late. A server that cannot say is not warned about. */
async function isPolled(queue: string): Promise<boolean> {
  const { client } = Context.current();
  try {
    const { pollers } = await client.workflowService.describeTaskQueue({
      namespace: client.options.namespace,
      taskQueue: { name: queue },
      taskQueueType: ACTIVITIES,
    });
    return (pollers ?? []).length > 0;
  } catch {
    return true;
  }
}

type Judged = { readonly kind: 'over'; readonly result: PlanWatch } | { readonly kind: 'goes on'; readonly progress: string };

function judge(plan: Parameters<ApprovalActivities['watchPlan']>[0]['plan'], sight: Sight): Judged {
  if (plan.action === 'restart') {
    // The fault is confirmed afresh after the vote, so all that matters here is whether it is still there.
    const { kind } = diagnose(sight.reading);
    return kind === 'healthy' ? { kind: 'over', result: { kind: 'cleared' } } : { kind: 'goes on', progress: `it is ${kind}` };
  }
  const change = materialChange(plan, sight);
  switch (change.kind) {
    case 'cleared':
      return { kind: 'over', result: { kind: 'cleared' } };
    case 'changed': {
      const { parts } = change;
      const newcomer = parts.includes('siblings') || parts.includes('coverage');
      const successor = newcomer ? supersededBy(plan.store, plan.evidence.checkpoints.newestS, sight.siblings ?? []) : null;
      return {
        kind: 'over',
        result:
          successor === null
            ? { kind: 'changed', parts, reading: sight.reading }
            : { kind: 'taken over', by: successor.store, parts },
      };
    }
    case 'unchanged':
      return { kind: 'goes on', progress: 'the evidence stands' };
    case 'read again':
      return { kind: 'goes on', progress: `unknown just now: ${change.because}` };
  }
}
