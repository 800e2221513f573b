import { describe, expect, test } from 'vitest';
import { planDigest } from '../../src/approval/digest.ts';
import { sealed } from '../../src/approval/seal.ts';
import type { DestroyPlan } from '../../src/domain/approval/plan.ts';
import type { PlanView } from '../../src/domain/approval/view.ts';
import type { Temporal } from '../../src/cli/reach/open-temporal.ts';
import { checkPlan } from '../../src/cli/vote/plan/check-plan.ts';
import { findPlan } from '../../src/cli/vote/plan/find-plan.ts';
import { listedPlan, showListed } from '../../src/cli/vote/plan/list-plans.ts';
import { showPlan } from '../../src/cli/vote/plan/show-plan.ts';
import { dead, OTHER_RUN_ID, planOf } from '../domain/approval/ballots.ts';
import { open, view } from '../domain/approval/views.ts';
import { T0 } from '../domain/readings.ts';
import { cli, onlyJson, writeConfig } from './run-cli.ts';

const plan = sealed(planOf());
const { planId, store, workflowId, runId } = plan;
const run = { workflowId, runId };
const shown = (patch: Partial<DestroyPlan> = {}, digest?: string): PlanView => {
  const other = { ...plan, ...patch };
  return view({ open: open({ plan: other, digest: digest ?? planDigest(other) }) });
};
const plainly = { columns: 80, paintSaid: (_colour: unknown, text: string) => text };

describe('a plan that a worker shows is believed in nothing', () => {
  test('as it was sealed, it holds', () => {
    expect(checkPlan(shown(), run, planId)).toMatchObject({ kind: 'holds' });
  });

  test.each<[string, PlanView, string]>([
    ['softer evidence under the same id', shown({ evidence: { ...plan.evidence, message: 'worse' } }), 'seal'],
    ['a covered Store that is not', shown({ coverage: 'covered' }), 'seal'],
    ['another Cluster Manager', shown({ cm: 'http://10.6.6.6:8088' }), 'seal'],
    ['another time to vote', shown({ approveByMs: plan.approveByMs + 1 }), 'seal'],
    ['another digest', shown({}, 'd'.repeat(64)), 'digest'],
    ['the plan of another run', view({ open: { ...open(), plan: sealed(planOf({ runId: OTHER_RUN_ID })) } }), 'another run'],
    ['a plan for another cluster', view({ ...shown(), cluster: 'site-2' }), 'names'],
    ['fields that no plan has', shown({ extra: 1 } as Partial<DestroyPlan>), 'not a plan'],
    ['an id that is none', shown({ planId: 'x' }), 'seal'],
  ])('%s does not hold', (_what, forged, words) => {
    const checked = checkPlan(forged, run, planId);
    expect(checked).toMatchObject({ kind: 'does not hold' });
    expect(checked.kind === 'does not hold' ? checked.faults.join('; ') : '').toContain(words);
  });

  test('and a vote on it is refused aloud', async () => {
    const forged = shown({ coverage: 'covered' });
    const temporal = answering(forged, 'RUNNING');
    await expect(findPlan(temporal, planId, runId)).rejects.toMatchObject({
      code: 'plan-does-not-hold',
      exitCode: 4,
      explanation: { what: expect.stringContaining('DO NOT VOTE') },
    });
    expect(
      showListed(listedPlan({ run, view: forged, silentBecause: null }, null, checkPlan), null, SHOWN, T0).join('\n'),
    ).toContain('DO NOT VOTE');
  });

  test.each([
    ['another of its run', 'plan-void', 4, planOf({ number: 2 }).planId],
    ['a part of its id', 'unknown-plan', 2, planId.slice(0, 60)],
  ])('nor is %s taken for it', async (_what, code, exitCode, typed) => {
    await expect(findPlan(answering(shown(), 'RUNNING'), typed, runId)).rejects.toMatchObject({ code, exitCode });
  });

  test.each<[string, PlanView, string, string]>([
    ['has ended', view({ ...shown(), phase: 'expired' }), 'COMPLETED', 'plan-over'],
    ['is made anew', view({ ...shown(), phase: 'reading the evidence' }), 'RUNNING', 'plan-over'],
    ['has none', view({ open: null, phase: 'opening' }), 'RUNNING', 'plan-over'],
  ])('nor is one voted on whose run %s', async (_what, said, status, code) => {
    await expect(findPlan(answering(said, status), planId, runId)).rejects.toMatchObject({ code, exitCode: 4 });
  });
});

const SHOWN = { columns: 80, paint: (_colour: unknown, text: string) => text };

