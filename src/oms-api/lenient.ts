/**
 * OMS's JSON, read leniently: the vendor's own samples have keys in PascalCase, truth values and numbers as texts, and
 * tables that contradict them.
 */
export type Fields = Readonly<Record<string, unknown>>;

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** The fields of an object under names that begin small; null for what is none. Of two spellings the small one counts. */
export function lenient(value: unknown): Fields | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const entries = Object.entries(value as Fields);
  const small = (key: string): string => key.slice(0, 1).toLowerCase() + key.slice(1);
  const fields = new Map(entries.map(([key, field]) => [small(key), field]));
  for (const [key, field] of entries) if (key === small(key)) fields.set(key, field);
  return Object.fromEntries(fields);
}

/** A list, or nothing where it is null or left out; undefined for what is neither. */
export function listOf(value: unknown): readonly unknown[] | undefined {
  if (value === null || value === undefined) return [];
  return Array.isArray(value) ? value : undefined;
}

export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

export function numberOf(value: unknown): number | null {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}

export function flagOf(value: unknown): boolean {
  return value === true || value === 'true';
}

/** What an answer that failed says of it, after a colon; nothing where it says nothing. */
export function explainRefusal(answer: Fields | null): string {
  const detail = lenient(answer?.['errorDetail']);
  const words = [
    detail?.['code'] ?? answer?.['code'],
    detail?.['message'] ?? answer?.['message'],
    detail?.['proposal'] ?? answer?.['advice'],
  ]
    .map(textOf)
    .filter((word) => word.trim() !== '');
  return words.length === 0 ? '' : `: ${words.join(' ')}`;
}
