import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DESTROY_OUTCOMES } from '../../../../src/domain/approval/destroy-outcome.ts';
import { describeGuard } from '../../../../src/domain/guard/describe.ts';
import {
  parseClosed,
  parseCommandEnded,
  parseLeaseRequest,
  parseLook,
  parseOpened,
  parseProposalClosed,
  parseProposed,
  parseSweepReport,
} from '../../../../src/domain/guard/parse.ts';
import { newGuard } from '../../../../src/domain/guard/state.ts';
import { type GuardEvent, nextWakeMs, stepGuard } from '../../../../src/domain/guard/step.ts';
import { outcomeTraits } from '../../../../src/domain/outcome.ts';
import { STORE, T0 } from '../../readings.ts';
import { claimOf, reportOf, runOf, view } from '../guard-desk.ts';

const run = runOf(STORE);
const messages = {
  opened: { askId: 'q', run, store: STORE, view, order: false, override: [], owesRestart: false },
  'lease requested': { askId: 'q', run, store: STORE, streakSinceMs: T0, order: false, override: ['mode'], owed: false },
  look: { run, store: STORE, verb: 'stop', commandId: 'c', streakSinceMs: T0, override: [] },
  'command ended': { run, store: STORE, verb: 'restart', commandId: 'c', ended: 'unknown' },
  closed: { run, store: STORE, outcome: 'healed', attempts: 1, evidenceKey: '', debt: 'settled', whenMs: null },
  proposed: { askId: 'q', run, store: STORE, view },
  'proposal closed': { run, store: STORE, outcome: 'expired' },
  swept: reportOf({ [STORE]: 'faulty' }, T0 + 1),
} as const;
type Kind = keyof typeof messages;
const parsers: Record<Kind, (input: unknown) => { ok: boolean }> = {
  opened: parseOpened,
  'lease requested': parseLeaseRequest,
  look: parseLook,
  'command ended': parseCommandEnded,
  closed: parseClosed,
  proposed: parseProposed,
  'proposal closed': parseProposalClosed,
  swept: parseSweepReport,
};
const kinds = Object.keys(messages) as Kind[];

test.each(kinds)('a message %s of ours is understood', (kind) => {
  expect(parsers[kind](messages[kind])).toEqual({ ok: true, value: messages[kind] });
});

test.each(Object.keys(outcomeTraits))('the outcome %s can be told', (outcome) => {
  expect(parseClosed({ ...messages.closed, outcome }).ok).toBe(true);
});

test.each(DESTROY_OUTCOMES)('the outcome of a destroy %s can be told', (outcome) => {
  expect(parseProposalClosed({ ...messages['proposal closed'], outcome }).ok).toBe(true);
});

describe.each(['lease requested', 'look'] as const)('a message %s', (kind) => {
  test.each([{ approved: true }, { approved: false }, { destroy: claimOf(run) }, { destroy: claimOf(run, 'observe') }])(
    'may say %j',
    (more) => {
      const message = { ...messages[kind], ...more };
      expect(parsers[kind](message)).toEqual({ ok: true, value: message });
    },
  );

  test.each([
    { approved: 'yes' },
    { approved: null },
    { approved: 1 },
    { destroy: true },
    { destroy: null },
    { destroy: [claimOf(run)] },
    { destroy: {} },
    { destroy: { planId: 'p' } },
    { destroy: { modeBefore: 'act' } },
    { destroy: { planId: 7, modeBefore: 'act' } },
    { destroy: { planId: 'p', modeBefore: 'ACT' } },
  ])('that says %j is refused, and the field is named', (more) => {
    const [field] = Object.keys(more);
    expect(parsers[kind]({ ...messages[kind], ...more })).toMatchObject({
      ok: false,
      error: expect.stringContaining(`"${field}"`),
    });
  });
});

