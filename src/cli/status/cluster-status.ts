import { probesAtOnce } from '../../domain/guard/brake.ts';
import { budgetLeft } from '../../domain/guard/budgets.ts';
import { sayRefusal } from '../../domain/guard/refusal.ts';
import { NEW_GUARD_PAUSE, type GuardState } from '../../domain/guard/state.ts';
import { sayBrake, sayDisagreement, stuckLeases } from '../../domain/guard/warnings.ts';
import { outcomeTraits } from '../../domain/outcome.ts';
import { gapMs } from '../../domain/policy.ts';
import type { ScheduleView } from '../../temporal/schedules.ts';
import type { GuardAnswered } from '../reach/ask-guard.ts';
import { holdForPrograms } from '../reach/holding.ts';
import { pauseForPrograms } from '../reach/pausing.ts';
import { span, stamp } from '../screen/times.ts';

/** Something that needs a person. `code` is a stable word, `run` a command that helps. */
export interface Trouble {
  readonly code: string;
  readonly message: string;
  readonly run?: string;
}

/** What is known of one cluster. `guard` is null where it could not be asked. */
export interface ClusterStatus {
  readonly name: string;
  readonly guard: GuardState | null;
  readonly schedule: ScheduleView | null;
  readonly trouble: readonly Trouble[];
}

export function clusterStatus(name: string, answer: GuardAnswered, schedule: ScheduleView | null, nowMs: number): ClusterStatus {
  const guard = answer.kind === 'answered' ? answer.state : null;
  const trouble = answer.kind === 'answered' ? troubleOf(answer.state, nowMs) : [guardTrouble(name, answer, schedule !== null)];
  return { name, guard, schedule, trouble };
}

function guardTrouble(name: string, answer: Exclude<GuardAnswered, { kind: 'answered' }>, scheduled: boolean): Trouble {
  if (answer.kind === 'silent') {
    return { code: 'guard-silent', message: `the guard does not answer: ${answer.because}`, run: 'storekeeper worker' };
  }
  return scheduled
    ? {
        code: 'no-guard',
        message: 'no guard: something ended it; the next sweep starts one, paused until somebody has looked round',
        run: 'storekeeper worker',
      }
    : {
        code: 'no-guard',
        message: 'no guard and no schedule: nobody looks at this cluster',
        run: `storekeeper schedule apply --cluster ${name}`,
      };
}

function troubleOf(guard: GuardState, nowMs: number): Trouble[] {
  const { cluster, lastSweep, debts, pauses, view } = guard;
  const lastMs = lastSweep?.surveyedMs ?? guard.bornMs;
  const counts = lastSweep?.summary.counts;
  const total = lastSweep?.summary.total ?? 0;
  const waiting = waitingForPeople(guard);
  const brake = sayBrake(guard);
  const disagreement = sayDisagreement(guard);
  const found: (Trouble | false)[] = [
    pauses.some((pause) => pause.by === NEW_GUARD_PAUSE) && {
      code: 'new-guard',
      message: 'this guard is new: the one before it ended unexpectedly. Look round, then resume',
      run: `storekeeper resume --cluster ${cluster}`,
    },
    nowMs - lastMs > gapMs(view.everyMs) && {
      code: 'no-sweep',
      message:
        lastSweep === null
          ? `no sweep has reported for ${span(nowMs - lastMs)}`
          : `the last sweep was ${span(nowMs - lastMs)} ago`,
      run: `storekeeper schedule show --cluster ${cluster}`,
    },
    debts.length > 0 && { code: 'debt', message: `a restart is owed to ${debts.map((debt) => debt.store).join(', ')}` },
    counts !== undefined &&
      counts.faulty > 0 && {
        code: 'faulty',
        message: `${counts.faulty} of ${total} Stores ${counts.faulty === 1 ? 'is' : 'are'} faulty`,
        run: `storekeeper check --cluster ${cluster}`,
      },
    counts !== undefined &&
      total > 0 &&
      counts.unknown === total && {
        code: 'blind',
        message: 'nothing is known of any Store: look after the Cluster Manager',
        run: `storekeeper check --cluster ${cluster}`,
      },
    brake !== null && {
      code: 'brake',
      message: brake,
      run: `storekeeper release-brake --cluster ${cluster} --reason "the host is back"`,
    },
    ...stuckLeases(guard, nowMs).map(({ subtopic, store, holder, progressMs }) => ({
      code: 'stuck',
      message: `${holder.workflowId} has held ${subtopic} without progress for ${span(nowMs - progressMs)}`,
      run: `storekeeper release-lease ${store} --reason "its heal hangs"`,
    })),
    disagreement !== null && { code: 'workers-disagree', message: disagreement },
    waiting.length > 0 && {
      code: 'waiting',
      message: `${waiting.map(({ store, outcome }) => `${store} (${outcome})`).join(', ')}: left to people`,
    },
  ];
  return found.filter((trouble) => trouble !== false);
}

