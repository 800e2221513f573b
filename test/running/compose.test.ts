import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { cli, writeConfig } from '../cli/run-cli.ts';

interface Service {
  readonly command: string | readonly string[];
  readonly volumes: readonly string[];
}

const COMPOSE = fileURLToPath(new URL('../../docker-compose.yml', import.meta.url));
const MAIN = 'node dist/src/cli/main.js ';
const config = writeConfig({
  clusters: [{ name: 'a', cm: 'http://127.0.0.1:1', stores: ['10.0.0.7-7100:p_4223_source-000-0:0000000007'] }],
});

async function services(): Promise<Record<string, Service>> {
  return (parse(await readFile(COMPOSE, 'utf8')) as { services: Record<string, Service> }).services;
}

/** What a service runs of ours, one command line after the other, as their words. */
function commandsOf({ command }: Service): string[][] {
  const text = typeof command === 'string' ? command : (command.at(-1) ?? '');
  return text.split('&&').flatMap((part) => {
    const at = part.indexOf(MAIN);
    return at === -1
      ? []
      : [
          part
            .slice(at + MAIN.length)
            .trim()
            .split(/\s+/),
        ];
  });
}

test('in the compose file the healer cannot destroy, and what destroys has a configuration of its own', async () => {
  const { storekeeper, destroyer } = await services();
  if (storekeeper === undefined || destroyer === undefined) throw new Error('a service is missing');
  expect(commandsOf(storekeeper).at(-1)?.slice(0, 3)).toEqual(['worker', '--except', 'destroy']);
  expect(commandsOf(destroyer).map((words) => words.slice(0, 3))).toEqual([['worker', '--only', 'destroy']]);
  for (const [service, other] of [
    [storekeeper, destroyer],
    [destroyer, storekeeper],
  ] as const) {
    const mounted = service.volumes.flatMap((volume) => /^(\.\/\w+\.yaml):(.*):ro$/.exec(volume)?.slice(1, 3) ?? []);
    expect(mounted).toHaveLength(2);
    for (const words of commandsOf(service)) expect(words.at(-1)).toBe(mounted[1]);
    expect(other.volumes.join()).not.toContain(`${mounted[0]}:`);
  }
});

test('every command line of the compose file is right usage: all that is missing is Temporal', async () => {
  const path = await config;
  const lines = Object.values(await services()).flatMap(commandsOf);
  expect(lines).toHaveLength(3);
  for (const words of lines) {
    const { code, stderr } = await cli(words.map((word) => (word.startsWith('/etc/storekeeper/') ? path : word)));
    expect({ code, stderr }, words.join(' ')).toEqual({ code: 3, stderr: expect.stringContaining('cannot be reached') });
  }
});
