import { z } from 'zod';

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
/** A year: what is longer is a slip of the hand, and timers cannot hold it. */
const DURATION_MAX_MS = 365 * 24 * 3_600_000;

/** `90s`, `5m`, `1h`, `250ms`, `0s`: one whole number and one unit, in milliseconds. */
const duration = z.unknown().transform((value, context): number => {
  const fault = (message: string): never => {
    context.issues.push({ code: 'custom', message, input: value });
    return z.NEVER;
  };
  if (typeof value === 'number') return fault(`${value} has no unit; a duration is a whole number and a unit: ms, s, m or h`);
  if (typeof value !== 'string') return fault('is not a duration, which is a whole number and a unit: ms, s, m or h');
  const [, digits = '', unit = ''] = /^(\d{1,12})(ms|s|m|h)$/.exec(value.trim()) ?? [];
  const unitMs = UNIT_MS[unit];
  if (unitMs === undefined)
    return fault(`${JSON.stringify(value.slice(0, 40))} is not a duration, which is a whole number and a unit: ms, s, m or h`);
  const ms = Number(digits) * unitMs;
  return ms <= DURATION_MAX_MS ? ms : fault(`${JSON.stringify(value)} is longer than a year`);
});

const positiveDuration = duration.refine((ms) => ms > 0, 'must be longer than nothing');
/** The server rounds a schedule's interval to whole seconds: what it would change is refused here. */
const wholeSeconds = positiveDuration.refine((ms) => ms % 1_000 === 0, 'must be whole seconds: schedules know nothing finer');
/** A worker that stops waits 170 s for its commands, so none may last longer than 150 s. */
const commandTimeout = positiveDuration.refine(
  (ms) => ms <= 150_000,
  'must not exceed 150s: a worker that stops waits no longer for its commands',
);
const readTimeout = positiveDuration.refine(
  (ms) => ms <= 60_000,
  'must not exceed 60s: a read that waits longer tells of the past',
);
const count = z.number().int().min(1).max(1_000_000);
const share = z.number().gt(0).max(1);
const text = z.string().trim().min(1);

const brake = z.strictObject({
  stores: count.optional(),
  subtopics: count.optional(),
  faultyShare: share.optional(),
  unknown: count.optional(),
  unknownShare: share.optional(),
});

const guard = z.strictObject({
  inFlight: count.optional(),
  proposals: count.optional(),
  perHour: count.optional(),
  perDay: count.optional(),
  cooldown: duration.optional(),
  openPerSweep: count.optional(),
  brake: brake.optional(),
});

const policy = z.strictObject({
  confirm: z
    .strictObject({ readings: count.optional(), over: duration.optional(), patience: positiveDuration.optional() })
    .optional(),
  attempts: count.optional(),
  wait: duration.optional(),
  verify: z.strictObject({ healthyFor: positiveDuration.optional(), within: positiveDuration.optional() }).optional(),
  backoff: z.array(duration).optional(),
  lineage: positiveDuration.optional(),
  sendBy: positiveDuration.optional(),
  alertAfter: duration.optional(),
  hopeless: z.array(text).optional(),
  frozen: z.strictObject({ after: positiveDuration.optional() }).optional(),
  whenExhausted: z.enum(['escalate', 'propose-destroy']).optional(),
  whenBlocked: z.enum(['end', 'wait']).optional(),
});

/** A list takes one question for each project, and an activity may wait for the first list. */
const omsTimeout = positiveDuration.refine(
  (ms) => ms <= 60_000,
  'must not exceed 60s: what waits for a first list would wait as long',
);

const discover = z.strictObject({
  oms: text,
  user: text,
  // Not trimmed: blanks may be part of it.
  password: z.string().min(1),
  projects: z.array(text).min(1),
  every: positiveDuration.optional(),
  grace: positiveDuration.optional(),
  timeout: omsTimeout.optional(),
});

/** One entry of `clusters`. Names of Stores and clusters are parsed by the domain afterwards. */
export const ClusterFile = z.strictObject({
  name: z.unknown().optional(),
  cm: text.optional(),
  drcProperties: text.optional(),
  restartMethod: z.enum(['POST', 'GET']).optional(),
  readTimeout: readTimeout.optional(),
  commandTimeout: commandTimeout.optional(),
  stores: z.array(z.unknown()).optional(),
  storesFile: text.optional(),
  discover: discover.optional(),
  every: wholeSeconds.optional(),
  mode: z.enum(['observe', 'ask', 'act']).optional(),
  act: z.array(text).optional(),
  ha: z.boolean().optional(),
  policy: policy.optional(),
  guard: guard.optional(),
});
export type ClusterFile = z.infer<typeof ClusterFile>;

const approver = z.strictObject({
  name: text.optional(),
  principals: z.array(z.strictObject({ type: text, name: text })).optional(),
  keys: z.array(text).optional(),
});

/** The part `approval`. Who stands in it, and whether their keys prove anything, is checked by the domain afterwards. */
export const ApprovalFile = z.strictObject({
  assurance: z.array(z.enum(['attested', 'signed', 'declared'])).optional(),
  quorum: count.optional(),
  restartQuorum: count.optional(),
  approvers: z.array(approver).optional(),
  approveWithin: positiveDuration.optional(),
  executeWithin: positiveDuration.optional(),
});
export type ApprovalFile = z.infer<typeof ApprovalFile>;

