import { dirname, join } from 'node:path';
import type { NativeConnection } from '@temporalio/worker';
import type { Config } from '../config/config.ts';
import { applyClusters } from '../temporal/apply.ts';
import { clientOn, connectTemporal, type Env, type TemporalConnection } from '../temporal/connect.ts';
import { startDevServer, type DevServer } from '../temporal/dev-server.ts';
import { setRetention } from '../temporal/retention.ts';
import { registerSearchAttributes } from '../temporal/search-attributes.ts';
import type { Role } from './roles.ts';
import { installRuntime, journalTo, openLog } from './log.ts';
import { serve, untilSignalled } from './serve.ts';

/** Where a command's words go: narration by line. */
export type Say = (line: string) => void;

const RETENTION_DAYS = 30;

export interface UpOptions {
  readonly config: Config;
  readonly env: Env;
  readonly say: Say;
}

/**
 * Everything in one process: an embedded Temporal server (its database kept beside the configuration), the
 * workers, the schedules. With TEMPORAL_ADDRESS set, that server is used and none is started. Returns when it
 * was asked to end, or throws what broke.
 */
export async function up({ config, env, say }: UpOptions): Promise<void> {
  const log = openLog({ level: 'info', destination: 2 });
  const signals = untilSignalled();
  const server = await embeddedServer(config, env, say);
  try {
    const temporal = await connectTemporal(
      server === null ? env : { ...env, TEMPORAL_ADDRESS: server.address, TEMPORAL_NAMESPACE: server.namespace },
      { installRuntime: () => installRuntime(log) },
    );
    try {
      await prepareNamespace(temporal, server !== null, say);
      const serving = await serve({ config, temporal, log, journal: journalTo(log) });
      try {
        for (const { cluster, result } of await applyClusters(clientOn(temporal), config))
          say(`schedule sweep:${cluster}: ${result}`);
        describe(config, server, temporal, say);
        await Promise.race([
          signals.signalled.then((name) => say(`${name}: ending in order`)),
          serving.running,
          serverLost(server),
        ]);
      } finally {
        await serving.stop();
      }
    } finally {
      await temporal.connection.close();
    }
  } finally {
    signals.dispose();
    await server?.stop();
  }
}

async function embeddedServer(config: Config, env: Env, say: Say): Promise<DevServer | null> {
  const address = env['TEMPORAL_ADDRESS'];
  if (address !== undefined && address !== '') {
    say(`Temporal at ${address}, as TEMPORAL_ADDRESS says; no server is started`);
    return null;
  }
  const databaseFile = join(dirname(config.path), '.storekeeper', 'temporal.db');
  return startDevServer({ databaseFile, ui: true, env, log: say });
}

async function prepareNamespace(temporal: TemporalConnection<NativeConnection>, embedded: boolean, say: Say): Promise<void> {
  const added = await registerSearchAttributes(temporal.connection, temporal.namespace);
  if (added.length > 0) say(`registered search attributes ${added.join(', ')} in namespace ${temporal.namespace}`);
  // Somebody else's server keeps its own retention; `doctor` is the one to speak of it there.
  if (embedded) await setRetention(temporal.connection, temporal.namespace, RETENTION_DAYS);
}

function describe(config: Config, server: DevServer | null, temporal: TemporalConnection<NativeConnection>, say: Say): void {
  for (const cluster of config.clusters) {
    const listed = cluster.discover === undefined ? '' : ` and those that ${cluster.discover.oms} lists`;
    say(
      `watching ${cluster.stores.length} Stores${listed} of ${cluster.name} at ${cluster.cm} every ${cluster.policy.everyMs / 1000} s, mode ${cluster.policy.mode}`,
    );
  }
  if (config.environment === 'development')
    say('environment: development. Floors are lowered; do not run a real site like this.');
  if (server?.uiUrl) say(`Web UI: ${server.uiUrl}/namespaces/${temporal.namespace}/workflows`);
  say('ready; Ctrl-C ends it in order');
}

/** Rejects when the embedded server goes away by itself. Never resolves. */
async function serverLost(server: DevServer | null): Promise<never> {
  if (server === null) return new Promise<never>(() => undefined);
  throw new Error(`the embedded Temporal server ended unexpectedly: ${await server.exited}`);
}

export interface WorkerOptions {
  readonly roles: readonly Role[];
  readonly config: Config;
  readonly env: Env;
  readonly say: Say;
}

/** The workers alone, against the Temporal that TEMPORAL_* names. Returns when it was asked to end. */
export async function work({ roles, config, env, say }: WorkerOptions): Promise<void> {
  const log = openLog({ level: 'info', destination: 2 });
  const signals = untilSignalled();
  const temporal = await connectTemporal(env, { installRuntime: () => installRuntime(log) });
  try {
    const serving = await serve({ config, temporal, log, journal: journalTo(log), roles });
    try {
      say(
        `polling ${temporal.address}, namespace ${temporal.namespace}, for ${config.clusters.map((cluster) => cluster.name).join(', ')}, as ${roles.join(', ')}; ready`,
      );
      await Promise.race([signals.signalled.then((name) => say(`${name}: ending in order`)), serving.running]);
    } finally {
      await serving.stop();
    }
  } finally {
    signals.dispose();
    await temporal.connection.close();
  }
}
