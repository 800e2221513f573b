import type { z } from 'zod';

/** One thing wrong in what somebody wrote: where, what, and what would be right. */
export interface Problem {
  readonly path: string;
  readonly message: string;
  readonly example: string;
}

export type Checked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problems: readonly Problem[] };

/** Input that the simulator cannot work with, for a person to read: what is wrong, why, and how to mend it. */
export class SimulatorInputError extends Error {
  override readonly name = 'SimulatorInputError' as const;
  readonly what: string;
  readonly why: string;
  readonly how: string;

  constructor(what: string, why: string, how: string) {
    super(`${what}: ${why}. ${how}`);
    this.what = what;
    this.why = why;
    this.how = how;
  }
}

/** All problems as one error. */
export function inputError(what: string, problems: readonly Problem[]): SimulatorInputError {
  const why = problems.map((problem) => `${problem.path} ${problem.message}`).join('; ');
  const examples = [...new Set(problems.map((problem) => problem.example))];
  return new SimulatorInputError(what, why, `For example: ${examples.join('; ')}`);
}

/** `faults`, 0, `for` as `faults[0].for`. */
export function joinPath(prefix: string, path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? String(key) : `${text}.${String(key)}`;
  }, prefix);
}

/**
 * What zod found, one problem for each fault, unknown keys included one by one.
 * `exampleOf` is asked with the last key of the path.
 */
export function problemsOf(
  error: z.ZodError,
  prefix: string,
  knownKeys: readonly string[],
  exampleOf: (key: string) => string,
): Problem[] {
  return error.issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        path: joinPath(prefix, [...issue.path, key]),
        message: `is not known here; known are ${knownKeys.join(', ')}`,
        example: exampleOf(key),
      }));
    }
    return [
      {
        path: joinPath(prefix, issue.path),
        message: issue.message.replace(/^Invalid input: /, 'is wrong: ').replace(/, received undefined$/, ', and it is missing'),
        example: exampleOf(String(issue.path.at(-1) ?? '')),
      },
    ];
  });
}