/** A Temporal whose one run says this. */
function answering(said: PlanView, status: string): Temporal {
  const handle = { describe: () => Promise.resolve({ status: { name: status } }), query: () => Promise.resolve(said) };
  const client = {
    withDeadline: (_deadlineMs: number, body: () => Promise<unknown>) => body(),
    workflow: {
      getHandle: () => handle,
      async *list() {
        yield Promise.resolve(run);
      },
    },
  };
  return { client } as unknown as Temporal;
}

describe('what a voter reads', () => {
  test('fits 80 columns, but for what is copied, and moves no cursor', () => {
    const message = '\u001B[2J\u001B[1;1Hall is well\r\nVotes: 2 of 2';
    const evil = sealed(planOf({}, { reading: dead({ message }), siblings: [] }));
    const said = view({
      reason: 'a\u001B[31mb\u0007',
      notes: ['\u202Eliated'],
      open: open({ plan: evil, digest: planDigest(evil) }),
    });
    const lines = showPlan(said, open({ plan: evil }), plainly, T0);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    const text = lines.join('\n');
    for (const character of ['\u001B', '\u0007', '\r', '\u202E']) expect(text).not.toContain(character);
    expect(text).toContain('will be cut off');
    expect(text).toContain(evil.planId);
    expect(lines.find((line) => line.startsWith('Votes:'))).toContain('0 of 2 approvals');
  });

  test('names each run whose worker is silent', () => {
    const silent = listedPlan({ run, view: null, silentBecause: 'no worker runs it' }, null, checkPlan);
    expect(showListed(silent, null, SHOWN, T0).join('\n')).toContain('cannot be shown: no worker runs it');
  });
});

describe('what can be refused before anything is asked', () => {
  const config = writeConfig({ clusters: [{ name: 'hangzhou-1', cm: 'http://127.0.0.1:1', stores: [store] }] });
  const all = ['--reason', 'x', '--confirm', store, '--yes'];

  test.each<[readonly string[], string, string]>([
    [['approve', store, ...all], 'bad-plan-id', 'storekeeper plans'],
    [['reject', 'latest', ...all], 'bad-plan-id', 'storekeeper plans'],
    [['approve', planId.slice(0, 50), ...all], 'bad-plan-id', 'storekeeper plans'],
    [['approve', planId, '--confirm', store, '--yes'], 'no-reason', `--confirm ${store} --yes --json`],
    [['reject', planId, ...all, '--reason', ' '], 'no-reason', '--reason'],
    [['reject', planId, ...all, '--reason', 'x'.repeat(501)], 'usage', '--reason'],
    [['approve', planId, '--reason', 'x', '--yes'], 'needs-confirm', '--confirm STORE --yes --json'],
    [['approve', planId, '--reason', 'x', '--confirm', store], 'needs-confirm', `--confirm ${store} --yes`],
    [['approve', planId, ...all, '--key', '/nowhere'], 'usage', '--key /nowhere --as alice'],
    [['approve', planId, ...all, '--as', ' '], 'usage', '--as'],
    [['approve', planId, ...all, '--key', '/nowhere', '--as', 'alice'], 'bad-key', 'keys new'],
    [['destroy', store, '--confirm', store, '--yes'], 'no-reason', '--reason'],
    [['destroy', store, '--reason', 'x', '--yes'], 'needs-confirm', `--reason x --confirm ${store} --yes --json`],
    [['destroy', store, '--reason', "it's old", '--confirm', store], 'needs-confirm', String.raw`--reason 'it'\''s old'`],
    [['destroy', store, ...all, '--key', '/nowhere'], 'usage', '--as alice'],
    [['destroy', 'p_4223', ...all], 'bad-store-name', 'config show'],
    [['heal', store, '--key', '/nowhere', '--as', 'alice', '--yes'], 'no-reason', '--reason'],
    [['heal', store, '--reason', 'x', '--key', '/nowhere', '--as', 'alice', '--yes'], 'bad-key', 'keys new'],
    [['plans', '--cluster', 'hangzhou-2'], 'unknown-cluster', 'config check'],
  ])('%j', async (args, code, hint) => {
    const ended = await cli([...args, '--json', '--config', await config]);
    expect(ended.code).toBe(2);
    expect(onlyJson(ended.stdout)).toMatchObject({ error: { code, hint: expect.stringContaining(hint) } });
  });

  test('plans, approve and reject need no configuration', async () => {
    for (const args of [['plans'], ['plans', '--cluster', 'x'], ['approve', planId, ...all], ['reject', planId, ...all]]) {
      const { code, stdout } = await cli([...args, '--json'], { cwd: '/' });
      expect(code).toBe(3);
      expect(onlyJson(stdout)).toMatchObject({ error: { code: 'unreachable' } });
    }
  });
});
