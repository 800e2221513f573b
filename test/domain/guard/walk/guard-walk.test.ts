import * as fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { newGuard } from '../../../../src/domain/guard/state.ts';
import { T0 } from '../../readings.ts';
import { explore, keyOf } from './explore.ts';
import { checkNoSpin, checkPaid, checkTwice, isNewGuardPaused, make } from './invariants.ts';
import { broken } from './broken.ts';
import { movesIn, smallView, startWorld, stormyView, type World } from './world.ts';

const acting = { ...newGuard('test-1', 'with the schedule', T0), view: smallView };
const missing = { ...newGuard('test-1', 'found missing', T0), view: smallView };

/** Worlds that a walk from the beginning would reach too late: each is made by the moves named. */
function after(world: World, ...names: readonly string[]): World {
  return names.reduce((at, name) => {
    const move = movesIn(at).find((other) => other.name === name);
    if (move === undefined)
      throw new Error(
        `no move "${name}" among: ${movesIn(at)
          .map((other) => other.name)
          .join(', ')}`,
      );
    return make(at, move);
  }, world);
}

const stopSent = after(startWorld(acting), '1-1 opens', '1-1 asks for the lease', '1-1 looks before a stop');
const OWING = { life: 'alive', owes: true } as const;
const ABSENT = { life: 'absent' } as const;
const HOLDING = ['d2-1 proposes', 'd2-1 is decided'];
const THIRD = 'a third of an aftermath passes';
const decided = after(startWorld(acting), 'd2-1 proposes', 'd2-1 is decided');
// Both were decided under a pause, so neither has the lease that both want.
const twoDecided = after(
  startWorld(acting, { 4: { life: 'unborn' } }),
  'd2-1 proposes',
  'd1-1 proposes',
  'pause',
  'd2-1 is decided',
  'd1-1 is decided',
  'resume',
);
const stopDone = after(stopSent, '1-1 tells: stop done');
const roots = {
  'a guard that knows nothing': [startWorld(acting)],
  'a holder that died with a stop nobody answers for': [
    after(stopSent, '1-1 dies'),
    after(stopSent, '1-1 tells: stop unknown', '1-1 dies'),
  ],
  'a debt that a second run has taken up': [after(stopDone, '1-1 dies', 'the gone are described', '1-2 opens')],
  'a restart whose answer was lost': [after(stopDone, '1-1 looks before a restart', '1-1 tells: restart unknown')],
  'a destroy that people decided': [
    decided,
    after(decided, 'd2-1 looks before a destroy', 'd2-1 tells: destroy never sent'),
    after(decided, 'd2-1 looks before a destroy', 'd2-1 dies'),
  ],
  'a destroy that lost its lease after it was let pass': [
    after(decided, 'd2-1 looks before a destroy', 'd2-1 asks for its place again', ...Array<string>(3).fill(THIRD)),
  ],
  'two destroys of one subtopic that people decided': [twoDecided],
  'a destroy that holds the lease, beside a heal that knows more than the guard': [
    // Of a sibling, and of the very Store.
    after(startWorld(acting, { 0: OWING, 2: ABSENT, 3: ABSENT, 6: ABSENT }), ...HOLDING, '1-1 asks for the lease it owes'),
    after(startWorld(acting, { 0: ABSENT, 2: OWING, 3: ABSENT, 6: ABSENT }), ...HOLDING, '2-1 asks for the lease it owes'),
  ],
  'a guard found missing, among heals that owe': [startWorld(missing, { 0: OWING, 2: OWING, 3: { life: 'alive' } })],
};

const ALONE = { 4: ABSENT, 5: ABSENT, 6: ABSENT };
const calm = startWorld({ ...acting, view: stormyView }, ALONE, true);
const watched = after(calm, 'a sweep sees none faulty', '20 seconds pass', 'a sweep sees none faulty', '20 seconds pass');
const storm = after(watched, 'a sweep sees all of them faulty');
const OPENS = ['1-1 opens', '3-1 opens'];
const trying = after(storm, '20 seconds pass', 'a sweep sees all of them faulty', ...OPENS, '1-1 asks for the lease');
const storms = {
  'a cluster where everything fails at once': [
    storm,
    after(watched, ...OPENS, '1-1 asks for the lease', 'a sweep sees all of them faulty'),
  ],
  'a brake under which one restart is tried': [trying, after(trying, '1-1 looks before a stop', '1-1 tells: stop done')],
  'a budget that two stops have spent': [
    after(
      watched,
      ...OPENS,
      '1-1 asks for the lease',
      '1-1 looks before a stop',
      '1-1 tells: stop done',
      '3-1 asks for the lease',
      '3-1 looks before a stop',
    ),
  ],
  'a gap, a pause of two people, and heals that confirmed before it': [
    after(watched, ...OPENS, 'five minutes pass'),
    after(watched, ...OPENS, '1-1 asks for the lease', 'pause', 'a second pause'),
  ],
};

