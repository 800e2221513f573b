import { expect, test } from 'vitest';
import { isOfAnotherBuild } from '../../../../src/domain/guard/state.ts';
import { defaultPolicy } from '../../../../src/domain/policy.ts';
import { MINUTE } from '../../readings.ts';
import { runOf, view } from '../guard-desk.ts';
import { nth, sweep, watched } from './stormy.ts';

const one = { host: 'host-1:10', digest: 'a'.repeat(64), build: 'b1' };
const two = { host: 'host-2:20', digest: 'c'.repeat(64), build: 'b1' };

test('two workers whose files differ are named, and of each figure the more careful holds', () => {
  const desk = watched({ worker: one });
  const brake = { ...defaultPolicy.guard.brake, stores: 3, faultyShare: 0.5 };
  const reply = sweep(desk, {
    worker: two,
    view: {
      ...view,
      mode: 'ask',
      inFlight: 9,
      cooldownMs: 99 * MINUTE,
      openPerSweep: 3,
      budget: { perHour: 4, perDay: 400 },
      brake,
    },
  });
  expect(reply.warnings).toEqual([expect.stringContaining('host-2:20 (cccccccc), host-1:10 (aaaaaaaa)')]);
  expect(desk.state.view).toMatchObject({
    mode: 'ask',
    inFlight: view.inFlight,
    cooldownMs: 99 * MINUTE,
    openPerSweep: 3,
    budget: { perHour: 4, perDay: defaultPolicy.guard.perDay },
    brake: { stores: 3, faultyShare: defaultPolicy.guard.brake.faultyShare },
  });
});

test('a Store acts only where every one of them would let it act', () => {
  const desk = watched({ worker: one, view: { ...view, mode: 'observe', act: ['p_71_*', 'p_72_*'] } });
  sweep(desk, { worker: two, view: { ...view, mode: 'observe', act: ['p_72_*', 'p_73_*'] } });
  expect(desk.state.view).toMatchObject({ mode: 'observe', act: ['p_72_*'] });
  desk.pass(30_000);
  // A file that acts on everything takes nothing away.
  sweep(desk, { worker: one, view: { ...view, mode: 'act' } });
  expect(desk.state.view).toMatchObject({ mode: 'observe', act: ['p_72_*', 'p_73_*'] });
  desk.opened(runOf(nth(4)));
  expect(desk.lease(runOf(nth(4)))).toMatchObject({ refusal: { reason: 'mode' } });
});

test('one worker that changes its own file is no disagreement, and its newest word holds', () => {
  const desk = watched({ worker: one, view: { ...view, mode: 'observe' } });
  expect(sweep(desk, { worker: { ...one, digest: 'd'.repeat(64) } }).warnings).toEqual([]);
  expect(desk.state.view.mode).toBe('act');
});

test('once they agree again the newest view holds', () => {
  const desk = watched({ worker: one, view: { ...view, mode: 'observe' } });
  sweep(desk, { worker: two });
  expect(desk.state.view.mode).toBe('observe');
  desk.pass(30_000);
  sweep(desk, { worker: { ...one, digest: two.digest } });
  expect(desk.state.view.mode).toBe('act');
});

test('a worker that has not swept for five minutes is taken to be gone', () => {
  const desk = watched({ worker: one, view: { ...view, mode: 'observe' } });
  desk.pass(4 * MINUTE);
  sweep(desk, { worker: two });
  expect(desk.state.workers).toHaveLength(2);
  desk.pass(MINUTE);
  expect(sweep(desk, { worker: two }).warnings).toEqual([]);
  expect(desk.state.workers).toMatchObject([{ host: two.host }]);
  expect(desk.state.view.mode).toBe('act');
});

test('a sweep of another build than the first of this run is known as such, and a worker that tells none is not', () => {
  const desk = watched({ worker: one });
  expect(isOfAnotherBuild(desk.state)).toBe(false);
  sweep(desk, { worker: { ...two, build: 'b2' } });
  expect(isOfAnotherBuild(desk.state)).toBe(true);
  const old = watched();
  expect(isOfAnotherBuild(old.state)).toBe(false);
});
