/**
 * A full Temporal server with an authorizer: only there does the server stamp a signal with who sent it. The
 * development server has none. The binary comes from TEMPORAL_SERVER_PATH (`npm run test:jwt` builds it).
 */
import { spawn } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { dataConverter } from '../../src/temporal/data-converter.ts';

export interface JwtServer {
  readonly address: string;
  /** A token for this subject, with these permissions in the claim `permissions`. */
  token(subject: string, ...permissions: string[]): string;
  /** A client that shows this token with every call, or none. */
  client(token: string | null, identity?: string): Promise<Client>;
  stop(): Promise<void>;
}

export const NAMESPACE = 'default';
const READY_TIMEOUT_MS = 60_000;

const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

export async function startJwtServer(): Promise<JwtServer> {
  const binary = process.env['TEMPORAL_SERVER_PATH'];
  if (binary === undefined || binary === '') {
    throw new Error('TEMPORAL_SERVER_PATH names no server; run these tests by: npm run test:jwt');
  }
  const folder = await mkdtemp(join(tmpdir(), 'storekeeper-jwt-'));
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const kid = 'test-key';
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' };
  await writeFile(join(folder, 'jwks.json'), JSON.stringify({ keys: [jwk] }));
  await writeFile(join(folder, 'dynamic.yaml'), 'frontend.enablePrincipalPropagation:\n  - value: true\n');
  const ports = await freePorts(10);
  await writeFile(join(folder, 'server.yaml'), configuration(folder, ports));

  const token = (subject: string, ...permissions: string[]): string => {
    const head = `${base64url({ alg: 'RS256', typ: 'JWT', kid })}.${base64url({ sub: subject, permissions, exp: Math.floor(Date.now() / 1000) + 3_600 })}`;
    return `${head}.${sign('RSA-SHA256', Buffer.from(head), privateKey).toString('base64url')}`;
  };
  const services = ['frontend', 'internal-frontend', 'history', 'matching', 'worker'].flatMap((name) => ['--service', name]);
  const server = spawn(binary, ['--config-file', join(folder, 'server.yaml'), 'start', ...services], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  for (const stream of [server.stdout, server.stderr])
    stream.on('data', (chunk: Buffer) => (log = (log + chunk.toString()).slice(-20_000)));
  const gone = once(server, 'exit');

  const address = `127.0.0.1:${ports[0]}`;
  const connections: Connection[] = [];
  const jwtServer: JwtServer = {
    address,
    token,
    async client(shown, identity) {
      const metadata = shown === null ? {} : { authorization: `Bearer ${shown}` };
      const connection = await Connection.connect({ address, metadata });
      connections.push(connection);
      return new Client({
        connection,
        namespace: NAMESPACE,
        dataConverter: dataConverter(),
        ...(identity === undefined ? {} : { identity }),
      });
    },
    async stop() {
      await Promise.all(connections.map((connection) => connection.close()));
      server.kill('SIGTERM');
      const killer = setTimeout(() => server.kill('SIGKILL'), 10_000);
      await gone;
      clearTimeout(killer);
      await rm(folder, { recursive: true, force: true });
    },
  };
  try {
    await ready(jwtServer, () => server.exitCode !== null);
    return jwtServer;
  } catch (error) {
    await jwtServer.stop();
    throw new Error(`the server with an authorizer did not become ready; it said:\n${log}`, { cause: error });
  }
}

/** Health says SERVING before the namespace can be used, so that is what is waited for. */
async function ready(server: JwtServer, isGone: () => boolean): Promise<void> {
  const admin = server.token('admin', 'temporal-system:admin', `${NAMESPACE}:admin`);
  const untilMs = Date.now() + READY_TIMEOUT_MS;
  for (;;) {
    try {
      const { workflowService } = await server.client(admin);
      await workflowService.registerNamespace({
        namespace: NAMESPACE,
        workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
      });
      break;
    } catch (error) {
      if (/already exists|already registered/i.test(String(error))) break;
      if (isGone() || Date.now() > untilMs) throw error;
      await pause(300);
    }
  }
  const client = await server.client(server.token('probe', `${NAMESPACE}:write`, `${NAMESPACE}:read`));
  for (;;) {
    try {
      const handle = await client.workflow.start('probe', { workflowId: 'probe', taskQueue: 'nobody' });
      await handle.terminate('ready');
      return;
    } catch (error) {
      if (isGone() || Date.now() > untilMs) throw error;
      await pause(300);
    }
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

function configuration(folder: string, ports: readonly number[]): string {
  const store = (name: string): string => `    ${name}:
      sql: {user: "", password: "", pluginName: sqlite, databaseName: default, connectAddr: localhost, connectProtocol: tcp, connectAttributes: {mode: memory, cache: private}, maxConns: 1, maxIdleConns: 1, maxConnLifetime: 1h}`;
  const service = (name: string, at: number): string =>
    `  ${name}: {rpc: {grpcPort: ${ports[at]}, membershipPort: ${ports[at + 1]}, bindOnLocalHost: true}}`;
  return `log: {stdout: true, level: warn}
persistence:
  defaultStore: sqlite-default
  visibilityStore: sqlite-visibility
  numHistoryShards: 1
  datastores:
${store('sqlite-default')}
${store('sqlite-visibility')}
global:
  membership: {maxJoinDuration: 30s, broadcastAddress: "127.0.0.1"}
  authorization:
    authorizer: default
    claimMapper: default
    permissionsClaimName: permissions
    jwtKeyProvider: {keySourceURIs: ["file://${join(folder, 'jwks.json')}"], refreshInterval: 1m}
services:
${service('frontend', 0)}
${service('internal-frontend', 2)}
${service('matching', 4)}
${service('history', 6)}
${service('worker', 8)}
clusterMetadata:
  enableGlobalNamespace: false
  failoverVersionIncrement: 10
  masterClusterName: active
  currentClusterName: active
  clusterInformation:
    active: {enabled: true, initialFailoverVersion: 1, rpcName: frontend, rpcAddress: "127.0.0.1:${ports[2]}"}
dcRedirectionPolicy: {policy: noop}
dynamicConfigClient: {filepath: "${join(folder, 'dynamic.yaml')}", pollInterval: 60s}
`;
}
