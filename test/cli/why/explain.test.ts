import { describe, expect, test } from 'vitest';
import { explainStore, type WhyFacts } from '../../../src/cli/why/explain.ts';
import { refusalWords, type RefusalReason } from '../../../src/domain/guard/refusal.ts';
import { type GuardState, newGuard } from '../../../src/domain/guard/state.ts';
import { faulty, healthy, MINUTE, STORE, T0, unseen } from '../../domain/readings.ts';
import { runOf, view } from '../../domain/guard/guard-desk.ts';

const guard: GuardState = { ...newGuard('c1', 'with the schedule', T0), view: { ...view, mode: 'act' } };
const SUBTOPIC = STORE.split(':')[1] ?? '';

function facts(more: Partial<WhyFacts> = {}, state: Partial<GuardState> = {}): WhyFacts {
  return {
    cluster: 'c1',
    store: STORE,
    nowMs: T0,
    reading: faulty(T0),
    guard: { ...guard, ...state },
    noGuard: '',
    incident: null,
    nextSweepMs: T0 + 20_000,
    ...more,
  };
}

const textOf = (why: ReturnType<typeof explainStore>): string =>
  why.reasons.map(({ about, text }) => `${about}: ${text}`).join('\n');

test('a healthy Store needs nobody', () => {
  const why = explainStore(facts({ reading: healthy(T0) }));
  expect(why).toMatchObject({ ok: true, run: null });
  expect(textOf(why)).toContain('seen: healthy');
});

test('a faulty one that nothing holds back waits for the next sweep', () => {
  const why = explainStore(facts());
  expect(why).toMatchObject({ ok: false, run: null, nextMs: T0 + 20_000 });
  expect(textOf(why)).toMatch(/seen: faulty \(status 1\).*\n.*no heal of it is open\n.*the next sweep looks at it in 20/s);
});

test('an unknown one says why nothing is known', () => {
  expect(textOf(explainStore(facts({ reading: unseen(T0) })))).toContain('seen: unknown: timed out');
});

test('an open heal says where it stands, and the guard since when sweeps see it', () => {
  const memory = {
    store: STORE,
    attempts: 1,
    firstFaultyMs: T0 - 10 * MINUTE,
    healthySinceMs: null,
    openRun: runOf(STORE),
    last: null,
    touchedMs: T0,
  };
  const incident = {
    cluster: 'c1',
    store: STORE,
    phase: 'verifying',
    since: '',
    evidence: 'status 1',
    attempts: [],
    order: null,
    notes: [],
  };
  const text = textOf(explainStore(facts({ incident }, { stores: [memory] })));
  expect(text).toContain('sweeps have seen it faulty for 10');
  expect(text).toContain('a heal is open and is verifying; status 1');
});

describe('what stands in its way is told with the command that helps', () => {
  test.each<[string, Partial<GuardState>, RegExp, string | null]>([
    [
      'a pause',
      { pauses: [{ by: 'alice', reason: 'upgrade', sinceMs: T0, untilMs: null }] },
      /paused \(alice: upgrade\)/,
      'storekeeper resume --cluster c1',
    ],
    [
      'a hold with an end',
      { holds: [{ target: STORE, by: 'bob', reason: 'mine', sinceMs: T0, untilMs: T0 + 5 * MINUTE }] },
      /hands off \(bob: mine\); asked again in 5/,
      `storekeeper unhold ${STORE}`,
    ],
    [
      'the mode',
      { view: { ...view, mode: 'observe' } },
      /the mode does not let it act/,
      `storekeeper heal ${STORE} --override mode --reason "..."`,
    ],
    [
      'a quarantine',
      { quarantines: [{ subtopic: SUBTOPIC, untilMs: T0 + MINUTE, because: 'a stop' }] },
      /may still be running/,
      null,
    ],
    [
      'the brake',
      { brake: { sinceMs: T0, because: '9 of 9 are faulty', grewMs: T0, step: 0, passed: 0 } },
      /9 of 9 are faulty/,
      'storekeeper release-brake --cluster c1 --reason "..."',
    ],
    [
      'the budget',
      { spent: { restarts: Array<number>(10).fill(T0 - MINUTE), destroys: [] } },
      /10 restarts of 10 in an hour/,
      `storekeeper heal ${STORE} --override budget --reason "..."`,
    ],
    [
      'a final outcome',
      {
        ledger: [{ store: STORE, verdict: 'not opened', refusal: { reason: 'final', detail: 'escalated', whenMs: null } }],
        stores: [
          {
            store: STORE,
            attempts: 3,
            firstFaultyMs: T0,
            healthySinceMs: null,
            openRun: null,
            last: { outcome: 'escalated', runId: 'r', endedMs: T0 - MINUTE, notBeforeMs: T0, evidenceKey: '' },
            touchedMs: T0,
          },
        ],
      },
      /as "escalated" after 3 attempts, for good/,
      `storekeeper heal ${STORE} --reason "..."`,
    ],
  ])('%s', (_, state, text, run) => {
    const why = explainStore(facts({}, state));
    expect(textOf(why)).toMatch(text);
    expect(why.run).toBe(run);
  });

  test.each(Object.keys(refusalWords) as RefusalReason[])('whatever a sweep was told: %s', (reason) => {
    const ledger = [{ store: STORE, verdict: 'not opened' as const, refusal: { reason, detail: '', whenMs: T0 + MINUTE } }];
    const memory = {
      store: STORE,
      attempts: 0,
      firstFaultyMs: T0,
      healthySinceMs: null,
      openRun: runOf(STORE),
      last: null,
      touchedMs: T0,
    };
    const why = explainStore(facts({}, { ledger, stores: [memory] }));
    expect(textOf(why)).toContain(`held back: ${refusalWords[reason].en}; asked again in`);
    expect(why.nextMs).toBe(T0 + MINUTE);
    if (why.run !== null) expect(why.run).toMatch(/^storekeeper /);
  });
});

test('without a guard that is said, and nothing else is made up', () => {
  const why = explainStore(facts({ guard: null, noGuard: 'the cluster has no guard' }));
  expect(why).toMatchObject({ ok: false, nextMs: null, run: 'storekeeper status' });
  expect(textOf(why)).toContain('nobody decides about it: the cluster has no guard');
});
