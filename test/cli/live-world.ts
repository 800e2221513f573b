import type { Client } from '@temporalio/client';
import { loadConfig } from '../../src/config/load-config.ts';
import { parseStoreName, type StoreName } from '../../src/domain/store.ts';
import { serveClusters } from '../../src/live-clusters.ts';
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { clientOn, connectTemporal } from '../../src/temporal/connect.ts';
import { startDevServer } from '../../src/temporal/dev-server.ts';
import { startTestWorkers } from '../test-workers.ts';
import { devServerPath } from '../temporal-servers.ts';
import { onlyJson, startCli, writeConfig, type Ended, type RunningCli } from './run-cli.ts';

export const CLUSTER = 'hangzhou-1';
export const A = storeName('10.0.0.7-7100:p_4223_source-000-0:0000000007');
export const B = storeName('10.0.0.8-7100:p_4224_source-000-0:0000000008');

function storeName(text: string): StoreName {
  const parsed = parseStoreName(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

/** A real server, our real workers and a simulated CM in real time, with the thresholds of a development site. */
export interface LiveWorld {
  readonly simulator: Simulator;
  readonly client: Client;
  readonly address: string;
  /** The path of its storekeeper.yaml. */
  readonly config: string;
  stopWorkers(): Promise<void>;
  /** Starts the command line on this world. */
  begin(...args: string[]): RunningCli;
  /** Runs it with `--json` to its end. */
  run(...args: string[]): Promise<Ended & { readonly json: Record<string, unknown> }>;
  close(): Promise<void>;
}

export interface LiveSettings {
  readonly mode?: 'observe' | 'ask' | 'act';
  /** The part `approval`, as it is written. */
  readonly approval?: object;
  /** The part `guard` of the cluster, as it is written. */
  readonly guard?: object;
}

export async function startLiveWorld({ mode = 'act', approval, guard }: LiveSettings = {}): Promise<LiveWorld> {
  const simulator = await startSimulator({ stores: [A, B], speed: 40 });
  const config = await writeConfig({
    environment: 'development',
    ...(approval === undefined ? {} : { approval }),
    clusters: [
      {
        name: CLUSTER,
        cm: simulator.url,
        stores: [A, B],
        every: '1s',
        mode,
        policy: {
          confirm: { readings: 2, over: '1s', patience: '30s' },
          wait: '100ms',
          verify: { healthyFor: '2s', within: '20s' },
          backoff: ['1s'],
        },
        guard: { cooldown: '0s', ...guard },
      },
    ],
  });
  const server = await startDevServer({ ui: false, port: 0, env: { ...process.env, TEMPORAL_CLI_PATH: await devServerPath() } });
  const temporal = await connectTemporal({ TEMPORAL_ADDRESS: server.address });
  const load = () => loadConfig(config, {});
  const source = serveClusters(await load(), load, () => undefined);
  const workers = await startTestWorkers({ ...temporal, cluster: CLUSTER, source });
  const begin = (...args: string[]): RunningCli =>
    startCli([...args, '--config', config], { env: { TEMPORAL_ADDRESS: server.address, STOREKEEPER_UI: 'http://ui.example/' } });

  return {
    simulator,
    client: clientOn(temporal),
    address: server.address,
    config,
    stopWorkers: () => workers.stop(),
    begin,
    async run(...args) {
      const ended = await begin(...args, '--json').ended;
      return { ...ended, json: onlyJson(ended.stdout) };
    },
    async close() {
      await workers.stop();
      await source.close();
      await temporal.connection.close();
      await server.stop();
      await simulator.close();
    },
  };
}
