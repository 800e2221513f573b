import { createInterface } from 'node:readline/promises';
import type { Screen } from './screen.ts';

/** Asks on stderr for one line, trimmed; an end of input is an empty one. Rejects when interrupted. */
export async function askText(screen: Screen, question: string, signal: AbortSignal): Promise<string> {
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const closed = new Promise<string>((resolve) => prompt.once('close', () => resolve('')));
  // readline takes Ctrl-C for itself while a question is open.
  prompt.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    const answer = await Promise.race([prompt.question(`${screen.paintSaid('bold', question)} `, { signal }), closed]);
    return answer.trim();
  } finally {
    prompt.close();
  }
}
