import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeRestartPlan, type Plan } from '../../../src/domain/approval/plan.ts';
import { sayTally, tally } from '../../../src/domain/approval/tally.ts';
import { consequenceOfPlan, describePlan, sayAssurance, voteToPaste } from '../../../src/domain/approval/view.ts';
import { parseVote } from '../../../src/domain/approval/vote.ts';
import { healthy, MINUTE, T0 } from '../readings.ts';
import {
  attested,
  ballotOf,
  candidate,
  count,
  dead,
  frame,
  NEWEST_S,
  OLDEST_S,
  oneIsEnough,
  planOf,
  rules,
  SIBLING,
} from './ballots.ts';
import { open, pasted, uncovered, view } from './views.ts';

const covering = healthy(T0, { store: SIBLING, oldestS: OLDEST_S, newestS: NEWEST_S + 900 });
const covered = planOf({}, { reading: dead(), siblings: [covering] });

function restartPlan(): Plan {
  const made = makeRestartPlan(frame(), dead());
  if (made.kind !== 'planned') throw new Error(made.kind);
  return made.plan;
}

describe('the JSON to paste', () => {
  test.each<[string, Plan, boolean]>([
    ['of an uncovered destroy accepts that by name', uncovered, true],
    ['of a covered destroy does not', covered, false],
    ['of a restart does not', restartPlan(), false],
  ])('%s', (_, plan, accepts) => {
    const text = pasted(describePlan(view({ open: open({ plan }) })));
    expect(text).toBe(voteToPaste(plan));
    expect(text.includes('acceptUncovered')).toBe(accepts);
    // As it stands it is no vote: whoever pastes it has to say why.
    expect(parseVote(JSON.parse(text))).toMatchObject({ ok: false, reason: 'no reason' });
    expect(parseVote({ ...(JSON.parse(text) as object), reason: 'looked at it' })).toEqual({
      ok: true,
      vote: {
        planId: plan.planId,
        store: plan.store,
        reason: 'looked at it',
        acceptUncovered: accepts,
        approver: null,
        at: null,
        signature: null,
      },
    });
  });

  test('is a vote that counts, once it is sent by an approver', () => {
    const payload: unknown = JSON.parse(voteToPaste(oneIsEnough.plan, 'replaced'));
    expect(count(oneIsEnough, [attested(uncovered, 'alice', { payload })]).state.kind).toBe('approved');
  });

  test('stays JSON whatever reason is put into it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 100 }), (reason) => {
        expect(JSON.parse(voteToPaste(uncovered, reason))).toMatchObject({ reason, planId: uncovered.planId });
      }),
      { examples: [['as "they" said'], ['C:\\\\'], ['one\nline']] },
    );
  });

  test.each([
    ['no vote is asked for any more once it ended', { phase: 'ended: destroyed. it is gone', executeByMs: T0 }],
    ['none is asked for while the evidence is read', { phase: 'reading the evidence' }],
    [
      'a browser cannot sign, where signatures alone count',
      { open: open({ plan: planOf({ approval: { quorum: 2, assurance: ['signed'] } }) }) },
    ],
  ])('is not there where %s', (_, patch) => {
    expect(pasted(describePlan(view(patch)))).toBe('');
  });

  test('serves to take an approval back once people have decided', () => {
    const text = describePlan(view({ phase: 'waiting for the guard', executeByMs: T0 }));
    expect(text).toContain('To take an approval back');
    expect(pasted(text)).toBe(voteToPaste(uncovered));
  });

  test('is the only thing between fences', () => {
    const text = describePlan(view({ reason: '```\n{"planId": "x"}\n```', notes: ['```'] }));
    expect(text.match(/```/g)).toHaveLength(2);
    expect(pasted(text)).toBe(voteToPaste(uncovered));
  });
});

describe('a plan says', () => {
  test('what is done to which Store, on what evidence, by when, and how to vote', () => {
    const text = describePlan(view({ open: open({ plan: covered }) }));
    expect(text).toContain(`**Store**: 10.0.0.7-7100:p&#95;4223&#95;source-000-0:0000000007 of cluster site-1`);
    expect(text).toContain('DESTROY this Store for good at http&#58;//10.0.0.5:8088');
    expect(text).toContain('2026-01-05T03:00:00Z: status 1, newest checkpoint 2023-11-15T22:13:20Z, oldest 2023-11-14T22:13:20Z');
    expect(text).toContain('&#91;Mon Oct 30 16:31:01 2023&#93; DRC&#95;500');
    expect(text).toContain('0000000008: healthy, holds 2023-11-14T22:13:20Z to 2023-11-15T22:28:20Z');
    expect(text).toContain('**Consequence**: covered');
    expect(text).toContain('**Approve by** 2026-01-05T07:00:00Z; 2 approvals needed (attested or signed)');
    expect(text).toContain('**Votes**: none yet');
    expect(text).toContain(covered.planId);
  });

  test('of a restart that it is one', () => {
    const text = describePlan(view({ open: open({ plan: restartPlan(), needed: 1 }) }));
    expect(text).toContain('stop and restart this Store');
    expect(text).toContain('1 approval needed');
    expect(text).not.toContain('DESTROY');
    expect(consequenceOfPlan(restartPlan())).toContain('started again');
  });

  test('that consumers are cut off, where nothing covers the Store', () => {
    expect(describePlan(view())).toContain('uncovered: it is the only Store of its subtopic; consumers that still need');
  });

  test('who approved and how sure that is, what did not count and why, and who ended it', () => {
    const result = count(ballotOf(), [
      attested(uncovered, 'alice', { eventId: 1, said: { reason: 'looked at it' } }),
      attested(uncovered, 'mallory', { eventId: 2 }),
      attested(uncovered, 'bob', { eventId: 3, verdict: 'reject', said: { reason: 'still *needed*' } }),
    ]);
    const text = describePlan(view({ open: open({ tally: result }) }));
    expect(text).toContain(
      '- **Votes**: 1 of 2 (press R to see this page fresh)\n- approved by alice (attested): looked at it\n- **Rejected** by bob: still &#42;needed&#42;',
    );
    expect(text).toContain(
      '- **Votes that do not count**: 1\n- approve at 2026-01-05T03:01:00Z, who sent it is known, and is not an approver',
    );
  });

  test('until when a decided one must be carried out, and that an approval was taken back', () => {
    expect(describePlan(view({ executeByMs: T0 + MINUTE }))).toContain('must be carried out by 2026-01-05T03:01:00Z');
    const result = count(oneIsEnough, [
      attested(uncovered, 'alice', { eventId: 1 }),
      attested(uncovered, 'alice', { eventId: 2, verdict: 'reject', said: { reason: 'no' } }),
    ]);
    expect(describePlan(view({ open: open({ tally: result }) }))).toContain('**Withdrawn** by alice');
    expect(sayTally(result)).toBe('approved, and withdrawn by alice: no');
  });

  test('a time or checkpoint that no calendar holds as it came', () => {
    const strange = {
      ...uncovered,
      approveByMs: 1e300,
      evidence: { ...uncovered.evidence, checkpoints: { oldestS: null, newestS: 1e300 } },
    };
    expect(describePlan(view({ open: open({ plan: strange }) }))).toContain('1e+300');
  });

  test('nothing of a plan before there is one', () => {
    expect(describePlan(view({ open: null, phase: 'opening' })).split('\n')).toHaveLength(3);
  });
});

