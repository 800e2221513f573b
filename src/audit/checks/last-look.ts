/** What a command was sent on: its own reading, CM's whole answer, the names, the clock of the gate. */
import { parseClusterName, parseStoreName } from '../../domain/store.ts';
import type { Command } from '../history/commands.ts';
import { contradiction, evidenceIn, startTimeIn } from '../history/evidence.ts';
import { fieldsOf, numberOf, textOf } from '../history/fields.ts';
import type { RunRecord } from '../history/run-record.ts';
import type { EvidenceShown } from '../report.ts';
import type { Finding } from './finding.ts';
import type { OrderSeen } from './orders.ts';

/** Invariants 1, 11 and the reading of 13: what the command's own last look saw. */
export function checkLastLook(finding: Finding, command: Command, orders: readonly OrderSeen[]): EvidenceShown | null {
  if (command.verb === 'restart') return null;
  const { report, activity } = command;
  const eventId = activity.closedId ?? activity.scheduledId;
  if (report === null) {
    finding.notShown(command, 'what its last look saw: the activity left no word');
    return null;
  }
  const seen = evidenceIn(report['evidence'], eventId);
  if (seen === null) {
    finding.broken(1, eventId, `the ${command.verb} was sent without a reading of its own`, command);
    return null;
  }
  const about = textOf(fieldsOf(fieldsOf(report['evidence'])['reading'])['store']);
  if (about !== command.store) finding.broken(1, eventId, `its reading is about ${about}, not about ${command.store}`, command);
  if (seen.diagnosis === 'unknown') {
    finding.broken(1, eventId, `the ${command.verb} was sent on an unknown reading, which is evidence of nothing`, command);
  } else if (seen.diagnosis === 'healthy') checkHealthyStop(finding, command, orders, eventId);
  const lie = contradiction(report['evidence']);
  if (lie !== null) finding.broken(1, eventId, `its reading is not what CM said: ${lie}`, command);
  if (!seen.raw) finding.broken(11, eventId, "CM's whole answer was not kept with the last look", command);
  if (command.verb === 'stop') checkSameLife(finding, command, seen, eventId);
  return seen;
}

function checkHealthyStop(finding: Finding, command: Command, orders: readonly OrderSeen[], eventId: number): void {
  const ordered = orders.some((order) => order.restartHealthy && order.eventId < command.activity.scheduledId);
  if (command.verb === 'stop' && ordered) return;
  finding.broken(
    1,
    eventId,
    `the ${command.verb} was sent to a healthy Store, and no order with restartHealthy allows it`,
    command,
  );
}

/** The Store that was looked at last is in the life that the streak was confirmed on. */
function checkSameLife(finding: Finding, command: Command, seen: EvidenceShown, eventId: number): void {
  const { port, startedAt } = fieldsOf(command.activity.input['life']);
  const started = startTimeIn(seen.message);
  if (numberOf(port) !== null && seen.port !== null && port !== seen.port) {
    finding.broken(13, eventId, `the streak was on port ${String(port)}, the last look saw port ${seen.port}`, command);
  }
  if (typeof startedAt === 'string' && started !== null && startedAt !== started) {
    finding.broken(13, eventId, `the streak was of the start at ${startedAt}, the last look saw ${started}`, command);
  }
}

/** Invariant 10: one Store, named in full, and the one that this workflow is about. */
export function checkNames(finding: Finding, record: RunRecord, command: Command): void {
  const { cluster, store, activity } = command;
  const named = parseStoreName(store);
  if (!named.ok) finding.broken(10, activity.scheduledId, named.error, command);
  const site = parseClusterName(cluster);
  if (!site.ok) finding.broken(10, activity.scheduledId, site.error, command);
  const own = `${command.verb === 'destroy' ? 'destroy' : 'heal'}:${cluster}:${store}`;
  if (named.ok && site.ok && record.run.workflowId !== own) {
    finding.broken(
      10,
      activity.scheduledId,
      `a command for ${store} in ${cluster} was sent by ${record.run.workflowId}`,
      command,
    );
  }
}

/** Invariant 13: of this run, at the first attempt, and sent within `sendBy` of being scheduled. */
export function checkGate(finding: Finding, record: RunRecord, command: Command): void {
  const { activity, commandId, runId, verb } = command;
  const { scheduledId, closedId, closedMs, attempt } = activity;
  const mark = verb === 'destroy' ? '.' : ':';
  if (!commandId.startsWith(`${runId}${mark}`)) {
    finding.broken(13, scheduledId, `the command ${commandId} is not of run ${runId}, which sent it`, command);
  }
  if (runId !== record.run.runId && !command.broughtByReset && closedId !== null) {
    finding.broken(13, closedId, `run ${record.run.runId} sent a command of run ${runId}`, command);
  }
  if (attempt > 1) {
    finding.broken(verb === 'destroy' ? 8 : 13, scheduledId, `it was tried ${attempt} times; a command has one attempt`, command);
  }
  const sendByMs = numberOf(activity.input['sendByMs']);
  if (sendByMs === null) {
    finding.broken(13, scheduledId, 'no time by which it had to be sent', command);
    return;
  }
  const { earliestMs, latestMs } = sentBetween(command);
  const limitMs = activity.scheduledMs + sendByMs;
  if (earliestMs > limitMs) {
    finding.broken(
      13,
      closedId ?? scheduledId,
      `it was sent ${say(earliestMs - activity.scheduledMs)} after it was scheduled, later than sendBy of ${say(sendByMs)}`,
      command,
    );
  } else if (latestMs === null) {
    if (closedMs === null || command.report === null) finding.notShown(command, 'whether and when it was sent');
  } else if (latestMs > limitMs) judgeLateAnswer(finding, command, latestMs, limitMs);
}

/**
 * A worker that was silent for longer than the heartbeat time-out has lost its activity, so its answer was not taken
 * later than that after the request.
 */
function judgeLateAnswer(finding: Finding, command: Command, latestMs: number, limitMs: number): void {
  const { activity } = command;
  if (activity.heartbeatMs > 0 && latestMs > limitMs + activity.heartbeatMs) {
    finding.broken(13, activity.closedId ?? 0, `it was sent ${say(latestMs - limitMs)} later than sendBy allows`, command);
  } else finding.notShown(command, 'that it was sent within sendBy: its answer came too late to tell');
}

/**
 * When the request can have been written, by the server's clock. Not before a worker had the activity and the guard
 * had let it pass; not later than the answer came, less the time that the exchange took.
 */
export function sentBetween({ activity, report, tookMs }: Command): {
  readonly earliestMs: number;
  readonly latestMs: number | null;
} {
  const passedMs = numberOf(fieldsOf(report?.['proof'])['passedMs']);
  const earliestMs = Math.max(activity.startedMs ?? activity.scheduledMs, passedMs ?? 0);
  return { earliestMs, latestMs: activity.closedMs === null || tookMs === null ? null : activity.closedMs - tookMs };
}

export function say(ms: number): string {
  return ms < 10_000 ? `${Math.round(ms)} ms` : `${Math.round(ms / 1000)} s`;
}
