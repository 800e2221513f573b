/** What one vote is worth: on this plan, by an approver, proven well enough. */
import { decodeJson } from '../../approval/history-fields.ts';
import { signalsIn, type HistorySignal } from '../../approval/history-signals.ts';
import { verifyVote } from '../../approval/signature.ts';
import type { ApprovalRules, Approver, Assurance, Principal } from '../../domain/approval/electorate.ts';
import type { Plan } from '../../domain/approval/plan.ts';
import type { Verdict } from '../../domain/approval/vote.ts';
import { fieldsOf, textOf, type Fields } from '../history/fields.ts';
import { type RunRecord, runIdAt } from '../history/run-record.ts';
import type { OrderSeen } from '../checks/orders.ts';
import { authenticated, equalNames, equalPrincipals, holdsPrincipal, named, soundKeys } from './rules.ts';
import { orderKey } from './askers.ts';

export interface Ballot {
  readonly record: RunRecord;
  readonly plan: Plan;
  /** The digest of the plan, computed here. */
  readonly digest: string;
  /** The event that sealed it. */
  readonly sealedId: number;
  /** As they were sealed with the plan. */
  readonly rules: ApprovalRules;
  /** Of the configuration that the audit was given; null if it was given none. */
  readonly configured: ApprovalRules | null;
}

export interface JudgedVote {
  readonly eventId: number;
  readonly atMs: number;
  readonly verdict: Verdict;
  readonly principal: Principal | null;
  /** The name that was typed; null without one. */
  readonly typed: string | null;
  readonly person: Approver | null;
  readonly assurance: Assurance | null;
  readonly key: string | null;
  readonly acceptUncovered: boolean;
  /** Why it proves nothing; null if it does prove that `person` said this about this plan. */
  readonly fault: string | null;
}

type Proof = Pick<JudgedVote, 'person' | 'assurance' | 'key'>;
const NOBODY: Proof = { person: null, assurance: null, key: null };

/** Every vote signal of the history that names this plan, or names nothing that can be read. */
export function votesOn(ballot: Ballot): JudgedVote[] {
  return signalsIn(ballot.record.history, ['approve', 'reject']).map((signal) => {
    const said = wordsOf(signal);
    const typed = textOf(said['approver']);
    const frame = {
      eventId: signal.eventId,
      atMs: signal.atMs,
      verdict: signal.name === 'approve' ? ('approve' as const) : ('reject' as const),
      principal: signal.principal,
      typed: typed === '' ? null : typed,
      acceptUncovered: said['acceptUncovered'] === true,
    };
    const stray = strayFrom(ballot, signal, said);
    if (stray !== null) return { ...frame, ...NOBODY, fault: stray };
    const { proof, fault } = proofOf(ballot, signal, said, frame.verdict);
    return { ...frame, ...proof, fault: fault ?? notConfigured(ballot, proof) };
  });
}

/** No vote is longer; whatever is, is not read. */
const VOTE_BYTES_MAX = 8_192;

function wordsOf({ payloads: [payload] }: HistorySignal): Fields {
  const decoded = payload === undefined ? null : decodeJson(payload, VOTE_BYTES_MAX);
  return decoded?.kind === 'json' ? fieldsOf(decoded.value) : {};
}

function strayFrom({ plan, sealedId, record }: Ballot, signal: HistorySignal, said: Fields): string | null {
  if (signal.origin === 'replayed by reset' || runIdAt(record, signal.eventId) !== plan.runId) return 'brought along by a reset';
  if (signal.payloads.length !== 1) return 'not one object';
  if (said['planId'] !== plan.planId) return 'on another plan';
  if (said['store'] !== plan.store) return 'about another Store';
  if (textOf(said['reason']).trim() === '') return 'without a reason';
  return signal.eventId < sealedId ? 'before the plan was sealed' : null;
}

interface Found {
  readonly proof: Proof;
  readonly fault: string | null;
}

