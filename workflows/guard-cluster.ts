import { ApplicationFailure } from '@temporalio/common';
import {
  allHandlersFinished,
  condition,
  continueAsNew,
  getExternalWorkflowHandle,
  log,
  proxyActivities,
  setCurrentDetails,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { DeskActivities, GuardInput } from '../src/domain/activities.ts';
import { type CarriedGuard, pack } from '../src/domain/guard/carry.ts';
import { describeGuard } from '../src/domain/guard/describe.ts';
import { type LeaseAnswer, type OpenedAnswer, type ProposedAnswer, type Run, sameRun } from '../src/domain/guard/messages.ts';
import { type GuardState, isOfAnotherBuild, newGuard, takeOver } from '../src/domain/guard/state.ts';
import {
  type GuardEffect,
  type GuardEvent,
  type GuardReply,
  nextWakeMs,
  runsThatMatter,
  stepGuard,
} from '../src/domain/guard/step.ts';
import { guardWorkflowId } from '../src/domain/names.ts';
import { parseClusterRequest } from '../src/domain/requests.ts';
import { searchAttributes } from './attributes.ts';
import { registerHandlers, type Waiting } from './guard/handlers.ts';
import { guardAnswerSignal } from './messages.ts';
import { startHeal } from './start-work.ts';

/** Asked often and cheaply; a server that cannot say who runs leaves everybody what they hold. */
const { findDeadRuns } = proxyActivities<Pick<DeskActivities, 'findDeadRuns'>>({
  startToCloseTimeout: '30 seconds',
  scheduleToCloseTimeout: '1 minute',
});

const DAY_MS = 86_400_000;
/** While workers are being replaced, both builds report in turn: not each of them is a new beginning. */
const BUILD_SETTLES_MS = 600_000;

/** The guard of one cluster, for ever: feeds the pure reducer and carries out what it says. */
export async function guardCluster(input: GuardInput, carried?: CarriedGuard): Promise<void> {
  const { cluster } = checkInput(input);
  let state = carried !== undefined ? takeOver(carried) : newGuard(cluster, input.beginning ?? 'found missing', Date.now());
  const queue: Waiting[] = [];
  const startedMs = Date.now();

  // The server drops an answer that is still on its way when the run ends, and the asker would wait in vain.
  const onTheirWay = new Set<Promise<void>>();
  const send = (work: Promise<void>): void => {
    onTheirWay.add(work);
    void work.finally(() => onTheirWay.delete(work));
  };

  registerHandlers(queue, () => state);
  upsertSearchAttributes(searchAttributes({ cluster, phase: 'guarding' }));

  for (;;) {
    const wakeMs = Math.min(nextWakeMs(state) ?? Infinity, startedMs + DAY_MS) - Date.now();
    if (queue.length === 0)
      await condition(() => queue.length > 0, Math.max(wakeMs, 1_000), { summary: 'until a debt, a pause or the day ends' });
    const waiting = queue.shift() ?? { event: { kind: 'tick' } };
    for (const event of await withTheDeadBuried(state, waiting.event, queue)) {
      const step = stepGuard(state, event, Date.now());
      state = step.state;
      for (const effect of step.effects) send(carryOut(cluster, effect));
      if (event === waiting.event) send(answer(event, step.reply, waiting));
    }
    if (queue.length > 0) continue;
    setCurrentDetails(describeGuard(state, Date.now()));
    const ageMs = Date.now() - startedMs;
    const old =
      workflowInfo().continueAsNewSuggested || ageMs >= DAY_MS || (ageMs >= BUILD_SETTLES_MS && isOfAnotherBuild(state));
    if (!old) continue;
    const isQuiet = (): boolean => allHandlersFinished() && onTheirWay.size === 0;
    // Whoever speaks meanwhile is heard first: nobody must wait for the end of a run.
    await condition(() => queue.length > 0 || isQuiet(), '1 minute');
    if (queue.length === 0 && isQuiet()) await continueAsNew<typeof guardCluster>({ cluster }, pack({ ...state, build: null }));
  }
}

function checkInput(input: unknown): { cluster: string } {
  const parsed = parseClusterRequest(input, ['beginning']);
  if (!parsed.ok) throw ApplicationFailure.nonRetryable(parsed.error, 'InvalidInput');
  const canonical = guardWorkflowId(parsed.value.cluster);
  if (workflowInfo().workflowId !== canonical) {
    throw ApplicationFailure.nonRetryable(
      `The guard of this cluster runs under the id ${canonical}; start it under that.`,
      'InvalidInput',
    );
  }
  return parsed.value;
}

/** Before an event over which a holder could stand in the way, the server is asked whether that holder still runs. */
async function withTheDeadBuried(
  state: GuardState,
  event: GuardEvent,
  queue: readonly Waiting[],
): Promise<readonly GuardEvent[]> {
  const runs = runsThatMatter(state, event, Date.now());
  if (runs.length === 0) return [event];
  try {
    const dead = await findDeadRuns({ runs });
    // Who has ended and left word is not dead without a word: what it said stands in the queue, and is heard first.
    const silent = dead.filter((run) => !queue.some((waiting) => isFrom(waiting.event, run)));
    return [{ kind: 'runs described', dead: silent }, event];
  } catch (error) {
    log.warn('could not ask which holders still run; they keep what they hold', { error });
    return [event];
  }
}

function isFrom(event: GuardEvent, run: Run): boolean {
  const word = event.kind === 'command ended' || event.kind === 'closed' || event.kind === 'proposal closed';
  return word && sameRun(event.message.run, run);
}

/** Not waited for: the guard goes on answering others. */
async function answer(event: GuardEvent, reply: GuardReply, waiting: Waiting): Promise<void> {
  waiting.settle?.(reply);
  if (event.kind !== 'opened' && event.kind !== 'lease requested' && event.kind !== 'proposed') return;
  const { run, askId } = event.message;
  const told = { askId, runId: run.runId, answer: reply as OpenedAnswer | ProposedAnswer | LeaseAnswer };
  try {
    await getExternalWorkflowHandle(run.workflowId, run.runId).signal(guardAnswerSignal, told);
  } catch (error) {
    // The asker ended meanwhile; what it was granted is freed when somebody else wants it.
    log.info('an asker was gone before its answer', { run, error });
  }
}

/** Not waited for, either. */
async function carryOut(cluster: string, { store }: GuardEffect): Promise<void> {
  try {
    await startHeal({ cluster, store, order: null }, `a restart is owed to ${store}`);
  } catch (error) {
    log.error('could not start the heal that pays a debt; it is tried again', { store, error });
  }
}
