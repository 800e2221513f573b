import { describe, expect, test } from 'vitest';
import { EVERY } from '../../readings.ts';
import { A, B, C, claimOf, type Desk, destroyRunOf, refused, reportOf, runOf, startDesk } from '../guard-desk.ts';

const [a1, b1] = [runOf(A), runOf(B)];
const [dA, dB, dC] = [destroyRunOf(A), destroyRunOf(B), destroyRunOf(C)];

/** Two destroys of one subtopic that people decided, A's first, while something stood in the way of both. */
function inLine(): Desk {
  const desk = startDesk();
  desk.proposed(dB);
  desk.proposed(dA);
  desk.pause('alice');
  expect(desk.decided(dA)).toMatchObject(refused('paused'));
  expect(desk.decided(dB)).toMatchObject(refused('paused'));
  desk.resume('alice');
  return desk;
}

/** A destroy of A that was decided while a heal of B held the subtopic, which it holds no more. */
function kept(): Desk {
  const desk = startDesk();
  desk.sweep();
  desk.opened(b1);
  desk.lease(b1);
  desk.proposed(dA);
  expect(desk.decided(dA)).toMatchObject(refused('subtopic busy', b1.workflowId));
  desk.closed(b1, 'blocked');
  desk.pass(EVERY);
  return desk;
}

describe('two destroys of one subtopic that people decided', () => {
  test('go one after the other, in the order of the decisions: neither keeps the other out for ever', () => {
    const desk = inLine();
    expect(desk.decided(dB)).toMatchObject(refused('reserved', dA.workflowId));
    expect(desk.decided(dA)).toMatchObject({ kind: 'granted' });
    desk.lookDestroy(dA);
    desk.ended(dA, 'destroy', 'destroy-1', 'done');
    desk.proposalClosed(dA, 'destroyed');
    expect(desk.lease(b1)).toMatchObject(refused('reserved', dB.workflowId));
    expect(desk.decided(dB)).toMatchObject({ kind: 'granted' });
    expect(desk.lookDestroy(dB)).toMatchObject({ kind: 'pass' });
  });

  test('keep their places when they ask again, and lose them when their votes are void', () => {
    const desk = inLine();
    for (let tries = 0; tries < 3; tries += 1) desk.decided(dB);
    expect(desk.decided(dA, claimOf(dA, 'act', 2))).toMatchObject({ kind: 'granted' });
    desk.proposed(dA);
    expect(desk.decided(dB)).toMatchObject({ kind: 'granted' });
    expect(desk.decided(dA, claimOf(dA, 'act', 3))).toMatchObject(refused('subtopic busy', dB.workflowId));
  });

  test('do not wait for one that has died without a word', () => {
    const desk = inLine();
    desk.found(dA);
    expect(desk.decided(dB)).toMatchObject({ kind: 'granted' });
  });
});

describe('a subtopic that is kept for a destroy', () => {
  test('is one in which a sweep opens no Store, the one to be destroyed as little as its siblings', () => {
    expect(kept().sweep({ [A]: 'faulty', [B]: 'faulty', [C]: 'faulty' })).toMatchObject({
      open: [C],
      ledger: [
        { store: A, refusal: refused('reserved', dA.workflowId).refusal },
        { store: B, refusal: refused('reserved', dA.workflowId).refusal },
        { store: C, verdict: 'open' },
      ],
    });
  });

  test('is looked at again in a moment: no person need end what keeps it', () => {
    const desk = kept();
    expect(desk.lease(b1)).toMatchObject({ refusal: { reason: 'reserved', whenMs: desk.nowMs + 15_000 } });
  });

  test('is nothing to other subtopics', () => {
    const desk = kept();
    desk.opened(runOf(C));
    expect(desk.lease(runOf(C))).toMatchObject({ kind: 'granted' });
  });

  test.each(['rejected', 'expired', 'cleared', 'unknown'] as const)('is kept no longer once that has ended as %s', (outcome) => {
    const desk = kept();
    desk.proposalClosed(dA, outcome);
    expect(desk.lease(b1)).toMatchObject({ kind: 'granted' });
  });
});

test('a sweep opens a Store that waits for people, as it does any other', () => {
  const desk = startDesk();
  desk.sweep();
  desk.proposed(dA);
  desk.proposed(dC);
  desk.pass(EVERY);
  expect(desk.send({ kind: 'swept', message: reportOf({ [A]: 'faulty', [C]: 'faulty' }, desk.nowMs) })).toMatchObject({
    open: [A, C],
  });
});

describe('a restart that turns out to be owed while a destroy holds the subtopic', () => {
  test.each([
    ['its own Store', a1, A],
    ['a sibling', b1, B],
  ])('to %s goes first: the destroy does not pass, and gives its lease back to go after it', (_, run, store) => {
    const desk = startDesk();
    desk.proposed(dA);
    desk.decided(dA);
    desk.opened(run, { owesRestart: true });
    expect(desk.owedLease(run)).toMatchObject(refused('subtopic busy', dA.workflowId));
    expect(desk.lookDestroy(dA)).toMatchObject(refused('debt first', store));
    expect(desk.decided(dA)).toMatchObject(refused('debt first', store));
    expect(desk.owedLease(run)).toMatchObject({ kind: 'granted' });
    expect(desk.look(run, 'restart', 'r')).toMatchObject({ kind: 'pass' });
    desk.ended(run, 'restart', 'r', 'done');
    desk.closed(run, 'healed', { debt: 'settled', attempts: 1 });
    expect(desk.lease(b1)).toMatchObject(refused('reserved', dA.workflowId));
    expect(desk.decided(dA)).toMatchObject({ kind: 'granted' });
    expect(desk.lookDestroy(dA)).toMatchObject({ kind: 'pass' });
  });

  test('goes first under a pause as well, which it passes', () => {
    const desk = startDesk();
    desk.proposed(dA);
    desk.decided(dA);
    desk.opened(b1, { owesRestart: true });
    desk.pause('alice');
    expect(desk.decided(dA)).toMatchObject(refused('paused'));
    expect(desk.owedLease(b1)).toMatchObject({ kind: 'granted' });
    expect(desk.look(b1, 'restart', 'r')).toMatchObject({ kind: 'pass' });
  });

  test('is the only thing for which a destroy gives its lease back: a pause alone does not cost it that', () => {
    const desk = startDesk();
    desk.proposed(dA);
    desk.decided(dA);
    desk.pause('alice');
    expect(desk.decided(dA)).toMatchObject(refused('paused'));
    expect(desk.state.leases).toMatchObject([{ holder: dA }]);
  });
});
