import { describe, expect, test } from 'vitest';
import type { AttemptRecord } from '../../../src/domain/outcome.ts';
import type { Reading } from '../../../src/domain/reading.ts';
import { afterFailedAttempt, hopelessPattern, supersededBy } from '../../../src/domain/remedy.ts';
import { faulty, healthy, stale, STORE, storeName, T0, unseen } from '../readings.ts';

const policy = { attempts: 3 };
const died = (diedAtS: number | null, cameUp = true): AttemptRecord => ({
  number: 1,
  stop: 'done',
  restart: 'done',
  verdict: '',
  cameUp,
  diedAtS,
});

describe('after a failed attempt', () => {
  test('it is tried again until the attempts are used up', () => {
    expect(afterFailedAttempt(policy, [died(1)], 0).kind).toBe('again');
    expect(afterFailedAttempt(policy, [died(1), died(2)], 0).kind).toBe('again');
    expect(afterFailedAttempt(policy, [died(1), died(2), died(3)], 0).kind).toBe('escalated');
  });

  test('attempts of earlier runs count until the Store was healthy for lineage', () => {
    expect(afterFailedAttempt(policy, [died(1)], 1).kind).toBe('again');
    expect(afterFailedAttempt(policy, [died(1)], 2)).toMatchObject({
      kind: 'escalated',
      because: expect.stringContaining('3 of 3'),
    });
    expect(afterFailedAttempt(policy, [died(1)], 9).kind).toBe('escalated');
  });

  test('one that came up and died again at the same checkpoint after two restarts is permanent', () => {
    expect(afterFailedAttempt(policy, [died(7), died(7)], 0)).toMatchObject({
      kind: 'permanent',
      because: expect.stringContaining('7'),
    });
    expect(afterFailedAttempt(policy, [died(1), died(7), died(7)], 0).kind).toBe('permanent');
  });

  test.each<[string, readonly AttemptRecord[]]>([
    ['at another checkpoint', [died(7), died(8)]],
    ['at a checkpoint nobody saw', [died(null), died(null)]],
    ['without having come up the second time', [died(7), died(7, false)]],
    ['without having come up the first time', [died(7, false), died(7)]],
    ['with another death between', [died(7), died(8), died(7)]],
    ['for the first time', [died(7)]],
  ])('one that died %s is not', (_, attempts) => {
    expect(afterFailedAttempt({ attempts: 9 }, attempts, 0).kind).toBe('again');
  });
});

describe('a hopeless pattern', () => {
  const said = faulty(T0, { message: '[Mon Oct 30 16:31:01 2023] DRC_501: Oracle log file does not exist' });
  test('sends a Store to people at once, and the first that matches is named', () => {
    expect(hopelessPattern({ hopeless: ['nothing', 'log file does not exist', 'DRC'] }, said)).toBe('log file does not exist');
  });
  test('that does not match changes nothing, and by default there is none', () => {
    expect(hopelessPattern({ hopeless: ['log missing'] }, said)).toBeNull();
    expect(hopelessPattern({ hopeless: [] }, said)).toBeNull();
  });
});

describe('a Store is superseded', () => {
  const NEWEST_S = 1_000;
  const successor = storeName('10.0.0.8-7100:p_4223_source-000-0:0001000001');
  const sibling = (told: Parameters<typeof healthy>[1] = {}): Reading =>
    healthy(T0, { store: successor, oldestS: NEWEST_S, ...told });

  test('by a healthy sibling that holds everything from its newest checkpoint on', () => {
    expect(supersededBy(STORE, NEWEST_S, [sibling()])).toEqual({ store: successor, oldestS: NEWEST_S });
    expect(supersededBy(STORE, NEWEST_S, [faulty(T0), sibling({ oldestS: 1 })])).toEqual({ store: successor, oldestS: 1 });
  });

  test.each<[string, Reading]>([
    ['that begins later: it does not cover it', sibling({ oldestS: NEWEST_S + 1 })],
    ['that holds nothing', sibling({ oldestS: null })],
    ['that is faulty', faulty(T0, { store: successor, oldestS: 1 })],
    ['that CM does not vouch for', stale(T0, 0, { store: successor, oldestS: 1 })],
    ['that could not be read', { ...unseen(T0), store: successor }],
    ['of another subtopic', sibling({ store: storeName('10.0.0.8-7100:p_9_source-000-0:0001000001') })],
    [
      'with its own seq: that is itself under another port',
      sibling({ store: storeName('10.0.0.7-7104:p_4223_source-000-0:0000000007') }),
    ],
    ['that is itself', healthy(T0, { oldestS: 1 })],
  ])('by no sibling %s', (_, reading) => {
    expect(supersededBy(STORE, NEWEST_S, [reading])).toBeNull();
  });

  test('by nobody when its own newest checkpoint is not known', () => {
    expect(supersededBy(STORE, null, [sibling({ oldestS: 1 })])).toBeNull();
  });
});
