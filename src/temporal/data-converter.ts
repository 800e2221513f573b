import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DataConverter } from '@temporalio/common';

const here = dirname(fileURLToPath(import.meta.url));

/**
 * The folder of the compiled program. Under vitest this module runs from its source, yet the SDK loads
 * converters and workflows by path in its own way and needs the compiled files: build before testing.
 */
export const DIST = import.meta.url.endsWith('.ts') ? join(here, '..', '..', 'dist') : join(here, '..', '..');

/** The converter by path, as worker, client and bundler want it. */
export function dataConverter(): DataConverter & { payloadConverterPath: string } {
  return { payloadConverterPath: join(DIST, 'src', 'temporal', 'payload-converter.js') };
}
