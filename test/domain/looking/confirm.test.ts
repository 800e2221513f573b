import { describe, expect, test } from 'vitest';
import { startWatch } from '../../../src/domain/watch.ts';
import { EVERY, faulty, healthy, MINUTE, stale, startedAt, T0, unseen } from '../readings.ts';
import { confirmSpec, lookEvery, watch } from './watching.ts';

const ordered = { ...confirmSpec, order: { restartHealthy: false } };
const orderedThough = { ...confirmSpec, order: { restartHealthy: true } };

test('a fault is confirmed by three trusted readings over ninety seconds', () => {
  const { done, afterMs } = watch(
    confirmSpec,
    lookEvery((ms) => faulty(ms)),
  );
  expect(done).toMatchObject({ kind: 'confirmed', streak: { sinceMs: T0, coveredMs: 90_000 }, reading: { status: 1 } });
  expect(afterMs).toBe(90_000);
});

test('one healthy reading ends the confirmation', () => {
  const { done } = watch(confirmSpec, [faulty(T0), unseen(T0 + EVERY), healthy(T0 + 2 * EVERY)]);
  expect(done).toMatchObject({ kind: 'healthy', reading: { status: 0 } });
});

test('unknown readings delay a confirmation and never make one', () => {
  const { done, afterMs } = watch(
    confirmSpec,
    lookEvery((ms, since) => (since % (2 * EVERY) === 0 ? faulty(ms) : stale(ms, 1))),
  );
  expect(done).toMatchObject({ kind: 'blind', because: expect.stringContaining('faulty') });
  expect(afterMs).toBe(30 * MINUTE);
});

test('when patience ends the observer is the incident, and what it saw last is said', () => {
  const { done, afterMs } = watch(
    confirmSpec,
    lookEvery((ms) => unseen(ms, 'refused')),
  );
  expect(done).toMatchObject({ kind: 'blind', because: 'unknown: refused', streak: { readings: 0 } });
  expect(afterMs).toBe(30 * MINUTE);
});

test('a fault that is certain at the very end of patience is confirmed', () => {
  const { done, afterMs } = watch(
    confirmSpec,
    lookEvery((ms, since) => (since < 30 * MINUTE - 90_000 ? unseen(ms) : faulty(ms))),
  );
  expect(done).toMatchObject({ kind: 'confirmed' });
  expect(afterMs).toBe(30 * MINUTE);
});

test('a hole begins the confirmation again', () => {
  const readings = [0, 1, 2, 20, 21, 22].map((i) => faulty(T0 + i * EVERY));
  expect(watch(confirmSpec, readings)).toMatchObject({
    done: null,
    state: { streak: { readings: 3, sinceMs: T0 + 20 * EVERY } },
  });
  expect(watch(confirmSpec, [...readings, faulty(T0 + 23 * EVERY)]).done).toMatchObject({ kind: 'confirmed' });
});

test('a streak that another watch began goes on in this one', () => {
  const first = watch(
    confirmSpec,
    [0, 1, 2].map((i) => faulty(T0 + i * EVERY)),
  );
  const second = watch(confirmSpec, [faulty(T0 + 3 * EVERY)], startWatch(first.state.streak), T0 + 3 * EVERY);
  expect(second.done).toMatchObject({ kind: 'confirmed', streak: { sinceMs: T0 } });
});

describe('a foreign hand', () => {
  const restarted = (times: number) => (ms: number, since: number) =>
    faulty(ms, { port: 17_000 + Math.min(times, Math.floor(since / (2 * EVERY))) });

  test('begins the confirmation again', () => {
    const { done, afterMs } = watch(confirmSpec, lookEvery(restarted(1)));
    expect(done).toMatchObject({ kind: 'confirmed', streak: { sinceMs: T0 + 2 * EVERY, foreignRestarts: 1 } });
    expect(afterMs).toBe(5 * EVERY);
  });

  test('seen three times ends the incident as flapping, and twice does not', () => {
    expect(watch(confirmSpec, lookEvery(restarted(2))).done).toMatchObject({ kind: 'confirmed', streak: { foreignRestarts: 2 } });
    const { done, afterMs } = watch(confirmSpec, lookEvery(restarted(3)));
    expect(done).toMatchObject({ kind: 'flapping', streak: { foreignRestarts: 3 } });
    expect(afterMs).toBe(6 * EVERY);
  });

  test('shows in the start time alone as well', () => {
    const { done } = watch(
      confirmSpec,
      lookEvery((ms, since) => faulty(ms, { message: startedAt(`Mon Oct 30 16:31:${10 + since / EVERY} 2023`) })),
    );
    expect(done).toMatchObject({ kind: 'flapping' });
  });

  test('is not called flapping on a reading that CM does not vouch for', () => {
    const { state } = watch(confirmSpec, [faulty(T0)]);
    const thrice = startWatch({ ...state.streak, foreignRestarts: 3 });
    expect(watch(confirmSpec, [stale(T0 + EVERY, 1)], thrice).done).toBeNull();
    expect(watch(confirmSpec, [unseen(T0 + EVERY)], thrice).done).toBeNull();
    expect(watch(confirmSpec, [faulty(T0 + EVERY)], thrice).done).toMatchObject({ kind: 'flapping' });
  });
});

describe('an order', () => {
  test('rests on one trusted-faulty reading', () => {
    const { done, afterMs } = watch(
      ordered,
      lookEvery((ms, since) => (since < 4 * EVERY ? unseen(ms) : faulty(ms))),
    );
    expect(done).toMatchObject({ kind: 'confirmed', reading: { status: 1 } });
    expect(afterMs).toBe(4 * EVERY);
  });

  test('is not obeyed on an unknown reading, and patience bounds it', () => {
    const { done, afterMs } = watch(
      orderedThough,
      lookEvery((ms) => stale(ms, 1)),
    );
    expect(done).toMatchObject({ kind: 'blind' });
    expect(afterMs).toBe(30 * MINUTE);
  });

  test('on a healthy Store needs restartHealthy', () => {
    expect(watch(ordered, [healthy(T0)]).done).toMatchObject({ kind: 'healthy' });
    expect(watch(orderedThough, [healthy(T0)]).done).toMatchObject({ kind: 'confirmed', reading: { status: 0 } });
    expect(watch(orderedThough, [stale(T0, 0)]).done).toBeNull();
  });

  test('of restartHealthy on a faulty Store rests on that reading', () => {
    expect(watch(orderedThough, [faulty(T0)]).done).toMatchObject({ kind: 'confirmed', reading: { status: 1 } });
  });
});

describe('a back-off', () => {
  const spec = { kind: 'backoff', everyMs: EVERY, forMs: 2 * MINUTE } as const;

  test('ends when its time has passed, whatever was seen', () => {
    for (const look of [faulty, unseen, (ms: number) => stale(ms, 0)]) {
      const { done, afterMs } = watch(
        spec,
        lookEvery((ms) => look(ms)),
      );
      expect([done?.kind, afterMs]).toEqual(['elapsed', 2 * MINUTE]);
    }
  });

  test('ends at the first trusted healthy reading', () => {
    const { done, afterMs } = watch(
      spec,
      lookEvery((ms, since) => (since < 2 * EVERY ? stale(ms, 0) : healthy(ms))),
    );
    expect([done?.kind, afterMs]).toEqual(['healthy', 2 * EVERY]);
  });

  test('goes on counting foreign hands', () => {
    expect(
      watch(
        { ...spec, forMs: 20 * MINUTE },
        lookEvery((ms, since) => faulty(ms, { port: 17_000 + since / EVERY })),
      ).done,
    ).toMatchObject({ kind: 'flapping' });
  });
});
