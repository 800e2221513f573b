import type { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import proto from '@temporalio/proto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { cmQueue, destroyQueue, WORKFLOW_QUEUE } from '../../src/domain/names.ts';
import { connectClient, type TemporalConnection } from '../../src/temporal/connect.ts';
import { startDevServer, type DevServer } from '../../src/temporal/dev-server.ts';
import { cli, onlyJson, startCli, writeConfig, type RunningCli } from '../cli/run-cli.ts';
import { devServerPath } from '../temporal-servers.ts';

const STORE = '10.0.0.7-7100:p_4223_source-000-0:0000000007';
const CLUSTER = 'hangzhou-1';
const { TaskQueueType } = proto.temporal.api.enums.v1;
const { TASK_QUEUE_TYPE_WORKFLOW: WORKFLOWS, TASK_QUEUE_TYPE_ACTIVITY: ACTIVITIES } = TaskQueueType;
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
  let temporal: TemporalConnection<Connection>;
  const started: RunningCli[] = [];
  beforeAll(async () => {
    server = await startDevServer({ ui: false, port: 0, env: { ...process.env, TEMPORAL_CLI_PATH: await devServerPath() } });
    temporal = await connectClient({ TEMPORAL_ADDRESS: server.address });
  });
  afterEach(async () => {
    for (const worker of started.splice(0)) {
      worker.child.kill('SIGTERM');
      await worker.ended;
    }
  });
  afterAll(async () => {
    await temporal?.connection.close();
    await server?.stop();
  });

  async function startWorker(namespace: string, options: readonly string[]): Promise<RunningCli> {
    const env = { TEMPORAL_ADDRESS: server.address, TEMPORAL_NAMESPACE: namespace };
    const worker = startCli(['worker', ...options, '--config', await config], { env });
    started.push(worker);
    return worker;
  }

  /** Which kinds of work this very process asks the server for. */
  async function polledBy({ child }: RunningCli, namespace: string): Promise<Record<string, boolean>> {
    const isPolled = async (name: string, taskQueueType: proto.temporal.api.enums.v1.TaskQueueType): Promise<boolean> => {
      const about = { namespace, taskQueue: { name }, taskQueueType };
      const { pollers } = await temporal.connection.workflowService.describeTaskQueue(about);
      return pollers.some(({ identity }) => identity?.endsWith(`:${child.pid}`));
    };
    return {
      workflows: await isPolled(WORKFLOW_QUEUE, WORKFLOWS),
      desk: await isPolled(WORKFLOW_QUEUE, ACTIVITIES),
      clusters: await isPolled(cmQueue(CLUSTER), ACTIVITIES),
      destroy: await isPolled(destroyQueue(CLUSTER), ACTIVITIES),
    };
  }

  test.each([
    [[], 'workflows, clusters, destroy', { workflows: true, desk: true, clusters: true, destroy: true }],
    [['--except', 'destroy'], 'workflows, clusters', { workflows: true, desk: true, clusters: true, destroy: false }],
    [['--only', 'destroy,clusters'], 'clusters, destroy', { workflows: false, desk: false, clusters: true, destroy: true }],
    [['--only', 'destroy'], 'destroy', { workflows: false, desk: false, clusters: false, destroy: true }],
  ])('worker %j is %s', async (options, roles, expected) => {
    const worker = await startWorker(temporal.namespace, options);
    await worker.until(`for ${CLUSTER}, as ${roles}; ready`);
    await expect.poll(() => polledBy(worker, temporal.namespace), POLL).toEqual(expected);
    worker.child.kill('SIGTERM');
    expect((await worker.ended).code).toBe(0);
    // The server remembers for minutes who asked, so what it began a moment later would show by now.
    expect(await polledBy(worker, temporal.namespace)).toEqual(expected);
  });

  test('only the role workflows needs search attributes', async () => {
    const namespace = 'bare';
    await temporal.connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: msToTs('1 day'),
    });
    // A new namespace is not known to all of the server at once.
    const refused = async (): Promise<string> => (await (await startWorker(namespace, ['--only', 'workflows'])).ended).stderr;
    await expect.poll(refused, { timeout: 30_000, interval: 500 }).toContain('StorekeeperCluster');
    await (await startWorker(namespace, ['--except', 'workflows'])).until('as clusters, destroy; ready');
  });
});

/** The server lists a poller once it has asked for work, a moment after the program is ready. */
const POLL = { timeout: 10_000, interval: 100 };