function wanted(name: string): string[] {
  if (name.startsWith('a cluster')) return ['the brake on', 'an act kept', 'stop passes'];
  if (name.startsWith('a brake')) return ['a probe', 'the brake on', 'restart passes'];
  if (name.startsWith('a budget')) return ['an act kept', 'stop passes'];
  if (name.startsWith('a gap')) return ['stop passes'];
  if (name.includes('knows more')) return ['a destroy gives way to a debt', 'restart passes'];
  if (name.includes('lost its lease')) return ['a destroy decided', 'stop passes'];
  if (name.startsWith('two destroys')) return ['a destroy waits for another', 'destroy passes'];
  if (name.startsWith('a destroy')) return ['destroy passes', 'a destroy decided', 'two leases'];
  return name.startsWith('a guard') ? ['two leases'] : ['restart passes', 'a debt settled'];
}

let states = 0;
afterAll(() => void process.stdout.write(`${states} reachable states\n`));

describe('whatever order things happen in, the laws of the guard hold, beginning from', () => {
  test.each(Object.entries({ ...roots, ...storms }))('%s', (name, worlds) => {
    // Four minutes of quarantine and a resume lie before anything is granted there, so it takes more to get anywhere.
    const statesMax = name.startsWith('a guard found') ? 40_000 : name in storms ? 24_000 : 16_000;
    const walked = explore(worlds, statesMax);
    states += walked.states;
    expect(walked.states).toBeGreaterThanOrEqual(statesMax);
    // So much may happen in a storm that three moves are as many worlds as elsewhere four.
    expect(walked.depth).toBeGreaterThanOrEqual(name in storms ? 3 : 4);
    // A walk that has been nowhere proves nothing.
    for (const what of wanted(name)) expect(walked.seen.get(what) ?? 0).toBeGreaterThan(0);
    if (process.env['WALK_TOLD'] !== undefined)
      process.stderr.write(`${name}: ${JSON.stringify({ ...walked, seen: [...walked.seen] })}\n`);
  });
});

test('the laws hold along long ways too', () => {
  const begins = fc.constantFrom(...Object.values({ ...roots, ...storms }).flat());
  const choices = fc.array(fc.nat(1_000), { minLength: 20, maxLength: 70 });
  fc.assert(
    fc.property(begins, choices, (begin, picked) => {
      let world = begin;
      for (const choice of picked) {
        const moves = movesIn(world);
        const move = moves[choice % moves.length];
        if (move === undefined) return;
        checkTwice(world, move);
        world = make(world, move);
        checkNoSpin(world);
        if (world.guard.debts.length > 0) checkPaid(world);
      }
    }),
    { numRuns: 400 },
  );
});

test('a guard found missing lets no stop pass and starts nothing while only owed restarts may go', () => {
  const begin = startWorld(missing, { 0: OWING, 2: OWING, 3: { life: 'alive' } });
  const known = new Set([keyOf(begin)]);
  const queue = [begin];
  let restarts = 0;
  for (let next = 0; next < queue.length && known.size < 8_000; next += 1) {
    const world = queue[next];
    if (world === undefined) break;
    for (const move of movesIn(world)) {
      if (move.event?.kind === 'resume') continue;
      const reached = make(world, move);
      expect(isNewGuardPaused(reached)).toBe(true);
      for (const lease of reached.guard.leases) {
        expect(reached.nowMs).toBeGreaterThanOrEqual(T0 + smallView.aftermathMs);
        expect(lease.passed?.verb ?? 'restart').toBe('restart');
        if (lease.passed !== null) restarts += 1;
      }
      const key = keyOf(reached);
      if (known.has(key)) continue;
      known.add(key);
      queue.push(reached);
    }
  }
  expect(restarts).toBeGreaterThan(0);
});

test('the walk would notice: a guard that forgets a debt or a command in flight is caught', () => {
  const forgetful = { ...stopDone, guard: { ...stopDone.guard, debts: [] } };
  expect(() => explore([forgetful], 50)).toThrow('a stop that nothing has made good is a debt');
  const died = after(stopSent, '1-1 dies');
  const lawless = { ...died, guard: { ...died.guard, leases: [] } };
  expect(() => explore([lawless], 2_000)).toThrow('until the aftermath');
});

describe('a reducer that is broken is caught:', () => {
  const begins = { ...roots, ...storms };
  test.each(broken)('one that $forgets', ({ reduce, from, law }) => {
    const worlds = begins[from as keyof typeof begins];
    expect(() => explore(worlds, 16_000, reduce)).toThrow(law);
  });
});
