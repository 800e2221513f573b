import proto from '@temporalio/proto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cmQueue, destroyQueue, WORKFLOW_QUEUE } from '../../src/domain/names.ts';
import { connectClient, type TemporalConnection } from '../../src/temporal/connect.ts';
import { startDevServer, type DevServer } from '../../src/temporal/dev-server.ts';
import { registerSearchAttributes } from '../../src/temporal/search-attributes.ts';
import { cli, onlyJson, startCli, writeConfig, type RunningCli } from '../cli/run-cli.ts';
import { devServerPath } from '../temporal-servers.ts';

const STORE = '10.0.0.7-7100:p_4223_source-000-0:0000000007';
const CLUSTER = 'hangzhou-1';
const { TASK_QUEUE_TYPE_WORKFLOW: WORKFLOWS, TASK_QUEUE_TYPE_ACTIVITY: ACTIVITIES } =
  proto.temporal.api.enums.v1.TaskQueueType;
const config = writeConfig({ clusters: [{ name: CLUSTER, cm: 'http://127.0.0.1:1', stores: [STORE] }] });

describe('which roles a worker has is said in so many words', () => {
  test.each([
    [['--only', 'destory'], 'did you mean destroy?'],
    [['--only', 'Destroy'], 'did you mean destroy?'],
    [['--only', ''], 'the roles are workflows, clusters, destroy'],
    [['--only', 'clusters,'], '(nothing)'],
    [['--except', 'workflow'], 'did you mean workflows?'],
    [['--except', 'workflows,clusters,destroy'], 'nothing to do'],
    [['--only', 'destroy', '--except', 'clusters'], '--only and --except stand together'],
  ])('worker %j is wrong usage', async (options, words) => {
    const { code, stdout } = await cli(['worker', ...options, '--json', '--config', await config]);
    expect(code).toBe(2);
    expect(onlyJson(stdout)).toMatchObject({
      error: { code: 'usage', message: expect.stringContaining(words), hint: expect.stringContaining('worker --only destroy') },
    });
  });
});

describe('a worker polls what its roles need, and nothing else', () => {
  let server: DevServer;
  let temporal: TemporalConnection;
  beforeAll(async () => {
    server = await startDevServer({ ui: false, port: 0, env: { ...process.env, TEMPORAL_CLI_PATH: await devServerPath() } });
    temporal = await connectClient({ TEMPORAL_ADDRESS: server.address });
  });
  afterAll(async () => {
    await temporal?.connection.close();
    await server?.stop();
  });

  async function startWorker(...options: string[]): Promise<RunningCli> {
    return startCli(['worker', ...options, '--config', await config], { env: { TEMPORAL_ADDRESS: server.address } });
  }

  async function isPolled(name: string, taskQueueType: number, { child }: RunningCli): Promise<boolean> {
    const { namespace } = temporal;
    const { pollers } = await temporal.connection.workflowService.describeTaskQueue({
      namespace,
      taskQueue: { name },
      taskQueueType,
    });
    return (pollers ?? []).some(({ identity }) => identity?.endsWith(`:${child.pid}`));
  }

  async function polled(worker: RunningCli): Promise<Record<string, boolean>> {
    return {
      workflows: await isPolled(WORKFLOW_QUEUE, WORKFLOWS, worker),
      desk: await isPolled(WORKFLOW_QUEUE, ACTIVITIES, worker),
      clusters: await isPolled(cmQueue(CLUSTER), ACTIVITIES, worker),
      destroy: await isPolled(destroyQueue(CLUSTER), ACTIVITIES, worker),
    };
  }

  async function end(worker: RunningCli): Promise<void> {
    worker.child.kill('SIGTERM');
    expect((await worker.ended).code).toBe(0);
  }

  test('without the role workflows it needs no search attributes, and runs no workflow', async () => {
    const all = await startWorker();
    const { code, stderr } = await all.ended;
    expect(code).toBe(1);
    expect(stderr).toContain('StorekeeperCluster');

    const worker = await startWorker('--only', 'destroy');
    try {
      await worker.until('for hangzhou-1, as destroy; ready');
      await expect.poll(() => polled(worker), POLL).toEqual({ workflows: false, desk: false, clusters: false, destroy: true });
    } finally {
      await end(worker);
    }
  });

  test.each([
    [[], 'workflows, clusters, destroy', { workflows: true, desk: true, clusters: true, destroy: true }],
    [['--except', 'destroy'], 'workflows, clusters', { workflows: true, desk: true, clusters: true, destroy: false }],
    [['--only', 'destroy,clusters'], 'clusters, destroy', { workflows: false, desk: false, clusters: true, destroy: true }],
  ])('worker %j is %s', async (options, roles, expected) => {
    await registerSearchAttributes(temporal.connection, temporal.namespace);
    const worker = await startWorker(...options);
    try {
      await worker.until(`as ${roles}; ready`);
      await expect.poll(() => polled(worker), POLL).toEqual(expected);
    } finally {
      await end(worker);
    }
  });
});

/** The server lists a poller once it has asked for work, a moment after the program is ready. */
const POLL = { timeout: 10_000, interval: 100 };
