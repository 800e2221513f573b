import { parseStoreName, subtopicOf } from '../domain/store.ts';
import type { OmsErrorDetail, OmsStore } from '../domain/witness.ts';
import { flagOf, lenient, listOf, numberOf, textOf } from './lenient.ts';

const TEXT_MAX = 2_000;
const ERRORS_MAX = 10;

/** The Stores of one project's answer, or what keeps them from being read. `config` may hold credentials and is left. */
export function readStores(
  list: readonly unknown[],
  project: string,
): { readonly stores: OmsStore[]; readonly fault: string | null } {
  const stores: OmsStore[] = [];
  for (const value of list) {
    const fields = lenient(value);
    const name = parseStoreName(fields?.['name']);
    if (fields === null || !name.ok) return { stores: [], fault: name.ok ? 'an entry is no object' : name.error };
    stores.push({
      store: name.value,
      projects: [project],
      subtopic: textOf(fields['subtopic']) || subtopicOf(name.value),
      status: textOf(fields['status']).slice(0, 100),
      delayS: numberOf(fields['delay']),
      sampledAtS: numberOf(fields['gmt']),
      errorDetails: (listOf(fields['errorDetails']) ?? []).slice(0, ERRORS_MAX).flatMap(readError),
      errorMessage: textOf(fields['errMsg']).slice(0, TEXT_MAX),
      toSwitch: flagOf(fields['toSwitch']),
    });
  }
  return { stores, fault: null };
}

function readError(value: unknown): OmsErrorDetail[] {
  const fields = lenient(value);
  if (fields === null) return [];
  const [code = '', level = '', message = '', reason = '', proposal = ''] = [
    'code',
    'level',
    'message',
    'reason',
    'proposal',
  ].map((key) => textOf(fields[key]).slice(0, TEXT_MAX));
  return [{ code, level, message, reason, proposal }];
}
