import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diagnose, evidenceKeyOf, messageWithoutTime, startTimeOf } from '../../../src/domain/reading.ts';
import { anyUnknown, faulty, healthy, stale, startedAt, T0, unseen } from '../readings.ts';

test('status 0 is healthy and any other status is faulty, while CM vouches for it', () => {
  expect(diagnose(healthy(T0))).toEqual({ kind: 'healthy' });
  expect(diagnose(faulty(T0))).toEqual({ kind: 'faulty', status: 1 });
  expect(diagnose({ ...faulty(T0), status: -3 })).toEqual({ kind: 'faulty', status: -3 });
});

test('what CM does not vouch for is unknown, whatever it shows', () => {
  for (const status of [0, 1, 7]) expect(diagnose(stale(T0, status))).toMatchObject({ kind: 'unknown', because: 'cm not fresh' });
});

test.each(['unreachable', 'timed out', 'refused', 'malformed', 'about another store', 'not found', 'not reached'] as const)(
  'a look that came back %s is unknown for that reason',
  (because) => {
    expect(diagnose(unseen(T0, because))).toMatchObject({ kind: 'unknown', because });
  },
);

test('an unknown look is never healthy and never faulty', () => {
  fc.assert(
    fc.property(anyUnknown, (look) => {
      expect(diagnose(look(T0)).kind).toBe('unknown');
    }),
  );
});

test('a message of success says nothing of a Store’s health', () => {
  const message = startedAt('Mon Oct 30 16:31:01 2023');
  expect(diagnose(faulty(T0, { message })).kind).toBe('faulty');
  expect(diagnose(healthy(T0, { message: '[Mon Oct 30 16:31:01 2023] DRC_501: fatal' })).kind).toBe('healthy');
});

describe('the start time in a message', () => {
  test.each([
    [startedAt('Mon Oct 30 16:31:01 2023'), 'Mon Oct 30 16:31:01 2023'],
    [`  ${startedAt('Fri Sep 16 10:24:07 2022')}`, 'Fri Sep 16 10:24:07 2022'],
    ['', null],
    ['DRC_500:Store x started successfully', null],
    ['[Mon Oct 30 16:31:01 2023] DRC_501: could not start', null],
    ['[Mon Oct 30 16:31:01 2023] DRC_501: fatal\n[x] later started successfully', null],
    ['[] started successfully', null],
  ])('%j tells %j', (message, time) => {
    expect(startTimeOf(message)).toBe(time);
  });
});

test('the same thing said at another time is the same message', () => {
  const said = (time: string): string => `[${time}] DRC_501: log missing\n`;
  expect(messageWithoutTime(said('Mon Oct 30 16:31:01 2023'))).toBe('DRC_501: log missing');
  expect(messageWithoutTime(said('Tue Oct 31 09:00:00 2023'))).toBe(messageWithoutTime(said('Mon Oct 30 16:31:01 2023')));
});

describe('what a diagnosis rests on', () => {
  const said = (time: string) => faulty(T0, { message: `[${time}] DRC_501: log missing\n` });
  const key = evidenceKeyOf(said('Mon Oct 30 16:31:01 2023'));

  test('is the same when the same thing is said again, or the checkpoint alone moves', () => {
    expect(evidenceKeyOf(said('Tue Oct 31 09:00:00 2023'))).toBe(key);
    expect(evidenceKeyOf({ ...said('Mon Oct 30 16:31:01 2023'), atMs: T0 + 1, checkpoints: { oldestS: 1, newestS: 9 } })).toBe(
      key,
    );
  });

  test('changes with the status, the message, the port and the start time', () => {
    const at = (time: string) => evidenceKeyOf(faulty(T0, { message: startedAt(time) }));
    expect(at('Tue Oct 31 09:00:00 2023')).not.toBe(at('Mon Oct 30 16:31:01 2023'));
    const base = said('Mon Oct 30 16:31:01 2023');
    const others = [
      { ...base, status: 2 },
      { ...base, message: 'DRC_502: other' },
      { ...base, port: 17_002 },
      { ...base, port: null },
    ];
    expect(new Set([key, ...others.map(evidenceKeyOf)]).size).toBe(5);
  });

  test('tells texts apart that differ in a single place', () => {
    const texts = Array.from({ length: 2_000 }, (_, i) => `DRC_501: scn ${i} of ${(i * 7919) % 2_000} does not exist`);
    expect(new Set(texts.map((message) => evidenceKeyOf(faulty(T0, { message })))).size).toBe(2_000);
  });

  test('stays short, however much CM says', () => {
    expect(evidenceKeyOf(faulty(T0, { message: 'x'.repeat(100_000) }))).toHaveLength(16);
  });
});
