import { escapeMarkdown } from '../incident.ts';
import { utc } from '../utc.ts';
import { sayRefusal } from './refusal.ts';
import { budgetLeft } from './budgets.ts';
import { NEW_GUARD_PAUSE, type GuardState } from './state.ts';
import { warningsOf } from './warnings.ts';

const LIST_MAX = 12;

/** The guard's state as a Markdown list for the Web UI. Short: it travels in an address. */
export function describeGuard(state: GuardState, nowMs: number): string {
  const restarts = budgetLeft(state, 'restarts', nowMs);
  const newGuard = state.pauses.some((pause) => pause.by === NEW_GUARD_PAUSE);
  const lines = [
    `- **Cluster** ${escapeMarkdown(state.cluster)}, mode ${state.view.mode}, as of ${utc(nowMs)}`,
    ...(newGuard
      ? [
          '- **This guard is new: the one before it ended unexpectedly.** It starts nothing but owed restarts until a person sends the signal resume with {"by": "your name"}.',
        ]
      : []),
    ...section(warningsOf(state, nowMs), (warning) => `- **Look**: ${escapeMarkdown(warning)}`),
    ...state.pauses.map(
      (pause) =>
        `- **Paused** by ${escapeMarkdown(pause.by)} since ${utc(pause.sinceMs)}${pause.untilMs === null ? '' : ` until ${utc(pause.untilMs)}`}: ${escapeMarkdown(pause.reason)}`,
    ),
    ...section(
      state.holds,
      (hold) =>
        `- **Hands off** ${escapeMarkdown(hold.target)}, by ${escapeMarkdown(hold.by)} since ${utc(hold.sinceMs)}${hold.untilMs === null ? '' : ` until ${utc(hold.untilMs)}`}: ${escapeMarkdown(hold.reason)}`,
    ),
    '- Pausing the schedule does not stop open heals; the signal pause does.',
    ...section(state.debts, (debt) => `- **Owed: restart** to ${escapeMarkdown(debt.store)} since ${utc(debt.sinceMs)}`),
    ...section(
      state.leases,
      (lease) =>
        `- **Held**: ${escapeMarkdown(lease.subtopic)} by ${escapeMarkdown(lease.holder.workflowId)} since ${utc(lease.sinceMs)}`,
    ),
    ...section(
      state.quarantines,
      (quarantine) =>
        `- **Left alone** until ${utc(quarantine.untilMs)}: ${escapeMarkdown(quarantine.subtopic)} (${escapeMarkdown(quarantine.because)})`,
    ),
    ...section(
      state.proposals,
      (proposal) =>
        `- **Destroy** of ${escapeMarkdown(proposal.store)} ${proposal.decided === null ? 'waits for people' : 'is approved, and its subtopic is kept for it'} since ${utc(proposal.sinceMs)}`,
    ),
    `- Commands in flight: ${state.slots.length} of ${state.view.inFlight}; restarts left: ${restarts.hour} this hour, ${restarts.day} today`,
    ...(state.lastSweep === null
      ? ['- No sweep has reported yet']
      : [
          `- Last sweep ${utc(state.lastSweep.surveyedMs)}: ${state.lastSweep.summary.total} Stores, ${state.lastSweep.summary.counts.healthy} healthy, ${state.lastSweep.summary.counts.faulty} faulty, ${state.lastSweep.summary.counts.unknown} unknown, ${state.lastSweep.summary.counts.frozen} frozen`,
        ]),
    ...section(
      state.ledger,
      (entry) =>
        `- ${escapeMarkdown(entry.store)}: ${entry.refusal === null ? 'opened' : escapeMarkdown(sayRefusal(entry.refusal))}`,
    ),
    ...section(state.acts, (act) => `- At ${utc(act.atMs)}: ${escapeMarkdown(act.text)}`),
    ...section(state.notes, (note) => `- Not understood at ${utc(note.atMs)}: ${escapeMarkdown(note.text)}`),
  ];
  return lines.join('\n');
}

function section<T>(items: readonly T[], line: (item: T) => string): string[] {
  const shown = items.slice(0, LIST_MAX).map(line);
  return items.length > LIST_MAX ? [...shown, `- and ${items.length - LIST_MAX} more`] : shown;
}
