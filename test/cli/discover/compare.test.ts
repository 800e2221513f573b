import { expect, test } from 'vitest';
import { compareStores, standingTable } from '../../../src/cli/discover/compare.ts';
import { A, A2, B, C, omsStore } from '../../domain/inventory/listings.ts';

const plain = (_colour: string, text: string): string => text;

test('what differs comes first: what is new, what vanished, then what is known, each by name', () => {
  const stores = compareStores([omsStore(C), omsStore(A), omsStore(A2, ['np_1', 'np_2'])], [A, B], [B]);
  expect(stores.map(({ store, standing, named }) => [store, standing, named])).toEqual([
    [A2, 'new', false],
    [C, 'new', false],
    [B, 'vanished', true],
    [A, 'known', false],
  ]);
  expect(stores[0]).toEqual({
    store: A2,
    standing: 'new',
    subtopic: 'p_4223_source-000-0',
    named: false,
    projects: ['np_1', 'np_2'],
    status: 'ACTIVE',
    delayS: 1,
    toSwitch: false,
  });
  expect(stores[2]).toMatchObject({ subtopic: 'p_4224_source-000-0', projects: [], status: null, delayS: null });
});

test("OMS's words are shown as they are, on one line", () => {
  const odd = { ...omsStore(A), status: 'EXCEP\nTION\u001B[31m', delayS: 7_300, toSwitch: true };
  const [, row = ''] = standingTable(compareStores([odd], [A], []), null, plain);
  expect(row.split(/ {2,}/)).toEqual([A, 'known', 'EXCEP TION [31m, to switch', '2h', 'np_1']);
});
