/** How a command ends, for scripts. The same with and without `--json`. */
export const EXIT = {
  fine: 0,
  trouble: 1,
  usage: 2,
  unreachable: 3,
  refused: 4,
  pending: 8,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_CODES: readonly { readonly code: ExitCode; readonly meaning: string }[] = [
  { code: EXIT.fine, meaning: 'fine' },
  { code: EXIT.trouble, meaning: 'found trouble, or it came to nothing: look at what was said' },
  { code: EXIT.usage, meaning: 'wrong usage or a faulty configuration: nothing was done' },
  { code: EXIT.unreachable, meaning: 'Temporal or a Cluster Manager cannot be reached' },
  { code: EXIT.refused, meaning: 'refused: by the guard, by the mode, for lack of rights, or by you when asked' },
  { code: EXIT.pending, meaning: 'pending: begun, and not at its end yet' },
  { code: EXIT.interrupted, meaning: 'interrupted by Ctrl-C' },
];
