import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig, type ClientConnectConfig } from '@temporalio/envconfig';
import type { NativeConnection } from '@temporalio/worker';
import { dataConverter } from './data-converter.ts';

/** How long a connection attempt may take, in milliseconds. */
const CONNECT_TIMEOUT_MS = 10_000;

const DEFAULT_ADDRESS = 'localhost:7233';

/** Environment variables as `process.env` gives them. */
export type Env = Readonly<Record<string, string | undefined>>;

/** A connection, with the namespace that must be passed on wherever the connection goes. */
export interface TemporalConnection<C> {
  readonly connection: C;
  readonly namespace: string;
  readonly address: string;
}

/**
 * Temporal could not be used: nobody answers, it answers and refuses us, or the settings cannot be read.
 * The message says what, why and how to mend it.
 */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
  readonly kind: 'unreachable' | 'refused' | 'misconfigured';
  readonly address: string;

  constructor(kind: UnreachableError['kind'], address: string, message: string, cause: unknown) {
    super(message, { cause });
    this.kind = kind;
    this.address = address;
  }
}

export interface NativeOptions {
  /** Milliseconds. */
  readonly timeoutMs?: number;
  /**
   * Sets the native runtime up; called only when a connection is about to be tried. A runtime keeps the process
   * alive until its last connection closes, so one that is made and then never connects keeps it for ever.
   */
  readonly installRuntime?: () => void;
}

/**
 * Connects a worker. The connection also serves a Client, the operator service and the health service.
 * Settings come from the standard `TEMPORAL_*` variables and temporal.toml. Throws UnreachableError after at
 * most `timeoutMs`.
 */
export async function connectTemporal(env: Env, options: NativeOptions = {}): Promise<TemporalConnection<NativeConnection>> {
  const { timeoutMs = CONNECT_TIMEOUT_MS, installRuntime = () => undefined } = options;
  // Loaded here: a command that only asks something must not pay for the native core.
  const worker = await import('@temporalio/worker');
  return connectWith(env, timeoutMs, (settings) => {
    installRuntime();
    return worker.NativeConnection.connect(settings);
  });
}

/** As `connectTemporal`, for a process that runs no worker: lighter, without the native core. */
export async function connectClient(
  env: Env,
  { timeoutMs = CONNECT_TIMEOUT_MS }: Pick<NativeOptions, 'timeoutMs'> = {},
): Promise<TemporalConnection<Connection>> {
  return connectWith(env, timeoutMs, ({ address, tls, apiKey, metadata }) =>
    Connection.connect({
      connectTimeout: timeoutMs,
      ...(address === undefined ? {} : { address }),
      ...(tls === undefined ? {} : { tls }),
      ...(apiKey === undefined ? {} : { apiKey }),
      ...(metadata === undefined ? {} : { metadata }),
    }),
  );
}

/** A client on that connection: its namespace and our payload converter, which are both easily forgotten. */
export function clientOn({ connection, namespace }: TemporalConnection<Connection | NativeConnection>): Client {
  return new Client({ connection, namespace, dataConverter: dataConverter() });
}

async function connectWith<C extends { close(): Promise<void> }>(
  env: Env,
  timeoutMs: number,
  connect: (settings: ClientConnectConfig['connectionOptions']) => Promise<C>,
): Promise<TemporalConnection<C>> {
  const { connectionOptions, namespace = 'default' } = loadSettings(env);
  const address = connectionOptions.address ?? DEFAULT_ADDRESS;
  const attempt = connect(connectionOptions);
  try {
    return { connection: await within(attempt, timeoutMs), namespace, address };
  } catch (cause) {
    // A connection that stands after we gave up is nobody's: it would keep the process alive.
    attempt.then((late) => late.close()).catch(() => undefined);
    throw failure(address, cause);
  }
}

function loadSettings(env: Env): ClientConnectConfig {
  const overrideEnvVars = Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  try {
    return loadClientConnectConfig({ overrideEnvVars });
  } catch (cause) {
    const message =
      `The settings for Temporal cannot be read: ${reasonOf(cause)}. ` +
      'Check the TEMPORAL_* variables and temporal.toml (TEMPORAL_CONFIG_FILE names another file, TEMPORAL_PROFILE another profile).';
    throw new UnreachableError('misconfigured', env['TEMPORAL_ADDRESS'] ?? DEFAULT_ADDRESS, message, cause);
  }
}

async function within<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function failure(address: string, cause: unknown): UnreachableError {
  const reason = reasonOf(cause);
  if (/unauthenticated|unauthorized|permission.?denied/i.test(reason)) {
    const message =
      `Temporal at ${address} refused the connection: ${reason}. ` +
      'Set TEMPORAL_API_KEY or the client certificate (TEMPORAL_TLS_CLIENT_CERT_PATH, TEMPORAL_TLS_CLIENT_KEY_PATH) of an account that may use the namespace.';
    return new UnreachableError('refused', address, message, cause);
  }
  const message =
    `Temporal at ${address} cannot be reached: ${reason}. ` +
    'Start it (`storekeeper up` brings its own), or name the right one in TEMPORAL_ADDRESS; an API key turns TLS on, TEMPORAL_TLS=false turns it off.';
  return new UnreachableError('unreachable', address, message, cause);
}

/** The innermost reason: gRPC wraps "connection refused" in sentences that tell nothing. */
function reasonOf(error: unknown): string {
  const messages: string[] = [];
  for (let at: unknown = error; at instanceof Error && messages.length < 5; at = at.cause) messages.push(at.message);
  const last = messages.at(-1) ?? String(error);
  return last.replace(/\s+/g, ' ').replace(/\.$/, '').slice(0, 400);
}
