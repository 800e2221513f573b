/** The histories here are made by hand. */
import { describe, expect, test } from 'vitest';
import { linkOf } from '../../src/approval/chain.ts';
import type { History } from '../../src/approval/history-signals.ts';
import { ORDER_FRESH_MS } from '../../src/approval/signature.ts';
import type { Requesters } from '../../src/domain/approval/electorate.ts';
import { jwt, OTHER_RUN_ID, RUN_ID, SIBLING } from '../domain/approval/ballots.ts';
import { MINUTE, T0 } from '../domain/readings.ts';
import { ALICE_KEY, BOB_PRIVATE } from './fixed-keys.ts';
import { bytes, historyOf, scheduled, signal } from './hand-made.ts';
import {
  asked,
  AT,
  HEAL_ID,
  healStart,
  isAliceAsker,
  nobody,
  payload,
  signedDestroy,
  signedOrder,
  start,
  startsAlone,
  target,
} from './orders.ts';

const byAlice = { ...target, reason: 'replaced by a newer Store', orderer: 'alice', at: AT };
const order = { reason: 'stuck' };

describe('whoever starts a destroy asks for it', () => {
  test('by the name that the server stamped on it', () => {
    expect(asked(startsAlone({ by: 'alice', input: { ...target, reason: 'replaced' } }))).toEqual({
      ...nobody,
      principals: [jwt('alice@site')],
    });
  });

  test('by their signature where the server stamps nothing', () => {
    const requesters = asked(startsAlone({ input: signedDestroy() }));
    expect(requesters).toEqual({ ...nobody, keys: [ALICE_KEY], names: ['alice'] });
  });

  test('unproven where nothing is stamped or signed; a typed name then still counts against its bearer', () => {
    expect(asked(startsAlone({ input: { ...target, reason: 'replaced' } })).proven).toBe(false);
    const typed = asked(startsAlone({ input: byAlice }));
    expect(typed).toEqual({ proven: false, principals: [], keys: [], names: ['alice'] });
    expect(isAliceAsker(typed)).toBe(true);
  });

  test('unproven by the token of a worker, which anybody may use who can reach it', () => {
    expect(asked(startsAlone({ by: 'the-worker', input: { ...target, reason: 'replaced' } })).proven).toBe(false);
    expect(asked(startsAlone({ by: 'the-worker', input: signedDestroy() })).proven).toBe(true);
  });

  test('under both names, where one is stamped and another signed or typed', () => {
    expect(asked(startsAlone({ by: 'bob', input: signedDestroy() }))).toMatchObject({
      proven: true,
      principals: [jwt('bob@site')],
      keys: [ALICE_KEY],
      names: ['alice'],
    });
    expect(asked(startsAlone({ by: 'bob', input: byAlice })).names).toEqual(['alice']);
  });

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['a text', 'destroy it'],
    ['a parent that it only claims', { ...byAlice, parent: { workflowId: HEAL_ID, runId: OTHER_RUN_ID } }],
    ['a proof that it only claims', { ...byAlice, proven: true }],
    ['a prototype', JSON.parse(`{"__proto__": ${JSON.stringify(signedDestroy())}}`)],
  ])('whatever they put in, such as %s', (_, input) => {
    const link = linkOf(startsAlone({ input, by: 'alice' }));
    expect(link).toMatchObject({ asked: [{ principal: jwt('alice@site'), statement: null }], next: [] });
    expect(asked(startsAlone({ input })).proven).toBe(false);
  });

  test('also with an input that is too large to be read, or no JSON', () => {
    for (const data of [new Uint8Array(1 << 20), bytes('{'), Uint8Array.of(0xff)]) {
      const attributes = { workflowType: { name: 'destroyStore' }, input: { payloads: [payload(null, data)] } };
      const history = historyOf({ principal: jwt('alice@site'), workflowExecutionStartedEventAttributes: attributes });
      expect(asked(history)).toEqual({ ...nobody, principals: [jwt('alice@site')] });
    }
  });

  test('half a principal proves nothing', () => {
    const attributes = { workflowType: { name: 'destroyStore' } };
    for (const principal of [{ type: 'jwt' }, { name: 'alice@site' }, {}]) {
      expect(asked(historyOf({ principal, workflowExecutionStartedEventAttributes: attributes })).proven).toBe(false);
    }
  });
});