/** storekeeper.yaml as it is written. */
export const ConfigFile = z.strictObject({
  environment: z.enum(['production', 'development']).optional(),
  approval: ApprovalFile.optional(),
  clusters: z.array(ClusterFile).min(1),
});

/** Keys that the design has and this version does not read. They are refused, not skipped: people rely on them. */
export const NOT_BUILT: readonly string[] = ['notify'];

/** What to write at a path (indices left out): shown with every fault there. */
export const EXAMPLES: Readonly<Record<string, string>> = {
  environment: 'environment: production',
  approval: 'approval: {assurance: [attested, signed], quorum: 2, approvers: [{name: alice, keys: ["ed25519:…"]}]}',
  'approval.assurance': 'assurance: [attested, signed]',
  'approval.quorum': 'quorum: 2',
  'approval.restartQuorum': 'restartQuorum: 1',
  'approval.approvers': 'approvers: [{name: alice, keys: ["ed25519:…"]}]',
  'approval.approvers.name': 'name: alice',
  'approval.approvers.principals': 'principals: [{type: jwt, name: alice}]',
  'approval.approvers.keys': 'keys: ["ed25519:…"]',
  'approval.approveWithin': 'approveWithin: 4h',
  'approval.executeWithin': 'executeWithin: 15m',
  clusters: 'clusters: [{name: hangzhou-1, cm: "http://10.0.0.5:8088", storesFile: stores.txt}]',
  'clusters.name': 'name: hangzhou-1',
  'clusters.cm': 'cm: http://10.0.0.5:8088',
  'clusters.drcProperties': 'drcProperties: /home/ds/supervisor/package/config/drc.properties',
  'clusters.restartMethod': 'restartMethod: POST',
  'clusters.readTimeout': 'readTimeout: 10s',
  'clusters.commandTimeout': 'commandTimeout: 150s',
  'clusters.stores': 'stores: ["10.0.0.7-7100:p_4223_source-000-0:0000000007"]',
  'clusters.storesFile': 'storesFile: stores.txt',
  'clusters.discover':
    'discover: {oms: "http://10.0.0.4:8089", user: storekeeper, password: "${OMS_PASSWORD}", projects: [np_5w5abcdefghi]}',
  'clusters.discover.oms': 'oms: http://10.0.0.4:8089',
  'clusters.discover.user': 'user: storekeeper',
  'clusters.discover.password': 'password: "${OMS_PASSWORD}"',
  'clusters.discover.projects': 'projects: [np_5w5abcdefghi]',
  'clusters.discover.every': 'every: 5m',
  'clusters.discover.grace': 'grace: 1h',
  'clusters.discover.timeout': 'timeout: 20s',
  'clusters.every': 'every: 30s',
  'clusters.mode': 'mode: observe',
  'clusters.act': 'act: ["p_4223_*"]',
  'clusters.ha': 'ha: false',
  'clusters.policy': 'policy: {attempts: 3, verify: {healthyFor: 5m, within: 15m}}',
  'clusters.policy.confirm': 'confirm: {readings: 3, over: 90s, patience: 30m}',
  'clusters.policy.confirm.readings': 'readings: 3',
  'clusters.policy.confirm.over': 'over: 90s',
  'clusters.policy.confirm.patience': 'patience: 30m',
  'clusters.policy.attempts': 'attempts: 3',
  'clusters.policy.wait': 'wait: 15s',
  'clusters.policy.verify': 'verify: {healthyFor: 5m, within: 15m}',
  'clusters.policy.verify.healthyFor': 'healthyFor: 5m',
  'clusters.policy.verify.within': 'within: 15m',
  'clusters.policy.backoff': 'backoff: [2m, 6m, 12m]',
  'clusters.policy.lineage': 'lineage: 1h',
  'clusters.policy.sendBy': 'sendBy: 60s',
  'clusters.policy.alertAfter': 'alertAfter: 60s',
  'clusters.policy.hopeless': 'hopeless: ["log file does not exist"]',
  'clusters.policy.frozen': 'frozen: {after: 15m}',
  'clusters.policy.frozen.after': 'after: 15m',
  'clusters.policy.whenExhausted': 'whenExhausted: escalate',
  'clusters.policy.whenBlocked': 'whenBlocked: end',
  'clusters.guard': 'guard: {inFlight: 2, perHour: 10, cooldown: 10m}',
  'clusters.guard.inFlight': 'inFlight: 2',
  'clusters.guard.proposals': 'proposals: 5',
  'clusters.guard.perHour': 'perHour: 10',
  'clusters.guard.perDay': 'perDay: 40',
  'clusters.guard.cooldown': 'cooldown: 10m',
  'clusters.guard.openPerSweep': 'openPerSweep: 20',
  'clusters.guard.brake': 'brake: {stores: 5, subtopics: 2, faultyShare: 0.2, unknown: 3, unknownShare: 0.5}',
  'clusters.guard.brake.stores': 'stores: 5',
  'clusters.guard.brake.subtopics': 'subtopics: 2',
  'clusters.guard.brake.faultyShare': 'faultyShare: 0.2',
  'clusters.guard.brake.unknown': 'unknown: 3',
  'clusters.guard.brake.unknownShare': 'unknownShare: 0.5',
};
