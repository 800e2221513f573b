import { createInterface } from 'node:readline/promises';
import type { Screen } from './screen.ts';

/** Asks on stderr with default No. Only `y` and `yes` are a yes; an end of input is a no. Rejects when interrupted. */
export async function confirm(screen: Screen, question: string, signal: AbortSignal): Promise<boolean> {
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const closed = new Promise<string>((resolve) => prompt.once('close', () => resolve('')));
  // readline takes Ctrl-C for itself while a question is open.
  prompt.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    const answer = await Promise.race([prompt.question(`${screen.paintSaid('bold', question)} [y/N] `, { signal }), closed]);
    return /^(y|yes)$/i.test(answer.trim());
  } finally {
    prompt.close();
  }
}