describe('a signature proves nobody', () => {
  test.each<[string, object]>([
    ['over another Store', signedDestroy({ store: SIBLING })],
    ['over another cluster', signedDestroy({ cluster: 'site-2' })],
    ['over another action', signedDestroy({ action: 'heal' })],
    ['over another reason', signedDestroy({}, undefined, { reason: 'another' })],
    ['over another time', signedDestroy({}, undefined, { at: '2026-01-05T03:00:01Z' })],
    ['under a name that was put in its place', signedDestroy({}, undefined, { orderer: 'bob' })],
    ['by the key of another', signedDestroy({}, BOB_PRIVATE)],
    ['by somebody whom the configuration does not know', signedDestroy({ orderer: 'mallory' })],
    ['of another order, such as one that may pass the mode', signedDestroy({ override: ['mode'] })],
    ['without its time', { ...signedDestroy(), at: undefined }],
    ['without its name', { ...signedDestroy(), orderer: undefined }],
    ['that is cut short', { ...signedDestroy(), signature: 'AAAA' }],
  ])('%s', (_, input) => {
    expect(asked(startsAlone({ input: JSON.parse(JSON.stringify(input)) as unknown }))).toMatchObject({
      proven: false,
      keys: [],
    });
  });

  test('that is ten minutes and a bit old, or that much too early, by the time of the server', () => {
    const at = (atMs: number): boolean => asked(startsAlone({ input: signedDestroy(), atMs })).proven;
    expect([-ORDER_FRESH_MS - 1, -ORDER_FRESH_MS, 0, ORDER_FRESH_MS, ORDER_FRESH_MS + 1].map((age) => at(T0 + age))).toEqual([
      false,
      true,
      true,
      true,
      false,
    ]);
  });

  test('where the server gave the start no time', () => {
    const untimed = { ...start({ input: signedDestroy() }), eventTime: undefined };
    expect(asked(historyOf(untimed)).proven).toBe(false);
  });
});

describe('a start by a workflow', () => {
  const heal = { workflowId: HEAL_ID, runId: OTHER_RUN_ID };

  test('is nobody’s, and the chain goes on at that workflow', () => {
    const child = startsAlone({ parent: heal, by: 'the-worker', input: byAlice });
    expect(linkOf(child)).toEqual({ asked: [], next: [heal] });
  });

  test('under a random id leads to the person who made that start', () => {
    const attached = startsAlone({ by: 'alice', input: { ...target, reason: 'replaced' } });
    expect(isAliceAsker(asked(startsAlone({ parent: heal, by: 'the-worker' }), attached))).toBe(true);
  });

  test('proves nobody once its history is gone', () => {
    const child = startsAlone({ parent: heal });
    expect(asked(child, null)).toEqual({ ...nobody, proven: false });
    expect(asked()).toEqual({ ...nobody, proven: false });
  });

  test('of which only half is named is a person’s: nobody can be asked who started it', () => {
    for (const parent of [{ workflowId: HEAL_ID }, { runId: OTHER_RUN_ID }])
      expect(asked(startsAlone({ parent })).proven).toBe(false);
  });

  test('is a machine’s where the history says so, whatever the input claims', () => {
    expect(asked(startsAlone({ input: { ...byAlice, workflowType: 'guardCluster' } })).proven).toBe(false);
  });
});

test('a run that continues another is nobody’s, and the chain goes on at the one before', () => {
  const link = linkOf(startsAlone({ id: 'destroy:x', continues: OTHER_RUN_ID, by: 'the-worker' }));
  expect(link).toEqual({ asked: [], next: [{ workflowId: 'destroy:x', runId: OTHER_RUN_ID }] });
});

test('a run that continues another below a workflow goes on at both', () => {
  const parent = { workflowId: 'sweep:site-1', runId: RUN_ID };
  expect(linkOf(startsAlone({ continues: OTHER_RUN_ID, parent }))?.next).toEqual([
    parent,
    { workflowId: 'destroy:x', runId: OTHER_RUN_ID },
  ]);
});