describe.each(['opened', 'proposed', 'swept'] as const)('the view in a message %s', (kind) => {
  const { proposals: _proposals, ...old } = view;

  test('may come from a version that knew no destroy', () => {
    expect(parsers[kind]({ ...messages[kind], view: old }).ok).toBe(true);
  });

  test.each(['5', null, 1e300])('is refused with %j places', (proposals) => {
    expect(parsers[kind]({ ...messages[kind], view: { ...old, proposals } }).ok).toBe(false);
  });
});

describe.each(kinds)('a message %s', (kind) => {
  test.each([undefined, null, 7, 'x', [], [messages[kind]], {}])('that is %j is refused with a sentence', (input) => {
    expect(parsers[kind](input)).toMatchObject({ ok: false, error: expect.stringMatching(/: (not an object|"\w+" is missing)/) });
  });

  test.each(Object.keys(messages[kind]))('without its %s is refused, and the field is named', (field) => {
    const { [field]: _, ...rest } = messages[kind] as Record<string, unknown>;
    expect(parsers[kind](rest)).toMatchObject({ ok: false, error: expect.stringContaining(`"${field}"`) });
  });
});

test.each<[string, Kind, object]>([
  ['a wildcard for a Store', 'look', { store: '*' }],
  ['an outcome that is none', 'closed', { outcome: 'fine' }],
  ['an outcome from the prototype', 'closed', { outcome: 'toString' }],
  ['an outcome of a heal for a destroy', 'proposal closed', { outcome: 'healed' }],
  ['an outcome of a destroy from the prototype', 'proposal closed', { outcome: 'toString' }],
  ['a wildcard for a Store to destroy', 'proposed', { store: '*' }],
  ['a verb that is none', 'look', { verb: 'clear' }],
  ['a run without its run id', 'look', { run: { workflowId: 'heal:x' } }],
  ['a time that no calendar holds', 'swept', { surveyedMs: 1e300 }],
  ['a view with an endless aftermath', 'opened', { view: { ...view, aftermathMs: 1e300 } }],
  ['a view of another mode', 'opened', { view: { ...view, mode: 'ACT' } }],
  ['times that are no numbers', 'closed', { whenMs: '5' }],
  ['a Store list with a hole', 'swept', { stores: [null] }],
])('%s is refused', (_, kind, patch) => {
  expect(parsers[kind]({ ...messages[kind], ...patch }).ok).toBe(false);
});

/** Messages with some fields replaced by anything that JSON can carry. */
const anyMessage = fc.constantFrom(...kinds).chain((kind) => {
  const field = fc.oneof(
    fc.jsonValue(),
    fc.double(),
    fc.constantFrom(STORE, 'stop', 'destroy', 'done', 'unknown', 'destroyed', T0, -T0, 1e13, [], {}, null, true, claimOf(run)),
  );
  return fc
    .dictionary(fc.constantFrom(...Object.keys(messages[kind]), 'approved', 'destroy'), field, { maxKeys: 2 })
    .map((patch) => ({ kind, message: JSON.parse(JSON.stringify({ ...messages[kind], ...patch })) as object }));
});

test('whatever is understood can be taken in and shown: no message breaks a guard', () => {
  let taken = 0;
  fc.assert(
    fc.property(fc.array(anyMessage, { maxLength: 12 }), (said) => {
      let state = newGuard('test-1', 'with the schedule', T0);
      for (const { kind, message } of said) {
        const parsed = parsers[kind](message);
        if (!parsed.ok) continue;
        taken += 1;
        state = stepGuard(state, { kind, message } as unknown as GuardEvent, T0 + taken).state;
        state = stepGuard(state, { kind: 'tick' }, T0 + taken).state;
        expect(describeGuard(state, T0)).toContain('test-1');
        expect(Number.isFinite(nextWakeMs(state) ?? 0)).toBe(true);
        expect(JSON.parse(JSON.stringify(state))).toEqual(state);
      }
    }),
    { numRuns: 300 },
  );
  expect(taken).toBeGreaterThan(200);
});
