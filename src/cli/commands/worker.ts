import type { Command } from 'commander';
import { ROLES, type Role } from '../../running/roles.ts';
import { acting, verb, type Call } from '../program/call.ts';
import { UsageError } from '../program/command-error.ts';
import { EXIT, type ExitCode } from '../program/exit-codes.ts';
import { didYouMean } from '../program/nearest.ts';
import { readConfig } from '../reach/read-config.ts';

interface WorkerOptions {
  readonly only?: string;
  readonly except?: string;
}

export function registerWorker(program: Command): void {
  verb(program, 'worker', 'run the worker alone, against the Temporal that TEMPORAL_* names')
    .option('--only <roles>', `only these: ${ROLES.join(', ')}`)
    .option('--except <roles>', 'all but these')
    .addHelpText(
      'after',
      `
Roles: workflows (the runbooks), clusters (reads, commands, votes), destroy. A process without the role destroy
cannot destroy; one that has it alone can have a configuration of its own, whose approvers count besides.

Its log is JSON, one line each, on stderr. Every command to a Cluster Manager is a line with "journal":"command".
SIGTERM lets commands under way end, for at most 170 s.

Example:
  TEMPORAL_ADDRESS=temporal.example:7233 storekeeper worker --except destroy --config storekeeper.yaml
  TEMPORAL_ADDRESS=temporal.example:7233 storekeeper worker --only destroy --config destroyer.yaml`,
    )
    .action(acting(runWorker));
}

async function runWorker(call: Call<WorkerOptions>): Promise<ExitCode> {
  const roles = rolesOf(call.options);
  const config = await readConfig(call, { secrets: 'needed' });
  const { work } = await import('../../running/up.ts');
  await work({ config, env: call.env, roles, say: (line) => call.screen.say(line) });
  call.screen.answer({ ended: 'in order' }, []);
  return EXIT.fine;
}

/** Throws UsageError. */
function rolesOf({ only, except }: WorkerOptions): readonly Role[] {
  if (only !== undefined && except !== undefined) {
    throw usage('--only and --except stand together', 'each of them says what the other would');
  }
  if (only !== undefined) {
    const named = parseRoles('--only', only);
    return ROLES.filter((role) => named.includes(role));
  }
  const left = except === undefined ? [] : parseRoles('--except', except);
  const roles = ROLES.filter((role) => !left.includes(role));
  if (roles.length === 0) throw usage('--except leaves nothing to do', `there are no roles but ${ROLES.join(', ')}`);
  return roles;
}

function parseRoles(option: string, text: string): Role[] {
  return text.split(',').map((word) => {
    const role = ROLES.find((known) => known === word.trim());
    if (role !== undefined) return role;
    throw usage(
      `${option} ${word.trim() === '' ? '(nothing)' : word.trim()}`,
      `the roles are ${ROLES.join(', ')}${didYouMean(word.trim(), ROLES)}`,
    );
  });
}

function usage(what: string, why: string): UsageError {
  return new UsageError({
    what,
    why,
    mend: 'name one or more roles, with commas between',
    run: 'storekeeper worker --only destroy',
  });
}
