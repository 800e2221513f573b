import {
  condition,
  log,
  setCurrentDetails,
  setDefaultSignalHandler,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { DestroyOutcomeKind, DestroyRefusalReason } from '../../src/domain/approval/destroy-outcome.ts';
import type { Tally } from '../../src/domain/approval/tally.ts';
import { describePlan, type DestroyPhase, type PlanView } from '../../src/domain/approval/view.ts';
import { healWorkflowId } from '../../src/domain/names.ts';
import { defaultPolicy, type Policy } from '../../src/domain/policy.ts';
import type { DestroyRequest } from '../../src/domain/requests.ts';
import { subtopicOf, type StoreName } from '../../src/domain/store.ts';
import { type Asker, openBallotBox, type SealedPlan } from '../approval/ask-people.ts';
import { phaseAttribute, searchAttributes } from '../attributes.ts';
import { type GuardLine, hearGuard } from '../guard-line.ts';
import { planQuery } from '../messages.ts';

/** How a destroy ends, before the guard has been told. */
export interface DestroyEnded {
  readonly kind: DestroyOutcomeKind;
  readonly because: string;
  readonly refusal?: DestroyRefusalReason;
  readonly next?: string;
}

/** One destroy's state while it runs: all in this run's history, nothing elsewhere. */
export interface Proposal extends GuardLine, Asker {
  readonly store: StoreName;
  readonly reason: string;
  /** The heal of this Store proposed it: nobody asked, so nobody needs it once a newcomer has taken over. */
  readonly byHeal: boolean;
  policy: Policy;
  sealed: SealedPlan | null;
  plans: number;
  tries: number;
  /** The guard knows of it. A mistyped cluster must not get a guard of its own. */
  admitted: boolean;
  executeByMs: number | null;
  show(phase: DestroyPhase): void;
  showEnd(phase: string): void;
  note(text: string): void;
}

const NOTES_MAX = 8;

export function openProposal({ cluster, store, reason }: DestroyRequest): Proposal {
  const { workflowId, runId, parent } = workflowInfo();
  let phase: string = 'opening';
  let tally: Tally | null = null;
  const notes: string[] = [];
  const view = (): PlanView => ({
    cluster,
    store,
    phase,
    reason,
    open: openPlan(),
    executeByMs: proposal.executeByMs,
    notes: [...notes],
  });
  const openPlan = (): PlanView['open'] => {
    if (proposal.sealed === null) return null;
    const { plan, digest, needed, warnings } = proposal.sealed;
    return { plan, digest, needed, tally, warnings };
  };
  const redraw = (): void => setCurrentDetails(describePlan(view()));
  const proposal: Proposal = {
    cluster,
    store,
    reason,
    run: { workflowId, runId },
    byHeal: parent?.workflowId === healWorkflowId(cluster, store),
    policy: defaultPolicy,
    sealed: null,
    plans: 0,
    tries: 0,
    admitted: false,
    executeByMs: null,
    answers: new Map(),
    asked: 0,
    box: openBallotBox(),
    isInterrupted: () => false,
    showTally(counted) {
      tally = counted;
      redraw();
    },
    show(next) {
      if (next !== phase) upsertSearchAttributes(phaseAttribute(next));
      // A new plan begins without votes.
      if (next === 'reading the evidence') tally = null;
      phase = next;
      redraw();
    },
    showEnd(end) {
      phase = end;
      redraw();
    },
    note(text) {
      notes.unshift(text);
      notes.splice(NOTES_MAX);
      redraw();
    },
  };
  hearGuard(proposal);
  setHandler(planQuery, view, { description: 'the plan, its votes, and where it stands' });
  setDefaultSignalHandler((name) => log.warn('a signal that is not for a destroy', { name }));
  upsertSearchAttributes(searchAttributes({ cluster, store, subtopic: subtopicOf(store), phase }));
  return proposal;
}

/** Waits at most so long; ends at once when a vote arrives, which may be a withdrawal. */
export function untilVote({ box }: Proposal, forMs: number, summary: string): Promise<boolean> {
  return condition(() => box.arrived > box.counted, Math.max(1, forMs), { summary });
}
