/** The histories here are made by hand. */
import proto from '@temporalio/proto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { History } from '../../src/approval/history-signals.ts';
import { destroysIn, isStamped, planIn, sentBefore, workersIn } from '../../src/approval/plans-in-history.ts';
import { sealed } from '../../src/approval/seal.ts';
import { defaultApproval, rulesFor } from '../../src/domain/approval/approval-policy.ts';
import { jwt, planOf } from '../domain/approval/ballots.ts';
import { cancelled, completed, failed, scheduledActivity, sealedAnswer, timedOut } from './activities-by-hand.ts';
import { bytes, historyOf, resetTo, rules, scheduled, signal, started } from './hand-made.ts';
import { payload } from './orders.ts';

const plan = sealed(planOf());
const second = sealed(planOf({ number: 2 }));
const answer = sealedAnswer(plan);
const sealPlan = { type: 'sealPlan', input: { cluster: 'site-1', store: plan.store } };

describe('a plan is found', () => {
  test('among the results of sealPlan, with the rules, the mode and the event it came with', () => {
    const history = historyOf(
      started(),
      scheduledActivity(sealPlan),
      scheduledActivity({ type: 'countVotes' }),
      completed(2, answer),
      scheduledActivity({ ...sealPlan, activityId: '2' }),
      completed(5, sealedAnswer(second, { mode: 'act' })),
    );
    expect(planIn(history, plan.planId)).toEqual({ plan, rules, mode: 'observe', eventId: 4 });
    expect(planIn(history, second.planId)).toEqual({ plan: second, rules, mode: 'act', eventId: 6 });
  });

  test('whatever rules a configuration may have', () => {
    const approval = rulesFor({ ...defaultApproval, approvers: [{ name: '张伟' }, { name: 'bob', keys: [] }] }, 'destroy');
    const found = planIn(
      historyOf(started(), scheduledActivity(sealPlan), completed(2, sealedAnswer(plan, { rules: approval }))),
      plan.planId,
    );
    expect(found?.rules).toEqual({
      ...approval,
      approvers: [
        { name: '张伟', principals: [], keys: [] },
        { name: 'bob', principals: [], keys: [] },
      ],
    });
  });
});

describe('no plan is', () => {
  test.each<[string, readonly object[]]>([
    ['the result of another activity', [scheduledActivity({ type: 'countVotes' }), completed(2, answer)]],
    ['the result of an activity of nearly that name', [scheduledActivity({ type: 'SealPlan' }), completed(2, answer)]],
    ['an input', [scheduledActivity({ type: 'sealPlan', input: answer }), completed(2, { kind: 'cleared' })]],
    ['what an activity that is still open was given', [scheduledActivity({ type: 'sealPlan', input: answer })]],
    ['a signal', [signal({ name: 'sealPlan', value: answer, by: 'alice' })]],
    ['the input of the run', [started({ input: { payloads: [payload(answer)] } })]],
    ['a result without a schedule', [completed(2, answer)]],
    ['a result of another schedule', [scheduledActivity(sealPlan), completed(9, answer)]],
    ['a failure', [scheduledActivity(sealPlan), failed(2)]],
    [
      'the second value of a result',
      [
        scheduledActivity(sealPlan),
        { activityTaskCompletedEventAttributes: { scheduledEventId: 2, result: { payloads: [payload({}), payload(answer)] } } },
      ],
    ],
    [
      'a result in another encoding',
      [
        scheduledActivity(sealPlan),
        completed(2, null, { metadata: { encoding: bytes('binary/plain') }, data: bytes(JSON.stringify(answer)) }),
      ],
    ],
  ])('%s', (_, events) => {
    expect(planIn(historyOf(started(), ...events), plan.planId)).toBeNull();
  });

  test.each<[string, object]>([
    ['without a mode', { ...answer, mode: undefined }],
    ['with a strange mode', { ...answer, mode: 'anything' }],
    ['without rules', { ...answer, rules: undefined }],
    ['with a quorum of nobody', { ...answer, rules: { ...rules, quorum: 0 } }],
    ['with a strange assurance', { ...answer, rules: { ...rules, assurance: ['attested', 'trusted'] } }],
    ['with a strange field', { ...answer, plan: { ...plan, more: 1 } }],
    ['with another id', { ...answer, plan: { ...plan, planId: `${plan.planId}0` } }],
    ['in a list', [answer]],
  ])('a result %s, and the right one is found beside it', (_, wrong) => {
    const history = historyOf(
      started(),
      scheduledActivity(sealPlan),
      completed(2, wrong),
      scheduledActivity({ ...sealPlan, activityId: '2' }),
    );
    expect(planIn(history, plan.planId)).toBeNull();
    const right = {
      events: [...(history.events ?? []), ...(historyOf({}, {}, {}, {}, completed(4, answer)).events ?? []).slice(4)],
    };
    expect(planIn(right, plan.planId)?.eventId).toBe(5);
  });

  test('one that two results claim: one of them lies, at least about the rules', () => {
    const lax = sealedAnswer(plan, { rules: { ...rules, quorum: 1 }, mode: 'act' });
    const history = historyOf(
      started(),
      scheduledActivity(sealPlan),
      completed(2, answer),
      scheduledActivity({ ...sealPlan, activityId: '2' }),
      completed(4, lax),
    );
    expect(planIn(history, plan.planId)).toBeNull();
  });
});

