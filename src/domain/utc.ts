/** A moment, in milliseconds since 1970, in UTC to the second, for people; a number that no calendar holds is shown as it came. */
export function utc(atMs: number): string {
  const date = new Date(atMs);
  return Number.isNaN(date.getTime()) ? String(atMs) : date.toISOString().replace(/\.\d+Z$/, 'Z');
}
