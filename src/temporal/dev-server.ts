import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Connection } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '../domain/names.ts';
import { findTemporalCli } from './embedded/find-temporal-cli.ts';
import { claimDatabase } from './embedded/claim-database.ts';
import { freePort } from './embedded/free-port.ts';
import { STOP_TIMEOUT_MS, SupervisedServer } from './embedded/supervised-server.ts';

const IP = '127.0.0.1';
const NAMESPACE = 'default';
const READY_TIMEOUT_MS = 30_000;

export interface DevServerOptions {
  /** Where workflows and schedules are kept; without it they are lost when the server stops. */
  readonly databaseFile?: string;
  readonly ui: boolean;
  /** The first port to try; 0 takes any free one. Default 7233. */
  readonly port?: number;
  /** The first port to try for the Web UI; 0 takes any free one. Default 8233. */
  readonly uiPort?: number;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Told what is being done, a line at a time. */
  readonly log?: (line: string) => void;
}

export interface DevServer {
  /** host:port of the gRPC frontend. */
  readonly address: string;
  /** Null without the Web UI. */
  readonly uiUrl: string | null;
  readonly namespace: string;
  /** Which program runs, and how it was found. */
  readonly binary: string;
  /** What an operator should know: ports that were taken. */
  readonly notes: readonly string[];
  /** Settles when the server is gone, asked or not, with how it ended: its exit code or signal, and its last words. */
  readonly exited: Promise<string>;
  /** Ends the server: in order, and after 10 s by force. May be called twice. */
  stop(): Promise<void>;
}

/** The embedded server could not be started: says why, in its own words where it had any. */
export class DevServerError extends Error {
  override readonly name = 'DevServerError';
}

/**
 * Starts Temporal's development server on the loopback and returns when it answers. It has no authorization:
 * anybody on this machine may use it. Throws DevServerError, or NoTemporalCliError without a program to run.
 */
export async function startDevServer(options: DevServerOptions): Promise<DevServer> {
  const { env = process.env, log = () => {} } = options;
  const binary = await findTemporalCli(env, log);
  log(`Temporal server: ${binary.how}`);
  const notes: string[] = [];
  const note = (line: string): void => {
    notes.push(line);
    log(line);
  };
  const databaseFile = options.databaseFile === undefined ? undefined : resolve(options.databaseFile);
  if (databaseFile !== undefined) await mkdir(dirname(databaseFile), { recursive: true });
  const claim = databaseFile === undefined ? undefined : await claimDatabase(databaseFile, STOP_TIMEOUT_MS);
  try {
    const port = await freePort(IP, options.port ?? 7233, (taken) =>
      note(`port ${taken} is taken; Temporal uses the next free one`),
    );
    const uiPort = options.ui
      ? await freePort(IP, options.uiPort ?? 8233, (taken) => note(`port ${taken} is taken; the Web UI uses the next free one`), [
          port,
        ])
      : undefined;
    const quiet = options.ui ? await newsFetchFlag(binary.path) : [];
    const child = new SupervisedServer(binary.path, [...argumentsFor(port, uiPort, databaseFile), ...quiet], env);
    await claim?.hand(child.pid);
    const address = `${IP}:${port}`;
    try {
      await untilReady(port, child);
    } catch (error) {
      await child.stop();
      throw error;
    }
    return {
      address,
      uiUrl: uiPort === undefined ? null : `http://${IP}:${uiPort}`,
      namespace: NAMESPACE,
      binary: binary.how,
      notes,
      exited: child.exited,
      stop: async () => {
        await child.stop();
        await claim?.release();
      },
    };
  } catch (error) {
    await claim?.release();
    throw error;
  }
}

function argumentsFor(port: number, uiPort: number | undefined, databaseFile: string | undefined): string[] {
  return [
    'server',
    'start-dev',
    '--ip',
    IP,
    '--port',
    String(port),
    ...(uiPort === undefined ? ['--headless'] : ['--ui-port', String(uiPort)]),
    ...(databaseFile === undefined ? [] : ['--db-filename', databaseFile]),
    '--log-level',
    'error',
    // The server must not ask its vendor whether there is a newer version.
    '--dynamic-config-value',
    'frontend.enableServerVersionCheck=false',
    ...SEARCH_ATTRIBUTES.flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
  ];
}

/** Without it the Web UI asks its vendor for news on each page. Older programs lack the flag and would refuse to start with it. */
async function newsFetchFlag(binary: string): Promise<string[]> {
  const flag = '--ui-disable-news-fetch';
  const help = promisify(execFile)(binary, ['server', 'start-dev', '--help'], { timeout: READY_TIMEOUT_MS });
  // A program that cannot even say this will not start either, and then its own words are shown.
  const { stdout } = await help.catch(() => ({ stdout: '' }));
  return stdout.includes(flag) ? [flag] : [];
}

async function untilReady(port: number, child: SupervisedServer): Promise<void> {
  const address = `${IP}:${port}`;
  const deadlineMs = Date.now() + READY_TIMEOUT_MS;
  let last: unknown;
  while (!child.gone && Date.now() < deadlineMs) {
    try {
      // gRPC waits a second before it tries again: asking the socket first is what makes a start quick.
      await accepts(port);
      const connection = await Connection.connect({ address, connectTimeout: '1s' });
      try {
        await connection.workflowService.describeNamespace({ namespace: NAMESPACE });
        return;
      } finally {
        await connection.close();
      }
    } catch (error) {
      last = error;
      await sleep(50);
    }
  }
  const what = child.gone
    ? `ended before it answered: ${await child.exited}`
    : `did not answer within ${READY_TIMEOUT_MS / 1000} s`;
  throw new DevServerError(
    `The embedded Temporal server at ${address} ${what}.\nIf its database is damaged or from a newer version, move it away; to use a server of your own, set TEMPORAL_ADDRESS and run \`storekeeper worker\`.`,
    { cause: last },
  );
}

async function accepts(port: number): Promise<void> {
  const socket = connect(port, IP);
  try {
    await once(socket, 'connect');
  } finally {
    socket.destroy();
  }
}