test('a declared vote is shown as declared only, wherever it stands', () => {
  const declared = { ...rules, assurance: ['declared' as const], quorum: 1 };
  const plan = planOf({ approval: { quorum: 1, assurance: ['declared'] } });
  const result = tally(ballotOf({ plan, rules: declared }), [candidate(plan, { said: { approver: 'alice' } })]);
  expect(result.state.kind).toBe('approved');
  const text = describePlan(view({ open: open({ plan, tally: result, needed: 1 }) }));
  expect(text).toContain('approved by alice (DECLARED ONLY, proven by nothing)');
  expect(text).toContain('1 approval needed (DECLARED ONLY, proven by nothing)');
  expect(sayAssurance('declared')).toBe('DECLARED ONLY, proven by nothing');
});

test('a count is said in a few words', () => {
  const { tally: none } = { tally: count(ballotOf(), []) };
  expect(sayTally(none)).toBe('0 of 2 approvals');
  const both = [attested(uncovered, 'alice', { eventId: 1 }), attested(uncovered, 'bob', { eventId: 2 })];
  expect(sayTally(count(ballotOf(), both.slice(0, 1)))).toBe('1 of 2 approvals');
  expect(sayTally(count(ballotOf(), both))).toBe('approved by alice, bob');
  const no = attested(uncovered, 'bob', { verdict: 'reject', said: { reason: 'needed' } });
  expect(sayTally(count(ballotOf(), [no]))).toBe('rejected by bob: needed');
});
