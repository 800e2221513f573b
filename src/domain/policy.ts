import { subtopicOf, type StoreName } from './store.ts';

/** What a cluster's healer may do on its own. `ask` wants one vote per incident before the first stop. */
export type Mode = 'observe' | 'ask' | 'act';

/** From the most careful to the least. The strictest of several views is the one that counts. */
const MODES: readonly Mode[] = ['observe', 'ask', 'act'];

export function strictestMode(modes: readonly Mode[]): Mode {
  return MODES.find((mode) => modes.includes(mode)) ?? 'observe';
}

/** The thresholds of one cluster. All durations in milliseconds. Recorded in each incident's history. */
export interface Policy {
  readonly everyMs: number;
  readonly mode: Mode;
  /** Subtopic patterns (`*` matches anything) that act although `mode` is observe: the canary. */
  readonly act: readonly string[];
  readonly ha: boolean;
  readonly confirm: { readonly readings: number; readonly overMs: number; readonly patienceMs: number };
  readonly attempts: number;
  /** Between a stop that was answered and the restart. */
  readonly waitMs: number;
  readonly verify: { readonly healthyForMs: number; readonly withinMs: number };
  readonly backoffMs: readonly number[];
  /** Attempts are counted per Store until it was healthy this long. */
  readonly lineageMs: number;
  /** A command is not sent later than this after the server scheduled it. */
  readonly sendByMs: number;
  readonly alertAfterMs: number;
  /** Regular expressions on the message: a Store that says this is handed to a human at once. */
  readonly hopeless: readonly string[];
  readonly frozenAfterMs: number;
  readonly whenExhausted: 'escalate' | 'propose-destroy';
  readonly whenBlocked: 'end' | 'wait';
  readonly command: { readonly timeoutMs: number };
  readonly guard: GuardPolicy;
}

export interface GuardPolicy {
  readonly inFlight: number;
  readonly proposals: number;
  readonly perHour: number;
  readonly perDay: number;
  readonly cooldownMs: number;
  readonly openPerSweep: number;
  readonly brake: BrakePolicy;
}

