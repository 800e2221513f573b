/** Everybody who asked for what a run did: nobody of them may approve it. */
import { signalsIn } from '../../approval/history-signals.ts';
import { type OrderStatement, verifyOrder } from '../../approval/signature.ts';
import type { ApprovalRules, Approver, Principal } from '../../domain/approval/electorate.ts';
import type { Run } from '../../domain/guard/messages.ts';
import type { StoreName } from '../../domain/store.ts';
import { fieldsOf, listOf, textOf, type Fields } from '../history/fields.ts';
import { type RunRecord, valueOf } from '../history/run-record.ts';
import { equalNames, equalPrincipals, holdsPrincipal, named, soundKeys } from './rules.ts';

export interface Asker {
  readonly run: Run;
  readonly eventId: number;
  readonly atMs: number;
  readonly principal: Principal | null;
  /** The key that signed the start or order. */
  readonly key: string | null;
  /** The name that was given, proven or not. */
  readonly name: string | null;
}

export interface Askers {
  readonly askers: readonly Asker[];
  /** Runs of the chain of starts whose histories were not given. */
  readonly missing: readonly Run[];
}

const CHAIN_MAX = 50;

/** Follows the chain of starts through the histories that were given. */
export function askersOf(record: RunRecord, known: ReadonlyMap<string, RunRecord>, rules: ApprovalRules): Askers {
  const askers: Asker[] = [];
  const missing: Run[] = [];
  const seen = new Set<string>();
  const waiting: RunRecord[] = [record];
  for (let at = waiting.shift(); at !== undefined && seen.size < CHAIN_MAX; at = waiting.shift()) {
    if (seen.has(at.run.runId)) continue;
    seen.add(at.run.runId);
    if (isMachine(at)) {
      askers.push(...machineAskers(at));
      continue;
    }
    askers.push(...ownAskers(at, rules));
    for (const run of senders(at)) {
      const next = known.get(run.runId);
      if (next === undefined) missing.push(run);
      else waiting.push(next);
    }
  }
  // A chain that is longer than any is not followed to its end, and so not known.
  return { askers, missing: [...missing, ...waiting.map(({ run }) => run)] };
}

/** A schedule's sweep and a guard ask for every Store alike: nobody chose this one. */
function isMachine({ origin }: RunRecord): boolean {
  const { workflowType, scheduled, parent } = origin;
  return parent === null && (workflowType === 'guardCluster' || (workflowType === 'sweepCluster' && scheduled));
}

/** Anybody may start such a workflow by hand, with the marks of a schedule: whom the server names there has asked. */
function machineAskers({ origin, run }: RunRecord): Asker[] {
  const { principal, startedMs } = origin;
  return principal === null ? [] : [{ run, eventId: 1, atMs: startedMs, principal, key: null, name: null }];
}

/**
 * The runs that asked in turn: the parent, the run before this one, and those that sent orders. An order that a reset
 * applied again is stamped as the resetter's; who gave it stands in the run that was reset.
 */
function senders({ origin, run, history }: RunRecord): Run[] {
  const { parent, continuedFrom, resets } = origin;
  const heals = origin.workflowType === 'healStore';
  const orders = heals ? signalsIn(history, ['order']).map(({ sender }) => sender) : [];
  const before = heals ? resets.map(({ baseRunId }) => ({ ...run, runId: baseRunId })) : [];
  return [parent, continuedFrom, ...orders, ...before].flatMap((each) => each ?? []);
}

function ownAskers(record: RunRecord, rules: ApprovalRules): Asker[] {
  const { origin, run, history, input } = record;
  const byPerson = origin.parent === null && origin.continuedFrom === null;
  const orders = origin.workflowType === 'healStore' ? signalsIn(history, ['order']) : [];
  return [
    ...(byPerson
      ? [askerOf(record, rules, input, { run, eventId: 1, atMs: origin.startedMs, principal: origin.principal })]
      : []),
    ...orders
      .filter(({ sender }) => sender === null)
      .map(({ eventId, atMs, principal, payloads, origin: from }) =>
        askerOf(record, rules, fieldsOf(valueOf(payloads)), {
          run,
          eventId,
          atMs,
          // A workflow that is not named in full cannot be followed, and its worker's name clears nobody.
          principal: from === 'sent by a workflow' ? null : principal,
        }),
      ),
    ...origin.resets.map(({ eventId, principal }) => ({ run, eventId, atMs: 0, principal, key: null, name: null })),
  ];
}

function askerOf(
  record: RunRecord,
  rules: ApprovalRules,
  said: Fields,
  taken: Pick<Asker, 'run' | 'eventId' | 'atMs' | 'principal'>,
): Asker {
  const name = textOf(said['orderer']);
  return { ...taken, key: orderKey(record, rules, said, taken.atMs), name: name === '' ? null : name };
}

/** The key that signed these words of an order, of the approver that they name; null if none did. */
export function orderKey(record: RunRecord, rules: ApprovalRules, said: Fields, takenMs: number): string | null {
  const [orderer, at, signature] = [textOf(said['orderer']), textOf(said['at']), textOf(said['signature'])];
  const person = named(rules, orderer);
  if (person === null || at === '' || signature === '') return null;
  const destroys = record.origin.workflowType === 'destroyStore';
  const statement: OrderStatement = {
    action: destroys ? 'destroy' : 'heal',
    cluster: textOf(record.input['cluster']),
    // A name that is none was signed by nobody; what it would be called here does not matter.
    store: textOf(record.input['store']) as StoreName,
    reason: textOf(said['reason']).trim(),
    override: destroys ? [] : listOf(said['override']).map(String),
    restartHealthy: !destroys && said['restartHealthy'] === true,
    orderer,
    at,
  };
  return soundKeys(person).find(({ key }) => verifyOrder(statement, signature, key, takenMs).ok)?.text ?? null;
}

/** Whether it is known of everybody who asked who they are. Whoever shows a worker's token may be anybody that has it. */
export function areProven({ askers, missing }: Askers, workers: readonly Principal[]): boolean {
  const names = (principal: Principal | null): boolean =>
    principal !== null && !workers.some((worker) => equalPrincipals(worker, principal));
  return missing.length === 0 && askers.every(({ principal, key }) => names(principal) || key !== null);
}

/** A name counts against its bearer also unproven: that can only prevent a destroy. */
export function isAsker(askers: readonly Pick<Asker, 'principal' | 'key' | 'name'>[], person: Approver): boolean {
  return askers.some(
    ({ principal, key, name }) =>
      (principal !== null && holdsPrincipal(person, principal)) ||
      (key !== null && (person.keys ?? []).includes(key)) ||
      (name !== null && equalNames(name, person.name)),
  );
}
