/** Text that stands in a history was written by anybody: nothing in it may move the cursor or hide what follows. */
export function plain(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/[\p{Cc}\p{Cf}\p{Surrogate}\p{Co}]/gu, '\uFFFD')
    .trim();
}

export function cut(text: string, lengthMax: number): string {
  return text.length <= lengthMax ? text : `${text.slice(0, lengthMax - 2)}..`;
}

const COLUMNS = 80;

/** `label` and a text behind it, broken between words; what follows the first line stands under the text. */
export function entry(label: string, text: string, indent = 2, labelWidth = 9): string[] {
  const margin = ' '.repeat(indent + labelWidth + 1);
  const room = COLUMNS - margin.length;
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  lines.push(line);
  return lines.map((each, index) =>
    index === 0 ? `${' '.repeat(indent)}${label.padEnd(labelWidth)} ${each}` : `${margin}${each}`,
  );
}

/** By the server's clock, to the second: `2026-01-05 03:00:00Z`. */
export function time(atMs: number | null): string {
  if (atMs === null) return 'never';
  const date = new Date(atMs);
  return Number.isNaN(date.getTime()) ? String(atMs) : `${date.toISOString().slice(0, 19).replace('T', ' ')}Z`;
}

/** The same without its day. */
export function clock(atMs: number | null): string {
  return atMs === null ? 'never' : time(atMs).slice(11);
}
