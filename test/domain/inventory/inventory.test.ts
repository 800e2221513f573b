import { describe, expect, test } from 'vitest';
import {
  emptyInventory,
  foldListing,
  newcomersOf,
  storesOf,
  viewInventory,
  withinProjects,
  withoutSubtopics,
  type Inventory,
} from '../../../src/domain/inventory.ts';
import { sayInventory } from '../../../src/domain/inventory-view.ts';
import type { OmsListing } from '../../../src/domain/witness.ts';
import { MINUTE, T0 } from '../readings.ts';
import { A, A2, B, C, listed, omsStore, silent } from './listings.ts';

const GRACE = 60 * MINUTE;
const fold = (listings: readonly (readonly [minute: number, listing: OmsListing])[], from = emptyInventory): Inventory =>
  listings.reduce((inventory, [minute, listing]) => foldListing(inventory, listing, T0 + minute * MINUTE, GRACE), from);

describe('a Store that OMS lists', () => {
  test('is looked at beside those that the configuration names, each once, in order', () => {
    const inventory = fold([[0, listed(B, A)]]);
    expect(storesOf(inventory, [C, B])).toEqual([A, B, C]);
    expect(storesOf(emptyInventory, [C, B])).toEqual([B, C]);
  });

  test('several times is one, with all its projects', () => {
    const twice = { kind: 'listed', stores: [omsStore(A, ['np_2']), omsStore(A, ['np_1', 'np_2'])] } as const;
    expect(fold([[0, twice]]).stores).toMatchObject([{ store: A, projects: ['np_1', 'np_2'] }]);
  });

  test('keeps the time when it was first seen, also while it is missing', () => {
    const inventory = fold([
      [0, listed(A)],
      [5, listed(A, B)],
      [10, listed(B)],
      [15, listed(A, B)],
    ]);
    expect(inventory.stores).toMatchObject([
      { store: A, firstSeenMs: T0, lastSeenMs: T0 + 15 * MINUTE, missingSinceMs: null },
      { store: B, firstSeenMs: T0 + 5 * MINUTE },
    ]);
  });
});

describe('a Store that OMS lists no more', () => {
  test('is kept until good listings have lacked it for the whole grace', () => {
    const before = fold([
      [0, listed(A, B)],
      [5, listed(B)],
      [64, listed(B)],
    ]);
    expect(storesOf(before, [])).toEqual([A, B]);
    expect(viewInventory(before, [], GRACE)).toMatchObject({ vanished: [A], dropped: [] });
    const after = fold([[65, listed(B)]], before);
    expect(storesOf(after, [])).toEqual([B]);
    expect(viewInventory(after, [], GRACE)).toMatchObject({ vanished: [], dropped: [A] });
  });

  test('is not missed by listings that never came: after a day of silence one good listing drops nothing', () => {
    const inventory = fold([
      [0, listed(A, B)],
      [5, silent('unreachable')],
      [1_440, listed(B)],
    ]);
    expect(storesOf(inventory, [])).toEqual([A, B]);
  });

  test('stays for ever when the configuration names it', () => {
    const inventory = fold([
      [0, listed(A, B)],
      [5, listed(B)],
      [70, listed(B)],
    ]);
    expect(storesOf(inventory, [A])).toEqual([A, B]);
    expect(viewInventory(inventory, [A], GRACE).dropped).toEqual([]);
  });

  test('and comes back is as it was', () => {
    const inventory = fold([
      [0, listed(A, B)],
      [5, listed(B)],
      [70, listed(B)],
      [75, listed(A, B)],
    ]);
    expect(viewInventory(inventory, [], GRACE)).toMatchObject({ discovered: 2, vanished: [], dropped: [] });
  });

  test('is told as dropped for as long as it was kept', () => {
    const dropped = fold([
      [0, listed(A, B)],
      [5, listed(B)],
      [65, listed(B)],
      [124, listed(B)],
    ]);
    expect(dropped.dropped).toEqual([{ store: A, atMs: T0 + 65 * MINUTE }]);
    expect(fold([[125, listed(B)]], dropped).dropped).toEqual([]);
  });
});