describe('an order that a heal got', () => {
  const sweeped = healStart({ parent: { workflowId: 'sweep:site-1', runId: RUN_ID } });

  test('counts as asking for what the heal proposes', () => {
    const history = historyOf(sweeped, signal({ name: 'order', value: order, by: 'alice' }));
    expect(asked(history).principals).toEqual([jwt('alice@site')]);
  });

  test('counts by its signature, over the Store of the heal', () => {
    const by = (value: object): Requesters => asked(historyOf(sweeped, signal({ name: 'order', value, atMs: T0 })));
    expect(by(signedOrder())).toMatchObject({ proven: true, keys: [ALICE_KEY], names: ['alice'] });
    expect(by(signedOrder({ override: ['mode'], restartHealthy: true })).proven).toBe(true);
    expect(by(signedOrder({ store: SIBLING })).proven).toBe(false);
    expect(by(signedOrder({ action: 'destroy' })).proven).toBe(false);
    expect(by(signedOrder({}, undefined, { override: ['brake'] })).proven).toBe(false);
    expect(by(signedOrder({}, undefined, { restartHealthy: true })).proven).toBe(false);
  });

  test('counts also where it could not be obeyed, and is unproven where nothing tells who gave it', () => {
    const strange = [{ value: 'now!' }, { value: {} }, { value: { ...order, override: ['lease'] } }, { times: 0, value: order }];
    for (const sent of strange) {
      expect(asked(historyOf(sweeped, signal({ name: 'order', by: 'alice', ...sent }))).principals).toEqual([jwt('alice@site')]);
      expect(asked(historyOf(sweeped, signal({ name: 'order', ...sent }))).proven).toBe(false);
    }
  });

  test('from a workflow leads to the run that sent it, and the worker’s name on it clears nobody', () => {
    const history = historyOf(sweeped, signal({ name: 'order', value: order, by: 'the-worker', fromWorkflow: true }));
    expect(linkOf(history)).toMatchObject({ asked: [], next: [{}, { workflowId: 'heal:x', runId: OTHER_RUN_ID }] });
    expect(asked(history, null).proven).toBe(false);
    expect(
      isAliceAsker(asked(history, historyOf(healStart({ id: 'heal:x', by: 'alice', input: { ...target, ...order } })))),
    ).toBe(true);
  });

  test('from a workflow whose run is not named is unproven', () => {
    const halfNamed = {
      principal: jwt('the-worker'),
      workflowExecutionSignaledEventAttributes: {
        signalName: 'order',
        externalWorkflowExecution: { workflowId: 'heal:x' },
        input: { payloads: [payload(order)] },
      },
    };
    expect(asked(historyOf(sweeped, halfNamed)).proven).toBe(false);
  });

  test('other signals are no orders, and a destroy takes none', () => {
    const others = ['Order', 'orders', 'approve', 'heal', ''].map((name) => signal({ name, value: order, by: 'alice' }));
    expect(linkOf(historyOf(sweeped, ...others))?.asked).toEqual([]);
    const destroy = historyOf(
      start({ parent: { workflowId: HEAL_ID, runId: RUN_ID } }),
      signal({ name: 'order', value: order, by: 'alice' }),
    );
    expect(linkOf(destroy)?.asked).toEqual([]);
  });
});

test('a history that does not begin with its start clears nobody', () => {
  const histories: History[] = [
    {},
    { events: [] },
    historyOf(scheduled),
    { events: historyOf(start(), start()).events?.slice(1) ?? [] },
  ];
  for (const history of histories) {
    expect(linkOf(history)).toBeNull();
    expect(asked(history).proven).toBe(false);
  }
});

test('everybody in the chain counts, and one who is unknown makes all of it unproven', () => {
  const whole = asked(
    startsAlone({ parent: { workflowId: HEAL_ID, runId: OTHER_RUN_ID } }),
    historyOf(healStart({ by: 'bob' }), signal({ name: 'order', value: signedOrder(), atMs: T0 + MINUTE })),
  );
  expect(whole).toEqual({ proven: true, principals: [jwt('bob@site')], keys: [ALICE_KEY], names: ['alice'] });
  const gap = asked(startsAlone({ by: 'bob' }), startsAlone({}));
  expect(gap).toMatchObject({ proven: false, principals: [jwt('bob@site')] });
});
