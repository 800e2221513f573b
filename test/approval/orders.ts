/** Starts and orders in hand-made histories, signed and unsigned, each with one thing changed at a time. */
import type { KeyObject } from 'node:crypto';
import { linkOf, requestersFrom } from '../../src/approval/chain.ts';
import type { History } from '../../src/approval/history-signals.ts';
import { type OrderStatement, signOrder } from '../../src/approval/signature.ts';
import { isRequester, type ApprovalRules, type Requesters } from '../../src/domain/approval/electorate.ts';
import type { Run } from '../../src/domain/guard/messages.ts';
import { healWorkflowId } from '../../src/domain/names.ts';
import { rules as everybody, jwt, RUN_ID } from '../domain/approval/ballots.ts';
import { STORE, T0 } from '../domain/readings.ts';
import { ALICE_KEY, ALICE_PRIVATE, BOB_KEY } from './fixed-keys.ts';
import { bytes, historyOf, time } from './hand-made.ts';

export const CLUSTER = 'site-1';
export const HEAL_ID = healWorkflowId(CLUSTER, STORE);
export const AT = '2026-01-05T03:00:00Z';
export const target = { cluster: CLUSTER, store: STORE };

export const rules: ApprovalRules = {
  ...everybody,
  approvers: [
    { name: 'alice', principals: [jwt('alice@site')], keys: [ALICE_KEY] },
    { name: 'bob', principals: [jwt('bob@site')], keys: [BOB_KEY] },
  ],
};

export const payload = (value: unknown, data = bytes(JSON.stringify(value))): object => ({
  metadata: { encoding: bytes('json/plain') },
  data,
});

export interface Start {
  readonly type?: string;
  readonly id?: string;
  readonly runId?: string;
  readonly input?: unknown;
  readonly by?: string;
  readonly parent?: Partial<Run>;
  readonly continues?: string;
  readonly scheduled?: boolean;
  readonly atMs?: number;
}

/** By default a person's start of a destroy on a server that stamps nothing. */
export function start({
  type = 'destroyStore',
  id = 'destroy:x',
  runId = RUN_ID,
  input,
  by,
  parent,
  continues,
  scheduled,
  atMs = T0,
}: Start = {}): object {
  return {
    eventTime: time(atMs),
    ...(by === undefined ? {} : { principal: jwt(`${by}@site`) }),
    workflowExecutionStartedEventAttributes: {
      workflowId: id,
      workflowType: { name: type },
      originalExecutionRunId: runId,
      identity: 'cli',
      ...(input === undefined ? {} : { input: { payloads: [payload(input)] } }),
      ...(parent === undefined ? {} : { parentWorkflowExecution: parent }),
      ...(continues === undefined ? {} : { continuedExecutionRunId: continues }),
      ...(scheduled === true ? { searchAttributes: { indexedFields: { TemporalScheduledById: payload('sweep:site-1') } } } : {}),
    },
  };
}

/** The start of a heal, by a person unless it says otherwise. */
export const healStart = (more: Start = {}): object => start({ type: 'healStore', id: HEAL_ID, input: target, ...more });

export const startsAlone = (more: Start = {}): History => historyOf(start(more));

const said = { reason: 'replaced by a newer Store', orderer: 'alice', at: AT };

/** The input of a destroy, signed over what `over` says in place of what the input says. */
export function signedDestroy(over: Partial<OrderStatement> = {}, key: KeyObject = ALICE_PRIVATE, shown: object = {}): object {
  const { reason, orderer, at } = { ...said, ...over };
  const statement = { action: 'destroy' as const, ...target, override: [], restartHealthy: false, ...said, ...over };
  return { ...target, reason, orderer, at, signature: signOrder(statement, key), ...shown };
}

/** An order for a heal, as a signal carries it. */
export function signedOrder(over: Partial<OrderStatement> = {}, key: KeyObject = ALICE_PRIVATE, shown: object = {}): object {
  const { reason, orderer, at, override, restartHealthy } = { override: [], restartHealthy: false, ...said, ...over };
  const statement = { action: 'heal' as const, ...target, override, restartHealthy, ...said, ...over };
  return { reason, orderer, at, override, restartHealthy, signature: signOrder(statement, key), ...shown };
}

/** Who asked, by these runs of a chain; null is one whose history is gone. */
export const asked = (...histories: readonly (History | null)[]): Requesters =>
  requestersFrom(
    histories.map((history) => (history === null ? null : linkOf(history))),
    rules,
    [jwt('the-worker@site')],
  );

export const nobody: Requesters = { proven: true, principals: [], keys: [], names: [] };
export const isAliceAsker = (requesters: Requesters): boolean =>
  rules.approvers.some((person) => person.name === 'alice' && isRequester(requesters, person));
