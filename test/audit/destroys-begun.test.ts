import { describe, expect, test } from 'vitest';
import { audit } from '../../src/audit/audit.ts';
import { STORE, T0 } from '../domain/readings.ts';
import { CLUSTER, Story, OTHER_RUN, planOf, RUN, WORKFLOW } from './story.ts';
import { approved, auditOf, begun, done, scheduledIn, whyIn } from './destroy-stories.ts';
import { brokenIn } from './edited.ts';

describe('resets and the chain of starts', () => {
  const parent = { parentWorkflowExecution: { workflowId: `heal:${CLUSTER}:${STORE}`, runId: OTHER_RUN } };

  test('votes that a reset replayed do not count in the new run', () => {
    const story = begun().vote({ by: 'alice' }).vote({ by: 'bob' }).resetTo(OTHER_RUN);
    story.vote({ by: 'resetter' }).vote({ by: 'resetter' }).add({ workflowTaskScheduledEventAttributes: {} });
    story.lease(OTHER_RUN).destroy({ input: { commandId: `${story.plan.planId}#1` } });
    const broken = brokenIn(auditOf(story));
    expect(broken).toContain(`7@${story.last - 2}`);
    expect(broken).toContain(`13@${story.last - 2}`);
  });

  test("a destroy that was carried out before a reset is the old run's, and stands", () => {
    const story = approved().lease().destroy().resetTo(OTHER_RUN).add({ workflowTaskScheduledEventAttributes: {} });
    const report = auditOf(story);
    expect(report.ok).toBe(true);
    expect(report.runs.map(({ run, commands }) => [run.runId, commands.length])).toEqual([
      [RUN, 1],
      [OTHER_RUN, 0],
    ]);
  });

  test('whoever reset the run asked for it', () => {
    const plan = planOf({ runId: OTHER_RUN });
    const story = new Story({ plan }).started().resetTo(OTHER_RUN, 'alice').add({ workflowTaskScheduledEventAttributes: {} });
    done(story.sealed(plan).vote({ by: 'alice' }).vote({ by: 'bob' }));
    const report = audit([story.history()]);
    expect(whyIn(report)).toContain('asked for it');
  });

  test('whoever ordered the heal that proposed it cannot approve, once that history is given', () => {
    const story = done(
      new Story()
        .started('worker', parent)
        .sealed(planOf(), { requesters: { proven: true, principals: [], keys: [], names: [] } })
        .vote({ by: 'alice' })
        .vote({ by: 'bob' }),
    );
    const alone = auditOf(story);
    expect(alone.ok).toBe(true);
    expect(alone.runs[0]?.commands[0]?.notShown.join()).toContain(`run ${OTHER_RUN}: give its history, too`);
    const heal = new Story().add(
      {
        workflowExecutionStartedEventAttributes: {
          workflowId: `heal:${CLUSTER}:${STORE}`,
          originalExecutionRunId: OTHER_RUN,
          workflowType: { name: 'healStore' },
        },
      },
      { by: 'alice', atMs: T0 },
    );
    for (const report of [audit([story.history()], { context: [heal.history()] }), audit([story.history(), heal.history()])]) {
      expect(brokenIn(report)).toEqual([`7@${scheduledIn(story)}`]);
      expect(whyIn(report)).toContain('asked for it');
    }
  });

  test('what the sealing worker claims of requesters counts against them', () => {
    const requesters = { proven: true, principals: [{ type: 'jwt', name: 'bob@site' }], keys: [], names: [] };
    const story = new Story().started();
    done(story.sealed(story.plan, { requesters }).vote({ by: 'alice' }).vote({ by: 'bob' }));
    expect(brokenIn(auditOf(story))).toEqual([`7@${scheduledIn(story)}`]);
  });

  test("a destroy under another workflow id than its Store's breaks 10", () => {
    const story = approved().lease().destroy().ended();
    const [start] = story.events as { workflowExecutionStartedEventAttributes?: { workflowId: string } }[];
    expect(start?.workflowExecutionStartedEventAttributes?.workflowId).toBe(WORKFLOW);
    if (start?.workflowExecutionStartedEventAttributes !== undefined)
      start.workflowExecutionStartedEventAttributes.workflowId = 'mine';
    expect(brokenIn(auditOf(story))).toContain(`10@${scheduledIn(story)}`);
  });
});
