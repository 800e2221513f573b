import { EXIT, type ExitCode } from './exit-codes.ts';

/** What an operator is told when a command cannot go on: three lines, and never a stack trace. */
export interface Explanation {
  readonly what: string;
  readonly why: string;
  /** How to mend it. */
  readonly mend: string;
  /** A command that can be run as it stands; it is shown behind `mend`. */
  readonly run?: string;
}

/** A command ends early, with this exit code. `code` is a stable word for programs that read `--json`. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError';
  readonly code: string;
  readonly exitCode: ExitCode;
  readonly explanation: Explanation;

  constructor(code: string, exitCode: ExitCode, explanation: Explanation, options?: ErrorOptions) {
    super(`${explanation.what}: ${explanation.why}`, options);
    this.code = code;
    this.exitCode = exitCode;
    this.explanation = explanation;
  }
}

/** An error as programs read it. Fields are only ever added. */
export interface ErrorObject {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

export function errorObject({ code, explanation }: Pick<CommandError, 'code' | 'explanation'>): ErrorObject {
  const { what, why, mend, run } = explanation;
  // A list of faults stands on lines of its own for people.
  const because = why
    .trim()
    .replace(/^- /, '')
    .replace(/\s*\n\s*- /g, '; ');
  return { code, message: `${what}: ${because}`, hint: run === undefined ? mend : `${mend}: ${run}` };
}

/** The operator's own slip: nothing was done, and the command ends with 2. */
export class UsageError extends CommandError {
  override readonly name = 'UsageError';

  constructor(explanation: Explanation, code = 'usage') {
    super(code, EXIT.usage, explanation);
  }
}
