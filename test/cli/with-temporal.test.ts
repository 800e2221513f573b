import type { Client } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { guardWorkflowId, healWorkflowId, sweepScheduleId } from '../../src/domain/names.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { A, B, CLUSTER, startLiveWorld, type LiveWorld } from './live-world.ts';
import { cli, onlyJson, writeConfig, type Ended } from './run-cli.ts';

// The tests here are one story: each goes on where the one before it ended.
const STORY = { timeout: 60_000 };

let world: LiveWorld;
let simulator: Simulator;
let client: Client;
beforeAll(async () => {
  world = await startLiveWorld();
  ({ simulator, client } = world);
}, 180_000);
afterAll(() => world?.close());

const begin = (...args: string[]) => world.begin(...args);
const run = (...args: string[]) => world.run(...args);

async function eventually<T>(look: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  const deadlineMs = Date.now() + 20_000;
  for (;;) {
    const value = await look();
    if (holds(value) || Date.now() > deadlineMs) return value;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

test('before anything is applied, status and resume say that nobody guards this cluster', STORY, async () => {
  const status = await run('status');
  expect(status.code).toBe(1);
  expect(status.json).toMatchObject({
    ok: false,
    clusters: [
      {
        name: CLUSTER,
        guard: null,
        schedule: { state: 'missing' },
        trouble: [{ code: 'no-guard', run: `storekeeper schedule apply --cluster ${CLUSTER}` }],
      },
    ],
  });
  const resume = await run('resume');
  expect(resume.code).toBe(1);
  expect(resume.json).toMatchObject({ error: { code: 'no-guard', hint: expect.stringContaining('schedule apply') } });
  const show = await run('schedule', 'show');
  expect(show).toMatchObject({ code: 1, json: { schedules: [], missing: [CLUSTER] } });
  const pause = await run('schedule', 'pause');
  expect(pause).toMatchObject({ code: 1, json: { error: { code: 'no-schedule' } } });
});

test(
  'schedule apply starts an unpaused guard with the schedule it creates, and changes nothing the second time',
  STORY,
  async () => {
    const first = await run('schedule', 'apply');
    expect(first).toMatchObject({ code: 0, json: { clusters: [{ cluster: CLUSTER, result: 'created', guard: 'started' }] } });
    const second = await run('schedule', 'apply');
    expect(second).toMatchObject({ code: 0, json: { clusters: [{ result: 'unchanged', guard: 'left alone' }] } });
    const shown = await run('schedule', 'show');
    expect(shown).toMatchObject({
      code: 0,
      json: { missing: [], schedules: [{ cluster: CLUSTER, paused: false, everyMs: 1_000 }] },
    });

    interface Status {
      readonly clusters: readonly { readonly guard: { readonly pauses: object[]; readonly lastSweep: object | null } | null }[];
    }
    const swept = await eventually(
      () => run('status'),
      ({ json }) => (json as unknown as Status).clusters[0]?.guard?.lastSweep !== null,
    );
    expect(swept.json).toMatchObject({
      ok: true,
      environment: 'development',
      clusters: [
        {
          trouble: [],
          schedule: { state: 'running' },
          guard: { mode: 'act', pauses: [], lastSweep: { total: 2, counts: { healthy: 2, faulty: 0, unknown: 0 } } },
        },
      ],
    });
    expect(swept.code).toBe(0);
    const text = await begin('status').ended;
    expect(text.stdout).toMatch(/2 Stores: 2 healthy, 0 faulty, 0 unknown, 0 frozen; read \d+s ago/);
  },
);

test('the schedule can be paused and resumed, and its note says that open heals go on', STORY, async () => {
  const paused = await begin('schedule', 'pause', '--reason', 'quiet please').ended;
  expect(paused.code).toBe(0);
  expect(paused.stderr).toContain('open heals go on');
  const { state } = await client.schedule.getHandle(sweepScheduleId(CLUSTER)).describe();
  expect(state.paused).toBe(true);
  expect(state.note).toContain('paused by tester@');
  expect(state.note).toContain('quiet please');
  expect(state.note).toContain('open heals go on');
  expect(await run('schedule', 'resume')).toMatchObject({ code: 0, json: { resumed: [CLUSTER] } });
  expect((await client.schedule.getHandle(sweepScheduleId(CLUSTER)).describe()).state.paused).toBe(false);
  // From here on nobody but the command line opens incidents.
  await run('schedule', 'pause');
  expect((await begin('status').ended).stdout).toContain('schedule paused, open heals go on');
});

test('a dry run tells what would be sent, and sends nothing', STORY, async () => {
  const { code, json, stderr } = await run('heal', A, '--dry-run', '--reason', 'try');
  expect(code).toBe(0);
  expect(json).toMatchObject({
    dryRun: true,
    store: A,
    order: { reason: 'try', override: [], restartHealthy: false },
    openAlready: false,
    look: { diagnosis: 'healthy' },
  });
  expect(stderr).toContain('it is healthy: nothing would be done');
  await expect(client.workflow.getHandle(healWorkflowId(CLUSTER, A)).describe()).rejects.toMatchObject({
    name: 'WorkflowNotFoundError',
  });
});

test('an order heals a dead Store, and --wait tells its outcome', STORY, async () => {
  simulator.kill(A);
  await simulator.settled();
  const { code, json, stderr } = await run('heal', A, '--reason', 'the reader is stuck', '--yes', '--wait');
  expect(json).toMatchObject({ how: 'started', workflowId: healWorkflowId(CLUSTER, A), outcome: { kind: 'healed', store: A } });
  expect(code).toBe(0);
  expect(json['url']).toBe(
    `http://ui.example/namespaces/default/workflows/${encodeURIComponent(healWorkflowId(CLUSTER, A))}/${String(json['runId'])}`,
  );
  expect(stderr).toContain('verifying');
  expect(simulator.commands().map(({ path, store }) => [path, store])).toEqual([
    ['/crawler/clear', A],
    ['/crawler/restore', A],
  ]);
  const { typedSearchAttributes } = await client.workflow.getHandle(healWorkflowId(CLUSTER, A)).describe();
  expect(Object.fromEntries(typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]))).toMatchObject({
    StorekeeperCluster: CLUSTER,
    StorekeeperStore: A,
    StorekeeperSubtopic: 'p_4223_source-000-0',
  });
});

