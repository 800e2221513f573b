/** What a heal says to its guard. */
import type { Closed, LeaseAnswer, OpenedAnswer } from '../../src/domain/guard/messages.ts';
import { guardViewOf } from '../../src/domain/guard/state.ts';
import { ask, nextAskId, tell } from '../guard-line.ts';
import type { Ended, Incident } from './incident.ts';

function askerOf(incident: Incident) {
  const { run, store, order } = incident;
  return { run, store, order: order !== null, override: order?.override ?? [] };
}

/** Null: the guard was silent for ten minutes. */
export function tellOpened(incident: Incident): Promise<OpenedAnswer | null> {
  const askId = nextAskId(incident);
  const owesRestart = incident.debt === 'open';
  const message = { askId, ...askerOf(incident), view: guardViewOf(incident.policy), owesRestart };
  return ask<OpenedAnswer>(incident, askId, { signal: 'opened', message });
}

export function askLease(incident: Incident, owed: boolean): Promise<LeaseAnswer | null> {
  const askId = nextAskId(incident);
  const approved = incident.vote === null ? {} : { approved: true };
  const message = {
    askId,
    ...askerOf(incident),
    streakSinceMs: incident.streak.sinceMs ?? Date.now(),
    owed,
    ...approved,
  };
  return ask<LeaseAnswer>(incident, askId, { signal: 'requestLease', message });
}

export async function tellClosed(incident: Incident, ended: Ended): Promise<void> {
  const message: Closed = {
    run: incident.run,
    store: incident.store,
    outcome: ended.kind,
    attempts: incident.attempts.length,
    evidenceKey: incident.evidenceKey,
    debt: incident.debt,
    whenMs: ended.whenMs ?? null,
  };
  await tell(incident, { signal: 'closed', message });
}
