/** Where the chain of starts goes on after a reset, and where it ends. The histories here are made by hand. */
import { describe, expect, test } from 'vitest';
import { linkOf, requestersFrom } from '../../src/approval/chain.ts';
import { jwt, OTHER_RUN_ID, RUN_ID } from '../domain/approval/ballots.ts';
import { historyOf, resetTo, scheduled, signal } from './hand-made.ts';
import { asked, HEAL_ID, healStart, isAliceAsker, nobody, rules, start, startsAlone } from './orders.ts';

const order = { reason: 'stuck' };

describe('a reset', () => {
  const sweeped = healStart({ parent: { workflowId: 'sweep:site-1', runId: RUN_ID } });

  test('is a start by whoever made it, and by nobody known where nothing is stamped', () => {
    expect(asked(historyOf(start({ by: 'alice' }), resetTo(OTHER_RUN_ID))).principals).toEqual([
      jwt('alice@site'),
      jwt('resetter@site'),
    ]);
    const unstamped = { ...resetTo(OTHER_RUN_ID), principal: undefined };
    expect(asked(historyOf(start({ by: 'alice' }), unstamped)).proven).toBe(false);
  });

  test('of a child is one all the same', () => {
    expect(linkOf(historyOf(start({ parent: { workflowId: HEAL_ID, runId: RUN_ID } }), resetTo(OTHER_RUN_ID)))).toMatchObject({
      asked: [{ principal: jwt('resetter@site') }],
      next: [{ workflowId: HEAL_ID }],
    });
  });

  test('hides no order: those before it stand there, and who gave those after it stands in the run that was reset', () => {
    const before = signal({ name: 'order', value: order, by: 'alice' });
    expect(asked(historyOf(sweeped, before, scheduled, resetTo(OTHER_RUN_ID), scheduled)).principals).toEqual([
      jwt('alice@site'),
      jwt('resetter@site'),
    ]);
    // Applied again: the server stamps it as the resetter's.
    const again = signal({ name: 'order', value: order, by: 'resetter' });
    const link = linkOf(historyOf(sweeped, scheduled, resetTo(OTHER_RUN_ID), again, scheduled));
    expect(link?.next).toContainEqual({ workflowId: HEAL_ID, runId: RUN_ID });
    expect(isAliceAsker(requestersFrom([link, linkOf(historyOf(sweeped, scheduled, before))], rules, []))).toBe(true);
    expect(requestersFrom([link, null], rules, []).proven).toBe(false);
  });

  test('of a reset leads through both runs', () => {
    const [first, second, third] = [RUN_ID, OTHER_RUN_ID, 'b2b19698-c285-43d7-8af6-add82b62424d'];
    const twice = {
      principal: jwt('bob@site'),
      workflowTaskFailedEventAttributes: {
        ...(resetTo(third) as { workflowTaskFailedEventAttributes: object }).workflowTaskFailedEventAttributes,
        baseRunId: second,
      },
    };
    const link = linkOf(historyOf(healStart({ by: 'alice' }), scheduled, resetTo(second), scheduled, twice, scheduled));
    expect(link?.next.map(({ runId }) => runId)).toEqual([first, second]);
    expect(link?.asked.map(({ principal }) => principal?.name)).toEqual(['alice@site', 'resetter@site', 'bob@site']);
  });
});

describe('the chain ends', () => {
  test.each([
    ['at a sweep that a schedule started', 'sweepCluster', true],
    ['at the guard', 'guardCluster', false],
  ])('%s: nobody chose this Store', (_, type, byServer) => {
    const history = startsAlone({ type, id: 'x', scheduled: byServer, input: { cluster: 'site-1' } });
    expect(linkOf(history)).toEqual({ asked: [], next: [] });
    expect(asked(history)).toEqual(nobody);
  });

  test('not at a sweep that a person started by hand', () => {
    expect(asked(startsAlone({ type: 'sweepCluster', id: 'sweep:site-1', by: 'alice' })).principals).toEqual([jwt('alice@site')]);
    expect(asked(startsAlone({ type: 'sweepCluster', id: 'sweep:site-1' })).proven).toBe(false);
  });

  test('not without the person whom the server names: the mark of a schedule can be set by hand', () => {
    for (const type of ['sweepCluster', 'guardCluster'])
      expect(isAliceAsker(asked(startsAlone({ type, scheduled: true, by: 'alice' })))).toBe(true);
  });

  test('not at a sweep or a guard that somebody’s workflow started', () => {
    const parent = { workflowId: 'mine', runId: OTHER_RUN_ID };
    for (const type of ['sweepCluster', 'guardCluster'])
      expect(linkOf(startsAlone({ type, scheduled: true, parent }))?.next).toEqual([parent]);
  });

  test.each(['destroyStore', 'healStore', 'GuardCluster', 'guardCluster ', ''])(
    'not at a schedule of somebody’s own, which starts %j',
    (type) => {
      expect(asked(startsAlone({ type, scheduled: true })).proven).toBe(false);
    },
  );
});
