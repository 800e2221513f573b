/** A history out of a file, as Temporal's command line, its Web UI and its SDKs write it. */
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { originOf, type History } from '../../approval/history-signals.ts';
import type { Parsed } from '../../domain/store.ts';
import { fieldsOf, listOf, type Fields } from './fields.ts';

/** The server ends a run at 51,200 events and 50 MiB by default; as JSON with base64 that is less than twice as much. */
export const HISTORY_BYTES_MAX = 128 * 1024 * 1024;
const EVENTS_MAX = 250_000;

/** Never throws: what is wrong with the text comes back as the end of a sentence. */
export function readHistory(text: string): Parsed<History> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const empty = text.trim() === '';
    return refuse(
      empty ? 'it is empty' : `it is not JSON, or cut off (${error instanceof Error ? error.message.slice(0, 120) : ''})`,
    );
  }
  const { events } = fieldsOf(value);
  if (!Array.isArray(events)) return refuse('it has no list of "events"');
  if (events.length === 0) return refuse('its list of events is empty');
  if (events.length > EVENTS_MAX) return refuse(`it has ${events.length} events; no run has more than ${EVENTS_MAX}`);
  const undecodable = events.findIndex((event) => isDecoded(fieldsOf(event)));
  if (undecodable !== -1) {
    return refuse(
      `event ${undecodable + 1} holds its payloads decoded; download it again with "Decode Event History" off, or with: temporal workflow show --output json`,
    );
  }
  return convert(value);
}

function convert(value: unknown): Parsed<History> {
  let history: History;
  try {
    history = historyFromJSON(value);
  } catch (error) {
    return refuse(`its events cannot be read (${error instanceof Error ? error.message.slice(0, 160) : 'no reason given'})`);
  }
  const ids = (history.events ?? []).map((event) => Number(event.eventId ?? 0));
  const gap = ids.findIndex((id, index) => id !== index + 1);
  if (gap !== -1) return refuse(`event ${gap + 1} is missing: a history is audited whole, from its first event on`);
  const origin = originOf(history);
  if (origin === null) return refuse('it does not begin with the start of a workflow');
  if (origin.run.runId === '' || origin.run.workflowId === '') return refuse('its first event does not name its run');
  return { ok: true, value: history };
}

/** The Web UI can write payloads as plain values; then nothing is left to say what was signed or how it was encoded. */
function isDecoded(event: Fields): boolean {
  return Object.entries(event)
    .filter(([name]) => name.endsWith('EventAttributes'))
    .flatMap(([, attributes]) => ['input', 'result', 'details'].map((name) => fieldsOf(attributes)[name]))
    .some((held) => Array.isArray(held) || listOf(fieldsOf(held)['payloads']).some((payload) => !isEncoded(payload)));
}

function isEncoded(payload: unknown): boolean {
  const { metadata } = fieldsOf(payload);
  return typeof metadata === 'object' && metadata !== null;
}

function refuse(error: string): { readonly ok: false; readonly error: string } {
  return { ok: false, error };
}
