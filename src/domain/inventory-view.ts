import type { StoreName } from './store.ts';

/** An inventory as a sweep tells it. Names are bounded; `discovered` counts all. */
export interface InventoryView {
  /** The newest good listing; null if there was none. */
  readonly asOfMs: number | null;
  /** How many Stores OMS has listed, those that it lists no more and that are kept for a while included. */
  readonly discovered: number;
  readonly newcomers: readonly StoreName[];
  /** Listed no more, and still looked at. */
  readonly vanished: readonly StoreName[];
  /** Looked at no more. */
  readonly dropped: readonly StoreName[];
  /** Why the list may be old or short, as a sentence; null where nothing is wrong. */
  readonly trouble: string | null;
}

/** The view as sentences; none where there is nothing to tell. */
export function sayInventory({ newcomers, vanished, dropped, trouble }: InventoryView): string[] {
  return [
    ...(trouble === null ? [] : [trouble]),
    ...(newcomers.length === 0 ? [] : [`new in OMS, and looked at: ${list(newcomers)}`]),
    ...(vanished.length === 0 ? [] : [`OMS lists no more, still looked at: ${list(vanished)}`]),
    ...(dropped.length === 0 ? [] : [`OMS lists no more, and looked at no more: ${list(dropped)}`]),
  ];
}

const SAID_MAX = 5;

function list(names: readonly StoreName[]): string {
  return names.slice(0, SAID_MAX).join(', ') + (names.length > SAID_MAX ? ' and others' : '');
}
