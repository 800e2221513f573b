import type { Command } from 'commander';
import { sayWarnings, summarize } from '../config/summary.ts';
import { acting, verb, type Call } from '../program/call.ts';
import { EXIT, type ExitCode } from '../program/exit-codes.ts';
import { pickClusters, readConfig } from '../reach/read-config.ts';

export function registerConfig(program: Command): void {
  const group = verb(program, 'config', 'check or show the configuration');
  verb(group, 'check', 'find every fault of the configuration').action(acting(check));
  verb(group, 'show', 'the configuration as it is understood: defaults filled in, durations in milliseconds')
    .option('--cluster <name>', 'only this cluster')
    .action(acting(show));
}

async function check(call: Call<unknown>): Promise<ExitCode> {
  const { screen } = call;
  const config = await readConfig(call, { secrets: 'needed' });
  const { data, lines } = summarize(config);
  screen.answer(data, lines);
  sayWarnings(config, screen);
  return EXIT.fine;
}

async function show(call: Call<{ readonly cluster?: string }>): Promise<ExitCode> {
  const { options, screen } = call;
  const config = await readConfig(call);
  const { stringify } = await import('yaml');
  // Who may approve is the same for every cluster of a file, so it is shown once.
  const clusters = pickClusters(config, options.cluster).map(({ approval: _approval, ...cluster }) => cluster);
  const shown = { ...config, clusters };
  screen.answer(shown, [stringify(shown, { lineWidth: 0 }).trimEnd()]);
  return EXIT.fine;
}