test(
  'a request is pending while it runs, a second one changes nothing, an order reaches it, and Ctrl-C ends only the waiting',
  STORY,
  async () => {
    simulator.inject(B, { kind: 'blind' });
    await simulator.settled();
    const request = await run('heal', B, '--yes');
    expect(request).toMatchObject({ code: 8, json: { how: 'started', outcome: null } });
    const again = await run('heal', B, '--yes');
    expect(again).toMatchObject({ code: 8, json: { how: 'open already', runId: request.json['runId'] } });

    const waiting = begin('heal', B, '--reason', 'it is stuck', '--yes', '--wait', '--json');
    await waiting.until('Ctrl-C ends the waiting');
    waiting.child.kill('SIGINT');
    const interrupted = await waiting.ended;
    expect(interrupted.code).toBe(130);
    expect(onlyJson(interrupted.stdout)).toMatchObject({ error: { code: 'interrupted' } });
    expect(await client.workflow.getHandle(healWorkflowId(CLUSTER, B)).query('incident')).toMatchObject({ order: 'it is stuck' });

    const order = begin('heal', B, '--reason', 'it is stuck still', '--yes', '--wait', '--json');
    await order.until('Ctrl-C ends the waiting');
    // Dead before it can be seen again: the order must not find it healthy.
    simulator.kill(B);
    simulator.clearFaults(B);
    await simulator.settled();
    const healed = await order.ended;
    expect(healed.code).toBe(0);
    expect(onlyJson(healed.stdout)).toMatchObject({
      how: 'handed over',
      runId: request.json['runId'],
      outcome: { kind: 'healed', attempts: [{ number: 1 }] },
    });
  },
);

test('a pause is confirmed by the guard, refuses the next stop, and ends by the resume of its owner', STORY, async () => {
  const pause = await begin('pause', '--reason', 'OMS upgrade', '--for', '60m', '--by', 'alice').ended;
  expect(pause.code).toBe(0);
  expect(pause.stdout).toContain(`${CLUSTER}: paused by alice for 60m: OMS upgrade`);
  expect(pause.stderr).toContain('their next stop is refused; restarts that are owed are still made');
  expect(await run('pause', '--reason', 'me, too')).toMatchObject({
    code: 0,
    json: { clusters: [{ confirmed: true, pauses: [{ by: 'alice' }, { by: expect.stringMatching(/^tester@/), until: null }] }] },
  });
  const before = simulator.commands().length;
  simulator.kill(A);
  await simulator.settled();
  const refused = await begin('heal', A, '--reason', 'now', '--yes', '--wait').ended;
  expect(refused.stdout).toContain('blocked: the cluster is paused');
  expect(refused.code).toBe(4);
  expect(simulator.commands()).toHaveLength(before);
  expect((await begin('status').ended).stdout).toMatch(/paused by alice \d+s ago, ends in 59m: OMS upgrade/);

  const mine = await run('resume');
  expect(mine).toMatchObject({
    code: 0,
    json: { clusters: [{ paused: true, ended: [{ by: expect.stringMatching(/^tester@/) }], remain: [{ by: 'alice' }] }] },
  });
  const nothing = await begin('resume').ended;
  expect(nothing.code).toBe(4);
  expect(nothing.stdout).toContain('still paused by alice: OMS upgrade');
  expect(nothing.stderr).toContain('--of NAME');
  expect(await run('resume', '--of', 'alice')).toMatchObject({
    code: 0,
    json: { clusters: [{ paused: false, ended: [{ by: 'alice' }], remain: [] }] },
  });
});

