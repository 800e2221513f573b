/** The part of an attempt that must be finished once begun: after our stop, a restart is owed. */
import { CancellationScope, sleep } from '@temporalio/workflow';
import type { CommandReport, Evidence } from '../../src/domain/activities.ts';
import { sayRefusal, type Refusal } from '../../src/domain/guard/refusal.ts';
import { diagnose } from '../../src/domain/reading.ts';
import { seconds } from '../../src/domain/watch.ts';
import { commandLimitMs, handOver, readStore, restartStore } from './calls.ts';
import { tellCommandEnded } from '../guard-line.ts';
import { askLease, tellOpened } from './guard-talk.ts';
import { type Ended, endAs, goOn, type Incident, type Step } from './incident.ts';

const REFUSALS_MAX = 5;
/** How long an owed restart is tried before people get the Store stopped as it is. */
const TRY_FOR_MS = 1_800_000;
const PAUSE_MAX_MS = 60_000;

export interface Restarted {
  readonly word: string;
}

export function nextCommandId(incident: Incident): string {
  incident.commands += 1;
  return `${incident.run.runId}:${incident.commands}`;
}

/**
 * Sends the owed restart until CM has taken it, or hands the stopped Store over. Runs in a non-cancellable
 * scope: who cancels a heal gets the debt paid first.
 */
export function payRestart(incident: Incident, why: string): Promise<Step<Restarted>> {
  return CancellationScope.nonCancellable(() => restartUntilTaken(incident, why));
}

async function restartUntilTaken(incident: Incident, why: string): Promise<Step<Restarted>> {
  const untilMs = Date.now() + TRY_FOR_MS;
  let refusals = 0;
  let last = 'it was never sent';
  for (let tries = 1; Date.now() < untilMs && refusals < REFUSALS_MAX; tries += 1) {
    incident.show('restarting');
    const commandId = nextCommandId(incident);
    const { cluster, store, policy } = incident;
    const report = await restartStore(incident, { cluster, store, commandId, sendByMs: policy.sendByMs, why });
    await tellCommandEnded(incident, 'restart', commandId, report);
    last = sayReport(report);
    incident.note(`Restart, try ${tries}: ${last}`);
    if (report.kind === 'sent') {
      if (report.answer.kind === 'done') return settled(incident, 'done');
      if (report.answer.kind === 'unknown') return await afterLostRestart(incident, report.scheduledMs);
      refusals += 1;
      if (await isHealthyNow(incident)) return settled(incident, 'refused, but it is healthy');
    } else if (report.refusal?.reason === 'held') {
      return handOverHeld(incident, report.refusal);
    } else {
      await clearTheWay(incident, report);
      // After a reset the old run may have restarted it already: then nothing is owed any more.
      if (report.refusal?.reason === 'not the holder' && (await isHealthyNow(incident)))
        return settled(incident, 'not needed, it is healthy');
    }
    await sleep(Math.min(PAUSE_MAX_MS, 2_000 * 2 ** Math.min(tries, 6)), {
      summary: `before the restart is tried again: ${last}`,
    });
  }
  const because = `CM did not take the restart that is owed after our stop: ${last}`;
  const next = `restart ${incident.store} by hand, or find out why CM refuses`;
  await handOver(incident, { kind: 'handed over', because, next });
  return endAs('handed over', because, { next });
}

/** A hold forbids the restart that is owed, so the Store goes to people as it is: they asked for nobody else to touch it. */
export async function handOverHeld(incident: Incident, refusal: Refusal): Promise<{ end: Ended }> {
  const because = `a restart is owed after our stop, and ${sayRefusal(refusal)}`;
  const next = `restart ${incident.store} by hand when it may be touched again`;
  await handOver(incident, { kind: 'handed over', because, next });
  return endAs('handed over', because, { next });
}

function settled(incident: Incident, word: string): Step<Restarted> {
  incident.debt = 'settled';
  return goOn({ word });
}

/** CM may be carrying it out: wait until it cannot any more. Then the verification decides, not a repeat. */
async function afterLostRestart(incident: Incident, scheduledMs: number): Promise<Step<Restarted>> {
  const waitMs = Math.max(0, scheduledMs + commandLimitMs(incident.policy) - Date.now());
  await sleep(waitMs, { summary: `the restart's answer was lost; until it cannot be running any more (${seconds(waitMs)})` });
  return goOn({ word: 'answer lost' });
}

async function isHealthyNow(incident: Incident): Promise<boolean> {
  const now = await readStore(incident, 'does it still need the restart');
  return now.ok && diagnose(now.value.reading).kind === 'healthy';
}

/** What the guard wants before it lets an owed restart pass: time, or to be told what this run knows of its debt. */
async function clearTheWay(incident: Incident, report: Extract<CommandReport, { kind: 'not sent' }>): Promise<void> {
  const { refusal } = report;
  if (refusal === null) return;
  if (refusal.reason === 'not the holder') {
    await tellOpened(incident);
    await askLease(incident, true);
  }
  if (refusal.whenMs !== null && refusal.whenMs > Date.now()) {
    await sleep(Math.min(refusal.whenMs - Date.now(), TRY_FOR_MS), { summary: `the guard: ${sayRefusal(refusal)}` });
  }
}

/** How a command went, in a few words for people. */
export function sayReport(report: CommandReport): string {
  if (report.kind === 'sent') {
    return report.answer.kind === 'done' ? 'done' : `${report.answer.kind}: ${report.answer.detail}`;
  }
  return report.refusal === null ? `not sent, ${report.because}: ${report.detail}` : `not sent: ${sayRefusal(report.refusal)}`;
}

/** The newest checkpoint in a piece of evidence, in seconds. */
export function newestIn(evidence: Evidence | null): number | null {
  return evidence?.reading.kind === 'seen' ? evidence.reading.checkpoints.newestS : null;
}
