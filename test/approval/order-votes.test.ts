/** The histories here are made by hand. */
import { describe, expect, test } from 'vitest';
import type { History } from '../../src/approval/history-signals.ts';
import { orderVotes } from '../../src/approval/order-votes.ts';
import { sealed } from '../../src/approval/seal.ts';
import { ORDER_FRESH_MS } from '../../src/approval/signature.ts';
import { candidatesFor, votesIn } from '../../src/approval/votes-in-history.ts';
import { makeRestartPlan, type PlanFrame, type RestartPlan } from '../../src/domain/approval/plan.ts';
import { sayTally, tally, type Tally } from '../../src/domain/approval/tally.ts';
import { dead, frame, jwt, OTHER_RUN_ID, reasonsOf, SIBLING } from '../domain/approval/ballots.ts';
import { MINUTE, T0 } from '../domain/readings.ts';
import { ALICE_PRIVATE, BOB_PRIVATE } from './fixed-keys.ts';
import { historyOf, resetTo, scheduled, signal } from './hand-made.ts';
import { AT, HEAL_ID, healStart, rules as destroyRules, signedOrder, target } from './orders.ts';

const rules = { ...destroyRules, quorum: 1 };

function restartOf(patch: Partial<PlanFrame> = {}): RestartPlan {
  const approval = { quorum: 1, assurance: ['attested', 'signed'] as const };
  const made = makeRestartPlan(frame({ workflowId: HEAL_ID, approval, ...patch }), dead({ store: patch.store ?? target.store }));
  if (made.kind !== 'planned') throw new Error(made.kind);
  return sealed(made.plan);
}

const plan = restartOf();

/** Orders and votes together, as whoever counts a restart counts them. */
function counted(history: History, on = plan, by = rules): Tally {
  const ballot = {
    plan: on,
    rules: by,
    requesters: { proven: true, principals: [], keys: [], names: [] },
    workers: [jwt('the-worker@site')],
  };
  return tally(ballot, [...orderVotes(on, by, history), ...candidatesFor(on, by, votesIn(history))]);
}

const sweeped = healStart({ parent: { workflowId: 'sweep:site-1', runId: OTHER_RUN_ID } });
const ordered = (sent: Parameters<typeof signal>[0]): object => signal({ name: 'order', value: { reason: 'stuck' }, ...sent });
const names = (result: Tally): string[] => result.approvals.map(({ name, assurance }) => `${name}, ${assurance}`);

describe('an order on a Store that waits for a vote is the vote of who gave it', () => {
  test('where the server says who sent it', () => {
    const result = counted(historyOf(sweeped, ordered({ by: 'alice' })));
    expect(names(result)).toEqual(['alice, attested']);
    expect(result.state).toMatchObject({ kind: 'approved', deciding: { reason: 'stuck', eventId: 2, atMs: T0 + MINUTE } });
    expect(sayTally(result)).toBe('approved by alice');
  });

  test('where an approver signed it', () => {
    expect(names(counted(historyOf(sweeped, ordered({ value: signedOrder(), atMs: T0 }))))).toEqual(['alice, signed']);
    const bob = signedOrder({ orderer: 'bob', override: ['mode'], restartHealthy: true }, BOB_PRIVATE);
    expect(names(counted(historyOf(sweeped, ordered({ value: bob, atMs: T0 }))))).toEqual(['bob, signed']);
  });

  test('also where a workflow handed the signed order on: whoever carried it is nobody’s concern', () => {
    const handed = ordered({ value: signedOrder(), atMs: T0, by: 'the-worker', fromWorkflow: true });
    expect(names(counted(historyOf(sweeped, handed)))).toEqual(['alice, signed']);
  });

  test('and so is the order that the heal was started with', () => {
    const input = { ...target, reason: 'stuck' };
    expect(names(counted(historyOf(healStart({ by: 'alice', input }))))).toEqual(['alice, attested']);
    expect(names(counted(historyOf(healStart({ input: { ...target, ...signedOrder() } }))))).toEqual(['alice, signed']);
  });

  test('once, however often they order and vote', () => {
    const vote = { planId: plan.planId, store: plan.store, reason: 'yes' };
    const two = restartOf({ approval: { quorum: 2, assurance: ['attested', 'signed'] } });
    const history = historyOf(
      healStart({ by: 'alice', input: { ...target, reason: 'stuck' } }),
      ordered({ by: 'alice' }),
      ordered({ value: signedOrder(), atMs: T0 }),
      signal({ value: { ...vote, planId: two.planId }, by: 'alice' }),
    );
    const result = counted(history, two);
    expect(result.state).toEqual({ kind: 'open', missing: 1 });
    expect(result.refused).toMatchObject([{ reason: 'duplicate', count: 3 }]);
  });

  test('and they can take it back', () => {
    const no = signal({ name: 'reject', value: { planId: plan.planId, store: plan.store, reason: 'not now' }, by: 'alice' });
    expect(counted(historyOf(sweeped, ordered({ by: 'alice' }), no)).state).toMatchObject({ kind: 'rejected', withdrawn: true });
  });
});

