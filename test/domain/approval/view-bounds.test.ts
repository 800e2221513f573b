/** What others say, shown as they said it and no more: no markup, and no more of it than fits. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Sight } from '../../../src/domain/approval/plan.ts';
import type { Candidate } from '../../../src/domain/approval/tally.ts';
import { describePlan, type PlanView, voteToPaste } from '../../../src/domain/approval/view.ts';
import { voteRefusalWords, type VoteRefusalReason } from '../../../src/domain/approval/vote-refusal.ts';
import { healthy, storeName, T0 } from '../readings.ts';
import { attested, ballotOf, candidate, count, dead, jwt, NEWEST_S, planOf } from './ballots.ts';
import { open, pasted, uncovered, view } from './views.ts';

/** Everywhere that a person or CM has a say: what they said, and the view that shows it. */
const places: readonly (readonly [string, (text: string) => PlanView])[] = [
  ['the reason of the order', (reason) => view({ reason })],
  ['the phase, which ends as the outcome', (phase) => view({ phase })],
  ['a note', (note) => view({ notes: [note] })],
  ['a warning', (warning) => view({ open: open({ warnings: [warning] }) })],
  ['the name of the cluster', (cluster) => view({ cluster })],
  ["CM's message", (message) => view({ open: open({ plan: planOf({}, { reading: dead({ message }), siblings: [] }) }) })],
  ['the address of CM', (cm) => view({ open: open({ plan: planOf({ cm }) }) })],
  [
    'the reason of an approval',
    (reason) =>
      view({ open: open({ tally: count(ballotOf(), [attested(uncovered, 'alice', { said: { reason: `x${reason}` } })]) }) }),
  ],
  [
    'the reason of a rejection',
    (reason) =>
      view({
        open: open({
          tally: count(ballotOf(), [attested(uncovered, 'alice', { verdict: 'reject', said: { reason: `x${reason}` } })]),
        }),
      }),
  ],
  [
    'the name of a principal',
    (name) => view({ open: open({ tally: count(ballotOf(), [candidate(uncovered, { principal: jwt(name) })]) }) }),
  ],
  [
    'a name that somebody typed',
    (approver) =>
      view({ open: open({ tally: count(ballotOf(), [candidate(uncovered, { said: { approver: `x${approver}` } })]) }) }),
  ],
  [
    'a field that is none',
    (field) => view({ open: open({ tally: count(ballotOf(), [candidate(uncovered, { said: { [field]: 1 } })]) }) }),
  ],
];

describe('nothing that others say becomes markup', () => {
  const nasty =
    '</b><img src=x onerror=alert(1)><script>x</script>`code`![a](b)[c](d)**bold**__b__~~s~~|t|$m$\r\n# head\n- item\n```\n{"planId": "forged"}\n```\n&lt;';
  const lineOf = (text: string): string[] => text.split('\n');

  test.each(places)('in %s', (_, viewWith) => {
    const plain = lineOf(describePlan(viewWith('plain words')));
    const shown = lineOf(describePlan(viewWith(nasty)));
    expect(shown).toHaveLength(plain.length);
    for (const [index, line] of shown.entries()) {
      if (line === plain[index]) continue;
      expect(line).not.toMatch(/[<>`|~$[\]!\\\r]|&(?!#\d+;)|script>/);
      // Only the bold that stands in the line without it.
      expect(line.match(/\*/g)?.length ?? 0).toBe(plain[index]?.match(/\*/g)?.length ?? 0);
      expect(line).toMatch(/^- /);
    }
    expect(shown.join('')).not.toBe(plain.join(''));
    expect(pasted(shown.join('\n'))).toBe(pasted(plain.join('\n')));
  });

  test('nor does anything else that can be written', () => {
    const text = fc.string({ unit: 'binary', maxLength: 60 });
    fc.assert(
      fc.property(text, fc.constantFrom(...places), (said, [, viewWith]) => {
        const shown = lineOf(describePlan(viewWith(said)));
        expect(shown).toHaveLength(lineOf(describePlan(viewWith('plain words'))).length);
        for (const line of shown) expect(line).not.toMatch(/[<>|~[\]!\\\r]|^#|^=/);
        expect([0, 2]).toContain(shown.filter((line) => line.startsWith('```')).length);
      }),
      { numRuns: 300 },
    );
  });
});

