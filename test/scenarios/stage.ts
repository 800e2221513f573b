/** What every scenario says and expects: the usual Stores, and a world left in peace. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { expect } from 'vitest';
import type { GuardState } from '../../src/domain/guard/state.ts';
import { healWorkflowId } from '../../src/domain/names.ts';
import type { HealOutcome } from '../../src/domain/outcome.ts';
import type { StoreName } from '../../src/domain/store.ts';
import { CLUSTER, storeName, type VirtualWorld } from '../virtual-world.ts';

export const A = storeName('10.0.0.7-7100:p_4223_source-000-0:0000000007');
export const B = storeName('10.0.0.8-7100:p_4224_source-000-0:0000000008');
/** Another Store of A's subtopic. */
export const SIBLING = storeName('10.0.0.9-7100:p_4223_source-000-0:0000000009');

export const SECOND = 1_000;
export const MINUTE = 60_000;
export const HOUR = 3_600_000;

const VERBS: Readonly<Record<string, string>> = {
  '/crawler/clear': 'stop',
  '/crawler/restore': 'restart',
  '/crawler/destroy': 'destroy',
};

/** Every command that reached CM, in order: `stop 10.0.0.7-…`. */
export function commandsOf(world: VirtualWorld): string[] {
  return world.simulator.commands().map((entry) => `${VERBS[entry.path] ?? entry.path} ${entry.store ?? ''}`);
}

/** One stop and one restart of the Store, so many times over. */
export function rounds(store: StoreName, times: number): string[] {
  return Array.from({ length: times }, () => [`stop ${store}`, `restart ${store}`]).flat();
}

/** The reader dies now, and two sweeps have looked since the world began: the next one may open an incident. */
export async function dies(world: VirtualWorld, store: StoreName): Promise<void> {
  await world.sweepTwice();
  world.simulator.kill(store);
  await world.simulator.settled();
}

/** Lays a fault on the Store and lets a sweep open an incident for it. */
export async function struckBy(
  world: VirtualWorld,
  store: StoreName,
  fault: Parameters<VirtualWorld['simulator']['inject']>[1],
): Promise<void> {
  await world.sweepTwice();
  world.simulator.inject(store, fault);
  await world.simulator.settled();
  const { opened } = await world.sweep();
  expect(opened).toEqual([store]);
}

export function attemptsOf(outcome: HealOutcome): number {
  return outcome.attempts.length;
}

/** Nothing is held, in flight or owed, and CM saw nothing that no healer may do. Gives the guard's last state. */
export async function expectPeace(world: VirtualWorld, debts: readonly StoreName[] = []): Promise<GuardState> {
  expect(world.simulator.violations()).toEqual([]);
  let guard = await world.guard();
  await world.until('the guard has heard how everything ended', async () => {
    guard = await world.guard();
    return guard.leases.length === 0 && guard.slots.length === 0 && guard.debts.length === debts.length;
  });
  expect(guard.debts.map((debt) => debt.store)).toEqual(debts);
  expect(byStore(journalled(world))).toEqual(byStore(commandsOf(world)));
  return guard;
}

/**
 * For each Store its commands in their order. Between Stores the order tells nothing: CM logs a command when it comes,
 * the worker when it is answered, and two may be under way at once.
 */
function byStore(commands: readonly string[]): Record<string, string[]> {
  const grouped: Record<string, string[]> = {};
  for (const command of commands) {
    const [verb = '', store = ''] = command.split(' ');
    (grouped[store] ??= []).push(verb);
  }
  return grouped;
}

/** The worker's journal must name exactly the commands that CM saw. */
function journalled(world: VirtualWorld): string[] {
  return world.journal.flatMap((line) => (line.journal === 'command' && line.sent ? [`${line.verb} ${line.store}`] : []));
}

export function healOf(world: VirtualWorld, store: StoreName): WorkflowHandle {
  return world.client.workflow.getHandle(healWorkflowId(CLUSTER, store));
}

const HISTORIES = join(dirname(fileURLToPath(import.meta.url)), '..', 'histories');

/** With RECORD_HISTORIES=1, keeps the run's history for the replay test. */
export async function record(name: string, handle: WorkflowHandle): Promise<void> {
  if (process.env['RECORD_HISTORIES'] !== '1') return;
  await mkdir(HISTORIES, { recursive: true });
  const history = await handle.fetchHistory();
  // The test server leaves it out, and a replay needs it.
  const started = history.events?.[0]?.workflowExecutionStartedEventAttributes;
  if (started) started.workflowId = handle.workflowId;
  await writeFile(join(HISTORIES, `${name}.json`), `${historyToJSON(history)}\n`);
}
