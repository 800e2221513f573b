/** What a workflow that waits for votes shows, each with one thing changed at a time. */
import type { OpenPlan, PlanView } from '../../../src/domain/approval/view.ts';
import { STORE } from '../readings.ts';
import { planOf } from './ballots.ts';

export const uncovered = planOf();

export const open = (patch: Partial<OpenPlan> = {}): OpenPlan => ({
  plan: uncovered,
  digest: 'd'.repeat(64),
  needed: 2,
  tally: null,
  warnings: [],
  ...patch,
});

export const view = (patch: Partial<PlanView> = {}): PlanView => ({
  cluster: 'site-1',
  store: STORE,
  phase: 'waiting for votes',
  reason: 'replaced by a newer Store',
  open: open(),
  executeByMs: null,
  notes: [],
  ...patch,
});

/** The lines between the fences: what a person copies. */
export function pasted(text: string): string {
  const match = /^```\n([\s\S]*?)\n```$/m.exec(text);
  return match?.[1] ?? '';
}
