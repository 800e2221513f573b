import { DefaultLogger, Runtime, type LogEntry, type LogLevel } from '@temporalio/worker';
import pino, { type Logger } from 'pino';
import type { Journal } from '../../activities/journal.ts';

export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** A file descriptor or a path. Written at once, line by line: a killed worker's last command must be there. */
  readonly destination: number | string;
}

/** JSON lines. What a worker logs is narration, so it goes to stderr; stdout stays for data. */
export function openLog({ level, destination }: LogOptions): Logger {
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: destination, sync: true }),
  );
}

/** The command journal, as lines of the log that are found by `journal`. */
export function journalTo(log: Logger): Journal {
  return (line) => {
    switch (line.journal) {
      case 'hand-over':
        return log.error(line, `handed over to people: ${line.store}: ${line.because}`);
      case 'plan':
        return log.warn(line, `${line.action} of ${line.store}, ${line.event}: ${line.because}`);
      case 'command':
        return log.info(line, `${line.verb} ${line.store}: ${line.sent ? line.answer : `not sent, ${line.answer}`}`);
    }
  };
}

/** Temporal's own messages that tell an operator nothing. */
const NOISE = [/^No (Nexus services|workflows|activities) registered/, /^Worker state changed/];

/** Sends what Temporal's SDK logs into ours. Once per process, just before the first native connection (see NativeOptions). */
export function installRuntime(log: Logger): void {
  const write = ({ level, message, meta }: LogEntry): void => {
    if (NOISE.some((noise) => noise.test(message))) return;
    log[PINO_LEVELS[level]]({ ...meta }, message);
  };
  Runtime.install({
    logger: new DefaultLogger('INFO', write),
    telemetryOptions: { logging: { forward: {}, filter: 'WARN' } },
    // We end workers ourselves, in the right order; the SDK must not react to signals on its own.
    shutdownSignals: [],
  });
}

const PINO_LEVELS = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
} as const satisfies Record<LogLevel, string>;
