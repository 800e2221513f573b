/** Histories recorded on a development server (1.32) of a run that was reset, and of its reset that was reset again. */
import { readFile } from 'node:fs/promises';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import type { History } from '../../src/approval/history-signals.ts';

export const BEFORE_RUN = '01a210e0-fc11-7ee0-9647-d9f39c0d3b61';
export const RESET_RUN = 'dfc9df77-2fc6-4c54-9973-4486db981dec';
export const RESET_TWICE_RUN = 'b2b19698-c285-43d7-8af6-add82b62424d';

export async function recorded(name: 'before-reset' | 'reset' | 'reset-twice'): Promise<History> {
  return historyFromJSON(JSON.parse(await readFile(new URL(`histories/${name}.json`, import.meta.url), 'utf8')));
}

/** A history recorded by the scenarios of the whole product. */
export async function recordedIncident(name: string): Promise<History> {
  return historyFromJSON(JSON.parse(await readFile(new URL(`../histories/${name}.json`, import.meta.url), 'utf8')));
}