describe('a listing that is not used', () => {
  test.each(['unreachable', 'timed out', 'refused', 'malformed'] as const)(
    'because OMS was %s leaves the last good list',
    (because) => {
      const before = fold([[0, listed(A, B)]]);
      const after = fold(
        [
          [5, silent(because)],
          [10, silent(because)],
        ],
        before,
      );
      expect(after.stores).toEqual(before.stores);
      expect(after.silence).toMatchObject({ because, sinceMs: T0 + 5 * MINUTE });
      const { trouble } = viewInventory(after, [], GRACE);
      expect(trouble).toContain('OMS did not answer since 2026-01-05T03:05:00Z');
      expect(trouble).toContain(`the last good list is used, of 2026-01-05T03:00:00Z`);
    },
  );

  test('because it is empty, where Stores were known, is told as such and believed never', () => {
    const inventory = fold([
      [0, listed(A)],
      [5, listed()],
      [500, listed()],
    ]);
    expect(storesOf(inventory, [])).toEqual([A]);
    const { trouble } = viewInventory(inventory, [], GRACE);
    expect(trouble).toContain('OMS has listed no Store at all since 2026-01-05T03:05:00Z, which is not believed');
    expect(trouble).toContain('discover.projects');
  });

  test('ends with the next good one', () => {
    const inventory = fold([
      [0, listed(A)],
      [5, silent('unreachable')],
      [10, listed(A)],
    ]);
    expect(inventory).toMatchObject({ silence: null, asOfMs: T0 + 10 * MINUTE });
    expect(viewInventory(inventory, [], GRACE).trouble).toBeNull();
  });

  test('of an OMS that never answered leaves the Stores that are named', () => {
    const inventory = fold([[0, silent('refused', 'HTTP 401')]]);
    expect(storesOf(inventory, [B])).toEqual([B]);
    expect(viewInventory(inventory, [B], GRACE)).toMatchObject({
      asOfMs: null,
      trouble: expect.stringMatching(/refused: HTTP 401.*only the Stores that the configuration names/),
    });
  });

  test('keeps no more of an error than a line or two', () => {
    expect(fold([[0, silent('malformed', 'x'.repeat(9_999))]]).silence?.detail).toHaveLength(300);
  });
});

test('an OMS that lists nothing from the beginning is believed, and told', () => {
  const inventory = fold([[0, listed()]]);
  expect(inventory).toMatchObject({ asOfMs: T0, silence: null });
  expect(viewInventory(inventory, [], GRACE).trouble).toContain('lists no Store in the projects');
  expect(storesOf(fold([[5, listed(A)]], inventory), [])).toEqual([A]);
});

test('a clock that was set back makes nothing older, and drops nothing sooner', () => {
  const inventory = fold([
    [100, listed(A, B)],
    [105, listed(B)],
    [0, listed(B)],
  ]);
  expect(inventory.asOfMs).toBe(T0 + 105 * MINUTE);
  expect(storesOf(inventory, [])).toEqual([A, B]);
});

describe('newcomers', () => {
  test('are what came after the first listing, for as long as the grace', () => {
    const early = fold([
      [0, listed(A)],
      [5, listed(A, B)],
    ]);
    expect(newcomersOf(early, [], GRACE)).toEqual([B]);
    expect(newcomersOf(fold([[64, listed(A, B)]], early), [], GRACE)).toEqual([B]);
    expect(newcomersOf(fold([[65, listed(A, B)]], early), [], GRACE)).toEqual([]);
  });

  test('of a subtopic whose Stores are named stay newcomers until they are named, too', () => {
    const inventory = fold([
      [0, listed(A, A2, B)],
      [600, listed(A, A2, B)],
    ]);
    expect(newcomersOf(inventory, [A], GRACE)).toEqual([A2]);
    expect(newcomersOf(inventory, [A, A2], GRACE)).toEqual([]);
  });

  test('that are listed no more are vanished instead', () => {
    const inventory = fold([
      [0, listed(A)],
      [5, listed(A, B)],
      [10, listed(A)],
    ]);
    expect(viewInventory(inventory, [], GRACE)).toMatchObject({ newcomers: [], vanished: [B] });
  });
});

test('projects that are not asked for any more take their Stores with them', () => {
  const stores = [omsStore(A, ['np_1']), omsStore(B, ['np_1', 'np_2']), omsStore(C, ['np_3'])];
  const inventory = fold([[0, { kind: 'listed', stores }]]);
  expect(storesOf(withinProjects(inventory, ['np_2', 'np_4']), [])).toEqual([B]);
});

test('a subtopic that belongs to another cluster is left to it', () => {
  const inventory = fold([[0, listed(A, A2, B)]]);
  expect(storesOf(withoutSubtopics(inventory, new Set(['p_4223_source-000-0'])), [])).toEqual([B]);
});

test('a view is said in sentences, and not at all when there is nothing to tell', () => {
  const quiet = fold([[0, listed(A)]]);
  expect(sayInventory(viewInventory(quiet, [], GRACE))).toEqual([]);
  const eventful = fold(
    [
      [5, listed(B)],
      [10, silent('timed out')],
    ],
    quiet,
  );
  expect(sayInventory(viewInventory(eventful, [], GRACE))).toEqual([
    expect.stringContaining('did not answer'),
    `new in OMS, and looked at: ${B}`,
    `OMS lists no more, still looked at: ${A}`,
  ]);
});
