import { ApplicationFailure } from '@temporalio/common';
import { condition, setDefaultSignalHandler, setHandler } from '@temporalio/workflow';
import type { Look, LookAnswer, SweepReply, SweepReport } from '../../src/domain/guard/messages.ts';
import {
  parseClosed,
  parseCommandEnded,
  parseLeaseRequest,
  parseLook,
  parseOpened,
  parseProposalClosed,
  parseProposed,
  parseSweepReport,
} from '../../src/domain/guard/parse.ts';
import type { GuardState } from '../../src/domain/guard/state.ts';
import type { GuardEvent, GuardReply } from '../../src/domain/guard/step.ts';
import {
  HOLD_EXAMPLE,
  parseHold,
  parseReleaseBrake,
  parseReleaseLease,
  parseResume,
  parseUnhold,
  PAUSE_EXAMPLE,
  readPause,
  RELEASE_BRAKE_EXAMPLE,
  RELEASE_LEASE_EXAMPLE,
  RESUME_EXAMPLE,
  UNHOLD_EXAMPLE,
} from '../../src/domain/requests.ts';
import type { Parsed } from '../../src/domain/store.ts';
import {
  closedSignal,
  commandEndedSignal,
  guardQuery,
  holdSignal,
  lookUpdate,
  openedSignal,
  pauseSignal,
  proposalClosedSignal,
  proposedSignal,
  releaseBrakeSignal,
  releaseLeaseSignal,
  reportSweepUpdate,
  requestLeaseSignal,
  resumeSignal,
  unholdSignal,
} from '../messages.ts';

/** Somebody's word to the guard, in the order of arrival. */
export interface Waiting {
  readonly event: GuardEvent;
  /** Gives an update its answer; signals have none. */
  readonly settle?: (reply: GuardReply) => void;
}

/** Handlers only queue, and never throw: all deciding happens in one place, in order of arrival. */
export function registerHandlers(queue: Waiting[], state: () => GuardState): void {
  const take =
    <T>(parse: (input: unknown) => Parsed<T>, event: (message: T) => GuardEvent) =>
    (input: unknown): void => {
      const parsed = parse(input);
      queue.push({ event: parsed.ok ? event(parsed.value) : { kind: 'not understood', text: parsed.error } });
    };
  setHandler(
    openedSignal,
    take(parseOpened, (message) => ({ kind: 'opened', message })),
    { description: 'from a heal' },
  );
  setHandler(
    requestLeaseSignal,
    take(parseLeaseRequest, (message) => ({ kind: 'lease requested', message })),
    { description: 'from a heal or a destroy' },
  );
  setHandler(
    commandEndedSignal,
    take(parseCommandEnded, (message) => ({ kind: 'command ended', message })),
    { description: 'from a heal or a destroy' },
  );
  setHandler(
    closedSignal,
    take(parseClosed, (message) => ({ kind: 'closed', message })),
    { description: 'from a heal' },
  );
  setHandler(
    proposedSignal,
    take(parseProposed, (message) => ({ kind: 'proposed', message })),
    { description: 'from a destroy' },
  );
  setHandler(
    proposalClosedSignal,
    take(parseProposalClosed, (message) => ({ kind: 'proposal closed', message })),
    { description: 'from a destroy' },
  );
  setHandler(
    pauseSignal,
    (input) => {
      const { minutes, ...pause } = readPause(input);
      queue.push({
        event: { kind: 'pause', pause: { ...pause, untilMs: minutes === null ? null : Date.now() + minutes * 60_000 } },
      });
    },
    { description: `Start nothing new in this cluster: ${PAUSE_EXAMPLE}` },
  );
  setHandler(
    resumeSignal,
    take(parseResume, (resume) => ({ kind: 'resume', ...resume })),
    {
      description: `End a pause: ${RESUME_EXAMPLE}; other people's pauses by "of": ["bob"]`,
    },
  );
  setHandler(
    holdSignal,
    take(parseHold, ({ minutes, ...hold }) => ({
      kind: 'hold',
      hold: { ...hold, untilMs: minutes === null ? null : Date.now() + minutes * 60_000 },
    })),
    { description: `Hands off one Store or subtopic, also for owed restarts: ${HOLD_EXAMPLE}` },
  );
  setHandler(
    unholdSignal,
    take(parseUnhold, ({ target }) => ({ kind: 'unhold', target })),
    { description: `End such a hold: ${UNHOLD_EXAMPLE}` },
  );
  setHandler(
    releaseBrakeSignal,
    take(parseReleaseBrake, (act) => ({ kind: 'release brake', ...act })),
    { description: `Let single restarts go on although much is broken: ${RELEASE_BRAKE_EXAMPLE}` },
  );
  setHandler(
    releaseLeaseSignal,
    take(parseReleaseLease, (act) => ({ kind: 'release lease', ...act })),
    { description: `End the lease of a holder that does not come on: ${RELEASE_LEASE_EXAMPLE}` },
  );
  setHandler(guardQuery, state, { description: 'everything the guard knows' });
  setHandler(lookUpdate, (input) => ask<LookAnswer, Look>(queue, parseLook(input), (message) => ({ kind: 'look', message })), {
    description: 'a command activity’s last look',
  });
  setHandler(
    reportSweepUpdate,
    (input) => ask<SweepReply, SweepReport>(queue, parseSweepReport(input), (message) => ({ kind: 'swept', message })),
    {
      description: 'from a sweep',
    },
  );
  setDefaultSignalHandler((name) => {
    queue.push({ event: { kind: 'not understood', text: `signal "${name}" is none of the guard's` } });
  });
}

async function ask<Reply extends GuardReply, Message>(
  queue: Waiting[],
  parsed: Parsed<Message>,
  event: (message: Message) => GuardEvent,
): Promise<Reply> {
  if (!parsed.ok) throw ApplicationFailure.nonRetryable(parsed.error, 'InvalidInput');
  let reply: GuardReply | undefined;
  queue.push({ event: event(parsed.value), settle: (given) => (reply = given) });
  await condition(() => reply !== undefined);
  return reply as Reply;
}
