/** Reducers that each forget one thing. The walk must catch every one of them, or a law is missing. */
import type { Look } from '../../../../src/domain/guard/messages.ts';
import type { GuardState } from '../../../../src/domain/guard/state.ts';
import { type GuardEvent, type GuardStep, stepGuard } from '../../../../src/domain/guard/step.ts';
import type { Reducer } from './invariants.ts';

interface Broken {
  readonly forgets: string;
  readonly reduce: Reducer;
  /** The worlds in which it shows. */
  readonly from: string;
  /** A part of the law that it breaks. */
  readonly law: string;
}

const QUIET = 'a guard that knows nothing';
const DIED = 'a holder that died with a stop nobody answers for';
const DECIDED = 'a destroy that people decided';
const STORM = 'a cluster where everything fails at once';
const TRIES = 'a brake under which one restart is tried';

/** Judges as if a part of the state were something else, and keeps that part as it was. */
function blindTo(hidden: Partial<GuardState>, when: (event: GuardEvent) => boolean = asks): Reducer {
  return (state, event, nowMs) => {
    if (!when(event)) return stepGuard(state, event, nowMs);
    const step = stepGuard({ ...state, ...hidden }, event, nowMs);
    const kept = Object.fromEntries(Object.keys(hidden).map((key) => [key, state[key as keyof GuardState]]));
    return { ...step, state: { ...step.state, ...kept } };
  };
}

function asks({ kind }: GuardEvent): boolean {
  return kind === 'lease requested' || kind === 'look' || kind === 'opened' || kind === 'proposed';
}

/** Does what it should, and then something else to the state. */
function spoilt(kind: GuardEvent['kind'], spoil: (state: GuardState, before: GuardState) => GuardState): Reducer {
  return (state, event, nowMs) => {
    const step = stepGuard(state, event, nowMs);
    return event.kind === kind ? { ...step, state: spoil(step.state, state) } : step;
  };
}

function withLook(change: (look: Look, state: GuardState) => Look): Reducer {
  return (state, event, nowMs) =>
    stepGuard(state, event.kind === 'look' ? { kind: 'look', message: change(event.message, state) } : event, nowMs);
}

/** Only where no order is behind it: what an order makes it let pass is told by another law. */
function unordered(reduce: Reducer): Reducer {
  return (state, event, nowMs) => {
    const ordered = (event.kind === 'look' || event.kind === 'lease requested') && event.message.override.length > 0;
    return ordered ? stepGuard(state, event, nowMs) : reduce(state, event, nowMs);
  };
}

const capless: Reducer = (state, event, nowMs) => {
  if (!asks(event)) return stepGuard(state, event, nowMs);
  const step = stepGuard({ ...state, view: { ...state.view, inFlight: 99 } }, event, nowMs);
  return { ...step, state: { ...step.state, view: state.view } };
};

/** Whoever holds the lease of the subtopic, the asker is taken to be it. */
const leaseOfAnyRun: Reducer = (state, event, nowMs): GuardStep => {
  if (event.kind !== 'look') return stepGuard(state, event, nowMs);
  const { run, store } = event.message;
  const leases = state.leases.map((lease) => (lease.store === store ? { ...lease, holder: run } : lease));
  return stepGuard({ ...state, leases }, event, nowMs);
};

/** A lease by the clock: after a minute it is nobody's. */
const leaseByClock: Reducer = (state, event, nowMs) =>
  stepGuard({ ...state, leases: state.leases.filter(({ progressMs }) => nowMs - progressMs < 60_000) }, event, nowMs);

/** Overrides pass everything that they do not name, too. */
const ordersPassPauses: Reducer = (state, event, nowMs) => {
  const ordered = (event.kind === 'look' || event.kind === 'lease requested') && event.message.override.length > 0;
  return ordered ? blindTo({ pauses: [] })(state, event, nowMs) : stepGuard(state, event, nowMs);
};