describe('a destroy', () => {
  const ask = (activityId = '7', planId: unknown = plan.planId) =>
    scheduledActivity({ activityId, input: { planId, store: plan.store } });

  test.each<[string, readonly object[], boolean, boolean]>([
    ['that came back with the word that nothing was sent', [completed(2, { kind: 'not sent', because: 'too late' })], true, true],
    ['that was sent', [completed(2, { kind: 'sent', answer: { kind: 'done' } })], true, false],
    ['that came back with nothing', [completed(2, null)], true, false],
    ['that came back with nonsense', [completed(2, ['not sent'])], true, false],
    ['that came back with what cannot be read', [completed(2, null, payload(0, bytes('{"kind":"not sent"')))], true, false],
    ['that failed', [failed(2)], true, false],
    ['that ran out of time', [timedOut(2)], true, false],
    ['that was cancelled', [cancelled(2)], true, false],
    ['that is open', [], false, false],
    ['that is open beside another that was not sent', [completed(9, { kind: 'not sent' })], false, false],
  ])('%s', (_, end, closed, notSent) => {
    const history = historyOf(started(), ask(), ...end);
    expect(destroysIn(history)).toEqual([{ activityId: '7', planId: plan.planId, closed, notSent }]);
    expect(sentBefore(history, plan.planId, '8') !== null).toBe(!notSent);
    expect(sentBefore(history, second.planId, '8')).toBeNull();
    // The one that asks is open, and is no hindrance to itself.
    expect(sentBefore(history, plan.planId, '7') !== null).toBe(closed && !notSent);
  });

  test('with the id of the one that asks, and an end, was another: an id may be used again', () => {
    const twice = historyOf(started(), ask('7'), completed(2, { kind: 'sent' }), ask('7'));
    expect(sentBefore(twice, plan.planId, '7')).toMatchObject({ activityId: '7', closed: true });
  });

  test.each<[string, object]>([
    [
      'with a broken character',
      { inputPayload: payload(0, Buffer.from(JSON.stringify({ planId: plan.planId, why: 'ÿ' }), 'latin1')) },
    ],
    [
      'in a strange encoding',
      { inputPayload: { metadata: { encoding: bytes('x') }, data: bytes(JSON.stringify({ planId: plan.planId })) } },
    ],
    ['without a plan', { input: {} }],
    ['with a list for a plan', { input: { planId: [plan.planId] } }],
    ['that is a text', { input: plan.planId }],
  ])('whose input is one %s may have been for any plan', (_, input) => {
    const history = historyOf(started(), scheduledActivity({ activityId: '1', ...input }), completed(2, { kind: 'sent' }));
    expect(destroysIn(history)).toMatchObject([{ planId: null }]);
    expect(sentBefore(history, plan.planId, '7')).not.toBeNull();
  });

  test('is none of another type, and a signal is none', () => {
    const others = ['restartStore', 'DestroyStore', 'destroyStore '].map((type) =>
      scheduledActivity({ type, input: { planId: plan.planId } }),
    );
    expect(destroysIn(historyOf(started(), ...others, signal({ name: 'destroyStore', value: { planId: plan.planId } })))).toEqual(
      [],
    );
  });
});