describe('the details stay under 30 kB, with what to paste in them,', () => {
  const long = (index: number) =>
    storeName(`${'a_'.repeat(60)}a-7100:p_4223_source-000-0:${String(index + 100).padStart(10, '0')}`);
  const sight: Sight = {
    reading: dead({ message: '{'.repeat(4_000) }),
    siblings: Array.from({ length: 50 }, (_, index) =>
      index === 49 ? healthy(T0, { store: long(index), oldestS: NEWEST_S, newestS: NEWEST_S }) : dead({ store: long(index) }),
    ),
  };
  const plan = planOf({ cm: `http://${'{'.repeat(1_000)}` }, sight);
  const refusals = Object.keys(voteRefusalWords) as VoteRefusalReason[];
  const crowded = {
    state: {
      kind: 'rejected' as const,
      withdrawn: true,
      by: { name: '_'.repeat(80), assurance: 'declared' as const, eventId: 9, atMs: T0, reason: '{'.repeat(500) },
    },
    needed: 2,
    approvals: Array.from({ length: 40 }, (_, index) => ({
      name: `approver ${index}`,
      assurance: 'attested' as const,
      eventId: index,
      atMs: T0,
      reason: '{'.repeat(500),
    })),
    refusedCount: 100_000,
    refused: refusals.map((reason, index) => ({
      reason,
      count: 5_000,
      latest: [1, 2, 3].map((nth) => ({
        eventId: 100 * nth + index,
        atMs: T0 + 1_000 * nth,
        verdict: 'approve' as const,
        reason,
        detail: '{'.repeat(200),
      })),
    })),
  };
  const worst = view({
    store: long(1),
    cluster: '_'.repeat(60),
    phase: '{'.repeat(500),
    reason: '{'.repeat(500),
    open: open({ plan, tally: crowded, warnings: Array.from({ length: 20 }, () => '{'.repeat(500)) }),
    executeByMs: T0,
    notes: Array.from({ length: 50 }, () => '{'.repeat(500)),
  });

  test('with fifty siblings, many refused votes, and everything as long as it can be', () => {
    const text = describePlan(worst);
    expect(Buffer.byteLength(text)).toBeLessThan(30_000);
    expect(pasted(text)).toBe(voteToPaste(plan));
    expect(text).toContain('**Withdrawn** by');
    expect(text).toContain('**Votes that do not count**: 100000');
    expect(text).toMatch(/- … and \d+ more siblings/);
    expect(text).toMatch(/- … and \d+ more notes/);
  });

  test('and of the siblings the healthy one is shown, wherever it stands', () => {
    expect(describePlan(worst)).toContain(`0000000149: healthy`);
  });

  test('and of what is ordinary, nothing is left out', () => {
    const ordinary = Array.from({ length: 12 }, (_, index) =>
      dead({ store: storeName(`10.0.0.${index}-7100:p_4223_source-000-0:00000001${index + 10}`) }),
    );
    const votes: Candidate[] = [
      attested(uncovered, 'mallory', { eventId: 1 }),
      attested(uncovered, 'alice', { eventId: 2 }),
      attested(uncovered, 'alice', { eventId: 3 }),
      candidate(uncovered, { eventId: 4, payload: 'yes' }),
    ];
    const text = describePlan(
      view({
        open: open({ plan: planOf({}, { reading: dead(), siblings: ordinary }), tally: count(ballotOf(), votes) }),
        notes: ['a', 'b'],
      }),
    );
    expect(text).not.toMatch(/and \d+ more/);
    expect(text.match(/\*\*Sibling\*\*/g)).toHaveLength(12);
    expect(text.match(/^- approve at /gm)).toHaveLength(3);
  });

  test('and of each kind of refusal the latest comes first', () => {
    const text = describePlan(
      view({
        open: open({
          tally: {
            ...crowded,
            refused: crowded.refused.map((kind) => ({ ...kind, latest: kind.latest.map((vote) => ({ ...vote, detail: '' })) })),
          },
        }),
      }),
    );
    const shown = text.split('\n').filter((line) => line.startsWith('- approve at '));
    expect(shown.slice(0, refusals.length).every((line) => line.includes('2026-01-05T03:00:03Z'))).toBe(true);
  });
});
