import { describe, expect, test } from 'vitest';
import { planDigest } from '../../src/approval/digest.ts';
import { MINUTE, SECOND, STORE, storeName, T0 } from '../domain/readings.ts';
import { CLUSTER, Story, evidence, OTHER_RUN, planOf, rules } from './story.ts';
import { approved, auditOf, begun, done, scheduledIn, whyIn } from './destroy-stories.ts';
import { brokenIn, violationsIn } from './edited.ts';

describe('the last look', () => {
  const sibling = (seq: string, patch: object = {}) => ({
    kind: 'seen',
    store: storeName(`10.0.0.9-7100:p_4223_source-000-0:${seq}`),
    trusted: true,
    status: 0,
    checkpoints: { oldestS: 1, newestS: 9_999_999_999 },
    ...patch,
  });
  const sent = (siblings: readonly object[]): Story => {
    const story = approved().lease();
    const proof = { digest: planDigest(story.plan), requesters: { proven: true, principals: [], keys: [], names: [] }, siblings };
    return story.destroy({ report: { proof } }).ended();
  };

  test('a sibling that the plan does not name breaks 7: the votes were given on another subtopic than this', () => {
    const report = auditOf(sent([sibling('0000000009', { status: 1 })]));
    expect(whyIn(report)).toContain('not that of the plan any more: siblings');
  });

  test('a plan that says uncovered, while a sibling covered the Store, was void', () => {
    expect(whyIn(auditOf(sent([sibling('0000000009')])))).toContain('siblings, coverage');
  });

  test('the Store itself under another port is no sibling', () => {
    const self = sibling(STORE.split(':').at(-1) ?? '');
    expect(brokenIn(auditOf(sent([self])))).toEqual([]);
  });
});

describe('rejections and clocks', () => {
  test('a rejection before the destroy breaks 7 at its event, also after the quorum', () => {
    const story = approved().vote({ by: 'carol', verdict: 'reject' });
    const rejected = story.last;
    expect(brokenIn(auditOf(done(story)))).toEqual([`7@${rejected}`]);
  });

  test('a rejection by a stranger ends nothing', () => {
    expect(brokenIn(auditOf(done(approved().vote({ by: 'mallory', verdict: 'reject' }))))).toEqual([]);
  });

  test('a rejection while it was sent is told as what it is', () => {
    const story = approved().lease().destroy({ open: true }).vote({ by: 'carol', verdict: 'reject' });
    const report = auditOf(story);
    expect(report.ok).toBe(true);
    expect(report.runs[0]?.commands[0]?.notShown.join()).toContain(`the rejection of event ${story.last}`);
  });

  test('a destroy that was scheduled after the time to act breaks 7', () => {
    const story = approved()
      .lease()
      .destroy({ atMs: T0 + 16 * MINUTE })
      .ended();
    expect(brokenIn(auditOf(story))).toEqual([`7@${scheduledIn(story)}`]);
  });

  test('a destroy that the guard let pass after the time to act breaks 7', () => {
    const story = approved().lease();
    const digest = auditOf(done(approved())).runs[0]?.commands[0]?.digests.plan;
    story.destroy({ report: { proof: { digest, passedMs: T0 + 16 * MINUTE } } }).ended();
    expect(brokenIn(auditOf(story))).toEqual([`7@${story.last - 1}`, `13@${story.last - 1}`]);
  });

  test('a plan with more time to approve than its rules give breaks 7 at the plan', () => {
    const plan = planOf({ approveByMs: T0 + 5 * 60 * MINUTE });
    const story = done(new Story({ plan }).started().sealed().vote({ by: 'alice' }).vote({ by: 'bob' }));
    expect(brokenIn(auditOf(story))).toEqual(['7@4']);
  });
});

