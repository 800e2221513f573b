import { spawn, spawnSync } from 'node:child_process';
import { cliEnv, MAIN } from './run-cli.ts';

/** `script` of util-linux gives a program a terminal. */
export const hasTerminal = String(spawnSync('script', ['--version']).stdout).includes('util-linux');

export interface Shown {
  readonly code: number | null;
  readonly text: string;
}

/** What is typed as soon as a text is shown, in this order; a question that never comes is never answered. */
export type Typing = readonly (readonly [shown: string, keys: string])[];

/** Runs the command at a terminal of 80 columns. */
export async function atTerminal(
  args: readonly string[],
  { typing = [], env = {} }: { typing?: Typing; env?: Record<string, string> } = {},
): Promise<Shown> {
  const command = [process.execPath, MAIN, ...args].map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['-qec', `stty cols 80; exec ${command}`, '/dev/null'], {
    env: cliEnv({ TERM: 'xterm', SHELL: '/bin/sh', ...env }),
  });
  let text = '';
  let from = 0;
  const todo = [...typing];
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    const [next] = todo;
    const at = next === undefined ? -1 : text.indexOf(next[0], from);
    if (next === undefined || at === -1) return;
    from = at + next[0].length;
    todo.shift();
    child.stdin.write(next[1]);
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, text };
}
