import type { Client, Connection } from '@temporalio/client';
import type { TemporalConnection } from '../../temporal/connect.ts';
import type { Call } from '../program/call.ts';
import { CommandError } from '../program/command-error.ts';
import { EXIT } from '../program/exit-codes.ts';

/** A person waits for it. */
const CONNECT_TIMEOUT_MS = 5_000;

export interface Temporal extends TemporalConnection<Connection> {
  readonly client: Client;
}

/**
 * Connects, runs `body` and closes the connection, whatever happens. Ctrl-C ends the calls under way. Throws
 * UnreachableError or CommandError when Temporal cannot be reached.
 */
export async function withTemporal<T>(
  { env, signal }: Pick<Call<unknown>, 'env' | 'signal'>,
  body: (temporal: Temporal) => Promise<T>,
): Promise<T> {
  const [{ clientOn, connectClient }, { findDeadAddress }] = await Promise.all([
    import('../../temporal/connect.ts'),
    import('../../temporal/probe.ts'),
  ]);
  const dead = await findDeadAddress(env);
  if (dead !== undefined) throw nobodyThere(dead.address, dead.because);
  signal.throwIfAborted();
  const connected = await connectClient(env, { timeoutMs: CONNECT_TIMEOUT_MS });
  try {
    signal.throwIfAborted();
    return await connected.connection.withAbortSignal(signal, () => body({ ...connected, client: clientOn(connected) }));
  } finally {
    await connected.connection.close();
  }
}

function nobodyThere(address: string, because: string): CommandError {
  return new CommandError('unreachable', EXIT.unreachable, {
    what: `Temporal at ${address} cannot be reached`,
    why: because,
    mend: 'name the right one in TEMPORAL_ADDRESS, or start one that Storekeeper brings along',
    run: 'storekeeper up',
  });
}
