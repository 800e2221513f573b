import type { Colour, Paint } from './paint.ts';

export interface Cell {
  readonly text: string;
  readonly colour?: Colour;
}

/** The first cell is the row's name and is never cut; the last one may be, on a terminal. */
export type Row = readonly [Cell, ...Cell[]];

const GAP = '  ';
/** Less room than this tells nothing: the name then gets a line of its own. */
const LAST_MIN = 16;
const INDENT = '  ';

/**
 * Lays rows out in columns. With `columns` null (no terminal) each row is one line, in full. On a terminal nothing
 * is wider than it: the last cell is cut, and where the names leave no room they stand on lines of their own.
 */
export function table(head: readonly string[], rows: readonly Row[], columns: number | null, paint: Paint): string[] {
  const header: readonly Cell[] = head.map((text) => ({ text, colour: 'grey' }));
  const widths = head.map((text, index) => Math.max(text.length, ...rows.map((row) => row[index]?.text.length ?? 0)));
  const [nameWidth = 0, ...others] = widths;
  const middle = others.slice(0, -1).reduce((sum, width) => sum + GAP.length + width, 0);
  if (columns === null) return [header, ...rows].map((row) => line(row, widths, null, paint));
  const lastNeeds = Math.min(others.at(-1) ?? 0, LAST_MIN);
  if (nameWidth + middle + GAP.length + lastNeeds <= columns) {
    return [header, ...rows].map((row) => line(row, widths, columns, paint));
  }
  const below = (row: readonly Cell[]): string => INDENT + line(row.slice(1), others, columns - INDENT.length, paint);
  return [paint('grey', head[0] ?? ''), below(header), ...rows.flatMap((row) => [row[0].text, below(row)])];
}

function line(row: readonly Cell[], widths: readonly number[], columns: number | null, paint: Paint): string {
  let used = 0;
  const parts = row.map((cell, index) => {
    const isLast = index === row.length - 1;
    const room = columns === null ? Number.POSITIVE_INFINITY : columns - used;
    const text = isLast ? cut(cell.text, room) : cell.text;
    const padding = isLast ? '' : ' '.repeat(Math.max(0, (widths[index] ?? 0) - text.length));
    used += text.length + padding.length + GAP.length;
    return (cell.colour === undefined ? text : paint(cell.colour, text)) + padding;
  });
  return parts.join(GAP).trimEnd();
}

/** At most so many characters; a cut text ends in two dots, which any terminal can show. */
function cut(text: string, room: number): string {
  return text.length <= room ? text : `${text.slice(0, Math.max(0, room - 2))}..`;
}
