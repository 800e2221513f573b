import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { clientOn, connectClient } from '../../src/temporal/connect.ts';
import { startDevServer, type DevServer } from '../../src/temporal/dev-server.ts';
import { devServerPath } from '../temporal-servers.ts';
import { writeConfig } from './run-cli.ts';
import { atTerminal, hasTerminal } from './terminal.ts';

const STORE = '10.0.0.7-7100:p_4223_source-000-0:0000000007';
const SIBLING = '10.0.0.8-7100:p_4223_source-000-0:0000000008';
const WORKFLOW = `heal:hangzhou-1:${STORE}`;

describe.skipIf(!hasTerminal)('at a terminal', () => {
  let server: DevServer;
  let simulator: Simulator;
  let config: string;
  let env: Record<string, string>;
  beforeAll(async () => {
    simulator = await startSimulator({ stores: [STORE, SIBLING] });
    config = await writeConfig({ clusters: [{ name: 'hangzhou-1', cm: simulator.url, stores: [STORE, SIBLING] }] });
    server = await startDevServer({ ui: false, port: 0, env: { ...process.env, TEMPORAL_CLI_PATH: await devServerPath() } });
    env = { TEMPORAL_ADDRESS: server.address };
  }, 180_000);
  afterAll(async () => {
    await simulator?.close();
    await server?.stop();
  });

  async function wasStarted(): Promise<boolean> {
    const connected = await connectClient(env);
    try {
      await clientOn(connected).workflow.getHandle(WORKFLOW).describe();
      return true;
    } catch {
      return false;
    } finally {
      await connected.connection.close();
    }
  }

  test.each([
    ['an empty line', '\r', 4],
    ['n', 'n\r', 4],
    ['anything that is not yes', 'yep\r', 4],
    ['the end of the input', '\u0004', 4],
    ['Ctrl-C', '\u0003', 130],
  ])('a heal shows target, diagnosis and siblings, asks, and sends nothing on %s', async (_what, keys, expected) => {
    const { code, text } = await atTerminal(['heal', STORE, '--config', config], { typing: [['[y/N]', keys]], env });
    expect(text).toContain(`${STORE} of cluster hangzhou-1`);
    expect(text).toMatch(/Now: .*healthy/);
    expect(text).toContain(`${SIBLING}: `);
    expect(text).toContain('Will send: a request to heal it');
    expect(text).toContain('mode observe does not let it act');
    expect(code).toBe(expected);
    expect(await wasStarted()).toBe(false);
  });

  test('only a yes sends it', async () => {
    const { code, text } = await atTerminal(['heal', STORE, '--config', config], { typing: [['[y/N]', 'y\r']], env });
    expect(code).toBe(8);
    expect(text).toContain(`${WORKFLOW}  started`);
    expect(await wasStarted()).toBe(true);
  });

  test('a table of long names fits the terminal and cuts none, and words keep their colour unless told otherwise', async () => {
    const long = `${'long-host-name.'.repeat(4)}example-7100:p_4223_source-000-0:0000000007`;
    const wide = await startSimulator({ stores: [long] });
    try {
      const path = await writeConfig({ clusters: [{ name: 'wide', cm: wide.url, stores: [long] }] });
      const { text } = await atTerminal(['check', '--config', path]);
      expect(text).toContain('\u001B[32mhealthy\u001B[0m');
      const plain = await atTerminal(['check', '--config', path], { env: { NO_COLOR: '1' } });
      expect(plain.text).not.toContain('\u001B');
      const lines = plain.text.split('\r\n');
      expect(lines).toContain(long);
      expect(lines.filter((line) => line !== long).every((line) => line.length <= 80)).toBe(true);
      expect((await atTerminal(['check', '--config', path], { env: { TERM: 'dumb' } })).text).not.toContain('\u001B');
    } finally {
      await wide.close();
    }
  });
});
