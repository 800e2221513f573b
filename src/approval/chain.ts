/**
 * Who asked for what a run does: everybody in its chain of starts. What a person started or ordered is theirs; what
 * a workflow started goes on at that workflow. Nothing here fetches: who does hands each run's history in.
 */
import type { KeyObject } from 'node:crypto';
import {
  personByName,
  type ApprovalRules,
  type Principal,
  type Requesters,
  samePrincipal,
} from '../domain/approval/electorate.ts';
import type { Run } from '../domain/guard/messages.ts';
import { type OrderProof, parseDestroyRequest, parseHealRequest, parseOrder } from '../domain/requests.ts';
import { decodeJson } from './history-fields.ts';
import { originOf, signalsIn, type History, type Payload, type RunOrigin } from './history-signals.ts';
import { parsePublicKey } from './keys.ts';
import { type OrderStatement, verifyOrder } from './signature.ts';

/** One asking: a start or an order, by somebody. */
export interface Asking {
  readonly principal: Principal | null;
  /** What a signature over it would be over; null where it was no order that can be read. */
  readonly statement: Omit<OrderStatement, 'orderer' | 'at'> | null;
  readonly proof: Partial<OrderProof>;
  /** When the server took it, epoch milliseconds. */
  readonly takenMs: number;
}

export interface ChainLink {
  readonly asked: readonly Asking[];
  /** The runs that asked in turn. */
  readonly next: readonly Run[];
}

const ORDER_BYTES_MAX = 8_192;

/** One run's part of the chain; null if its history cannot be read as one, so that nobody is cleared by it. */
export function linkOf(history: History): ChainLink | null {
  const origin = originOf(history);
  if (origin === null) return null;
  // The schedule asks for no Store, and the guard acts on debts alone: nobody chose this one.
  const machine = origin.workflowType === 'guardCluster' || (origin.workflowType === 'sweepCluster' && origin.scheduled);
  // Anybody may set the attribute that a schedule sets, and start a guard by hand: a person whom the server names counts.
  if (machine && origin.parent === null)
    return { asked: origin.principal === null ? [] : [byPrincipal(origin.principal)], next: [] };
  const orders = origin.workflowType === 'healStore' ? ordersIn(history, origin) : [];
  const byPerson = origin.parent === null && origin.continuedFrom === null;
  return {
    asked: [
      ...(byPerson ? [startOf(origin)] : []),
      ...orders.filter(({ sender }) => sender === null).map(({ asking }) => asking),
      // Who resets a run starts it again.
      ...origin.resets.map(({ principal }) => byPrincipal(principal)),
    ],
    next: [
      origin.parent ?? [],
      origin.continuedFrom ?? [],
      orders.map(({ sender }) => sender ?? []).flat(),
      // An order that a reset applied again is stamped as the resetter's: who gave it stands in the run that was reset.
      origin.workflowType === 'healStore' ? origin.resets.map(({ baseRunId }) => ({ ...origin.run, runId: baseRunId })) : [],
    ].flat(),
  };
}

function byPrincipal(principal: Principal | null): Asking {
  return { principal, takenMs: 0, ...NOTHING };
}

/** The start as an asking. */
export function startOf(origin: RunOrigin): Asking {
  return { principal: origin.principal, takenMs: origin.startedMs, ...statementOf(origin) };
}

function statementOf({ workflowType, input }: RunOrigin): Pick<Asking, 'statement' | 'proof'> {
  const value = jsonOf(input);
  if (workflowType === 'destroyStore') {
    const parsed = parseDestroyRequest(value);
    if (!parsed.ok) return NOTHING;
    const { cluster, store, reason, ...proof } = parsed.value;
    return { statement: { action: 'destroy', cluster, store, reason, override: [], restartHealthy: false }, proof };
  }
  const parsed = parseHealRequest(value);
  if (workflowType !== 'healStore' || !parsed.ok || parsed.value.order === null) return NOTHING;
  const { cluster, store, order } = parsed.value;
  const { reason, override, restartHealthy, ...proof } = order;
  return { statement: { action: 'heal', cluster, store, reason, override, restartHealthy }, proof };
}

const NOTHING = { statement: null, proof: {} };

export interface OrderInHistory {
  readonly asking: Asking;
  readonly eventId: number;
  readonly origin: ReturnType<typeof signalsIn>[number]['origin'];
  readonly sender: Run | null;
}

/** The order signals of a heal, also those that could not be obeyed. */
export function ordersIn(history: History, origin: RunOrigin): OrderInHistory[] {
  const request = parseHealRequest(jsonOf(origin.input));
  return signalsIn(history, ['order']).map(({ payloads, principal, atMs, eventId, origin: from, sender }) => {
    const order = parseOrder(jsonOf(payloads));
    // A workflow that is not named in full cannot be asked who started it, and its worker's name clears nobody.
    const taken = { principal: from === 'sent by a workflow' && sender === null ? null : principal, takenMs: atMs };
    if (!request.ok || !order.ok) return { asking: { ...taken, ...NOTHING }, eventId, origin: from, sender };
    const { cluster, store } = request.value;
    const { reason, override, restartHealthy, ...proof } = order.value;
    const statement = { action: 'heal', cluster, store, reason, override, restartHealthy } as const;
    return { asking: { ...taken, statement, proof }, eventId, origin: from, sender };
  });
}

function jsonOf(payloads: readonly Payload[]): unknown {
  const [payload] = payloads;
  if (payload === undefined) return undefined;
  const decoded = decodeJson(payload, ORDER_BYTES_MAX);
  return decoded.kind === 'json' ? decoded.value : undefined;
}

/** The key of the approver that signed this asking, in the words it came in; null if none did. */
export function signerOf({ statement, proof, takenMs }: Asking, rules: ApprovalRules): string | null {
  const { orderer, at, signature } = proof;
  if (statement === null || orderer === undefined || at === undefined || signature === undefined) return null;
  const keys = (personByName(rules, orderer)?.keys ?? []).map((text): { text: string; key: KeyObject | null } => {
    const parsed = parsePublicKey(text);
    return { text, key: parsed.ok ? parsed.value : null };
  });
  const by = keys.find(({ key }) => key !== null && verifyOrder({ ...statement, orderer, at }, signature, key, takenMs).ok);
  return by?.text ?? null;
}

/**
 * Everybody who asked. `links` are all runs of the chain; one that is missing (its history is gone) proves nothing of
 * who stood there, and neither does a chain without any. Who shows the token of a worker may be anybody that can use
 * it. A name that was only typed proves nothing either, and counts against its bearer all the same.
 */
export function requestersFrom(
  links: readonly (ChainLink | null)[],
  rules: ApprovalRules,
  workers: readonly Principal[],
): Requesters {
  const isProven = (principal: Principal | null): boolean =>
    principal !== null && !workers.some((worker) => samePrincipal(worker, principal));
  const asked = links.flatMap((link) => link?.asked ?? []);
  const signers = asked.map((asking) => signerOf(asking, rules));
  return {
    proven:
      links.length > 0 &&
      links.every((link) => link !== null) &&
      asked.every(({ principal }, index) => isProven(principal) || signers[index] !== null),
    principals: asked.flatMap(({ principal }) => principal ?? []),
    keys: signers.flatMap((key) => key ?? []),
    names: asked.flatMap(({ proof }) => proof.orderer ?? []),
  };
}
