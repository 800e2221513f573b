import type { Command } from 'commander';
import { acting, verb, type Call } from '../program/call.ts';
import { EXIT, type ExitCode } from '../program/exit-codes.ts';
import { readConfig } from '../reach/read-config.ts';

export function registerWorker(program: Command): void {
  verb(program, 'worker', 'run the worker alone, against the Temporal that TEMPORAL_* names')
    .addHelpText(
      'after',
      `
Its log is JSON, one line each, on stderr. Every command to a Cluster Manager is a line with "journal":"command".
SIGTERM lets commands under way end, for at most 170 s.

Example:
  TEMPORAL_ADDRESS=temporal.example:7233 storekeeper worker --config storekeeper.yaml`,
    )
    .action(acting(runWorker));
}

async function runWorker(call: Call<unknown>): Promise<ExitCode> {
  const config = await readConfig(call);
  const { work } = await import('../../running/up.ts');
  await work({ config, env: call.env, say: (line) => call.screen.say(line) });
  call.screen.answer({ ended: 'in order' }, []);
  return EXIT.fine;
}
