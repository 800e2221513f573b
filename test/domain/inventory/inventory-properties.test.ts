import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { emptyInventory, foldListing, storesOf, viewInventory, type Inventory } from '../../../src/domain/inventory.ts';
import type { OmsListing } from '../../../src/domain/witness.ts';
import { MINUTE, T0 } from '../readings.ts';
import { A, A2, B, C, listed, silent } from './listings.ts';

const GRACE = 30 * MINUTE;

const anySilence = fc
  .constantFrom('unreachable', 'timed out', 'refused', 'malformed')
  .map((because) => silent(because as 'refused'));
const anyListed = fc.subarray([A, A2, B, C]).map((stores) => listed(...stores));
const anyListing: fc.Arbitrary<OmsListing> = fc.oneof(anySilence, anyListed);
const anyStatic = fc.subarray([A, B, C]);
/** Listings, each some minutes after the one before it. */
const anyStory = fc.array(fc.tuple(fc.integer({ min: 1, max: 20 * MINUTE }), anyListing), { maxLength: 25 });

interface Step {
  readonly atMs: number;
  readonly listing: OmsListing;
  readonly after: Inventory;
}

function play(story: readonly (readonly [number, OmsListing])[]): Step[] {
  let atMs = T0;
  let after = emptyInventory;
  return story.map(([ms, listing]) => {
    atMs += ms;
    after = foldListing(after, listing, atMs, GRACE);
    return { atMs, listing, after };
  });
}

test('no failing and no empty listing ever removes a Store, or makes the list look newer', () => {
  fc.assert(
    fc.property(anyStory, fc.oneof(anySilence, fc.constant(listed())), anyStatic, (story, bad, named) => {
      const before = play(story).at(-1)?.after ?? emptyInventory;
      const after = foldListing(before, bad, T0 + 10_000 * MINUTE, GRACE);
      expect(storesOf(after, named)).toEqual(storesOf(before, named));
      if (before.stores.length > 0) expect(after.asOfMs).toBe(before.asOfMs);
    }),
  );
});

test('a Store is let go only by good listings that lacked it, all of them, over the whole grace', () => {
  fc.assert(
    fc.property(anyStory, (story) => {
      const steps = play(story);
      steps.forEach(({ atMs, after }, index) => {
        const before = steps[index - 1]?.after ?? emptyInventory;
        const kept = new Set(storesOf(after, []));
        for (const store of storesOf(before, []).filter((name) => !kept.has(name))) {
          const good = steps.slice(0, index + 1).filter((step) => step.after.asOfMs === step.atMs);
          const withIt = good.findLastIndex(({ listing }) => lists(listing, store));
          const lacking = good.slice(withIt + 1);
          expect(lacking.length).toBeGreaterThan(1);
          expect(atMs - (lacking[0]?.atMs ?? atMs)).toBeGreaterThanOrEqual(GRACE);
        }
      });
    }),
  );
});

function lists(listing: OmsListing, store: string): boolean {
  return listing.kind === 'listed' && listing.stores.some((listed) => listed.store === store);
}

test('what is named, and what the newest good listing holds, is always looked at; in order, and each once', () => {
  fc.assert(
    fc.property(anyStory, anyStatic, (story, named) => {
      for (const { listing, after } of play(story)) {
        const stores = storesOf(after, named);
        expect(stores).toEqual([...new Set(stores)].toSorted());
        expect(stores).toEqual(expect.arrayContaining(named));
        if (listing.kind === 'listed') expect(stores).toEqual(expect.arrayContaining(listing.stores.map(({ store }) => store)));
      }
    }),
  );
});

test('what is not well is said, and what is well is not', () => {
  fc.assert(
    fc.property(anyStory, (story) => {
      for (const { listing, after } of play(story)) {
        const { trouble, vanished, newcomers } = viewInventory(after, [], GRACE);
        if (listing.kind === 'silent' || listing.stores.length === 0) expect(trouble).not.toBeNull();
        else expect(trouble).toBeNull();
        expect(newcomers.filter((store) => vanished.includes(store))).toEqual([]);
      }
    }),
  );
});

test('a listing is folded in the same way after the inventory was written to a file and read again', () => {
  fc.assert(
    fc.property(anyStory, anyListing, (story, next) => {
      const inventory = play(story).at(-1)?.after ?? emptyInventory;
      const read = JSON.parse(JSON.stringify(inventory)) as Inventory;
      const nowMs = T0 + 10_000 * MINUTE;
      expect(foldListing(read, next, nowMs, GRACE)).toEqual(foldListing(inventory, next, nowMs, GRACE));
    }),
  );
});
