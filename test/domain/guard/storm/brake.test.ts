import { describe, expect, test } from 'vitest';
import { defaultPolicy } from '../../../../src/domain/policy.ts';
import { MINUTE } from '../../readings.ts';
import { destroyRunOf, refused, runOf, view } from '../guard-desk.ts';
import { apart, braked, COOLDOWN, nth, probing, six, sweep, sweepFor, watched } from './stormy.ts';

describe('the brake trips', () => {
  test.each([
    ['five faulty Stores on five subtopics of twenty', { faulty: apart(5) }, true],
    ['four', { faulty: apart(4) }, false],
    ['three that cannot be judged, of twenty', { unknown: 3 }, false],
    ['half that cannot be judged', { unknown: 10 }, true],
    ['less than half', { unknown: 9 }, false],
    ['five of which only the number is known but for two', { faulty: apart(2), cutOff: 3 }, true],
  ])('at %s: %j → %s', (_, seen, trips) => {
    const desk = watched();
    sweep(desk, seen);
    expect(desk.state.brake !== null).toBe(trips);
  });

  test('not for five Stores of one subtopic', () => {
    const desk = watched({ view: { ...view, brake: { ...defaultPolicy.guard.brake, stores: 2, faultyShare: 0.1 } } });
    const figures = { ...defaultPolicy.guard.brake, stores: 2, faultyShare: 0.1 };
    sweep(desk, { faulty: [nth(0), nth(1)], view: { ...view, brake: figures } });
    expect(desk.state.brake).toBeNull();
    desk.pass(30_000);
    sweep(desk, { faulty: [nth(0), nth(2)], view: { ...view, brake: figures } });
    expect(desk.state.brake).not.toBeNull();
  });

  test('not where as many are faulty, and are too small a part', () => {
    const desk = watched();
    sweep(desk, { faulty: apart(5), view: { ...view, brake: { ...defaultPolicy.guard.brake, faultyShare: 0.26 } } });
    expect(desk.state.brake).toBeNull();
  });

  test('at the first look after a gap, too, which otherwise only observes', () => {
    const desk = watched();
    desk.pass(10 * MINUTE);
    expect(sweep(desk, { faulty: six }).note).toContain('only observes');
    expect(desk.state.brake).not.toBeNull();
  });

  test('and says so to whoever sweeps, with every suspect in the ledger', () => {
    const desk = watched();
    const reply = sweep(desk, { faulty: six });
    expect(reply.open).toEqual([]);
    expect(reply.ledger.map(({ refusal }) => refusal?.reason)).toEqual(six.map(() => 'brake'));
    expect(reply.ledger[0]?.refusal?.whenMs).toBe(desk.nowMs + COOLDOWN);
    expect(reply.warnings).toEqual([expect.stringContaining('6 of 20 Stores on 6 subtopics are faulty')]);
  });
});