export const broken: readonly Broken[] = [
  { forgets: 'forgets pauses', reduce: blindTo({ pauses: [] }), from: QUIET, law: 'paused' },
  { forgets: 'forgets holds', reduce: blindTo({ holds: [] }), from: QUIET, law: 'under a hold' },
  { forgets: 'forgets quarantines', reduce: blindTo({ quarantines: [] }), from: DIED, law: 'until the aftermath' },
  { forgets: 'forgets slots', reduce: blindTo({ slots: [] }), from: QUIET, law: 'has a slot' },
  { forgets: 'forgets the cap', reduce: capless, from: QUIET, law: 'beyond the cap' },
  { forgets: 'forgets the brake', reduce: unordered(blindTo({ brake: null })), from: STORM, law: 'while the brake is on' },
  {
    forgets: 'forgets who is trying under the brake',
    reduce: (state, event, nowMs) => {
      const step = stepGuard(state, event, nowMs);
      const leases = step.state.leases.map(({ probe: _probe, ...lease }) => lease);
      return { ...step, state: { ...step.state, leases } };
    },
    from: TRIES,
    law: 'no more may try at once',
  },
  {
    forgets: 'forgets what was spent',
    reduce: unordered(blindTo({ spent: { restarts: [], destroys: [] } })),
    from: 'a budget that two stops have spent',
    law: 'than the budget allows',
  },
  {
    forgets: 'forgets gaps and resumes',
    reduce: blindTo({ freshFromMs: 0 }),
    from: 'a gap, a pause of two people, and heals that confirmed before it',
    law: 'read before a gap or a resume',
  },
  { forgets: 'takes a lease to be any run’s', reduce: leaseOfAnyRun, from: QUIET, law: 'only the holder' },
  { forgets: 'lets leases end by the clock', reduce: leaseByClock, from: DIED, law: 'until the aftermath' },
  {
    forgets: 'forgets debts when their holder dies',
    reduce: spoilt('runs described', (state) => ({ ...state, debts: state.debts.filter(({ holder }) => holder !== null) })),
    from: DIED,
    law: 'a stop that nothing has made good is a debt',
  },
  {
    forgets: 'takes a stop whose answer was lost to have been done by nobody',
    reduce: spoilt('command ended', (state) => ({ ...state, debts: [] })),
    from: QUIET,
    law: 'debt',
  },
  {
    forgets: 'forgets that a request was let pass',
    reduce: (state, event, nowMs) => {
      const proposals = state.proposals.map(({ sent: _sent, ...proposal }) => proposal);
      return stepGuard({ ...state, proposals }, event, nowMs);
    },
    from: DECIDED,
    law: 'a plan has one request',
  },
  {
    forgets: 'lets anybody overtake a destroy that people decided',
    reduce: (state, event, nowMs) =>
      event.kind === 'lease requested' && event.message.destroy === undefined
        ? blindTo({ proposals: [] })(state, event, nowMs)
        : stepGuard(state, event, nowMs),
    from: 'two destroys of one subtopic that people decided',
    law: 'has its subtopic kept for it',
  },
  { forgets: 'lets orders pass a pause', reduce: ordersPassPauses, from: STORM, law: 'paused' },
  {
    forgets: 'forgets the mode',
    reduce: withLook((look) => ({ ...look, override: [...look.override, 'mode'] })),
    from: QUIET,
    law: 'outside the mode',
  },
  {
    forgets: 'keeps nothing of what orders made it do',
    reduce: blindTo({ acts: [] }, () => true),
    from: STORM,
    law: 'what a person made it let pass is kept',
  },
  {
    forgets: 'lets destroys go before an owed restart',
    reduce: (state, event, nowMs) =>
      (event.kind === 'look' || event.kind === 'lease requested') && event.message.destroy !== undefined
        ? blindTo({ debts: [] })(state, event, nowMs)
        : stepGuard(state, event, nowMs),
    from: 'a destroy that holds the lease, beside a heal that knows more than the guard',
    law: 'no destroy goes before a restart that is owed',
  },
];
