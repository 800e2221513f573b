import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { diagnose } from '../../../src/domain/reading.ts';
import { startWatch, stepWatch, watchDeadlineMs, type WatchSpec } from '../../../src/domain/watch.ts';
import { anyFaulty, anyHealthy, anyLooks, anyUnknown, EVERY, type Glimpse, healthy, MINUTE, T0 } from '../readings.ts';
import { confirmSpec, verifySpec, watch } from './watching.ts';

const anyLook = fc.oneof(anyFaulty, anyFaulty, anyHealthy, anyUnknown);
const anyOrder = fc.constantFrom(null, { restartHealthy: false }, { restartHealthy: true });
const RUNS = { numRuns: 400 };

test('an unknown look never ends a confirmation except by patience', () => {
  fc.assert(
    fc.property(anyLooks(anyLook), anyUnknown, anyOrder, fc.nat(3), (looks, unknown, order, foreignRestarts) => {
      const spec: WatchSpec = { ...confirmSpec, order };
      const { state, afterMs } = watch(spec, looks, startWatch({ ...startWatch().streak, foreignRestarts }));
      const atMs = T0 + afterMs + EVERY;
      const { done } = stepWatch(spec, state, unknown(atMs), T0);
      expect(done?.kind ?? null).toBe(atMs >= watchDeadlineMs(spec, T0) ? 'blind' : null);
    }),
    RUNS,
  );
});

test('no looks without a trusted-faulty one confirm a fault', () => {
  fc.assert(
    fc.property(
      anyLooks(fc.oneof(anyHealthy, anyUnknown, anyUnknown)),
      fc.constantFrom(null, { restartHealthy: false }),
      (looks, order) => {
        for (let from = 0; from < looks.length; from += 1) {
          expect(watch({ ...confirmSpec, order }, looks.slice(from)).done?.kind).not.toBe('confirmed');
        }
      },
    ),
    RUNS,
  );
});

test('whatever confirms is trusted, and an order to restart a healthy Store is the only way without a fault', () => {
  fc.assert(
    fc.property(anyLooks(anyLook), anyOrder, (looks, order) => {
      const { done } = watch({ ...confirmSpec, order }, looks);
      if (done?.kind !== 'confirmed') return;
      const seen = diagnose(done.reading).kind;
      expect(seen === 'faulty' || (seen === 'healthy' && order?.restartHealthy === true)).toBe(true);
      if (order === null) expect([done.streak.readings >= 3, done.streak.coveredMs >= 90_000]).toEqual([true, true]);
    }),
    RUNS,
  );
});

/** Looks after a restart: mostly good ones with data beyond the old checkpoint (1000 s), so that some are verified. */
const afterRestart = fc.oneof(
  { weight: 60, arbitrary: fc.constant<Glimpse>((atMs) => healthy(atMs)) },
  { weight: 2, arbitrary: anyHealthy },
  { weight: 1, arbitrary: anyFaulty },
  { weight: 6, arbitrary: anyUnknown },
);

test('nothing is verified without healthyFor of good time and a newest checkpoint beyond the one before', () => {
  let verified = 0;
  const spec = { ...verifySpec, newestBeforeS: 1_000, healthyForMs: 3 * MINUTE };
  fc.assert(
    fc.property(anyLooks(afterRestart, 60), (looks) => {
      const { done, afterMs } = watch(spec, looks);
      if (done?.kind !== 'verified') return;
      verified += 1;
      expect(done.goodMs).toBeGreaterThanOrEqual(spec.healthyForMs);
      expect(diagnose(done.reading).kind).toBe('healthy');
      // Told without the watch's own sums: for the last healthyFor every trusted look was good.
      const last = looks.filter((look) => look.atMs <= T0 + afterMs && look.atMs >= T0 + afterMs - spec.healthyForMs);
      for (const look of last) {
        if (look.kind === 'unseen' || diagnose(look).kind === 'unknown') continue;
        expect(look.status).toBe(0);
        expect(look.checkpoints.newestS ?? 0).toBeGreaterThan(1_000);
      }
      expect(afterMs).toBeGreaterThanOrEqual(spec.healthyForMs);
    }),
    { numRuns: 1_500 },
  );
  expect(verified).toBeGreaterThan(20);
});

test('every watch ends at its deadline at the latest', () => {
  const specs: readonly WatchSpec[] = [
    confirmSpec,
    { ...confirmSpec, order: { restartHealthy: false } },
    verifySpec,
    { ...verifySpec, newestBeforeS: null },
    { kind: 'backoff', everyMs: EVERY, forMs: 6 * MINUTE },
  ];
  fc.assert(
    fc.property(fc.constantFrom(...specs), anyLooks(anyLook), anyLook, (spec, looks, last) => {
      const { done, state } = watch(spec, looks);
      if (done !== null) return;
      const end = stepWatch(spec, state, last(watchDeadlineMs(spec, T0)), T0);
      expect(end.done).not.toBeNull();
    }),
    RUNS,
  );
});

test('a watch that is told the same state and look twice says the same: it may be run again by another worker', () => {
  fc.assert(
    fc.property(fc.constantFrom<WatchSpec>(confirmSpec, verifySpec), anyLooks(anyLook), (spec, looks) => {
      const through = watch(spec, looks);
      const throughJson = looks.reduce<ReturnType<typeof startWatch>>((state, look) => {
        const step = stepWatch(spec, JSON.parse(JSON.stringify(state)) as typeof state, look, T0);
        return step.done === null ? step.state : state;
      }, startWatch());
      if (through.done === null) expect(throughJson).toEqual(through.state);
    }),
    RUNS,
  );
});
