/** Mode `ask`: people are asked before the first stop of an incident, at most twice. */
import { CancellationScope, isCancellation } from '@temporalio/workflow';
import type { OpenPlan } from '../../src/domain/approval/view.ts';
import { WAITING_FOR_A_VOTE } from '../../src/domain/approval/view.ts';
import { emptyStreak } from '../../src/domain/streak.ts';
import { announce, type Asker, askPeople, type SealedPlan, type Verdict } from '../approval/ask-people.ts';
import { sealPlan } from '../approval/calls.ts';
import { endAs, goOn, type Incident, type Step } from './incident.ts';

const ASKED_MAX = 2;

/** What people allowed: every restart of this incident, if the first one is confirmed before it lapses. */
export interface GivenVote {
  readonly planId: string;
  readonly executeByMs: number;
}

/** Whether people must be asked: there was no vote, or it lapsed before anything came of it. */
export function needsVote(incident: Incident): boolean {
  return incident.vote === null || (incident.attempts.length === 0 && Date.now() > incident.vote.executeByMs);
}

/** Ends the incident, or leads back to a confirmation: what people said yes to may be over by now. */
export async function askForVote(incident: Incident): Promise<Step<'confirm again'>> {
  incident.vote = null;
  while (incident.asks < ASKED_MAX) {
    incident.asks += 1;
    const made = await makePlan(incident);
    if (made.end !== null) return made;
    const asked = await askOnce(incident, made.go);
    if (asked !== 'nobody decided') return asked;
  }
  return endAs('declined', `people were asked ${ASKED_MAX} times, and nobody decided in time`);
}

async function makePlan(incident: Incident): Promise<Step<SealedPlan>> {
  const { cluster, store, policy } = incident;
  const { patienceMs } = policy.confirm;
  const input = { cluster, store, action: 'restart', number: incident.asks, approveByMs: null, patienceMs } as const;
  const sealed = await sealPlan(input, policy.everyMs);
  switch (sealed.kind) {
    case 'sealed':
      return goOn(sealed);
    case 'cleared':
      return endAs('recovered', 'it was healthy before people were asked, and nothing was done');
    case 'no trusted reading':
      return endAs('observer blind', `its fault could not be seen any more: ${sealed.because}`);
    case 'cannot be approved here':
      return endAs('would act', `mode ask: it would be stopped and restarted if people said so. ${sealed.because}`);
  }
}

async function askOnce(incident: Incident, sealed: SealedPlan): Promise<Step<'confirm again'> | 'nobody decided'> {
  const { plan, digest, needed, warnings } = sealed;
  const open = (tally: OpenPlan['tally']): OpenPlan => ({ plan, digest, needed, tally, warnings });
  incident.showPlan(open(null));
  incident.show(WAITING_FOR_A_VOTE);
  const asker: Asker = {
    run: incident.run,
    box: incident.box,
    showTally: (tally) => incident.showPlan(open(tally)),
    // An order that passes the mode needs no vote. Any other is itself the vote of whoever gave it.
    isInterrupted: () => incident.nextOrder?.override.includes('mode') === true,
  };
  const verdict = await heardFrom(asker, sealed).finally(() => incident.showPlan(null));
  switch (verdict.kind) {
    case 'approved':
      await announce(asker, sealed, 'decided', 'approved; the fault is confirmed once more before the stop');
      incident.vote = { planId: plan.planId, executeByMs: verdict.executeByMs };
      incident.note('People said yes; the fault is confirmed afresh before the stop.');
      incident.streak = { ...emptyStreak, foreignRestarts: incident.streak.foreignRestarts };
      return goOn('confirm again');
    case 'rejected':
      // An order that came before was heard as a vote; obeyed now, it would ask people again what they said no to.
      if (!asker.isInterrupted()) incident.nextOrder = null;
      await announce(asker, sealed, 'ended', `rejected by ${verdict.by.name}`);
      return endAs('declined', `rejected by ${verdict.by.name}: ${verdict.by.reason}`);
    case 'expired':
      await announce(asker, sealed, 'ended', 'the time to approve ran out');
      incident.note('Nobody decided in time.');
      return 'nobody decided';
    case 'cleared':
      await announce(asker, sealed, 'ended', 'it is healthy again');
      return endAs('recovered', 'it got healthy while people were asked, and nothing was done');
    case 'interrupted':
      await announce(asker, sealed, 'ended', 'an order passes the mode, so nobody need answer');
      return goOn('confirm again');
    case 'changed':
    case 'taken over':
      throw new Error(`a vote on a restart cannot end as ${verdict.kind}`);
  }
}

/** Who was asked is also told that the question is off. */
async function heardFrom(asker: Asker, sealed: SealedPlan): Promise<Verdict> {
  try {
    return await askPeople(asker, sealed);
  } catch (error) {
    if (isCancellation(error))
      await CancellationScope.nonCancellable(() => announce(asker, sealed, 'ended', 'a person cancelled the heal'));
    throw error;
  }
}
