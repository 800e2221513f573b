/** What a heal shows of itself while it runs. */
import type { AttemptRecord } from './outcome.ts';
import type { StoreName } from './store.ts';

/** Where a heal stands; also the value of the search attribute StorekeeperPhase, which ends as the outcome. */
export type Phase =
  | 'opening'
  | 'paying a debt'
  | 'confirming'
  | 'waiting for a vote'
  | 'asking for the lease'
  | 'waiting for the guard'
  | 'stopping'
  | 'waiting before the restart'
  | 'restarting'
  | 'verifying'
  | 'backing off'
  | 'closing';

export interface IncidentView {
  readonly cluster: string;
  readonly store: StoreName;
  /** A Phase while it runs, the outcome afterwards. */
  readonly phase: string;
  readonly since: string;
  readonly evidence: string | null;
  readonly attempts: readonly AttemptRecord[];
  readonly order: string | null;
  readonly notes: readonly string[];
}

/** The view as a Markdown list for the Web UI's current details. What CM said is escaped: the page shows raw HTML. */
export function describeIncident(view: IncidentView): string {
  const lines = [
    `- **Store**: ${escapeMarkdown(view.store)} of cluster ${escapeMarkdown(view.cluster)}`,
    `- **Now**: ${view.phase}`,
    `- **Since**: ${view.since}`,
    ...(view.evidence === null ? [] : [`- **Evidence**: ${escapeMarkdown(view.evidence)}`]),
    ...(view.order === null ? [] : [`- **Ordered by a person**: ${escapeMarkdown(view.order)}`]),
    ...view.attempts.map(
      (attempt) =>
        `- **Attempt ${attempt.number}**: stop ${escapeMarkdown(attempt.stop)}, restart ${escapeMarkdown(attempt.restart)}, ${escapeMarkdown(attempt.verdict)}`,
    ),
    ...view.notes.map((note) => `- ${escapeMarkdown(note)}`),
  ];
  return lines.join('\n');
}

/** Text from CM or people, shown as it is: no markup, one line, bounded. */
export function escapeMarkdown(text: string): string {
  return (
    text
      .replace(/[\r\n]+/g, ' ')
      // What turns the direction of writing, or cannot be seen at all, could make one text look like another.
      .replace(/[\p{Cf}\p{Cc}]/gu, '')
      .slice(0, 400)
      .replace(/[\\`*_{}[\]()#+!|<>&~$]/g, (character) => `&#${character.codePointAt(0)};`)
      // An address in CM's text must not become a link.
      .replace(/:(?=\/\/)/g, '&#58;')
  );
}
