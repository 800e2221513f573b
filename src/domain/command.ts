/** What can be sent to CM about one Store. CM's own words are clear (stop), restore (restart) and destroy. */
export type Verb = 'stop' | 'restart' | 'destroy';

/**
 * How a command ended, as far as the HTTP exchange tells. A command is never repeated on its own:
 * what follows from each kind is decided afresh, from a new reading.
 */
export type CommandAnswer =
  /** CM answered with success. */
  | { readonly kind: 'done'; readonly detail: string; readonly tookMs: number }
  /** CM answered, and said no: an HTTP error, `isSuccess: false`, a redirect. */
  | { readonly kind: 'refused'; readonly detail: string; readonly tookMs: number }
  /** The request provably never left: no connection, or it was too late to send. */
  | {
      readonly kind: 'never sent';
      readonly because: 'unreachable' | 'too late';
      readonly detail: string;
      readonly tookMs: number;
    }
  /** The request left, and no answer that can be understood came back. CM may still be carrying it out. */
  | { readonly kind: 'unknown'; readonly detail: string; readonly tookMs: number };

/**
 * How long a command that was let pass may still run at CM though nobody answers for it: until it had to be
 * sent, plus the HTTP time-out, plus a fifth of that for CM's own task polling. 240 s with the defaults.
 */
export function aftermathMs(sendByMs: number, commandTimeoutMs: number): number {
  return sendByMs + Math.round(commandTimeoutMs * 1.2);
}
