import { parseStoreName, type StoreName } from '../../src/domain/store.ts';

export function storeName(text: string): StoreName {
  const parsed = parseStoreName(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

export const STORE = storeName('10.0.0.7-7100:p_4223_source-000-0:0000000007');
export const AT_MS = 1_700_000_000_000;

/** The crawler object of a healthy Store, with some fields replaced; undefined leaves a field out. */
export function crawler(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    active: true,
    status: 0,
    name: STORE,
    errMsg: '',
    checkpoints: [],
    port: 17_001,
    role: 'master',
    location: '0',
    ...changes,
  };
}

export function detail(changes: Record<string, unknown> = {}): unknown {
  return { crawler: crawler(changes), isSuccess: true };
}