describe('no vote is an order', () => {
  test.each<[string, object, readonly string[]]>([
    ['that nobody is proven to have given', ordered({}), ['unknown approver']],
    [
      'under a name that was only typed',
      ordered({ value: { reason: 'stuck', orderer: 'alice', at: AT } }),
      ['assurance not enough'],
    ],
    [
      'under a name that is not the sender’s',
      ordered({ by: 'alice', value: { reason: 'stuck', orderer: 'bob' } }),
      ['another name'],
    ],
    ['by somebody who may not vote', ordered({ by: 'mallory' }), ['unauthorised']],
    ['by the worker', signal({ name: 'order', value: { reason: 'stuck' }, by: 'the-worker' }), ['worker']],
    ['that a workflow sent unsigned', ordered({ by: 'alice', fromWorkflow: true }), ['worker']],
    ['signed over another Store', ordered({ value: signedOrder({ store: SIBLING }), atMs: T0 }), ['bad signature']],
    ['signed over another cluster', ordered({ value: signedOrder({ cluster: 'site-2' }), atMs: T0 }), ['bad signature']],
    ['signed over a destroy', ordered({ value: signedOrder({ action: 'destroy' }), atMs: T0 }), ['bad signature']],
    ['signed by another', ordered({ value: signedOrder({}, BOB_PRIVATE), atMs: T0 }), ['bad signature']],
    [
      'signed by another, though its sender may vote',
      ordered({ value: signedOrder({}, BOB_PRIVATE), atMs: T0, by: 'alice' }),
      ['bad signature'],
    ],
    [
      'that was widened after it was signed',
      ordered({ value: signedOrder({}, ALICE_PRIVATE, { override: ['brake'] }), atMs: T0 }),
      ['bad signature'],
    ],
    ['that was signed long ago', ordered({ value: signedOrder(), atMs: T0 + ORDER_FRESH_MS + 1 }), ['bad signature']],
    ['that comes after the time to approve', ordered({ by: 'alice', atMs: plan.approveByMs + 1 }), ['late']],
    ['that is no order', ordered({ by: 'alice', value: 'restart it' }), []],
    ['that gives no reason', ordered({ by: 'alice', value: {} }), []],
    ['that would pass a lease', ordered({ by: 'alice', value: { reason: 'stuck', override: ['lease'] } }), []],
    [
      'that names a plan: it is a vote under the wrong name',
      ordered({ by: 'alice', value: { reason: 'x', planId: plan.planId } }),
      [],
    ],
    ['under another name of a signal', ordered({ name: 'Order', by: 'alice' }), []],
  ])('%s', (_, event, reasons) => {
    const result = counted(historyOf(sweeped, event));
    expect(result.approvals).toEqual([]);
    expect(reasonsOf(result)).toEqual(reasons);
  });

  test('that a workflow started the heal with', () => {
    const parent = { workflowId: 'heal:random', runId: OTHER_RUN_ID };
    for (const input of [
      { ...target, reason: 'stuck' },
      { ...target, ...signedOrder() },
    ]) {
      expect(orderVotes(plan, rules, historyOf(healStart({ parent, by: 'alice', input })))).toEqual([]);
      expect(orderVotes(plan, rules, historyOf(healStart({ continues: OTHER_RUN_ID, by: 'alice', input })))).toEqual([]);
    }
  });

  test('a start without a reason: that is a request like the sweep’s', () => {
    expect(orderVotes(plan, rules, historyOf(healStart({ by: 'alice' })))).toEqual([]);
  });

  test('one that a reset brought along or applied again', () => {
    const fresh = restartOf({ runId: OTHER_RUN_ID });
    const start = healStart({ by: 'alice', input: { ...target, reason: 'stuck' } });
    const again = [ordered({ by: 'resetter' }), ordered({ value: signedOrder({ orderer: 'bob' }, BOB_PRIVATE), atMs: T0 })];
    const history = historyOf(start, ordered({ by: 'alice' }), scheduled, resetTo(OTHER_RUN_ID), ...again, scheduled);
    expect(counted(history, fresh)).toMatchObject({ approvals: [], refused: [{ reason: 'replayed by reset', count: 3 }] });
    const sent = historyOf(start, scheduled, resetTo(OTHER_RUN_ID), scheduled, ordered({ by: 'alice' }));
    expect(names(counted(sent, fresh))).toEqual(['alice, attested']);
  });
});

describe('an order is for the Store that it was given for, in the run that it was given to', () => {
  const history = historyOf(healStart({ by: 'alice', input: { ...target, reason: 'stuck' } }), ordered({ by: 'bob' }));
  test('so it names the plan that is voted on', () => {
    expect(orderVotes(plan, rules, history)).toMatchObject([
      { eventId: 1, verdict: 'approve', origin: 'direct', parsed: { vote: { planId: plan.planId, store: plan.store } } },
      { eventId: 2, verdict: 'approve', origin: 'direct', parsed: { vote: { planId: plan.planId, store: plan.store } } },
    ]);
    const later = restartOf({ number: 2 });
    expect(orderVotes(later, rules, history)).toMatchObject([{ parsed: { vote: { planId: later.planId } } }, {}]);
  });

  test.each<[string, RestartPlan, readonly string[]]>([
    ['another run', restartOf({ runId: OTHER_RUN_ID }), []],
    ['another workflow', restartOf({ workflowId: 'heal:x' }), []],
    ['another Store, which a lying workflow asks about', restartOf({ store: SIBLING }), []],
    ['another cluster', restartOf({ cluster: 'site-2' }), []],
  ])('and votes on no plan of %s', (_, other, reasons) => {
    const result = counted(history, other);
    expect(result.approvals).toEqual([]);
    expect(reasonsOf(result)).toEqual(reasons);
  });

  test('and none of a history that does not begin with its start', () => {
    expect(orderVotes(plan, rules, {})).toEqual([]);
    expect(orderVotes(plan, rules, historyOf(scheduled, ordered({ by: 'alice' })))).toEqual([]);
    expect(orderVotes(plan, rules, historyOf(healStart({ input: 'nonsense' }), ordered({ by: 'alice' })))).toEqual([]);
  });
});
