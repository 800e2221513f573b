import { connect } from 'node:net';
import { loadClientConnectConfig } from '@temporalio/envconfig';

type Env = Readonly<Record<string, string | undefined>>;

const TIMEOUT_MS = 1_000;
const ADDRESS_DEFAULT = 'localhost:7233';

/** A port where certainly nobody answers, and the system's word for it. */
export interface DeadAddress {
  readonly address: string;
  readonly because: string;
}

/**
 * Asks the socket whether anybody listens where the settings point. gRPC would go on trying a refused connection
 * until its time is over and then say only that. Undefined whenever it is not certain: connecting tells the rest.
 */
export async function findDeadAddress(env: Env): Promise<DeadAddress | undefined> {
  const address = addressOf(env);
  const [, host = '', port = ''] = /^([\w.-]+):(\d{1,5})$/.exec(address ?? '') ?? [];
  if (address === undefined || host === '') return undefined;
  const because = await new Promise<string | undefined>((resolve) => {
    const socket = connect({ host, port: Number(port), timeout: TIMEOUT_MS });
    const end = (fault: string | undefined): void => {
      socket.destroy();
      resolve(fault);
    };
    socket.once('connect', () => end(undefined));
    socket.once('timeout', () => end(undefined));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      const certain = error.code === 'ECONNREFUSED' || error.code === 'ENOTFOUND';
      end(certain ? error.message || error.code : undefined);
    });
  });
  return because === undefined ? undefined : { address, because };
}

/** Undefined where the settings cannot be read: connecting says what is wrong with them. */
function addressOf(env: Env): string | undefined {
  const set = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  try {
    return loadClientConnectConfig({ overrideEnvVars: Object.fromEntries(set) }).connectionOptions.address ?? ADDRESS_DEFAULT;
  } catch {
    return undefined;
  }
}
