import { ConfigError, type ConfigFault } from '../../config/config.ts';
import { CommandError, type Explanation } from './command-error.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';

/** An error as it is told: on stderr in three lines, in `--json` as one object. */
export interface ErrorReport {
  readonly code: string;
  readonly exitCode: ExitCode;
  readonly explanation: Explanation;
  /** Of a configuration: every fault by itself. */
  readonly faults?: readonly ConfigFault[];
}

/** Turns whatever a command threw into what its operator is told, and into its exit code. */
export function explainError(error: unknown, interrupted: boolean): ErrorReport {
  if (interrupted && isAbort(error)) return report('interrupted', EXIT.interrupted, INTERRUPTED);
  if (error instanceof CommandError) return report(error.code, error.exitCode, error.explanation);
  if (error instanceof ConfigError) return explainConfig(error);
  if (error instanceof Error) return explainNamed(error) ?? explainGrpc(error) ?? unexpected(error.message);
  return unexpected(String(error));
}

function report(code: string, exitCode: ExitCode, explanation: Explanation): ErrorReport {
  return { code, exitCode, explanation };
}

/** What calls end with when their signal is aborted. A real failure on the way out is told as what it is. */
function isAbort(error: unknown): boolean {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 6; at = at.cause, depth += 1) {
    if (at.name === 'AbortError') return true;
  }
  return grpcFault(error)?.code === GRPC.cancelled;
}

const INTERRUPTED: Explanation = {
  what: 'Interrupted',
  why: 'this command was ended by Ctrl-C',
  mend: 'what it had begun on the server goes on there; look at',
  run: 'storekeeper status',
};

function explainConfig({ file, faults }: ConfigError): ErrorReport {
  const list = faults.map(({ path, message }) => `${path === '' ? '' : `${path}: `}${message}`);
  const explanation = {
    what: `${file} has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}`,
    why: list.length === 1 ? (list[0] ?? '') : list.map((line) => `\n    - ${line}`).join(''),
    mend: 'mend the file, then look again',
    run: `storekeeper config check --config ${file}`,
  };
  return { code: 'configuration', exitCode: EXIT.usage, explanation, faults };
}

/**
 * Errors of modules that are loaded only when they are needed: asking for their class would load them for
 * every `--help`. Their messages hold what, why and how to mend.
 */
function explainNamed(error: Error): ErrorReport | undefined {
  switch (error.name) {
    case 'UnreachableError': {
      const kind = 'kind' in error ? error.kind : 'unreachable';
      if (kind === 'misconfigured') return report('temporal-settings', EXIT.usage, inThreeLines(error.message));
      if (kind === 'refused') return report('not-authorised', EXIT.refused, inThreeLines(error.message));
      return report('unreachable', EXIT.unreachable, inThreeLines(error.message));
    }
    case 'NamespaceNotFoundError':
      return report('no-namespace', EXIT.usage, {
        what: error.message,
        why: 'Temporal has no namespace of that name',
        mend: 'name the right one in TEMPORAL_NAMESPACE, or let somebody create it',
      });
    case 'SearchAttributesError':
      return report('search-attributes', EXIT.trouble, searchAttributes(error.message));
    case 'DevServerError':
    case 'NoTemporalCliError':
      return report('embedded-server', EXIT.trouble, inThreeLines(error.message));
    case 'SimulatorInputError': {
      const { what, why, how } = error as Error & { readonly what: string; readonly why: string; readonly how: string };
      return report('simulator-input', EXIT.usage, { what, why, mend: how });
    }
    default:
      return undefined;
  }
}

/** `What: why. How to mend.` A message of another shape is told in the first line as it is. */
function inThreeLines(message: string): Explanation {
  const parts = /^(?<what>.+?): (?<why>.+?)\. (?<mend>\p{Lu}.*)$/su.exec(message)?.groups;
  return parts === undefined
    ? { what: message, why: 'see above', mend: 'mend that, then try again' }
    : { what: parts['what'] ?? '', why: parts['why'] ?? '', mend: parts['mend'] ?? '' };
}

function searchAttributes(message: string): Explanation {
  const [what = message, ...rest] = message.split('; ');
  const [why = '', mend = ''] = rest.join('; ').split(/\. (?=\p{Lu})/u);
  return rest.length === 0
    ? inThreeLines(message)
    : { what, why, mend: `${mend}; or let Storekeeper do it`, run: 'storekeeper schedule apply --register' };
}

const GRPC = { cancelled: 1, deadlineExceeded: 4, permissionDenied: 7, unavailable: 14, unauthenticated: 16 } as const;

function explainGrpc(error: Error): ErrorReport | undefined {
  const grpc = grpcFault(error);
  if (grpc === undefined) return undefined;
  switch (grpc.code) {
    case GRPC.unavailable:
    case GRPC.deadlineExceeded:
    case GRPC.cancelled:
      return report('unreachable', EXIT.unreachable, {
        what: 'Temporal does not answer any more',
        why: grpc.details,
        mend: 'see that its server runs, then try again',
      });
    case GRPC.permissionDenied:
    case GRPC.unauthenticated:
      return report('not-authorised', EXIT.refused, {
        what: 'Temporal refused this',
        why: grpc.details,
        mend: 'use an account with the rights: TEMPORAL_API_KEY, or a client certificate by TEMPORAL_TLS_CLIENT_CERT_PATH',
      });
    default:
      return undefined;
  }
}

/** What gRPC said, wherever it stands in the chain of causes. */
export function grpcFault(error: unknown): { readonly code: number; readonly details: string } | undefined {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 6; at = at.cause, depth += 1) {
    if ('code' in at && typeof at.code === 'number' && 'details' in at && typeof at.details === 'string') {
      return { code: at.code, details: at.details === '' ? at.message : at.details };
    }
  }
  return undefined;
}

function unexpected(message: string): ErrorReport {
  return report('unexpected', EXIT.trouble, {
    what: message === '' ? 'An error without a message' : message,
    why: 'this is not foreseen, so it is likely a fault of Storekeeper itself',
    mend: 'run it again with STOREKEEPER_DEBUG=1 in the environment, and report what it shows',
  });
}
