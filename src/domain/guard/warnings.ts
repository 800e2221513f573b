import { utc } from '../utc.ts';
import { probesAtOnce } from './brake.ts';
import type { GuardState, Lease } from './state.ts';
import { disagreeing } from './workers.ts';

/** A holder that did nothing for so long is stuck, or waits for something that does not come. */
const STUCK_AFTER_MS = 2 * 3_600_000;

export function stuckLeases(state: GuardState, nowMs: number): readonly Lease[] {
  return state.leases.filter(({ progressMs }) => nowMs - progressMs >= STUCK_AFTER_MS);
}

/** The brake in one sentence; null while it is off. */
export function sayBrake(state: GuardState): string | null {
  const { brake } = state;
  if (brake === null) return null;
  const time = utc(brake.grewMs + state.view.cooldownMs);
  return brake.step === 0
    ? `the brake is on: ${brake.because}. Nothing is stopped; unless more breaks, single restarts are tried from ${time} on`
    : `the brake is on: ${brake.because}. ${probesAtOnce(state)} at a time may try whether a restart helps, and ${brake.passed} of them did`;
}

/** Which workers disagree, in one sentence; null while they agree. */
export function sayDisagreement({ workers }: GuardState): string | null {
  const differ = disagreeing(workers);
  return differ.length === 0 ? null : `workers have different configurations, and the stricter holds: ${differ.join(', ')}`;
}

/** What people should look at now, a sentence each. */
export function warningsOf(state: GuardState, nowMs: number): readonly string[] {
  const brake = sayBrake(state);
  const disagreement = sayDisagreement(state);
  return [
    ...(brake === null ? [] : [brake]),
    ...stuckLeases(state, nowMs).map(
      ({ subtopic, holder, progressMs }) =>
        `${holder.workflowId} has held ${subtopic} without progress since ${new Date(progressMs).toISOString()}: look at its run, and end its lease with release-lease if it will not come on`,
    ),
    ...(disagreement === null ? [] : [disagreement]),
  ];
}
