/** Invariant 13: no stop where the mode forbids it, as the run itself learned the mode when its incident began. */
import { parseStoreName, subtopicOf } from '../../domain/store.ts';
import type { Command } from '../history/commands.ts';
import { fieldsOf, listOf, textOf, type Fields } from '../history/fields.ts';
import type { RunRecord } from '../history/run-record.ts';
import type { Finding } from './finding.ts';
import type { OrderSeen } from './orders.ts';

/** What the run learned of its cluster's configuration; null where it learned nothing. */
export function learnedIn({ activities }: RunRecord): { readonly policy: Fields; readonly digest: string } | null {
  const learned = activities.find(({ type, end }) => type === 'learnPolicy' && end === 'completed');
  if (learned === undefined) return null;
  const { policy, digest } = fieldsOf(learned.result);
  return { policy: fieldsOf(policy), digest: textOf(digest) };
}

export function checkMode(finding: Finding, record: RunRecord, command: Command, orders: readonly OrderSeen[]): void {
  if (command.verb !== 'stop') return;
  const learned = learnedIn(record);
  if (learned === null) {
    finding.notShown(command, 'the mode: the run learned no policy');
    return;
  }
  const mode = modeIn(learned.policy, command.store);
  const { scheduledId, input } = command.activity;
  const passes = orders.some((order) => order.eventId < scheduledId && order.override.includes('mode'));
  if (mode === 'act' || (passes && listOf(input['override']).includes('mode'))) return;
  if (mode === 'ask' && command.planId !== null) return;
  const wanted = mode === 'ask' ? 'people approved it, or an order passes the mode' : 'an order passes the mode';
  finding.broken(
    13,
    scheduledId,
    `the mode was ${mode === '' ? 'not told' : mode}, and a stop is sent then only where ${wanted}`,
    command,
  );
}

/** A subtopic that a pattern of the canary's list matches acts, whatever the mode of its cluster. */
function modeIn(policy: Fields, store: string): string {
  const parsed = parseStoreName(store);
  const subtopic = parsed.ok ? subtopicOf(parsed.value) : '';
  const canary = listOf(policy['act']).some((pattern) => typeof pattern === 'string' && matches(pattern.split('*'), subtopic));
  return canary ? 'act' : textOf(policy['mode']);
}

/** Whether the text begins with the first part, ends with the last, and has the others between them in this order. */
function matches(parts: readonly string[], text: string): boolean {
  const [first = '', ...rest] = parts;
  const last = rest.pop();
  if (last === undefined) return first === text;
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  let middle = text.slice(first.length, text.length - last.length);
  for (const part of rest) {
    const at = middle.indexOf(part);
    if (at === -1) return false;
    middle = middle.slice(at + part.length);
  }
  return true;
}
