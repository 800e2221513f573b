import type { CommandLine, JournalLine } from '../../../activities/journal.ts';
import type { RequestLogEntry, Violation } from '../../../src/simulator/simulator.ts';

/** What one test leaves behind: what reached the Cluster Manager, and what the workers say they did. */
export interface Traces {
  readonly log: readonly RequestLogEntry[];
  readonly violations: readonly Violation[];
  readonly journal: readonly JournalLine[];
  readonly sendByMs: number;
  /** Commands whose worker was killed before it could write its line. */
  readonly unwritten: number;
  /** Stops that a heal must take for sent, since their worker died on them, though they never arrived. */
  readonly mayHaveStopped: number;
}

const STOP = '/crawler/clear';
const RESTART = '/crawler/restore';
const VERBS: Readonly<Record<string, CommandLine['verb']>> = {
  [STOP]: 'stop',
  [RESTART]: 'restart',
  '/crawler/destroy': 'destroy',
};

/** Everything that was broken of what never bends, in words; an empty list means nothing. */
export function brokenInvariants(traces: Traces): string[] {
  const commands = traces.log.filter((entry) => VERBS[entry.path] !== undefined);
  return [
    ...traces.violations.map((violation) => `${violation.kind}: ${violation.entries.map(sayEntry).join(' and ')}`),
    ...commands
      .filter((entry) => entry.path === STOP)
      .flatMap((entry) => [...withoutRestart(traces, entry), ...onStaleEvidence(traces, entry), ...notFaulty(traces, entry)]),
    ...commands
      .filter((entry) => entry.path === RESTART)
      .flatMap((entry) => withoutStop(commands, entry))
      .slice(traces.mayHaveStopped),
    ...journalAgainst(traces, commands),
  ];
}

function sayEntry(entry: RequestLogEntry): string {
  return `#${entry.seq} ${entry.path} ${entry.store ?? ''}`;
}

function withoutRestart({ log, journal }: Traces, stop: RequestLogEntry): string[] {
  if (!stop.carriedOut) return [];
  const restarted = log.some(
    (entry) => entry.path === RESTART && entry.store === stop.store && entry.seq > stop.seq && entry.carriedOut,
  );
  const handedOver = journal.some((line) => line.journal === 'hand-over' && line.store === stop.store);
  return restarted || handedOver ? [] : [`no restart and no hand-over after ${sayEntry(stop)}`];
}

/** Before each stop its own reading, answered, not older than sendBy, and no command in between. */
function onStaleEvidence({ log, sendByMs }: Traces, stop: RequestLogEntry): string[] {
  const before = log.filter((entry) => entry.store === stop.store && entry.seq < stop.seq);
  const own = before.at(-1);
  if (own?.path !== '/crawler/detail' || own.outcome !== 'answered') {
    // Other readers may look at the same time; what counts is an answered reading after the last command.
    const last = before.findLast((entry) => entry.path === '/crawler/detail' && entry.outcome === 'answered');
    const command = before.findLast((entry) => VERBS[entry.path] !== undefined);
    if (last === undefined || (command !== undefined && command.seq > last.seq))
      return [`no reading of its own before ${sayEntry(stop)}`];
    return stop.atMs - last.atMs <= sendByMs ? [] : [`the reading before ${sayEntry(stop)} was ${stop.atMs - last.atMs} ms old`];
  }
  return stop.atMs - own.atMs <= sendByMs ? [] : [`the reading before ${sayEntry(stop)} was ${stop.atMs - own.atMs} ms old`];
}

/** A stop rests on an answer that shows a faulty Store, and that CM vouches for. A looker beside it may have seen more. */
function notFaulty({ log, sendByMs }: Traces, stop: RequestLogEntry): string[] {
  const answers = log.filter(
    ({ path, store, seq, outcome, atMs }) =>
      path === '/crawler/detail' &&
      store === stop.store &&
      seq < stop.seq &&
      outcome === 'answered' &&
      stop.atMs - atMs <= sendByMs,
  );
  const rests = answers.some(({ note }) => /status [1-9]\d*(?!.*not active)/.test(note));
  return rests ? [] : [`nothing that was read before ${sayEntry(stop)} showed a faulty Store that CM vouches for`];
}

function withoutStop(commands: readonly RequestLogEntry[], restart: RequestLogEntry): string[] {
  const stopped = commands.some((entry) => entry.path === STOP && entry.store === restart.store && entry.seq < restart.seq);
  return stopped ? [] : [`no stop of ours before ${sayEntry(restart)}`];
}

/** Whatever reached the Cluster Manager is in the journal, and nothing is in the journal that did not. */
function journalAgainst({ journal, unwritten }: Traces, commands: readonly RequestLogEntry[]): string[] {
  const written = journal.filter((line): line is CommandLine => line.journal === 'command' && line.sent);
  const key = (store: string | null, verb: string | undefined): string => `${verb ?? '?'} ${store ?? '?'}`;
  const keys = new Set([
    ...commands.map((entry) => key(entry.store, VERBS[entry.path])),
    ...written.map((line) => key(line.store, line.verb)),
  ]);
  let missing = 0;
  const invented: string[] = [];
  for (const one of keys) {
    const arrived = commands.filter((entry) => key(entry.store, VERBS[entry.path]) === one).length;
    const said = written.filter((line) => key(line.store, line.verb) === one).length;
    if (said > arrived) invented.push(`the journal says "${one}" ${said} times, and it arrived ${arrived} times`);
    else missing += arrived - said;
  }
  return missing === unwritten
    ? invented
    : [...invented, `${missing} commands arrived and are not in the journal; ${unwritten} should be missing`];
}
