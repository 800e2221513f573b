import { describe, expect, test } from 'vitest';
import { nearest } from '../../src/cli/program/nearest.ts';
import { paintFor } from '../../src/cli/screen/paint.ts';
import { Screen } from '../../src/cli/screen/screen.ts';
import { table, type Row } from '../../src/cli/screen/table.ts';
import { parseSpan, span } from '../../src/cli/screen/times.ts';

const plain = (_colour: string, text: string): string => text;
const HEAD = ['STORE', 'DIAGNOSIS', 'PORT', 'MESSAGE'];
const LONG = 'a-very-long-host-name.in.a-data-center.example-7100:p_4223_source-000-0:0000000007';
const row = (name: string): Row => [
  { text: name },
  { text: 'faulty' },
  { text: '17001' },
  { text: 'DRC_500:Store died '.repeat(5) },
];

describe('a table', () => {
  test('without a terminal is one line for each row, and cuts nothing', () => {
    const lines = table(HEAD, [row(LONG), row('short')], null, plain);
    expect(lines).toHaveLength(3);
    expect(lines[1]).toContain(LONG);
    expect(lines[1]).toContain('DRC_500:Store died '.repeat(5).trim());
  });

  test.each([80, 60, 40])('on a terminal of %i columns is never wider, and never cuts a name', (columns) => {
    const lines = table(HEAD, [row(LONG), row('short')], columns, plain);
    expect(lines).toContain(LONG);
    expect(lines.filter((line) => line !== LONG).every((line) => line.length <= columns)).toBe(true);
    expect(lines.filter((line) => line.includes('faulty'))).toHaveLength(2);
  });

  test('keeps one line for each row where there is room, and cuts the last column', () => {
    const lines = table(HEAD, [row('10.0.0.7-7100:p_4:0000000007')], 80, plain);
    expect(lines).toHaveLength(2);
    expect(lines[1]).toHaveLength(80);
    expect(lines[1]).toMatch(/\.\.$/);
  });
});

describe('colours', () => {
  const isColoured = (isTTY: boolean, env: Record<string, string>): boolean => paintFor({ isTTY }, env)('red', 'x') !== 'x';
  test.each([
    [true, {}, true],
    [false, {}, false],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '' }, true],
    [true, { TERM: 'dumb' }, false],
    [false, { FORCE_COLOR: '1' }, true],
    [true, { FORCE_COLOR: '0' }, false],
    [true, { FORCE_COLOR: '1', NO_COLOR: '1' }, true],
  ])('terminal %s with %j: %s', (isTTY, env, expected) => {
    expect(isColoured(isTTY, env)).toBe(expected);
  });
});

describe('a screen', () => {
  function recorded(json: boolean, isTTY = false) {
    const out: string[] = [];
    const err: string[] = [];
    const stream = (into: string[]) => ({ isTTY, columns: 80, write: (text: string) => into.push(text) });
    return { out, err, screen: new Screen({ stdin: { isTTY }, stdout: stream(out), stderr: stream(err), env: {} }, json) };
  }

  test('answers once: a second answer would be a second object for a parser', () => {
    const { screen, out } = recorded(true);
    screen.answer({ a: 1 }, ['text']);
    expect(out).toEqual(['{"a":1}\n']);
    expect(() => screen.answer({}, [])).toThrow('once');
  });

  test('never asks where a program reads, nor redraws off a terminal', () => {
    expect(recorded(true, true).screen.canAsk).toBe(false);
    expect(recorded(false, true).screen.canAsk).toBe(true);
    const { screen, err } = recorded(false, false);
    screen.redraw('50%');
    expect(err).toEqual([]);
    expect(screen.canAsk).toBe(false);
  });
});

describe('small words', () => {
  test.each([
    ['chekc', 'check'],
    ['STATUS', 'status'],
    ['resum', 'resume'],
    ['destroy', undefined],
  ])('%s is nearest to %s', (typed, expected) => {
    expect(nearest(typed, ['check', 'status', 'resume', 'heal'])).toBe(expected);
  });

  test.each([
    ['90s', 90_000],
    ['60m', 3_600_000],
    ['1d', 86_400_000],
    ['0s', undefined],
    ['5', undefined],
    ['-5m', undefined],
    ['1.5h', undefined],
    ['', undefined],
  ])('the span %j is %s ms', (text, ms) => {
    expect(parseSpan(text)).toBe(ms);
  });

  test('a span of time is said in its largest whole unit', () => {
    expect([0, 999, 14_500, 60_000, 7_200_000, 200_000_000, -5].map(span)).toEqual(['0s', '0s', '14s', '1m', '2h', '2d', '0s']);
  });
});
