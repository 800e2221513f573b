import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AuditReport } from '../../src/audit/report.ts';
import { WORKFLOW_QUEUE } from '../../src/domain/names.ts';
import type { PlanView } from '../../src/domain/approval/view.ts';
import { ALICE_KEY, ALICE_PRIVATE, BOB_KEY, BOB_PRIVATE } from '../approval/fixed-keys.ts';
import { Edited } from '../audit/edited.ts';
import { planOf, rules, signedWords, Story } from '../audit/story.ts';
import { A, B, CLUSTER, type LiveWorld, startLiveWorld } from './live-world.ts';
import { cli, onlyJson, writeConfig } from './run-cli.ts';

const recorded = (name: string): string => fileURLToPath(new URL(`../histories/${name}.json`, import.meta.url));
let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'storekeeper-audit-'))));
afterAll(() => rm(folder, { recursive: true, force: true }));

async function written(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

describe('an audit of files', () => {
  test('a good history is told command by command, and ends with 0', async () => {
    const { code, stdout, stderr } = await cli(['audit', recorded('healed')]);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toContain('  STOP 10.0.0.7-7100:p_4223_source-000-0:0000000007 in test-1\n');
    expect(stdout).toContain('rests on  a confirmed streak of 5 trusted readings over 90 s, event 27');
    expect(stdout).toMatch(/\n2 commands, 0 invariants broken\n$/);
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test('what is broken stands with its number and event, and it ends with 1', async () => {
    const edited = (await Edited.of('healed')).without('watchStore');
    const path = await written('unconfirmed.json', JSON.stringify({ events: edited.events }));
    const { code, stdout } = await cli(['audit', path, recorded('escalated')]);
    expect(code).toBe(1);
    expect(stdout).toContain(`BROKEN    invariant 2, event ${edited.scheduled('stopStore')}: `);
    expect(stdout).toMatch(/\n8 commands, 1 invariant broken\n$/);
    const json = onlyJson((await cli(['audit', path, '--json'])).stdout);
    expect(json).toMatchObject({ ok: false, commands: 2, broken: 1, runs: [{ violations: [{ invariant: 2 }] }] });
  });

  test('declared votes are marked', async () => {
    const plan = planOf({}, ['declared']);
    const story = new Story({ stamped: false, plan }).started();
    story.sealed(plan, { rules: { ...rules, assurance: ['declared'], quorum: 1 } }).vote({ value: { approver: 'alice' } });
    const path = await written(
      'declared.json',
      historyToJSON(
        story
          .vote({ value: { approver: 'bob' } })
          .lease()
          .destroy()
          .history(),
      ),
    );
    const { code, stdout } = await cli(['audit', path]);
    expect(code).toBe(0);
    expect(stdout).toContain('votes     alice approved, DECLARED ONLY');
  });

  test('text of a history moves no cursor', async () => {
    const story = new Story({ stamped: false })
      .started()
      .sealed()
      .vote({ value: { approver: 'ali\u001B[2Jce' } });
    const path = await written('hostile.json', historyToJSON(story.lease().destroy().ended().history()));
    const { code, stdout } = await cli(['audit', path]);
    expect(code).toBe(1);
    expect(stdout).not.toContain('\u001B');
    expect(stdout).toContain('DESTROY');
    expect(stdout).toContain('NOT COUNTED');
  });

  test.each([
    ['not-there.json', 'there is no such file'],
    ['garbage.json', 'not JSON'],
    ['.', 'it is a folder'],
  ])('%s is no history: three lines, and exit code 2', async (name, why) => {
    await written('garbage.json', 'what is this');
    const { code, stdout, stderr } = await cli(['audit', name === '.' ? folder : join(folder, name)]);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(why);
    expect(stderr.trimEnd().split('\n')).toHaveLength(3);
  });

  test('the shape of --json is told by --help', async () => {
    const { stdout } = await cli(['audit', '--help']);
    for (const word of ['violations', 'notShown', 'openDebts', 'assurance', 'Exit code']) expect(stdout).toContain(word);
  });

  test('--run belongs to one workflow id', async () => {
    expect((await cli(['audit', recorded('healed'), '--run', 'x'])).code).toBe(2);
  });

  test('without Temporal, a workflow id cannot be looked up: exit code 3', async () => {
    expect((await cli(['audit', 'heal:site-1:x'])).code).toBe(3);
  });
});

describe('an audit of what Temporal keeps', () => {
  let world: LiveWorld;
  const id = 'destroy:site-1:10.0.0.7-7100:p_4223_source-000-0:0000000007';
  const started: string[] = [];
  const approvers = [
    { name: 'alice', keys: [ALICE_KEY] },
    { name: 'bob', keys: [BOB_KEY] },
  ];
  const approval = { assurance: ['signed'], quorum: 1, approvers, approveWithin: '5m', executeWithin: '2m' };

  beforeAll(async () => {
    world = await startLiveWorld({ mode: 'observe', approval });
    for (const reason of ['first', 'second']) {
      const handle = await world.client.workflow.start('destroyStore', {
        workflowId: id,
        taskQueue: 'nobody',
        args: [{ reason }],
      });
      started.push(handle.firstExecutionRunId);
      if (reason === 'first') await handle.terminate('for the test');
    }
  }, 180_000);
  afterAll(() => world?.close());

  const run = (...args: string[]) => world.begin('audit', ...args).ended;

  test('what the product did on a real server is found as the design has it', async () => {
    expect((await world.run('schedule', 'apply')).code).toBe(0);
    const workflowId = `heal:${CLUSTER}:${A}`;
    const order = { cluster: CLUSTER, store: A, reason: 'for the test', override: ['mode'], restartHealthy: true };
    const handle = await world.client.workflow.start('healStore', { workflowId, taskQueue: WORKFLOW_QUEUE, args: [order] });
    await handle.result();
    const { code, json } = await world.run('audit', workflowId, `guard:${CLUSTER}`);
    const runs = json['runs'] as AuditReport['runs'];
    expect(runs.flatMap(({ violations }) => violations)).toEqual([]);
    expect(code).toBe(0);
    expect(runs.flatMap(({ commands }) => commands)).toMatchObject([
      {
        verb: 'stop',
        answer: 'done',
        restsOn: { kind: 'order', eventId: 1 },
        evidence: { diagnosis: 'healthy', raw: true },
        notShown: [],
      },
      { verb: 'restart', answer: 'done', restsOn: { kind: 'stop' }, notShown: [] },
    ]);
    expect(runs.find(({ workflowType }) => workflowType === 'guardCluster')?.notAudited).toContain('sends no commands');
  }, 90_000);

  test('a destroy that people signed for is found as they approved it, by the configuration, too', async () => {
    world.simulator.kill(B);
    const workflowId = `destroy:${CLUSTER}:${B}`;
    const request = { cluster: CLUSTER, store: B, reason: 'for the test' };
    const handle = await world.client.workflow.start('destroyStore', { workflowId, taskQueue: WORKFLOW_QUEUE, args: [request] });
    const { plan } = await openPlan(() => handle.query<PlanView>('plan'));
    for (const [name, key] of [['alice', ALICE_PRIVATE] as const, ['bob', BOB_PRIVATE] as const]) {
      await handle.signal('approve', { planId: plan.planId, store: plan.store, ...signedWords(plan, name, key) });
    }
    expect(await handle.result()).toMatchObject({ kind: 'destroyed' });
    // `run` gives the configuration of this world by --config.
    const { code, json } = await world.run('audit', workflowId);
    const [audited] = json['runs'] as AuditReport['runs'];
    expect(audited?.violations).toEqual([]);
    expect(code).toBe(0);
    expect(audited?.commands).toMatchObject([
      {
        verb: 'destroy',
        answer: 'done',
        restsOn: { kind: 'plan', planId: plan.planId, coverage: 'uncovered' },
        votes: [
          { name: 'alice', assurance: 'signed', key: ALICE_KEY, counted: true },
          { name: 'bob', assurance: 'signed', key: BOB_KEY, counted: true },
        ],
        clocks: { needed: 2, approveByMs: plan.approveByMs },
      },
    ]);
  }, 60_000);

  test('all runs that are kept are audited, and one by --run', async () => {
    await expect
      .poll(
        async () => {
          const json = onlyJson((await run(id, '--json')).stdout) as { runs: { run: { runId: string }; ended: string }[] };
          return json.runs.map(({ run: { runId }, ended }) => [runId, ended]);
        },
        { timeout: 15_000 },
      )
      .toEqual([
        [started[0], 'terminated'],
        [started[1], 'running'],
      ]);
    const one = await run(id, '--run', started[0] ?? '', '--json');
    expect(one.code).toBe(0);
    expect((onlyJson(one.stdout)['runs'] as unknown[]).length).toBe(1);
  }, 30_000);

  test('a workflow that there is none of ends with 2, and says what to name', async () => {
    const { code, stderr } = await run('heal:site-1:nothing');
    expect(code).toBe(2);
    expect(stderr).toContain('There is no workflow heal:site-1:nothing');
    expect((await run(id, '--run', '01a210e0-fc11-7ee0-9647-d9f39c0d3b61')).code).toBe(2);
    expect((await run(id, '--run', 'no uuid')).code).toBe(2);
  });

  test('--config names the file whose approvers must know the voters', async () => {
    const config = await writeConfig('clusters: 5');
    const { code, stderr } = await cli(['audit', recorded('healed'), '--config', config]);
    expect(code).toBe(2);
    expect(stderr).toContain(config);
  });
});

async function openPlan(ask: () => Promise<PlanView>): Promise<NonNullable<PlanView['open']>> {
  const deadlineMs = Date.now() + 30_000;
  for (;;) {
    const open = await ask().then(
      (view) => view.open,
      () => null,
    );
    if (open !== null) return open;
    if (Date.now() > deadlineMs) throw new Error('no plan was made');
    await sleep(200);
  }
}
