/** Every signal, update and query of Storekeeper's workflows. The only file here that programs outside import. */
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { PlanView } from '../src/domain/approval/view.ts';
import type { GuardAnswer, Look, LookAnswer, SweepReply, SweepReport } from '../src/domain/guard/messages.ts';
import type { GuardState } from '../src/domain/guard/state.ts';
import type { IncidentView } from '../src/domain/incident.ts';

// To a heal. Arguments are `unknown`: a handler that trusts its input can wedge its workflow for ever.
export const orderSignal = defineSignal<[unknown]>('order');
export const guardAnswerSignal = defineSignal<[GuardAnswer]>('guardAnswer');
export const incidentQuery = defineQuery<IncidentView>('incident');

// To whoever asks people: a destroy, or a heal in mode `ask`. What a vote is worth is read from the history.
export const approveSignal = defineSignal<[unknown]>('approve');
export const rejectSignal = defineSignal<[unknown]>('reject');
export const planQuery = defineQuery<PlanView>('plan');

// To the guard, from heals.
export const openedSignal = defineSignal<[unknown]>('opened');
export const requestLeaseSignal = defineSignal<[unknown]>('requestLease');
export const commandEndedSignal = defineSignal<[unknown]>('commandEnded');
export const closedSignal = defineSignal<[unknown]>('closed');
export const proposedSignal = defineSignal<[unknown]>('proposed');
export const proposalClosedSignal = defineSignal<[unknown]>('proposalClosed');

// To the guard, from people.
export const pauseSignal = defineSignal<[unknown]>('pause');
export const resumeSignal = defineSignal<[unknown]>('resume');
export const holdSignal = defineSignal<[unknown]>('hold');
export const unholdSignal = defineSignal<[unknown]>('unhold');
export const releaseBrakeSignal = defineSignal<[unknown]>('releaseBrake');
export const releaseLeaseSignal = defineSignal<[unknown]>('releaseLease');
export const guardQuery = defineQuery<GuardState>('guard');

// Questions to the guard that want an answer at once. At most ten are in flight per workflow, so only
// single questioners use them: a command's last look, a sweep.
export const lookUpdate = defineUpdate<LookAnswer, [Look]>('look');
export const reportSweepUpdate = defineUpdate<SweepReply, [SweepReport]>('reportSweep');
