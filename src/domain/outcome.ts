/** How a heal ends. One row of the design's outcome table each. */
export type OutcomeKind =
  | 'recovered'
  | 'healed'
  | 'would act'
  | 'blocked'
  | 'observer blind'
  | 'guard silent'
  | 'superseded'
  | 'not proven'
  | 'flapping'
  | 'escalated'
  | 'permanent'
  | 'handed over'
  | 'declined'
  | 'cancelled';

interface OutcomeTraits {
  /** Open: a later sweep may open the Store again. Final: not before it was healthy for `lineage`, or on an order. */
  readonly life: 'open' | 'final';
  /** Whom it needs: nobody, the people who look after CM, or the people who look after the Store. */
  readonly needs: 'nobody' | 'observer' | 'warning' | 'person' | 'person at once';
}

export const outcomeTraits: Readonly<Record<OutcomeKind, OutcomeTraits>> = {
  recovered: { life: 'open', needs: 'nobody' },
  healed: { life: 'open', needs: 'nobody' },
  'would act': { life: 'open', needs: 'nobody' },
  blocked: { life: 'open', needs: 'nobody' },
  'observer blind': { life: 'open', needs: 'observer' },
  'guard silent': { life: 'open', needs: 'observer' },
  superseded: { life: 'final', needs: 'nobody' },
  'not proven': { life: 'final', needs: 'warning' },
  flapping: { life: 'final', needs: 'warning' },
  escalated: { life: 'final', needs: 'person' },
  permanent: { life: 'final', needs: 'person' },
  'handed over': { life: 'final', needs: 'person at once' },
  declined: { life: 'final', needs: 'nobody' },
  cancelled: { life: 'final', needs: 'nobody' },
};

/** One stop and restart, and what the verification said of it. */
export interface AttemptRecord {
  readonly number: number;
  readonly stop: string;
  readonly restart: string;
  readonly verdict: string;
  /** Status 0 was seen after the restart. */
  readonly cameUp: boolean;
  /** The newest checkpoint when it died again, in seconds; null if unknown or if it did not die. */
  readonly diedAtS: number | null;
}

export interface HealOutcome {
  readonly kind: OutcomeKind;
  readonly cluster: string;
  readonly store: string;
  /** What happened, as one sentence for a person. */
  readonly because: string;
  /** The attempts of this run; earlier runs of the same lineage are not repeated here. */
  readonly attempts: readonly AttemptRecord[];
  /** When asking again makes sense (`blocked`), or what the reader should look at next. */
  readonly whenMs?: number;
  readonly next?: string;
}

/** A start under another id than the canonical one: the work is done by the run named here. */
export interface Attached {
  readonly kind: 'attached';
  readonly cluster: string;
  readonly store: string;
  readonly because: string;
  readonly workflowId: string;
  readonly runId: string | null;
}