/** Stores whose incident ended in people's hands and that were not seen healthy since. */
function waitingForPeople(guard: GuardState): { readonly store: string; readonly outcome: string }[] {
  return guard.stores.flatMap(({ store, last, openRun, healthySinceMs }) => {
    if (last === null || last.outcome === 'terminated' || openRun !== null || healthySinceMs !== null) return [];
    const { needs } = outcomeTraits[last.outcome];
    return needs === 'person' || needs === 'person at once' || needs === 'warning' ? [{ store, outcome: last.outcome }] : [];
  });
}

/** One cluster of `status --json`. Fields are only ever added; times are RFC 3339. */
export function statusForPrograms({ name, guard, schedule, trouble }: ClusterStatus, nowMs: number): object {
  return {
    name,
    trouble,
    schedule:
      schedule === null
        ? { state: 'missing' }
        : {
            state: schedule.paused ? 'paused' : 'running',
            note: schedule.note,
            everyMs: schedule.everyMs,
            next: stamp(schedule.nextMs),
            last: stamp(schedule.lastMs),
          },
    guard: guard === null ? null : guardForPrograms(guard, nowMs),
  };
}

function guardForPrograms(guard: GuardState, nowMs: number): object {
  const { lastSweep } = guard;
  return {
    since: stamp(guard.bornMs),
    mode: guard.view.mode,
    act: guard.view.act,
    pauses: guard.pauses.map(pauseForPrograms),
    holds: guard.holds.map(holdForPrograms),
    proposals: guard.proposals.map(({ store, run, sinceMs, decided }) => ({ store, ...run, since: stamp(sinceMs), decided })),
    lastSweep:
      lastSweep === null
        ? null
        : {
            at: stamp(lastSweep.surveyedMs),
            ...lastSweep.summary,
            note: lastSweep.reply.note,
            warnings: lastSweep.reply.warnings ?? [],
          },
    open: guard.stores.flatMap(({ store, openRun, attempts, firstFaultyMs }) =>
      openRun === null ? [] : [{ store, ...openRun, attempts, faultySince: stamp(firstFaultyMs) }],
    ),
    debts: guard.debts.map(({ store, holder, sinceMs }) => ({ store, holder, since: stamp(sinceMs) })),
    leases: guard.leases.map(({ subtopic, store, holder, sinceMs, progressMs }) => ({
      subtopic,
      store,
      holder,
      since: stamp(sinceMs),
      progress: stamp(progressMs),
    })),
    quarantines: [
      ...(guard.quarantineAll === null
        ? []
        : [{ subtopic: '*', because: 'the guard is new', until: stamp(guard.quarantineAll.untilMs) }]),
      ...guard.quarantines.map(({ subtopic, because, untilMs }) => ({ subtopic, because, until: stamp(untilMs) })),
    ],
    brake:
      guard.brake === null
        ? null
        : {
            since: stamp(guard.brake.sinceMs),
            because: guard.brake.because,
            grew: stamp(guard.brake.grewMs),
            step: guard.brake.step,
            probesAtOnce: probesAtOnce(guard),
            probesHealed: guard.brake.passed,
          },
    budgetLeft: { restarts: budgetLeft(guard, 'restarts', nowMs), destroys: budgetLeft(guard, 'destroys', nowMs) },
    workers: guard.workers.map(({ host, digest, build, seenMs, view }) => ({
      host,
      digest,
      build,
      mode: view.mode,
      seen: stamp(seenMs),
    })),
    acts: guard.acts.map(({ atMs, text }) => ({ at: stamp(atMs), text })),
    commandsInFlight: { now: guard.slots.length, max: guard.view.inFlight },
    ledger: guard.ledger.map(({ store, verdict, refusal }) => ({
      store,
      verdict,
      reason: refusal?.reason ?? null,
      why: refusal === null ? null : sayRefusal(refusal),
      askAgain: stamp(refusal?.whenMs ?? null),
    })),
    notUnderstood: guard.notes.map(({ atMs, text }) => ({ at: stamp(atMs), text })),
  };
}
