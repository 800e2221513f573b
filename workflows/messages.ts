/** Every signal, update and query of Storekeeper's workflows. The only file here that programs outside import. */
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { GuardAnswer, Look, LookAnswer, SweepReply, SweepReport } from '../src/domain/guard/messages.ts';
import type { GuardState } from '../src/domain/guard/state.ts';
import type { IncidentView } from '../src/domain/incident.ts';

// To a heal. Arguments are `unknown`: a handler that trusts its input can wedge its workflow for ever.
export const orderSignal = defineSignal<[unknown]>('order');
export const guardAnswerSignal = defineSignal<[GuardAnswer]>('guardAnswer');
export const incidentQuery = defineQuery<IncidentView>('incident');

// To the guard, from heals.
export const openedSignal = defineSignal<[unknown]>('opened');
export const requestLeaseSignal = defineSignal<[unknown]>('requestLease');
export const commandEndedSignal = defineSignal<[unknown]>('commandEnded');
export const closedSignal = defineSignal<[unknown]>('closed');

// To the guard, from people.
export const pauseSignal = defineSignal<[unknown]>('pause');
export const resumeSignal = defineSignal<[unknown]>('resume');
export const guardQuery = defineQuery<GuardState>('guard');

// Questions to the guard that want an answer at once. At most ten are in flight per workflow, so only
// single questioners use them: a command's last look, a sweep.
export const lookUpdate = defineUpdate<LookAnswer, [Look]>('look');
export const reportSweepUpdate = defineUpdate<SweepReply, [SweepReport]>('reportSweep');
