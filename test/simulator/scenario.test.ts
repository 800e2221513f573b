import { expect, test } from 'vitest';
import { FAULT_EXAMPLES, FAULT_KINDS, isOutage, parseFault } from '../../src/simulator/model/faults.ts';
import { parseScenario } from '../../src/simulator/scenario.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { parse } from 'yaml';
import { A, B, C, detail } from './calls.ts';
import { ManualClock } from './manual-clock.ts';

const GOOD = `
speed: 2
stores:
  - ${A}
  - name: ${C}
    datasource: ':'
    retention: 120h
faults:
  - {at: 10s, store: ${A}, kind: zombie, diesAfter: 127s, times: 2}
  - {at: 20s, host: 10.0.0.8, kind: host-failure, for: 1m}
  - {all: true, kind: blind, at: 2m}
  - {at: 5m, kind: down, for: 30s}
`;

function errorsOf(text: string): string[] {
  const parsed = parseScenario(text);
  return parsed.ok ? [] : parsed.errors.map((error) => `${error.path} ${error.message}`);
}

test('a scenario can be played as it is read, every duration divided by its speed', async () => {
  const parsed = parseScenario(GOOD);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  const clock = new ManualClock();
  const sim = await startSimulator({ ...parsed.value, clock });
  try {
    await clock.advance(4999);
    expect((await detail(sim, A)).status).toBe(0);
    await clock.advance(1);
    expect((await detail(sim, A)).status).toBe(1);
    expect((await detail(sim, C)).status).toBe(0);
    await clock.advance(5000);
    expect((await detail(sim, C)).status).toBe(1);
    await clock.advance(50_000);
    expect(await detail(sim, C)).toMatchObject({ active: false, status: 0 });
  } finally {
    await sim.close();
  }
});

test('JSON is as good as YAML', () => {
  const text = JSON.stringify({ stores: [A], faults: [{ at: '10s', store: A, kind: 'frozen' }] });
  expect(parseScenario(text)).toEqual({
    ok: true,
    value: { stores: [A], faults: [{ target: A, fault: { kind: 'frozen', after: '10s' } }] },
  });
});

test('everything wrong with a file is told at once, with its path and an example', () => {
  const parsed = parseScenario(`
speed: fast
sotres: []
stores:
  - ${A}
  - p_4223_*
  - ${A}
  - {name: ${B}, datasource: here, colour: red}
faults:
  - {at: 10, store: ${A}, kind: zombie, diesAfter: soon, tmes: 3}
  - {at: 10s, store: ${C}, kind: reader-died}
  - {at: 10s, host: 10.0.0.9, kind: host-failure}
  - {at: 10s, kind: frozen}
  - {at: 10s, store: ${A}, all: true, kind: frozen}
  - {at: 10s, store: ${A}, kind: explode}
  - {store: ${A}, kind: refuse, times: 0}
  - {store: ${A}, kind: down}
  - {store: ${A}, kind: flapping, period: 0s, after: 3s}
  - nonsense
`);
  if (parsed.ok) throw new Error('was accepted');
  expect(parsed.errors.map((error) => error.path)).toEqual([
    'sotres',
    'stores[1]',
    'stores[2]',
    'stores[3].datasource',
    'stores[3].colour',
    'speed',
    'faults[0].diesAfter',
    'faults[0].at',
    'faults[0].tmes',
    'faults[1].store',
    'faults[2].host',
    'faults[3]',
    'faults[4]',
    'faults[5].kind',
    'faults[6].verb',
    'faults[6].times',
    'faults[7]',
    'faults[8].after',
    'faults[8].period',
    'faults[9]',
  ]);
  expect(parsed.errors.every((error) => error.message !== '' && error.example !== '')).toBe(true);
  const told = Object.fromEntries(parsed.errors.map((error) => [error.path, error]));
  expect(told['faults[0].at']?.message).toBe('10 has no unit; durations end in ms, s, m or h');
  expect(told['faults[0].tmes']?.message).toBe(
    'is not known here; known are kind, diesAfter, times, checkpoint, at, for, and one of store, host, all',
  );
  expect(told['faults[0].diesAfter']?.example).toContain('diesAfter: 43s');
  expect(told['faults[5].kind']?.message).toMatch(/^"explode" is no fault; faults are reader-died, zombie, /);
});

test('a file that is no YAML is told with its line', () => {
  expect(errorsOf('stores: [a\nfaults: }')[0]).toMatch(/^line 2, column \d+ /);
  expect(errorsOf('just words')).toEqual(['the file is not a mapping with stores and faults']);
  expect(errorsOf('')).toHaveLength(1);
  expect(errorsOf('{}')).toEqual(['stores must be a list of at least one Store']);
});

test('every kind of fault has an example that is right', () => {
  expect(FAULT_KINDS).toHaveLength(20);
  for (const kind of FAULT_KINDS) {
    const written: unknown = parse(FAULT_EXAMPLES[kind]);
    const parsed = parseFault(written, '');
    expect(parsed, kind).toMatchObject({ ok: true, value: { kind } });
    if (parsed.ok && isOutage(parsed.value)) continue;
    const line = FAULT_EXAMPLES[kind].replace('{', `{at: 10s, store: ${A}, `);
    expect(errorsOf(`stores: [${A}]\nfaults: [${line}]`), kind).toEqual([]);
  }
});
