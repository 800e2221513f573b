/**
 * Messages to the guard come from our activities, but anybody may signal a workflow. What is not shaped as a
 * message is refused with a sentence, noted, and never thrown on.
 */
import { DESTROY_OUTCOMES } from '../approval/destroy-outcome.ts';
import { outcomeTraits } from '../outcome.ts';
import { parseStoreName, type Parsed } from '../store.ts';
import type { Closed, CommandEnded, LeaseRequest, Look, Opened, ProposalClosed, Proposed, SweepReport } from './messages.ts';

type Fields = Readonly<Record<string, unknown>>;
type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
/** Times far beyond any calendar would be taken, and then could not be shown. */
const NUMBER_MAX = 1e14;
const isNumber: Check = (value) => typeof value === 'number' && Math.abs(value) <= NUMBER_MAX;
const isFlag: Check = (value) => typeof value === 'boolean';
const isStore: Check = (value) => parseStoreName(value).ok;
const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
const isTexts: Check = (value) => Array.isArray(value) && value.every(isText);
const isRun: Check = (value) => isObject(value) && isText(value['workflowId']) && isText(value['runId']);
const oneOf =
  (...words: readonly string[]): Check =>
  (value) =>
    typeof value === 'string' && words.includes(value);
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);

const maybe =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const isMode = oneOf('observe', 'ask', 'act');

const isFigures =
  (...keys: readonly string[]): Check =>
  (value) =>
    isObject(value) && keys.every((key) => isNumber(value[key]));

const isWorker: Check = (value) => isObject(value) && ['host', 'digest', 'build'].every((key) => isText(value[key]));

const isView: Check = (value) =>
  isObject(value) &&
  ['everyMs', 'lineageMs', 'inFlight', 'cooldownMs', 'openPerSweep', 'aftermathMs'].every((key) => isNumber(value[key])) &&
  maybe(isNumber)(value['proposals']) &&
  maybe(isFigures('perHour', 'perDay'))(value['budget']) &&
  maybe(isFigures('stores', 'subtopics', 'faultyShare', 'unknown', 'unknownShare'))(value['brake']) &&
  isMode(value['mode']) &&
  isTexts(value['act']);

const isClaim: Check = (value) => isObject(value) && isText(value['planId']) && isMode(value['modeBefore']);

function parser<T>(what: string, checks: Readonly<Record<string, Check>>): (input: unknown) => Parsed<T> {
  return (input) => {
    if (!isObject(input)) return { ok: false, error: `${what}: not an object` };
    for (const [key, check] of Object.entries(checks)) {
      if (!check(input[key])) return { ok: false, error: `${what}: "${key}" is missing or of the wrong kind` };
    }
    return { ok: true, value: input as T };
  };
}

const outcome: Check = (value) => typeof value === 'string' && Object.hasOwn(outcomeTraits, value);
const verb = oneOf('stop', 'restart', 'destroy');

export const parseOpened = parser<Opened>('opened', {
  askId: isText,
  run: isRun,
  store: isStore,
  view: isView,
  order: isFlag,
  override: isTexts,
  owesRestart: isFlag,
});

export const parseLeaseRequest = parser<LeaseRequest>('requestLease', {
  askId: isText,
  run: isRun,
  store: isStore,
  streakSinceMs: isNumber,
  order: isFlag,
  override: isTexts,
  owed: isFlag,
  approved: maybe(isFlag),
  destroy: maybe(isClaim),
});

export const parseCommandEnded = parser<CommandEnded>('commandEnded', {
  run: isRun,
  store: isStore,
  verb,
  commandId: isText,
  ended: oneOf('done', 'refused', 'never sent', 'unknown'),
});

export const parseClosed = parser<Closed>('closed', {
  run: isRun,
  store: isStore,
  outcome,
  attempts: isNumber,
  evidenceKey: isText,
  debt: oneOf('none', 'settled', 'handed over', 'open'),
  whenMs: orNull(isNumber),
});

export const parseLook = parser<Look>('look', {
  run: isRun,
  store: isStore,
  verb,
  commandId: isText,
  streakSinceMs: isNumber,
  override: isTexts,
  approved: maybe(isFlag),
  destroy: maybe(isClaim),
});

export const parseProposed = parser<Proposed>('proposed', { askId: isText, run: isRun, store: isStore, view: isView });

export const parseProposalClosed = parser<ProposalClosed>('proposalClosed', {
  run: isRun,
  store: isStore,
  outcome: oneOf(...DESTROY_OUTCOMES),
});

const isSwept: Check = (value) =>
  isObject(value) &&
  isStore(value['store']) &&
  oneOf('healthy', 'faulty', 'unknown')(value['diagnosis']) &&
  isNumber(value['atMs']) &&
  isText(value['evidenceKey']);

export const parseSweepReport = parser<SweepReport>('reportSweep', {
  sweepRun: isText,
  surveyedMs: isNumber,
  view: isView,
  total: isNumber,
  counts: (value) => isObject(value) && ['healthy', 'faulty', 'unknown', 'frozen'].every((key) => isNumber(value[key])),
  stores: (value) => Array.isArray(value) && value.every(isSwept),
  cutOff: isNumber,
  worker: maybe(isWorker),
});