export interface BrakePolicy {
  readonly stores: number;
  readonly subtopics: number;
  readonly faultyShare: number;
  readonly unknown: number;
  readonly unknownShare: number;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

export const defaultPolicy: Policy = {
  everyMs: 30 * SECOND,
  mode: 'observe',
  act: [],
  ha: false,
  confirm: { readings: 3, overMs: 90 * SECOND, patienceMs: 30 * MINUTE },
  attempts: 3,
  waitMs: 15 * SECOND,
  // Real readers died 43 s and 127 s after a restart that CM had answered with success.
  verify: { healthyForMs: 5 * MINUTE, withinMs: 15 * MINUTE },
  backoffMs: [2 * MINUTE, 6 * MINUTE, 12 * MINUTE],
  lineageMs: HOUR,
  sendByMs: 60 * SECOND,
  alertAfterMs: 60 * SECOND,
  hopeless: [],
  frozenAfterMs: 15 * MINUTE,
  whenExhausted: 'escalate',
  whenBlocked: 'end',
  command: { timeoutMs: 150 * SECOND },
  guard: {
    inFlight: 2,
    proposals: 5,
    perHour: 10,
    perDay: 40,
    cooldownMs: 10 * MINUTE,
    openPerSweep: 20,
    brake: { stores: 5, subtopics: 2, faultyShare: 0.2, unknown: 3, unknownShare: 0.5 },
  },
};

/** The least that each threshold may be. `development` lowers them so that a demo takes seconds. */
interface Floors {
  readonly everyMs: number;
  readonly healthyForMs: number;
  readonly backoffMs: number;
  readonly cooldownMs: number;
  readonly confirmOverMs: number;
}

/**
 * OMS's own HA first takes 240 s to call a Store dead, and makes at most one request on it in 600 s. A healer that
 * confirms for so long finds what HA did, and does not race it.
 */
const HA_SETTLED_MS = (240 + 600) * SECOND;

export function floorsOf(environment: Environment, ha: boolean): Floors {
  return environment === 'development'
    ? { everyMs: SECOND, healthyForMs: SECOND, backoffMs: 0, cooldownMs: 0, confirmOverMs: 0 }
    : {
        everyMs: 10 * SECOND,
        healthyForMs: 3 * MINUTE,
        backoffMs: ha ? 10 * MINUTE : MINUTE,
        cooldownMs: 10 * MINUTE,
        confirmOverMs: ha ? HA_SETTLED_MS : 0,
      };
}

export type Environment = 'production' | 'development';

/** A threshold that cannot stand: which one, and what to write instead. `path` is that of storekeeper.yaml. */
export interface PolicyFault {
  readonly path: string;
  readonly message: string;
}

/** Every contradiction at once; an empty list means that the policy holds together. */
export function policyFaults(policy: Policy, environment: Environment): PolicyFault[] {
  const floors = floorsOf(environment, policy.ha);
  const faults: PolicyFault[] = [];
  const demand = (holds: boolean, path: string, message: string): void => {
    if (!holds) faults.push({ path, message });
  };
  const floor = (valueMs: number, floorMs: number, path: string): void =>
    demand(valueMs >= floorMs, path, `${say(valueMs)} is below the floor of ${say(floorMs)} for environment: ${environment}`);

  floor(policy.everyMs, floors.everyMs, 'every');
  floor(policy.verify.healthyForMs, floors.healthyForMs, 'policy.verify.healthyFor');
  floor(policy.guard.cooldownMs, floors.cooldownMs, 'guard.cooldown');
  demand(
    policy.confirm.overMs >= floors.confirmOverMs,
    'policy.confirm.over',
    `${say(policy.confirm.overMs)} is below the floor of ${say(floors.confirmOverMs)} with ha: true: OMS's own HA may still be at work`,
  );
  policy.backoffMs.forEach((ms, index) => floor(ms, floors.backoffMs, `policy.backoff[${index}]`));
  demand(policy.backoffMs.length > 0, 'policy.backoff', 'is empty; name at least one pause between attempts, such as [2m]');
  demand(
    policy.verify.withinMs > policy.verify.healthyForMs,
    'policy.verify.within',
    `${say(policy.verify.withinMs)} leaves no room for healthyFor: ${say(policy.verify.healthyForMs)}; make within longer`,
  );
  demand(
    policy.confirm.patienceMs > policy.confirm.overMs && policy.confirm.patienceMs >= policy.confirm.readings * policy.everyMs,
    'policy.confirm.patience',
    `${say(policy.confirm.patienceMs)} ends before ${policy.confirm.readings} readings every ${say(policy.everyMs)} over ${say(policy.confirm.overMs)} can be made`,
  );
  demand(
    policy.alertAfterMs <= Math.max(policy.confirm.overMs, SECOND),
    'policy.alertAfter',
    `${say(policy.alertAfterMs)} is later than confirm.over (${say(policy.confirm.overMs)}): people would hear of a fault after the healer acted on it`,
  );
  demand(
    policy.lineageMs >= policy.verify.healthyForMs,
    'policy.lineage',
    `${say(policy.lineageMs)} is shorter than verify.healthyFor (${say(policy.verify.healthyForMs)}): attempts would be forgotten while they are verified`,
  );
  demand(
    !(policy.mode === 'act' && policy.act.length > 0),
    'act',
    'stands beside mode: act, which already acts on every subtopic; keep the list with mode: observe, or drop it',
  );
  for (const [index, pattern] of policy.hopeless.entries()) {
    demand(isRegExp(pattern), `policy.hopeless[${index}]`, `${JSON.stringify(pattern)} is not a regular expression`);
  }
  return faults;
}

function isRegExp(pattern: string): boolean {
  try {
    return new RegExp(pattern) instanceof RegExp;
  } catch {
    return false;
  }
}

/** A duration as people write it in storekeeper.yaml: `90s`, `5m`, `1h`, `250ms`. */
export function say(durationMs: number): string {
  if (durationMs !== 0 && durationMs % HOUR === 0) return `${durationMs / HOUR}h`;
  if (durationMs !== 0 && durationMs % MINUTE === 0) return `${durationMs / MINUTE}m`;
  return durationMs % SECOND === 0 ? `${durationMs / SECOND}s` : `${durationMs}ms`;
}

/** What the policy lets the healer do to this Store: the cluster's mode, or `act` for a canary subtopic. */
export function modeFor(policy: Pick<Policy, 'mode' | 'act'>, store: StoreName): Mode {
  const subtopic = subtopicOf(store);
  return policy.act.some((pattern) => matchesPattern(pattern, subtopic)) ? 'act' : policy.mode;
}

function matchesPattern(pattern: string, text: string): boolean {
  const source = pattern
    .split('*')
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
  return new RegExp(`^${source}$`).test(text);
}

/** The pause before attempt `attempt + 1`; the last one listed holds for all that follow. */
export function backoffBefore(policy: Pick<Policy, 'backoffMs'>, attemptsMade: number): number {
  return policy.backoffMs[Math.min(Math.max(attemptsMade, 1), policy.backoffMs.length) - 1] ?? 0;
}

/** A cluster counts as unwatched when no sweep reported for this long. */
export function gapMs(everyMs: number): number {
  return Math.max(3 * everyMs, 60 * SECOND);
}
