/**
 * `Label:     text`, as lines of at most `columns` that go on under the text. With `columns` null (no terminal) it is
 * one line. A word that is longer than a line stands on one of its own, uncut: names and ids are there to be copied.
 */
export function wrap(label: string, text: string, columns: number | null): string[] {
  const indent = ' '.repeat(LABEL_WIDTH);
  const head = label.padEnd(LABEL_WIDTH);
  if (columns === null) return [(head + text).trimEnd()];
  const lines: string[] = [];
  let line = head;
  for (const word of text.split(' ')) {
    const isFirst = line === head || line === indent;
    if (!isFirst && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = indent;
    }
    line += line === head || line === indent ? word : ` ${word}`;
  }
  return [...lines, line.trimEnd()];
}

/** As wide as the longest label and a blank. */
const LABEL_WIDTH = 11;
