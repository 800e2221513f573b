import type { Command } from 'commander';
import type { DemoResult } from '../../running/demo.ts';
import { acting, verb, type Call } from '../program/call.ts';
import { EXIT, type ExitCode } from '../program/exit-codes.ts';

export function registerDemo(program: Command): void {
  verb(program, 'demo', 'see it at work in half a minute: real Temporal, a simulated Cluster Manager')
    .option('--keep', 'leave everything running afterwards, until Ctrl-C')
    .addHelpText('after', '\nExample:\n  storekeeper demo --keep')
    .action(acting(runDemo));
}

interface DemoOptions {
  readonly keep?: boolean;
}

async function runDemo({ options, env, screen }: Call<DemoOptions>): Promise<ExitCode> {
  const { demo, Interrupted } = await import('../../running/demo.ts');
  const told = (result: DemoResult): void => screen.answer(result, sum(result));
  try {
    const { ok } = await demo({ env, say: (line) => screen.say(line), keep: options.keep === true, told });
    return ok ? EXIT.fine : EXIT.trouble;
  } catch (error) {
    if (error instanceof Interrupted) return EXIT.interrupted;
    throw error;
  }
}

function sum({ ok, healed, untouched, escalated }: DemoResult): string[] {
  const names = (stores: readonly string[]): string => (stores.length === 0 ? 'none' : stores.join(', '));
  return [
    `healed:       ${names(healed)}`,
    `left alone:   ${names(untouched)}`,
    `for a human:  ${names(escalated)}`,
    ok ? 'All went as it should.' : 'It did not go as it should; the lines above say where.',
  ];
}
