/** Fields of Temporal's history, read as they come: anything may be missing, and the histories that audit reads are files. */
import type { google, temporal } from '@temporalio/proto';
import type { Principal } from '../domain/approval/electorate.ts';
import type { Run } from '../domain/guard/messages.ts';

/** Epoch milliseconds; null if there is no time. */
export function millisecondsOf(time: google.protobuf.ITimestamp | null | undefined): number | null {
  return time ? Number(time.seconds ?? 0) * 1000 + Math.floor((time.nanos ?? 0) / 1_000_000) : null;
}

/** A principal that is half there authenticates nobody. */
export function principalOf(principal: temporal.api.common.v1.IPrincipal | null | undefined): Principal | null {
  const { type, name } = principal ?? {};
  return type && name ? { type, name } : null;
}

export function runOf(execution: temporal.api.common.v1.IWorkflowExecution | null | undefined): Run | null {
  const { workflowId, runId } = execution ?? {};
  return workflowId && runId ? { workflowId, runId } : null;
}

export type DecodedPayload =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'too large'; readonly bytes: number }
  | { readonly kind: 'unreadable'; readonly because: string };

/**
 * The JSON value of a payload, in the two encodings that the Web UI offers and the command line sends. Nothing above
 * `bytesMax` is decoded. Never throws: what cannot be read comes back as the reason.
 */
export function decodeJson(payload: temporal.api.common.v1.IPayload, bytesMax: number): DecodedPayload {
  const data = payload.data ?? new Uint8Array();
  if (data.length > bytesMax) return { kind: 'too large', bytes: data.length };
  const encoding = encodingOf(payload);
  if (encoding !== 'json/plain' && encoding !== 'json/protobuf') {
    return { kind: 'unreadable', because: `the encoding is ${JSON.stringify(encoding.slice(0, 40))}, not json/plain` };
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(data);
    return { kind: 'json', value: JSON.parse(text) as unknown };
  } catch {
    return { kind: 'unreadable', because: 'the text is not JSON' };
  }
}

function encodingOf(payload: temporal.api.common.v1.IPayload): string {
  const { metadata } = payload;
  const encoding = metadata && Object.hasOwn(metadata, 'encoding') ? metadata['encoding'] : undefined;
  return encoding === undefined ? '' : new TextDecoder().decode(encoding.subarray(0, 100));
}
