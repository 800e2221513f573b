import { setTimeout as sleep } from 'node:timers/promises';
import { decodeJson, millisecondsOf } from '../../approval/history-fields.ts';
import type { History, Payload } from '../../approval/history-signals.ts';
import type { Count } from '../../domain/approval/contract.ts';
import type { CountedVote, RefusedVote, Tally } from '../../domain/approval/tally.ts';
import { VOTE_BYTES_MAX } from '../../domain/approval/vote.ts';
import type { Run } from '../../domain/guard/messages.ts';
import type { Temporal } from '../reach/open-temporal.ts';
import type { VotePayload } from './cast-vote.ts';

export type VoteFate =
  | { readonly kind: 'counted'; readonly vote: CountedVote; readonly tally: Tally }
  | { readonly kind: 'refused'; readonly vote: RefusedVote | null; readonly tally: Tally }
  /** It is with the server, and nobody has counted it yet. */
  | { readonly kind: 'not counted yet' };

const POLL_MS = 500;
const PAGE = 200;
/** Newest first, so a flood of other votes can push this one back only so far. */
const PAGES_MAX = 5;
/** The server's clock may be behind ours. */
const CLOCK_DIFFERENCE_MS = 60_000;
const RESULT_BYTES_MAX = 1024 * 1024;

/**
 * What became of this vote, by the server's history of the run: which event it is, and what the first count that
 * includes it says of that event. A query would show the latest tally alone, and in a heal not even that.
 */
export async function awaitCount(
  temporal: Temporal,
  run: Run,
  payload: VotePayload,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<VoteFate> {
  const deadlineMs = Date.now() + timeoutMs;
  for (;;) {
    const fate = fateIn(await newestEvents(temporal, run, Date.parse(payload.at) - CLOCK_DIFFERENCE_MS), payload);
    if (fate.kind !== 'not counted yet' || Date.now() >= deadlineMs) return fate;
    await sleep(POLL_MS, undefined, { signal });
  }
}

type HistoryEvent = NonNullable<History['events']>[number];

async function newestEvents(
  { client, namespace }: Temporal,
  { workflowId, runId }: Run,
  sinceMs: number,
): Promise<HistoryEvent[]> {
  const events: HistoryEvent[] = [];
  let nextPageToken: Uint8Array | null | undefined;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const answer = await client.workflowService.getWorkflowExecutionHistoryReverse({
      namespace,
      execution: { workflowId, runId },
      maximumPageSize: PAGE,
      ...(nextPageToken ? { nextPageToken } : {}),
    });
    const found = answer.history?.events ?? [];
    events.push(...found);
    ({ nextPageToken } = answer);
    const oldestMs = millisecondsOf(found.at(-1)?.eventTime);
    if (!nextPageToken?.length || oldestMs === null || oldestMs < sinceMs) break;
  }
  return events;
}

/** `events` newest first. */
export function fateIn(events: readonly HistoryEvent[], payload: VotePayload): VoteFate {
  const eventId = events.find((event) => isVote(event, payload))?.eventId;
  if (eventId === undefined || eventId === null) return { kind: 'not counted yet' };
  const own = Number(eventId);
  // The last in this order is the first that was made.
  const count = events.flatMap((event) => countIn(event) ?? []).findLast(({ countedTo }) => countedTo >= own);
  if (count === undefined) return { kind: 'not counted yet' };
  const { tally } = count;
  const by = tally.state.kind === 'rejected' ? [tally.state.by] : [];
  const vote = [...tally.approvals, ...by].find((counted) => counted.eventId === own);
  if (vote !== undefined) return { kind: 'counted', vote, tally };
  const refused = tally.refused.flatMap(({ latest }) => latest).find((entry) => entry.eventId === own);
  return { kind: 'refused', vote: refused ?? null, tally };
}

function isVote(event: HistoryEvent, { planId, reason, at, approver, signature }: VotePayload): boolean {
  const [payload] = event.workflowExecutionSignaledEventAttributes?.input?.payloads ?? [];
  const value = payload === undefined ? null : jsonOf(payload, VOTE_BYTES_MAX);
  return (
    value !== null &&
    value['planId'] === planId &&
    value['at'] === at &&
    value['reason'] === reason &&
    value['approver'] === approver &&
    value['signature'] === signature
  );
}

/** The result of `countVotes`; null for any other event. */
function countIn(event: HistoryEvent): Count | null {
  const [payload] = event.activityTaskCompletedEventAttributes?.result?.payloads ?? [];
  const value = payload === undefined ? null : jsonOf(payload, RESULT_BYTES_MAX);
  if (value === null || typeof value['countedTo'] !== 'number' || typeof value['tally'] !== 'object') return null;
  return value as unknown as Count;
}

function jsonOf(payload: Payload, bytesMax: number): Readonly<Record<string, unknown>> | null {
  const decoded = decodeJson(payload, bytesMax);
  if (decoded.kind !== 'json' || typeof decoded.value !== 'object' || decoded.value === null) return null;
  return decoded.value as Readonly<Record<string, unknown>>;
}
