import { realpathSync } from 'node:fs';
import { access, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DefaultLogger, bundleWorkflowCode } from '@temporalio/worker';
import { DIST, dataConverter } from './data-converter.ts';

/** Where the build leaves the workflow code for the worker. */
export function workflowBundlePath(): string {
  return join(DIST, 'workflow-bundle.js');
}

/**
 * Bundles the compiled workflows into one file, so that a worker starts without a bundler and runs exactly what
 * was tested. Needs the output of `tsc`; throws an Error that says so when it is missing.
 */
export async function bundleWorkflows(
  workflowsPath: string = join(DIST, 'workflows', 'index.js'),
  bundlePath: string = workflowBundlePath(),
): Promise<void> {
  const { payloadConverterPath } = dataConverter();
  for (const file of [workflowsPath, payloadConverterPath]) {
    await access(file).catch((cause: unknown) => {
      throw new Error(`Cannot bundle the workflows: ${file} does not exist. Compile first: npx tsc -p tsconfig.json`, { cause });
    });
  }
  const { code } = await bundleWorkflowCode({ workflowsPath, payloadConverterPath, logger: new DefaultLogger('WARN') });
  // Renamed into place: a worker that starts meanwhile reads the old bundle or the new one, never half of one.
  const partial = `${bundlePath}.${process.pid}.tmp`;
  await writeFile(partial, code);
  await rename(partial, bundlePath);
}

const started = process.argv[1];
if (started !== undefined && realpathSync(started) === fileURLToPath(import.meta.url)) {
  try {
    await bundleWorkflows();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
