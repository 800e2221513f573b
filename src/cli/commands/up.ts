import type { Command } from 'commander';
import { acting, verb, type Call } from '../program/call.ts';
import { EXIT, type ExitCode } from '../program/exit-codes.ts';
import { readConfig } from '../reach/read-config.ts';

export function registerUp(program: Command): void {
  verb(program, 'up', 'run everything in one process: Temporal server, worker, schedules')
    .addHelpText(
      'after',
      `
The server's database is kept in .storekeeper/ beside the configuration. With TEMPORAL_ADDRESS set, that server
is used and none is started.

Example:
  storekeeper up --config storekeeper.yaml`,
    )
    .action(acting(runUp));
}

/** Ctrl-C and SIGTERM are how it is meant to end, so that is fine. */
async function runUp(call: Call<unknown>): Promise<ExitCode> {
  const config = await readConfig(call, { secrets: 'needed' });
  const { up } = await import('../../running/up.ts');
  await up({ config, env: call.env, say: (line) => call.screen.say(line) });
  call.screen.answer({ ended: 'in order' }, []);
  return EXIT.fine;
}
