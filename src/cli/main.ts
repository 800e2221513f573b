#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { registerApprove } from './commands/approve.ts';
import { registerAudit } from './commands/audit.ts';
import { registerCheck } from './commands/check.ts';
import { registerConfig } from './commands/config.ts';
import { registerDemo } from './commands/demo.ts';
import { registerDestroy } from './commands/destroy.ts';
import { registerDiscover } from './commands/discover.ts';
import { registerHeal } from './commands/heal.ts';
import { registerHold } from './commands/hold.ts';
import { registerHelp } from './commands/help.ts';
import { registerInit } from './commands/init.ts';
import { registerKeys } from './commands/keys.ts';
import { registerPause } from './commands/pause.ts';
import { registerPlans } from './commands/plans.ts';
import { registerReject } from './commands/reject.ts';
import { registerRelease } from './commands/release.ts';
import { registerResume } from './commands/resume.ts';
import { registerSchedule } from './commands/schedule.ts';
import { registerSimulate } from './commands/simulate.ts';
import { registerStatus } from './commands/status.ts';
import { registerWhy } from './commands/why.ts';
import { registerUp } from './commands/up.ts';
import { registerWorker } from './commands/worker.ts';
import { runProgram } from './program/run-program.ts';

/** In the order in which `--help` lists them. */
const COMMANDS = [
  registerDemo,
  registerInit,
  registerUp,
  registerWorker,
  registerCheck,
  registerDiscover,
  registerStatus,
  registerWhy,
  registerHeal,
  registerDestroy,
  registerPlans,
  registerApprove,
  registerReject,
  registerPause,
  registerResume,
  registerHold,
  registerRelease,
  registerSchedule,
  registerAudit,
  registerKeys,
  registerConfig,
  registerSimulate,
  registerHelp,
];

/** The package's version; the compiled program lies three folders below it. */
function version(): string {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

const program = new Command('storekeeper')
  .description('Keeps the Stores of OceanBase Migration Service healthy.')
  .version(version())
  .usage('<verb> [options]')
  .option('--config <path>', 'the configuration (default: $STOREKEEPER_CONFIG, then ./storekeeper.yaml)')
  .option('--json', 'one JSON object on stdout, failures included')
  .addHelpText('after', '\nExit codes: storekeeper help exit-codes');

await runProgram(program, COMMANDS, process.argv);
