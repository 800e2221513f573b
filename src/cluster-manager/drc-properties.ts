import type { Parsed } from '../domain/store.ts';
import { parseCmUrl } from './cm-url.ts';

const KEY = 'cm.url';

/** `cm.url` as a whole key, then `=`, `:` or a blank, as Java reads properties. */
const LINE = /^[ \t\f]*cm\.url(?:[ \t\f]*[=:][ \t\f]*|[ \t\f]+)(.*)$/;

/**
 * The address of the Cluster Manager out of OMS's `drc.properties`, key `cm.url` (vendor's page on the Store
 * component). Comments (`#`, `!`), CRLF and Java's escapes (`http\://`) are understood. Two lines that
 * differ are refused: Java would take the last, the vendor's awk prints both, and a healer must not guess.
 */
export function readDrcProperties(text: string): Parsed<string> {
  const found = text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
    .map((line) => LINE.exec(line)?.[1])
    .filter((value) => value !== undefined)
    .map((value) => value.replace(/\\([:=#!\\ ])/g, '$1').trim());
  const [value, ...others] = new Set(found);
  if (value === undefined) {
    return { ok: false, error: `the properties have no line "${KEY}=…"; give the file that OMS wrote, or set cm: instead` };
  }
  if (others.length > 0) {
    return { ok: false, error: `the properties have ${found.length} lines "${KEY}=…" that differ; keep one, or set cm: instead` };
  }
  const parsed = parseCmUrl(value);
  return parsed.ok ? parsed : { ok: false, error: `${KEY} in the properties: ${parsed.error}` };
}
