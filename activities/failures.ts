import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';

/** The only place where an error of ours becomes one of Temporal's. */
export type Failure =
  /** A watch that is not over: the server runs it again after `nextMs`. No failure in any metric. */
  | { readonly kind: 'still watching'; readonly progress: string; readonly nextMs: number }
  /** A command that the server runs again: what the first attempt sent is not known here. */
  | { readonly kind: 'command repeated'; readonly attempt: number }
  /** This worker has no such cluster: a person must put it into a configuration. */
  | { readonly kind: 'unknown cluster'; readonly cluster: string; readonly known: readonly string[] }
  /** The configuration cannot be read at this moment; it may be in the middle of an edit. */
  | { readonly kind: 'configuration unreadable'; readonly detail: string };

/**
 * The end of a look that is to be repeated. Paced by the interval, not by the pause between looks: slow readings must
 * not make holes in a streak.
 */
export function stillWatching(
  progress: string,
  { everyMs, tookMs, leftMs }: { readonly everyMs: number; readonly tookMs: number; readonly leftMs: number },
): ApplicationFailure {
  return asTemporalFailure({ kind: 'still watching', progress, nextMs: Math.max(1, Math.min(everyMs - tookMs, leftMs)) });
}

export function asTemporalFailure(failure: Failure): ApplicationFailure {
  switch (failure.kind) {
    case 'still watching':
      return ApplicationFailure.create({
        message: failure.progress,
        type: 'StillWatching',
        category: ApplicationFailureCategory.BENIGN,
        nextRetryDelay: failure.nextMs,
      });
    case 'command repeated':
      return ApplicationFailure.create({
        message: `A command has one attempt, and this is number ${failure.attempt}: what became of the first must be read.`,
        type: 'CommandRepeated',
        nonRetryable: true,
      });
    case 'unknown cluster':
      return ApplicationFailure.create({
        message: `This worker's configuration has no cluster "${failure.cluster}"; it has ${failure.known.join(', ') || 'none'}. Add it under clusters: in storekeeper.yaml.`,
        type: 'UnknownCluster',
        nonRetryable: true,
      });
    case 'configuration unreadable':
      return ApplicationFailure.create({ message: failure.detail, type: 'ConfigurationUnreadable' });
  }
}
