import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import type { Screen } from './screen.ts';

/** Asks for one line that nobody sees being typed, untrimmed; an end of input is an empty one. Rejects when interrupted. */
export async function askSecret(screen: Screen, question: string, signal: AbortSignal): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  // As a terminal, so that the real one is told not to show what is typed.
  const prompt = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  const closed = new Promise<string>((resolve) => prompt.once('close', () => resolve('')));
  prompt.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  process.stderr.write(screen.paintSaid('bold', `${question} (not shown) `));
  try {
    return await Promise.race([prompt.question('', { signal }), closed]);
  } finally {
    prompt.close();
    screen.say('');
  }
}
