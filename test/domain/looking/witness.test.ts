import { expect, test } from 'vitest';
import { type OmsStore, underWitness, type WitnessWord } from '../../../src/domain/witness.ts';
import { sayReading } from '../../../src/domain/watch.ts';
import { faulty, healthy, stale, STORE, T0, unseen } from '../readings.ts';

const said = (status: string): WitnessWord => ({
  kind: 'said',
  store: {
    store: STORE,
    projects: ['np_1'],
    subtopic: 'p_1',
    status,
    delayS: null,
    sampledAtS: null,
    errorDetails: [],
    errorMessage: '',
    toSwitch: false,
  } satisfies OmsStore,
});
const SILENT: WitnessWord = { kind: 'silent', because: 'timed out', detail: 'no whole answer within 500 ms' };

test('a fault that OMS shows, too, is a fault', () => {
  const reading = faulty(T0);
  expect(underWitness(reading, said('EXCEPTION'))).toBe(reading);
});

test.each([
  ['ACTIVE', 'witness disagrees', 'OMS shows it as ACTIVE'],
  ['INACTIVE', 'witness disagrees', 'OMS shows it as INACTIVE: somebody may have stopped it there'],
  ['', 'witness disagrees', 'OMS shows it as nothing: somebody may have stopped it there'],
])('one that OMS shows as %s is nothing that is known', (status, because, detail) => {
  const reading = underWitness(faulty(T0), said(status));
  expect(reading).toEqual({ kind: 'unseen', store: STORE, because, detail, atMs: T0 });
  expect(sayReading(reading)).toBe(`unknown: ${because}, ${detail}`);
});

test('one of which OMS does not speak is nothing that is known', () => {
  expect(underWitness(faulty(T0), SILENT)).toMatchObject({
    kind: 'unseen',
    because: 'witness silent',
    detail: 'timed out: no whole answer within 500 ms',
  });
});

test.each([['EXCEPTION'], ['ACTIVE'], ['INACTIVE']])('what is healthy or unknown stays so, whatever OMS shows: %s', (status) => {
  for (const reading of [healthy(T0), unseen(T0), stale(T0, 1)]) expect(underWitness(reading, said(status))).toBe(reading);
});