test('a cluster that cannot be resumed does not hide what became of the others', STORY, async () => {
  await run('pause', '--reason', 'for a moment');
  const elsewhere = { name: 'ghost', cm: 'http://127.0.0.1:1', stores: ['10.1.0.1-7100:p_1_source-000-0:0000000001'] };
  const both = await writeConfig({ clusters: [{ name: CLUSTER, cm: simulator.url, stores: [A, B] }, elsewhere] });
  const { code, stdout } = await cli(['resume', '--config', both, '--json'], { env: { TEMPORAL_ADDRESS: world.address } });
  expect(code).toBe(1);
  expect(onlyJson(stdout)).toMatchObject({
    clusters: [{ cluster: CLUSTER, paused: false }],
    error: { code: 'no-guard', message: expect.stringContaining('ghost') },
  });
});

test('a faulty Store makes status end with 1 and say why nothing is done', STORY, async () => {
  await run('pause', '--reason', 'look only');
  await run('schedule', 'resume');
  const seen = await eventually(
    () => begin('status').ended,
    ({ stdout }) => stdout.includes('NOT OPENED') && stdout.includes('the cluster is paused'),
  );
  expect(seen.code).toBe(1);
  expect(seen.stdout).toContain('1 of 2 Stores is faulty');
  expect(seen.stdout).toMatch(new RegExp(`${A}.*the cluster is paused.*look only`));
  const { json } = await run('status');
  expect(json).toMatchObject({
    clusters: [{ trouble: [{ code: 'faulty' }], guard: { ledger: [{ store: A, verdict: 'not opened', reason: 'paused' }] } }],
  });
});

test('without a worker nothing is confirmed and status says that the guard is silent', STORY, async () => {
  await world.stopWorkers();
  const [pause, status, resume] = await Promise.all([run('pause', '--reason', 'stop it'), run('status'), run('resume')]);
  expect(pause.code).toBe(4);
  expect(pause.json).toMatchObject({
    error: {
      code: 'not-confirmed',
      message: expect.stringContaining('NOT confirmed'),
      hint: expect.stringContaining('stop the worker'),
    },
  });
  expect(status.code).toBe(1);
  expect(status.json).toMatchObject({
    clusters: [{ guard: null, trouble: [{ code: 'guard-silent', run: 'storekeeper worker' }] }],
  });
  expect(resume).toMatchObject({ code: 4, json: { error: { code: 'not-confirmed' } } });
});

test('a guard that somebody ended is told apart from one that was never there', STORY, async () => {
  await client.workflow.getHandle(guardWorkflowId(CLUSTER)).terminate('test');
  const status = await run('status');
  expect(status.code).toBe(1);
  expect(status.json).toMatchObject({
    clusters: [{ trouble: [{ code: 'no-guard', message: expect.stringContaining('something ended it') }] }],
  });
  expect(await run('schedule', 'remove')).toMatchObject({ code: 0, json: { removed: [CLUSTER], missing: [] } });
  expect(await run('schedule', 'remove')).toMatchObject({ code: 1, json: { error: { code: 'no-schedule' } } });
});

test('a namespace without our search attributes is refused with the command, and --register registers them', STORY, async () => {
  await client.workflowService.registerNamespace({
    namespace: 'bare',
    workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
  });
  const inBare = (...args: string[]): Promise<Ended> =>
    cli([...args, '--config', world.config, '--json'], { env: { TEMPORAL_ADDRESS: world.address, TEMPORAL_NAMESPACE: 'bare' } });
  const refused = await eventually(
    () => inBare('schedule', 'apply'),
    ({ stdout }) => stdout.includes('search-attributes'),
  );
  expect(refused.code).toBe(1);
  expect(onlyJson(refused.stdout)).toMatchObject({
    error: { code: 'search-attributes', hint: expect.stringContaining('storekeeper schedule apply --register') },
  });
  const registered = await inBare('schedule', 'apply', '--register');
  expect(onlyJson(registered.stdout)).toMatchObject({
    registered: expect.arrayContaining(['StorekeeperPhase']),
    clusters: [{ result: 'created', guard: 'started' }],
  });
  expect(registered.code).toBe(0);
  const nowhere = await cli(['status', '--config', world.config, '--json'], {
    env: { TEMPORAL_ADDRESS: world.address, TEMPORAL_NAMESPACE: 'nowhere' },
  });
  expect(nowhere.code).toBe(2);
  expect(onlyJson(nowhere.stdout)).toMatchObject({ error: { code: 'no-namespace' } });
});
