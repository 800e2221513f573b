import { askText } from './ask-text.ts';
import type { Screen } from './screen.ts';

/** Asks on stderr with default No. Only `y` and `yes` are a yes; an end of input is a no. Rejects when interrupted. */
export async function confirm(screen: Screen, question: string, signal: AbortSignal): Promise<boolean> {
  return /^(y|yes)$/i.test(await askText(screen, `${question} [y/N]`, signal));
}
