import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { afterEach, expect, test } from 'vitest';
import { healWorkflowId } from '../../src/domain/names.ts';
import type { HealOutcome } from '../../src/domain/outcome.ts';
import type { StoreName } from '../../src/domain/store.ts';
import { AFTERMATH_MS, CLUSTER, manyStores, ProcessWorld, STORE, until } from './process-world.ts';

/** More than a heal has different points to be reset at: 13 to 15, and each is tried on a Store of its own. */
const STORES = manyStores(18);
const ACTIVITIES = ['learnPolicy', 'tellGuard', 'watchStore', 'readSiblings', 'stopStore', 'restartStore'];
const LIMIT = { timeout: 120_000 };

let world: ProcessWorld | undefined;

afterEach(async () => {
  await world?.close();
  world = undefined;
});

type EventId = NonNullable<NonNullable<Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']>[number]['eventId']>;

/** Where a heal can be reset: each completed workflow task, with what brought it about and the activities done by then. */
interface Point {
  readonly eventId: EventId;
  readonly done: readonly string[];
  readonly after: string;
}

async function pointsOf(world: ProcessWorld, store: StoreName): Promise<Point[]> {
  const { events } = await world.healOf(store).fetchHistory();
  const names = new Map<string, string>();
  const done: string[] = [];
  const points: Point[] = [];
  let after = 'the start';
  for (const event of events ?? []) {
    const scheduled = event.activityTaskScheduledEventAttributes?.activityType?.name;
    if (typeof scheduled === 'string') names.set(String(event.eventId), scheduled);
    const completed = event.activityTaskCompletedEventAttributes?.scheduledEventId;
    if (completed !== undefined && completed !== null) {
      after = names.get(String(completed)) ?? '?';
      done.push(after);
    }
    const signal = event.workflowExecutionSignaledEventAttributes?.signalName;
    if (typeof signal === 'string') after = signal;
    if (event.timerFiredEventAttributes) after = 'a timer';
    const { eventId } = event;
    if (event.workflowTaskCompletedEventAttributes && eventId) points.push({ eventId, done: [...done], after });
  }
  return points;
}

async function reset(world: ProcessWorld, store: StoreName, runId: string, eventId: EventId): Promise<string> {
  const answer: Promise<{ readonly runId?: string | null }> = world.client.workflowService.resetWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId: healWorkflowId(CLUSTER, store), runId },
    reason: 'a test',
    workflowTaskFinishEventId: eventId,
    requestId: randomUUID(),
  });
  return (await answer).runId ?? '';
}

/** One point for each Store, all different, until there is no other point left. */
async function choosePoints(world: ProcessWorld): Promise<{ store: StoreName; point: Point }[]> {
  const chosen = new Map<string, { store: StoreName; point: Point }>();
  for (const store of STORES) {
    const keyed = (await pointsOf(world, store)).map((point) => ({ key: `${point.done.length} ${point.after}`, point }));
    const next = keyed.find(({ key }) => !chosen.has(key));
    if (next !== undefined) chosen.set(next.key, { store, point: next.point });
  }
  return [...chosen.values()];
}

interface ResetRun {
  readonly store: StoreName;
  readonly point: Point;
  readonly outcome: HealOutcome;
}

/** Heals every Store, lets `before` happen, and resets the heal of each Store at another one of its workflow tasks. */
async function healAndReset(before: (world: ProcessWorld) => void): Promise<{ world: ProcessWorld; runs: ResetRun[] }> {
  const here = await ProcessWorld.start({ stores: STORES, patch: { policy: { verify: { healthyFor: '2s', within: '6s' } } } });
  world = here;
  await here.startWorker();
  await here.startGuard();
  for (const store of STORES) here.simulator.kill(store);
  await Promise.all(STORES.map((store) => here.startHeal(store)));
  for (const store of STORES) expect(await here.outcome(store)).toMatchObject({ kind: 'healed' });

  before(here);
  const begun = await Promise.all(
    (await choosePoints(here)).map(async ({ store, point }) => {
      const { runId } = await here.healOf(store).describe();
      return { store, point, runId: await reset(here, store, runId, point.eventId) };
    }),
  );
  const runs = await Promise.all(
    begun.map(async ({ store, point, runId }) => ({ store, point, outcome: await here.outcome(store, runId) })),
  );
  const covered = runs.map(({ point }) => point.after);
  console.log(`reset after: ${covered.join(', ')}`);
  expect(covered).toEqual(expect.arrayContaining(['the start', 'guardAnswer', 'a timer', ...ACTIVITIES]));
  return { world: here, runs };
}

test('a closed heal reset at any of its workflow tasks stops no Store that is healthy by then', LIMIT, async () => {
  const { world, runs } = await healAndReset(() => undefined);

  expect(new Set(runs.map(({ outcome }) => outcome.kind))).toEqual(new Set(['recovered', 'healed']));
  for (const { store, point } of runs) {
    const sent = world.commandPaths(store);
    expect(sent.slice(0, 2), store).toEqual(['/crawler/clear', '/crawler/restore']);
    expect(sent.slice(2), `${store}, reset after ${point.after}`).toEqual([]);
  }
  for (const { status } of world.simulator.states()) expect(status).toBe(0);
  expect(await world.guard()).toMatchObject({ debts: [], leases: [], slots: [] });
  expect(world.broken()).toEqual([]);
});

test(
  'a closed heal reset at any of its workflow tasks while the Store is dead again ends in an outcome, and rests on nothing old',
  LIMIT,
  async () => {
    const { world, runs } = await healAndReset((world) => STORES.forEach((store) => world.simulator.kill(store)));

    for (const { outcome } of runs) expect(['healed', 'recovered', 'blocked']).toContain(outcome.kind);
    expect(await world.guard()).toMatchObject({ debts: [], leases: [], slots: [] });
    // A run that had its verification in its history says what was true then. The next sweeps see what is true now.
    await world.applySchedule();
    await until('every Store to be healthy', () => world.simulator.states().every(({ status }) => status === 0));
    await until('every heal to be over', async () => (await world.guard()).stores.every((memory) => memory.openRun === null));
    expect(await world.guard()).toMatchObject({ debts: [], leases: [] });
    expect(world.broken()).toEqual([]);
  },
);

test(
  'a heal reset while its stop is under way touches the Store again only when that stop cannot run any more',
  LIMIT,
  async () => {
    // A stop of 2.2 s, so that the reset surely lands inside it.
    world = await ProcessWorld.start({ speed: 10 });
    await world.startWorker();
    await world.startGuard();
    world.simulator.kill(STORE);
    await world.startHeal(STORE);
    const stop = await world.arrival('/crawler/clear', STORE);
    const [first] = await pointsOf(world, STORE);
    const { runId } = await world.healOf(STORE).describe();
    if (first === undefined) throw new Error('a heal whose stop is under way has completed workflow tasks');
    const again = await reset(world, STORE, runId, first.eventId);
    expect(stop.endedMs).toBeNull();

    expect(await world.outcome(STORE, again)).toMatchObject({
      kind: 'healed',
      attempts: [{ stop: 'sent by an earlier run', restart: 'done' }],
    });
    const [, restart] = world.simulator.commands();
    // The guard let the stop pass just before it arrived.
    expect((restart?.atMs ?? 0) - stop.atMs).toBeGreaterThan(AFTERMATH_MS - 1_000);
    expect(world.commandPaths(STORE)).toEqual(['/crawler/clear', '/crawler/restore']);
    expect(world.simulator.state(STORE).status).toBe(0);
    expect(await world.guard()).toMatchObject({ debts: [], leases: [] });
    expect(world.broken()).toEqual([]);
  },
);