describe('while it is on', () => {
  test('no stop is leased, and one that was leased before does not pass', () => {
    const desk = watched();
    const before = runOf(nth(19));
    desk.opened(before);
    desk.lease(before);
    sweep(desk, { faulty: six });
    expect(desk.look(before, 'stop', 's')).toMatchObject(refused('brake', '6 of 20'));
    desk.opened(runOf(nth(1)));
    expect(desk.lease(runOf(nth(1)))).toMatchObject(refused('brake', '6 of 20'));
    expect(desk.state.debts).toEqual([]);
  });

  test('a restart that is owed passes', () => {
    const desk = watched();
    const run = runOf(nth(1));
    desk.opened(run);
    desk.lease(run);
    desk.look(run, 'stop', 's');
    desk.ended(run, 'stop', 's', 'done');
    sweep(desk, { faulty: six });
    expect(desk.look(run, 'restart', 'r')).toMatchObject({ kind: 'pass' });
  });

  test('an order that names it passes, and that is kept', () => {
    const desk = braked();
    const run = runOf(nth(1));
    desk.opened(run, { order: true, override: ['brake'] });
    expect(desk.lease(run, { order: true, override: ['brake'] })).toMatchObject({ kind: 'granted' });
    expect(desk.look(run, 'stop', 's', { override: ['brake'] })).toMatchObject({ kind: 'pass' });
    expect(desk.state.acts).toMatchObject([
      { text: expect.stringContaining(`let a stop of ${nth(1)} pass in spite of: the brake is on`) },
    ]);
    // What was ordered tells nothing of the others.
    desk.ended(run, 'stop', 's', 'done');
    desk.closed(run, 'escalated', { attempts: 1, debt: 'settled' });
    expect(desk.state.brake).toMatchObject({ because: '6 of 20 Stores on 6 subtopics are faulty' });
  });

  test('an order that names something else does not pass', () => {
    const desk = braked();
    desk.opened(runOf(nth(1)), { order: true, override: ['cooldown', 'budget', 'mode'] });
    expect(desk.lease(runOf(nth(1)), { order: true, override: ['cooldown', 'budget', 'mode'] })).toMatchObject(refused('brake'));
  });

  test('a destroy that people approved waits, also while others try', () => {
    const desk = probing();
    const run = destroyRunOf(nth(19));
    desk.proposed(run);
    expect(desk.decided(run)).toMatchObject(refused('brake'));
  });

  test('a Store more begins its time anew', () => {
    const desk = braked();
    sweepFor(desk, COOLDOWN - MINUTE, { faulty: six });
    desk.pass(30_000);
    sweep(desk, { faulty: apart(7) });
    const grewMs = desk.nowMs;
    expect(desk.state.brake).toMatchObject({ step: 0, grewMs, because: expect.stringContaining('7 of 20') });
    sweepFor(desk, COOLDOWN - 30_000, { faulty: apart(7) });
    expect(desk.state.brake).toMatchObject({ step: 0 });
    sweepFor(desk, 30_000, { faulty: apart(7) });
    expect(desk.state.brake).toMatchObject({ step: 1 });
  });

  test('one that is healed and another that fails are a Store more', () => {
    const desk = braked();
    desk.pass(MINUTE);
    sweep(desk, { faulty: [...six.slice(1), nth(12)], healthy: [nth(1)] });
    expect(desk.state.brake).toMatchObject({ step: 0, grewMs: desk.nowMs });
  });

  test('it is off by itself once too little is broken for a cooldown', () => {
    const desk = braked();
    sweepFor(desk, COOLDOWN, { faulty: six.slice(0, 4), healthy: six.slice(4) });
    expect(desk.state.brake).toBeNull();
  });

  test('one that nothing can be seen under lasts a cooldown longer than that', () => {
    const desk = watched();
    sweepFor(desk, 10 * MINUTE, { unknown: 20 });
    expect(desk.state.brake).toMatchObject({ step: 0, because: '20 of 20 Stores cannot be judged' });
    sweepFor(desk, COOLDOWN - 30_000, {});
    expect(desk.state.brake).not.toBeNull();
    sweepFor(desk, 30_000, {});
    expect(desk.state.brake).toBeNull();
  });
});

test('a person who releases it is kept with the reason, and nothing broken now trips it again', () => {
  const desk = braked();
  desk.send({ kind: 'release brake', by: 'alice', reason: 'the host is back' });
  expect(desk.state.brake).toBeNull();
  expect(desk.state.acts).toEqual([{ atMs: desk.nowMs, text: 'alice released the brake: the host is back' }]);
  desk.pass(30_000);
  expect(sweep(desk, { faulty: six }).open).toEqual(six);
  desk.send({ kind: 'release brake', by: 'bob', reason: 'again' });
  expect(desk.state.notes[0]?.text).toContain('it is not on');
});

test('whoever was turned away before it was released need not wait for the time that was said', () => {
  const desk = watched();
  const run = runOf(nth(1));
  desk.opened(run);
  sweep(desk, { faulty: six });
  const answer = desk.lease(run);
  const whenMs = answer.kind === 'refused' ? answer.refusal.whenMs : null;
  expect(whenMs).toBe(desk.nowMs + COOLDOWN);
  desk.closed(run, 'blocked', { whenMs });
  desk.send({ kind: 'release brake', by: 'alice', reason: 'the host is back' });
  desk.pass(30_000);
  expect(sweep(desk, { faulty: six }).open).toContain(nth(1));
});

test('one that was on since too much could not be judged stays off once released, until less can be judged than then', () => {
  const desk = watched();
  sweep(desk, { unknown: 10 });
  desk.send({ kind: 'release brake', by: 'alice', reason: 'the metaDB is slow, and its readers are dead' });
  desk.pass(30_000);
  sweep(desk, { unknown: 10 });
  expect(desk.state.brake).toBeNull();
  desk.pass(30_000);
  sweep(desk, { unknown: 11 });
  expect(desk.state.brake).toMatchObject({ step: 0, because: '11 of 20 Stores cannot be judged' });
});

test('one that trips by faults of long ago, since the cluster became smaller, holds as long as any other', () => {
  const desk = watched();
  const figures = { ...defaultPolicy.guard.brake, faultyShare: 0.5 };
  sweep(desk, { faulty: six, view: { ...view, brake: figures } });
  expect(desk.state.brake).toBeNull();
  desk.pass(MINUTE);
  sweep(desk, { faulty: six });
  expect(desk.state.brake).toMatchObject({ step: 0, grewMs: desk.nowMs });
});
