import type {
  AuditReport,
  Clocks,
  CommandAudit,
  EvidenceShown,
  Ground,
  RunAudit,
  Violation,
  VoteShown,
} from '../../audit/report.ts';
import type { Paint } from '../screen/paint.ts';
import { clock, cut, entry, plain, time } from './lay-out.ts';

const MESSAGE_LENGTH_MAX = 120;
const NOT_COUNTED_SHOWN = 10;

/** The report for people: a block for each command, what was broken in it last, and one line at the end. */
export function showAudit(report: AuditReport, paint: Paint): string[] {
  return [
    ...report.runs.flatMap((run) => [...showRun(run, paint), '']),
    'Invariants 4, 6 and 9 are kept by the guard; these histories do not show them.',
    paint(report.ok ? 'green' : 'red', `${counted(report.commands, 'command')}, ${counted(report.broken, 'invariant')} broken`),
  ];
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function showRun(run: RunAudit, paint: Paint): string[] {
  const ids = new Set(run.commands.map(({ commandId }) => commandId));
  const rest = run.violations.filter(({ commandId }) => commandId === null || !ids.has(commandId));
  return [
    paint('bold', plain(run.run.workflowId)),
    ...entry('run', `${run.run.runId}, ${plain(run.ended)}, started ${time(run.startedMs)}`),
    ...(run.notAudited === null ? [] : entry('NOTE', `not audited: ${plain(run.notAudited)}`)),
    ...(run.notAudited === null && run.commands.length === 0 ? entry('commands', 'none reached the Cluster Manager') : []),
    ...(run.notSent === 0 ? [] : entry('not sent', `${counted(run.notSent, 'command')}, by the word of the activity`)),
    ...run.commands.flatMap((command) => ['', ...showCommand(command, run.violations, paint)]),
    ...(run.commands.length > 0 && run.openDebts.length + run.notShown.length + rest.length > 0 ? [''] : []),
    ...run.openDebts.flatMap(({ eventId, what }) =>
      entry('open debt', `a restart is owed since event ${eventId}: ${plain(what)}`),
    ),
    ...run.notShown.flatMap((what) => entry('not shown', plain(what))),
    ...rest.flatMap((violation) => showViolation(violation, paint)),
  ];
}

function showCommand(command: CommandAudit, violations: readonly Violation[], paint: Paint): string[] {
  const { verb, store, cluster, answer, detail, restsOn, evidence, lease, votes, clocks, notShown } = command;
  const broken = violations.filter(({ commandId }) => commandId === command.commandId);
  return [
    `  ${paint('bold', verb.toUpperCase())} ${plain(store)} in ${plain(cluster)}`,
    ...entry('answer', `${answer}${answer === 'done' ? '' : `: ${cut(plain(detail), MESSAGE_LENGTH_MAX)}`}`),
    ...entry('events', sayEvents(command)),
    ...entry('rests on', restsOn === null ? 'NOTHING that was found' : sayGround(restsOn)),
    ...(evidence === null ? [] : entry('evidence', sayEvidence(evidence))),
    ...entry('lease', lease === null ? 'NONE that was found' : `event ${lease.eventId}, ${clock(lease.atMs)}`),
    ...showVotes(votes),
    ...(clocks === null ? [] : entry('clocks', sayClocks(clocks))),
    ...entry('digests', sayDigests(command)),
    ...notShown.flatMap((what) => entry('not shown', plain(what))),
    ...broken.flatMap((violation) => showViolation(violation, paint)),
  ];
}

/** All that count; of the others the first few, since anybody can send a thousand. */
function showVotes(votes: readonly VoteShown[]): string[] {
  const others = votes.filter((vote) => !vote.counted);
  const hidden = new Set(others.slice(NOT_COUNTED_SHOWN));
  return [
    ...votes.filter((vote) => !hidden.has(vote)).flatMap((vote, index) => entry(index === 0 ? 'votes' : '', sayVote(vote))),
    ...(hidden.size === 0 ? [] : entry('', `and ${counted(hidden.size, 'vote')} more that do not count (--json lists them)`)),
  ];
}

function showViolation({ invariant, eventId, what }: Violation, paint: Paint): string[] {
  const [first = '', ...rest] = entry('BROKEN', `invariant ${invariant}, event ${eventId}: ${plain(what)}`);
  return [first.replace('BROKEN', paint('red', 'BROKEN')), ...rest];
}

function sayEvents({ events, times }: CommandAudit): string {
  const started = events.started === null ? 'its start not written' : `${events.started} started ${clock(times.startedMs)}`;
  const closed = events.closed === null ? 'not closed' : `${events.closed} closed ${clock(times.closedMs)}`;
  return `${events.scheduled} scheduled ${time(times.scheduledMs)}, ${started}, ${closed}`;
}

function sayGround(ground: Ground): string {
  switch (ground.kind) {
    case 'streak':
      return `a confirmed streak of ${ground.readings} trusted readings over ${Math.round(ground.coveredMs / 1000)} s, event ${ground.eventId}`;
    case 'order':
      return `the order of event ${ground.eventId}`;
    case 'plan':
      return `the plan ${plain(ground.planId)}, event ${ground.eventId}${ground.coverage === null ? '' : `, ${plain(ground.coverage)}`}`;
    case 'stop':
      return `the stop of event ${ground.eventId}`;
    case 'debt':
      return `the debt that the guard told of, event ${ground.eventId}`;
  }
}

function sayEvidence({ diagnosis, status, message, newestS, port, atMs, raw, eventId }: EvidenceShown): string {
  const newest = newestS === null ? 'none' : time(newestS * 1000);
  const whole = raw ? "CM's whole answer kept" : "CM's answer NOT kept";
  return `${diagnosis}, status ${status ?? 'none'}, newest checkpoint ${newest}, port ${port ?? 'none'}, read ${clock(atMs)}, event ${eventId}, ${whole}: "${cut(plain(message), MESSAGE_LENGTH_MAX)}"`;
}

function sayVote({ eventId, atMs, verdict, name, assurance, principal, key, counted: counts, because }: VoteShown): string {
  const who = name === null ? 'somebody' : plain(name);
  const stamp = principal === null ? '' : ` as ${plain(principal.type)} ${plain(principal.name)}`;
  const how =
    assurance === 'declared'
      ? 'DECLARED ONLY'
      : assurance === 'signed'
        ? `signed by ${key ?? ''}`
        : `${assurance ?? 'not proven'}${stamp}`;
  const verdictSaid = verdict === 'approve' ? 'approved' : 'REJECTED';
  return `${counts ? '' : `NOT COUNTED (${plain(because)}): `}${who} ${verdictSaid}, ${how}, event ${eventId}, ${time(atMs)}`;
}

function sayClocks({ approveByMs, decidedMs, executeByMs, needed }: Clocks): string {
  const decided = decidedMs === null ? 'NEVER DECIDED' : `decided ${time(decidedMs)}, execute by ${time(executeByMs)}`;
  return `${needed} needed, approve by ${time(approveByMs)}, ${decided}`;
}

const DIGEST_SHOWN = 12;

function sayDigests({ digests }: CommandAudit): string {
  const known = Object.entries(digests).flatMap(([name, digest]: [string, string | null]) =>
    digest === null || digest === '' ? [] : [`${name} ${plain(digest).slice(0, DIGEST_SHOWN)}`],
  );
  return known.length === 0 ? 'none in this history' : known.join(', ');
}
