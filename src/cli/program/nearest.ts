/** The candidate that is at most a third of its letters away from what was typed; upper and lower case do not count. */
export function nearest(typed: string, candidates: readonly string[]): string | undefined {
  let best: { readonly candidate: string; readonly away: number } | undefined;
  for (const candidate of candidates) {
    const away = distance(typed.toLowerCase(), candidate.toLowerCase());
    if (best === undefined || away < best.away) best = { candidate, away };
  }
  if (best === undefined) return undefined;
  return best.away <= Math.max(1, Math.floor(Math.max(typed.length, best.candidate.length) / 3)) ? best.candidate : undefined;
}

/** `; did you mean status?`, or nothing when no candidate is near. */
export function didYouMean(typed: string, candidates: readonly string[]): string {
  const near = nearest(typed, candidates);
  return near === undefined ? '' : `; did you mean ${near}?`;
}

/** How many letters to insert, drop, change or swap with their neighbour. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = swapped ? (before[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY;
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, change, swap));
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
}
