/** The votes of a run, read from the server's own history of it: what is counted is what the server wrote down. */
import type { KeyObject } from 'node:crypto';
import { personByName, type ApprovalRules } from '../domain/approval/electorate.ts';
import type { Plan } from '../domain/approval/plan.ts';
import type { Candidate, SignatureFinding } from '../domain/approval/tally.ts';
import { parseVote, VOTE_BYTES_MAX, type ParsedVote, type Verdict, type Vote } from '../domain/approval/vote.ts';
import { planDigest } from './digest.ts';
import { decodeJson } from './history-fields.ts';
import { signalsIn, type History, type HistorySignal } from './history-signals.ts';
import { parsePublicKey } from './keys.ts';
import { verifyVote } from './signature.ts';

/** The names of the signals, which are the verdicts. Updates are no votes: the server stamps them as the worker's. */
const VERDICTS: readonly Verdict[] = ['approve', 'reject'];

/** A vote signal, decoded and checked in shape. Its signature is not looked at yet. */
export interface VoteInHistory extends Omit<Candidate, 'signature'> {
  /** What the sender calls itself; shown, and no proof. */
  readonly identity: string;
  readonly requestId: string;
}

/**
 * Every vote signal of the history, in its order. Never throws for what was sent. What is kept of each is bounded,
 * however large its payload was, and the server bounds their number (10,000 signals for a run by default).
 */
export function votesIn(history: History): VoteInHistory[] {
  return signalsIn(history, VERDICTS).map((signal) => {
    const { eventId, atMs, origin, principal, identity, requestId } = signal;
    const verdict: Verdict = signal.name === 'approve' ? 'approve' : 'reject';
    return {
      eventId,
      atMs,
      verdict,
      origin,
      principal,
      parsed: parsedVote(signal),
      identity: identity.slice(0, 200),
      requestId: requestId.slice(0, 200),
    };
  });
}

function parsedVote({ payloads }: HistorySignal): ParsedVote {
  const [payload, ...further] = payloads;
  if (payload === undefined) return parseVote(undefined);
  if (further.length > 0)
    return { ok: false, reason: 'malformed', detail: `${payloads.length} values came instead of one object` };
  const decoded = decodeJson(payload, VOTE_BYTES_MAX);
  switch (decoded.kind) {
    case 'json':
      return parseVote(decoded.value);
    case 'too large':
      return { ok: false, reason: 'payload too large', detail: `${decoded.bytes} bytes` };
    case 'unreadable':
      return { ok: false, reason: 'malformed', detail: decoded.because };
  }
}

/**
 * The votes with their signatures checked: what the tally counts. Only votes on this plan by a known name are
 * verified, and each key is parsed once, so that a flood of forged votes costs a fraction of a millisecond each.
 */
export function candidatesFor(plan: Plan, rules: ApprovalRules, votes: readonly VoteInHistory[]): Candidate[] {
  const digest = planDigest(plan);
  const keysOf = parsedKeys(rules);
  return votes.map((vote) => {
    const { eventId, atMs, verdict, origin, principal, parsed } = vote;
    const signature = parsed.ok ? findSignature(plan, digest, keysOf, verdict, parsed.vote) : NO_SIGNATURE;
    return { eventId, atMs, verdict, origin, principal, parsed, signature };
  });
}

type KeysOf = (name: string) => readonly { readonly text: string; readonly key: KeyObject }[];

/** A key that cannot be parsed verifies nothing; the configuration's check has refused it already. */
function parsedKeys(rules: ApprovalRules): KeysOf {
  const parsed = new Map<string, ReturnType<KeysOf>>();
  return (name) => {
    const person = personByName(rules, name);
    if (person === null) return [];
    const known = parsed.get(person.name);
    if (known !== undefined) return known;
    const keys = (person.keys ?? []).flatMap((text) => {
      const key = parsePublicKey(text);
      return key.ok ? [{ text, key: key.value }] : [];
    });
    parsed.set(person.name, keys);
    return keys;
  };
}

const NO_SIGNATURE: SignatureFinding = { kind: 'none' };

function findSignature(plan: Plan, digest: string, keysOf: KeysOf, verdict: Verdict, vote: Vote): SignatureFinding {
  const { signature, approver, at, planId, store, acceptUncovered, reason } = vote;
  if (signature === null || approver === null || at === null) return NO_SIGNATURE;
  // A vote on another plan is refused as such, whoever signed it.
  if (planId !== plan.planId) return { kind: 'invalid' };
  const statement = { planDigest: digest, verdict, approver, store, acceptUncovered, reason, at };
  const by = keysOf(approver).find(({ key }) => verifyVote(statement, signature, key));
  return by === undefined ? { kind: 'invalid' } : { kind: 'valid', key: by.text };
}