describe('who works for a run', () => {
  test('is who answered its tasks, each once', () => {
    const by = (name: string, attributes: object): object => ({ principal: jwt(name), ...attributes });
    const history = historyOf(
      { ...started(), principal: jwt('operator') },
      by('one', { workflowTaskCompletedEventAttributes: {} }),
      by('one', { activityTaskCompletedEventAttributes: {} }),
      by('two', { activityTaskFailedEventAttributes: {} }),
      by('three', { activityTaskCanceledEventAttributes: {} }),
      { principal: { type: 'mtls', name: 'one' }, workflowTaskCompletedEventAttributes: {} },
      by('alice', signal({ name: 'approve', value: {} })),
      { workflowTaskCompletedEventAttributes: {} },
      { principal: { type: 'jwt', name: '' }, workflowTaskCompletedEventAttributes: {} },
    );
    expect(workersIn(history)).toEqual([jwt('one'), jwt('two'), jwt('three'), { type: 'mtls', name: 'one' }]);
  });

  test('is not who reset it, though the server writes that down as a failed task', () => {
    expect(workersIn(historyOf(started(), resetTo(plan.runId), scheduled))).toEqual([]);
  });
});

test('a server stamps if any event of the run has a whole principal', () => {
  const bare = { ...started(), principal: undefined };
  expect(isStamped(historyOf(started()))).toBe(true);
  expect(isStamped(historyOf(bare, signal({ value: {}, by: 'alice' })))).toBe(true);
  expect(isStamped(historyOf(bare, signal({ value: {} }), { principal: { type: 'jwt', name: '' } }))).toBe(false);
  expect(isStamped({})).toBe(false);
});

describe('whatever a history holds, nothing throws', () => {
  const { HistoryEvent } = proto.temporal.api.history.v1;
  /** Null for bytes that are no event at all: those never get as far as this code. */
  const decoded = (wire: Uint8Array) => {
    try {
      return HistoryEvent.decode(wire);
    } catch {
      return null;
    }
  };
  const readAll = (history: History): void => {
    expect(planIn(history, plan.planId)).toBeNull();
    expect(sentBefore(history, '', '')).toSatisfy((found) => found === null || typeof found === 'object');
    expect(workersIn(history).every(({ type, name }) => type !== '' && name !== '')).toBe(true);
    expect(typeof isStamped(history)).toBe('boolean');
  };

  test('no events, empty ones, and ones that lack everything', () => {
    const empty = [
      {},
      { activityTaskScheduledEventAttributes: {} },
      { activityTaskScheduledEventAttributes: { activityType: { name: 'sealPlan' } } },
      { activityTaskScheduledEventAttributes: { activityType: { name: 'destroyStore' }, input: { payloads: [] } } },
      { activityTaskScheduledEventAttributes: { activityType: { name: 'destroyStore' }, input: { payloads: [{}] } } },
      { activityTaskCompletedEventAttributes: {} },
      { activityTaskCompletedEventAttributes: { result: {} } },
      { activityTaskCompletedEventAttributes: { scheduledEventId: 0, result: { payloads: [{ data: new Uint8Array() }] } } },
    ];
    for (const history of [{}, { events: null }, { events: [] }, historyOf(...empty)]) readAll(history);
  });

  test('bytes that any server might send', () => {
    const value = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom<unknown>(answer, { planId: plan.planId }, null, { plan: { planId: plan.planId } }),
    );
    const event = fc.oneof(
      fc.record({ type: fc.constantFrom('sealPlan', 'destroyStore', '__proto__'), input: value }).map(scheduledActivity),
      fc.tuple(fc.nat(12), fc.jsonValue()).map(([id, result]) => completed(id, result)),
      fc.nat(12).map(failed),
      fc.uint8Array({ maxLength: 200 }).map((data) => completed(2, null, payload(null, data))),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 12 }), (events) => {
        readAll(historyOf(started(), ...events));
      }),
      { numRuns: 200 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (wire) => {
        const event = decoded(wire);
        if (event !== null) readAll({ events: [event] });
      }),
      { numRuns: 300 },
    );
  });

  test('a result too large to be read is no plan, and no word that nothing was sent', () => {
    const huge = payload(null, bytes(JSON.stringify({ ...answer, kind: 'not sent', more: 'x'.repeat(5 << 20) })));
    expect(planIn(historyOf(started(), scheduledActivity(sealPlan), completed(2, null, huge)), plan.planId)).toBeNull();
    const destroy = historyOf(started(), scheduledActivity({ input: { planId: plan.planId } }), completed(2, null, huge));
    expect(destroysIn(destroy)).toMatchObject([{ notSent: false }]);
  });

  test('a plan among thousands of activities is found in time', () => {
    const many = Array.from({ length: 10_000 }, (_, index) =>
      scheduledActivity({ type: 'sealPlan', activityId: String(index), input: {} }),
    );
    const history = historyOf(started(), ...many, completed(2, answer));
    const began = performance.now();
    expect(planIn(history, plan.planId)?.plan).toEqual(plan);
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});