describe('the plan', () => {
  const on = (plan: ReturnType<typeof planOf>, patch: object = {}): Story =>
    done(new Story({ plan }).started().sealed(plan, patch).vote({ by: 'alice' }).vote({ by: 'bob' }));

  test('a plan that was changed under its id breaks 7', () => {
    const plan = { ...planOf(), cm: 'http://10.0.0.6:8088' };
    expect(brokenIn(auditOf(on(plan)))).toEqual(['7@4']);
    expect(whyIn(auditOf(on(plan)))).toContain('something in it was changed');
  });

  test('another plan under the same id, sealed later, breaks 7', () => {
    const story = approved();
    const [sealedBefore, plan] = [story.last, { ...story.plan, cm: 'http://10.0.0.6:8088' }];
    done(story.sealed(plan));
    expect(brokenIn(auditOf(story))).toContain(`7@${sealedBefore + 3}`);
  });

  test('one plan that was sealed twice, the second time under laxer rules, breaks 7', () => {
    const story = begun();
    story.sealed(story.plan, { rules: { ...rules, quorum: 1 } });
    const broken = violationsIn(auditOf(done(story.vote({ by: 'alice' }).vote({ by: 'bob' }))));
    expect(broken.map(({ invariant, eventId }) => `${invariant}@${eventId}`)).toEqual(['7@4']);
    expect(broken[0]?.what).toContain('one of them lies');
  });

  test("a digest that is not the plan's breaks 7", () => {
    expect(brokenIn(auditOf(on(planOf(), { digest: 'f'.repeat(64) })))).toEqual(['7@4']);
  });

  test('a plan of another run breaks 7, and its command 13', () => {
    const plan = planOf({ runId: OTHER_RUN });
    const story = on(plan);
    const broken = brokenIn(auditOf(story));
    expect(broken).toContain('7@4');
    expect(broken).toContain(`13@${scheduledIn(story)}`);
  });

  test('a plan about another Store breaks 7', () => {
    const plan = planOf({ store: storeName('10.0.0.7-7100:p_4223_source-000-0:0000000008') });
    expect(whyIn(auditOf(on(plan)))).toContain('the plan is about');
  });

  test('a plan that was never sealed breaks 7', () => {
    const story = done(new Story().started().vote({ by: 'alice' }).vote({ by: 'bob' }));
    expect(brokenIn(auditOf(story))).toEqual([`7@${scheduledIn(story)}`]);
  });

  test('votes on a plan that another one replaced are void', () => {
    const story = approved().sealed(planOf({ nonce: 'ff'.repeat(16) }));
    const report = auditOf(done(story));
    expect(brokenIn(report)).toEqual([`7@${scheduledIn(story)}`]);
    expect(whyIn(report)).toContain('taken the place');
  });

  test('a plan that calls itself covered and is not breaks 7', () => {
    expect(whyIn(auditOf(on(planOf({ coverage: 'covered' }))))).toContain('the plan says covered');
  });

  test('a plan that was made on an unknown reading breaks 1', () => {
    const unknown = { ...evidence, reading: { ...evidence.reading, trusted: false } };
    expect(brokenIn(auditOf(on(planOf(), { evidence: unknown })))).toEqual(['1@4']);
  });
});

describe('the request', () => {
  test('two destroys for one plan break 8 at the second', () => {
    const story = approved()
      .lease()
      .destroy({ report: { answer: { kind: 'unknown', detail: 'lost', tookMs: 1 } } })
      .destroy();
    expect(brokenIn(auditOf(story))).toEqual([`8@${story.last - 2}`]);
  });

  test('a destroy that was not sent is none', () => {
    const story = approved()
      .lease()
      .destroy({ report: { kind: 'not sent' } })
      .destroy()
      .ended();
    const report = auditOf(story);
    expect(brokenIn(report)).toEqual([]);
    expect(report.runs[0]).toMatchObject({ notSent: 1, commands: [{ verb: 'destroy' }] });
  });

  test.each([
    ['healthy', { ...evidence.reading, status: 0 }, '1'],
    ['unknown', { ...evidence.reading, trusted: false }, '1'],
    ['of another status', { ...evidence.reading, status: 2 }, '7'],
    ['of another checkpoint', { ...evidence.reading, checkpoints: { oldestS: 1, newestS: 2 } }, '7'],
    ['with another message', { ...evidence.reading, message: 'disk full' }, '7'],
  ])('a last look that is %s is found', (_name, reading, invariant) => {
    const story = approved()
      .lease()
      .destroy({ report: { evidence: { reading, raw: { encoding: 'text', data: 'CM said this' } } } })
      .ended();
    expect(brokenIn(auditOf(story))).toContain(`${invariant}@${story.last - 1}`);
  });

  test('the time stamp in a message is no change', () => {
    const reading = { ...evidence.reading, message: evidence.reading.message.replace('Oct 30', 'Oct 31') };
    const story = approved()
      .lease()
      .destroy({ report: { evidence: { ...evidence, reading } } })
      .ended();
    expect(brokenIn(auditOf(story))).toEqual([]);
  });

  test("without a lease, or with another run's, it breaks 3", () => {
    for (const story of [approved().destroy().ended(), approved().lease(OTHER_RUN).destroy().ended()]) {
      expect(brokenIn(auditOf(story))).toEqual([`3@${scheduledIn(story)}`]);
    }
  });

  test('a lease for a plan whose votes became void is given back, and is none for the next plan', () => {
    const story = approved().lease().activity('tellGuard', { cluster: CLUSTER, signal: 'proposed', message: {} }, {});
    expect(brokenIn(auditOf(story.destroy().ended()))).toEqual([`3@${scheduledIn(story)}`]);
  });

  test('without an account of what was verified it breaks 7', () => {
    const story = approved()
      .lease()
      .destroy({ report: { proof: null } })
      .ended();
    expect(brokenIn(auditOf(story))).toEqual([`7@${story.last - 1}`]);
  });

  test('a request that is open is listed as unknown', () => {
    const report = auditOf(approved().lease().destroy({ open: true }));
    expect(report.ok).toBe(true);
    expect(report.runs[0]?.commands[0]).toMatchObject({ answer: 'unknown', evidence: null });
  });

  test('an answer that came a minute after the request is no late request', () => {
    const report = { answer: { kind: 'done', detail: '', tookMs: 90 * SECOND } };
    expect(
      brokenIn(
        auditOf(
          approved()
            .lease()
            .destroy({ report, tookMs: 100 * SECOND }),
        ),
      ),
    ).toEqual([]);
  });
});
