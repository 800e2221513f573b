import { connect } from 'node:net';
import type { Client, Connection } from '@temporalio/client';
import type { TemporalConnection } from '../../temporal/connect.ts';
import type { Call } from '../program/call.ts';
import { CommandError } from '../program/command-error.ts';
import { EXIT } from '../program/exit-codes.ts';

/** A person waits for it. */
const CONNECT_TIMEOUT_MS = 5_000;
/** A port that nobody listens on says so at once; gRPC would try it again until its time is over. */
const PROBE_TIMEOUT_MS = 1_000;

export interface Temporal extends TemporalConnection<Connection> {
  readonly client: Client;
}

/**
 * Connects, runs `body` and closes the connection, whatever happens. Ctrl-C ends the calls under way. Throws
 * UnreachableError or CommandError when Temporal cannot be reached.
 */
export async function withTemporal<T>(
  { env, signal }: Pick<Call<object>, 'env' | 'signal'>,
  body: (temporal: Temporal) => Promise<T>,
): Promise<T> {
  const [{ clientOn, connectClient }, { loadClientConnectConfig }] = await Promise.all([
    import('../../temporal/connect.ts'),
    import('@temporalio/envconfig'),
  ]);
  await probe(addressOf(loadClientConnectConfig, env));
  signal.throwIfAborted();
  const connected = await connectClient(env, CONNECT_TIMEOUT_MS);
  try {
    signal.throwIfAborted();
    return await connected.connection.withAbortSignal(signal, () => body({ ...connected, client: clientOn(connected) }));
  } finally {
    await connected.connection.close();
  }
}

/** Undefined where the settings cannot be read: connecting says what is wrong with them. */
function addressOf(
  load: (options: { overrideEnvVars: Record<string, string> }) => { connectionOptions: { address?: string } },
  env: Call<object>['env'],
): string | undefined {
  try {
    const set = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
    return load({ overrideEnvVars: Object.fromEntries(set) }).connectionOptions.address ?? 'localhost:7233';
  } catch {
    return undefined;
  }
}

/** Throws only where the system says for certain that nobody is there. */
async function probe(address: string | undefined): Promise<void> {
  const [, host = '', port = ''] = /^([\w.-]+):(\d{1,5})$/.exec(address ?? '') ?? [];
  if (address === undefined || host === '') return;
  const fault = await new Promise<string | undefined>((resolve) => {
    const socket = connect({ host, port: Number(port), timeout: PROBE_TIMEOUT_MS });
    const end = (outcome: string | undefined): void => {
      socket.destroy();
      resolve(outcome);
    };
    socket.once('connect', () => end(undefined));
    socket.once('timeout', () => end(undefined));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      const certain = error.code === 'ECONNREFUSED' || error.code === 'ENOTFOUND';
      end(certain ? (error.message === '' ? error.code : error.message) : undefined);
    });
  });
  if (fault === undefined) return;
  throw new CommandError('unreachable', EXIT.unreachable, {
    what: `Temporal at ${address} cannot be reached`,
    why: fault,
    mend: 'name the right one in TEMPORAL_ADDRESS, or start one that Storekeeper brings along',
    run: 'storekeeper up',
  });
}