/** A valid signature is the proof, whoever brought it; one that does not hold spoils the vote, however it was sent. */
function proofOf(ballot: Ballot, signal: HistorySignal, said: Fields, verdict: Verdict): Found {
  const { rules } = ballot;
  const levels = levelsOf(ballot);
  const typed = textOf(said['approver']).normalize('NFC');
  const claimed = typed === '' ? null : named(rules, typed);
  if (said['signature'] !== undefined) {
    if (claimed === null) return nobody('signed in a name that is no approver');
    const key = signingKey(ballot, claimed, said, verdict);
    if (key === null)
      return { proof: { ...NOBODY, person: claimed }, fault: 'its signature is not by a key of that approver over these words' };
    if (levels.includes('signed')) return { proof: { person: claimed, assurance: 'signed', key }, fault: null };
  }
  if (signal.origin === 'sent by a workflow') return nobody('sent by a workflow');
  const { principal } = signal;
  if (principal !== null && ballot.record.workers.some((worker) => equalPrincipals(worker, principal)))
    return nobody("sent with the worker's credentials");
  const sender = principal === null ? null : authenticated(rules, principal);
  if (sender !== null && typed !== '' && !equalNames(sender.name, typed))
    return nobody(`sent by ${sender.name} in the name of another`);
  if (sender !== null && levels.includes('attested'))
    return { proof: { person: sender, assurance: 'attested', key: null }, fault: null };
  if (principal !== null && sender === null && levels.includes('attested')) return nobody('sent by somebody who is no approver');
  const person = sender ?? claimed;
  if (person === null) return nobody('by nobody that the rules know');
  if (levels.includes('declared')) return { proof: { person, assurance: 'declared', key: null }, fault: null };
  return { proof: { ...NOBODY, person }, fault: 'not proven in a way that counts here' };
}

function nobody(fault: string): Found {
  return { proof: NOBODY, fault };
}

function signingKey({ plan, digest }: Ballot, person: Approver, said: Fields, verdict: Verdict): string | null {
  const statement = {
    planDigest: digest,
    verdict,
    approver: textOf(said['approver']),
    store: plan.store,
    acceptUncovered: said['acceptUncovered'] === true,
    reason: textOf(said['reason']),
    at: textOf(said['at']),
  };
  return soundKeys(person).find(({ key }) => verifyVote(statement, textOf(said['signature']), key))?.text ?? null;
}

/** What counts under the plan, under its rules and under the configuration that was given. */
export function levelsOf({ plan, rules, configured }: Ballot): Assurance[] {
  return rules.assurance.filter(
    (level) => plan.approval.assurance.includes(level) && (configured === null || configured.assurance.includes(level)),
  );
}

/** The rules in a history are a worker's word. Where the auditor brings the configuration, it must know the voter, too. */
function notConfigured({ configured }: Ballot, { person, assurance, key }: Proof): string | null {
  if (configured === null || person === null) return null;
  const known = named(configured, person.name);
  if (known === null) return `the configuration has no approver ${person.name}`;
  if (key !== null && !(known.keys ?? []).includes(key)) return `the configuration gives ${person.name} no such key`;
  const attested = assurance === 'attested' && !(person.principals ?? []).some((principal) => holdsPrincipal(known, principal));
  return attested ? `the configuration gives ${person.name} no such principal` : null;
}

/** In mode `ask`, who orders the restart and may vote has voted for it by that. */
export function orderVotesOn(ballot: Ballot, orders: readonly OrderSeen[]): JudgedVote[] {
  const { record, rules } = ballot;
  const levels = levelsOf(ballot);
  const signals = signalsIn(record.history, ['order']);
  return orders.map(({ eventId, atMs, fields }) => {
    const signal = signals.find((each) => each.eventId === eventId);
    const { parent, continuedFrom, resets } = record.origin;
    const direct = eventId === 1 ? parent === null && continuedFrom === null && resets.length === 0 : signal?.origin === 'direct';
    const principal = eventId === 1 ? record.origin.principal : (signal?.principal ?? null);
    const typed = textOf(fields['orderer']);
    const key = orderKey(record, rules, fields, atMs);
    const sender = principal === null ? null : authenticated(rules, principal);
    const isWorker = principal !== null && record.workers.some((worker) => equalPrincipals(worker, principal));
    const proof: Proof =
      key !== null && levels.includes('signed')
        ? { person: named(rules, typed), assurance: 'signed', key }
        : sender !== null && !isWorker && levels.includes('attested')
          ? { person: sender, assurance: 'attested', key: null }
          : levels.includes('declared') && typed !== ''
            ? { person: named(rules, typed), assurance: 'declared', key: null }
            : NOBODY;
    const unproven = proof.person === null ? 'an order, by nobody who is proven to be an approver' : null;
    const fault = direct ? (unproven ?? notConfigured(ballot, proof)) : 'an order that nobody sent to this very run';
    return {
      eventId,
      atMs,
      verdict: 'approve',
      principal,
      typed: typed === '' ? null : typed,
      acceptUncovered: false,
      ...proof,
      fault,
    };
  });
}
