import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { JournalLine } from '../../activities/journal.ts';
import { loadConfig } from '../config/load-config.ts';
import type { GuardState } from '../domain/guard/state.ts';
import type { IncidentView } from '../domain/incident.ts';
import { guardWorkflowId, healWorkflowId } from '../domain/names.ts';
import { outcomeTraits, type HealOutcome } from '../domain/outcome.ts';
import type { StoreName } from '../domain/store.ts';
import { startSimulator, type Simulator } from '../simulator/simulator.ts';
import { applyClusters } from '../temporal/apply.ts';
import { clientOn, connectTemporal, type Env } from '../temporal/connect.ts';
import { startDevServer } from '../temporal/dev-server.ts';
import { registerSearchAttributes } from '../temporal/search-attributes.ts';
import { installRuntime, journalTo, openLog } from './log.ts';
import { serve, untilSignalled } from './serve.ts';
import type { Say } from './up.ts';

export interface DemoOptions {
  readonly env: Env;
  readonly say: Say;
  /** Leave everything running after the story, until the process is asked to end. */
  readonly keep: boolean;
  /** Told the result as soon as the story is over, also when everything is left running. */
  readonly told: (result: DemoResult) => void;
}

export interface DemoResult {
  readonly ok: boolean;
  readonly healed: readonly string[];
  readonly untouched: readonly string[];
  readonly escalated: readonly string[];
  readonly ui: string;
}

const CLUSTER = 'demo';
/** A reader that dies and is cured by a restart; one CM is blind about; one that no restart cures. */
const DIES = '10.0.0.7-7100:p_4223_source-000-0:0000000007';
const BLIND = '10.0.0.8-7100:p_4224_source-000-0:0000000008';
const HOPELESS = '10.0.0.9-7100:ORACLE_np_56el-1-0:0000000009';
const OTHERS = [
  '10.0.0.7-7101:p_4225_source-000-0:0000000010',
  '10.0.0.8-7101:MYSQL_np_57ab-1-0:0000000011',
  '10.0.0.9-7101:p_4226_source-000-0:0000000012',
];

/** How much faster the simulated Cluster Manager is than a real one: its stop takes 22 s there, its restart 40 s. */
const SPEED = 20;
const STORY_LIMIT_MS = 100_000;

function configuration(cm: string): string {
  return `# Everything is fast here, for show. environment: development lowers the floors; a real site never runs like this.
environment: development
clusters:
  - name: ${CLUSTER}
    cm: ${cm}
    stores:
${[DIES, BLIND, HOPELESS, ...OTHERS].map((store) => `      - "${store}"`).join('\n')}
    every: 1s
    mode: act
    policy:
      confirm: { readings: 3, over: 2s, patience: 10m }
      attempts: 3
      wait: 500ms
      verify: { healthyFor: 4s, within: 20s }
      backoff: [2s]
    guard: { cooldown: 10s, inFlight: 2 }
`;
}

/** The product's story in under two minutes: real Temporal, real HTTP, a simulated Cluster Manager. */
export async function demo({ env, say, keep, told }: DemoOptions): Promise<DemoResult> {
  const folder = await mkdtemp(join(tmpdir(), 'storekeeper-demo-'));
  const log = openLog({ level: 'info', destination: join(folder, 'worker.log') });
  const signals = untilSignalled();
  const interrupted = signals.signalled.then((name): never => {
    throw new Interrupted(name);
  });
  interrupted.catch(() => undefined);
  const cleanups: (() => Promise<unknown>)[] = [async () => rm(folder, { recursive: true, force: true })];
  try {
    const simulator = await startSimulator({ stores: [DIES, BLIND, HOPELESS, ...OTHERS], speed: SPEED });
    cleanups.push(() => simulator.close());
    say(`A simulated Cluster Manager with ${simulator.states().length} Stores: ${simulator.url}`);
    const server = await startDevServer({ ui: true, port: 0, uiPort: 0, env, log: say });
    cleanups.push(() => server.stop());
    const temporal = await connectTemporal(
      { ...env, TEMPORAL_ADDRESS: server.address, TEMPORAL_NAMESPACE: server.namespace },
      { installRuntime: () => installRuntime(log) },
    );
    cleanups.push(() => temporal.connection.close());
    await registerSearchAttributes(temporal.connection, temporal.namespace);
    const file = join(folder, 'storekeeper.yaml');
    await writeFile(file, configuration(simulator.url));
    const config = await loadConfig(file, {});
    const journal: JournalLine[] = [];
    const write = journalTo(log);
    const serving = await serve({
      config,
      temporal,
      log,
      shutdownGraceMs: 10_000,
      journal: (line) => {
        journal.push(line);
        write(line);
      },
    });
    cleanups.push(() => serving.stop());
    const client = clientOn(temporal);
    await applyClusters(client, config);
    const ui = `${server.uiUrl ?? ''}/namespaces/${temporal.namespace}/workflows`;
    say(`Temporal Web UI: ${ui}`);
    const result = await Promise.race([tell({ client, simulator, journal, say, ui }), interrupted]);
    told(result);
    if (keep) {
      say(`Left running: ${ui}`);
      say(`Try: TEMPORAL_ADDRESS=${server.address} npx storekeeper status --config ${file}`);
      say(`The worker's log: ${join(folder, 'worker.log')}; faults: ${simulator.url}/_sim/faults. Ctrl-C ends it.`);
      await interrupted.catch(() => undefined);
    }
    return result;
  } finally {
    signals.dispose();
    for (const cleanup of cleanups.toReversed()) await cleanup();
  }
}

export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

interface Stage {
  readonly client: Client;
  readonly simulator: Simulator;
  readonly journal: readonly JournalLine[];
  readonly say: Say;
  readonly ui: string;
}

async function tell(stage: Stage): Promise<DemoResult> {
  const { simulator, say } = stage;
  const startedMs = Date.now();
  const at: Say = (line) => say(`${((Date.now() - startedMs) / 1000).toFixed(1).padStart(5)} s  ${line}`);
  const { counts, total } = await until('a sweep that may act', async () => {
    const sweep = (await guardState(stage.client))?.lastSweep ?? null;
    return sweep !== null && sweep.reply.note === null ? sweep.summary : undefined;
  });
  at(`All ${total} Stores read, ${counts.healthy} healthy. A first look after a start only observes; from now on it acts.`);

  simulator.kill(DIES);
  at(`The reader of ${DIES} dies.`);
  simulator.inject(BLIND, { kind: 'blind', status: 1 });
  at(`The Cluster Manager goes blind about ${BLIND}: status 1, but active=false.`);
  simulator.inject(HOPELESS, { kind: 'permanent' });
  at(`${HOPELESS} dies of something that no restart cures.`);

  const [healed, given] = await Promise.all([follow(stage, DIES, at), follow(stage, HOPELESS, at)]);
  const touched = simulator.commands().filter((entry) => entry.store === BLIND).length;
  at(
    touched === 0
      ? `${BLIND} was left alone: what an untrusted reading says is evidence of nothing.`
      : `${BLIND} was touched ${touched} times!`,
  );
  const handedOver = stage.journal.some((line) => line.journal === 'hand-over' && line.store === HOPELESS);
  const needsPerson = outcomeTraits[given.kind].needs === 'person' && handedOver;
  const overlaps = simulator.violations().length;
  if (overlaps > 0) at(`${overlaps} rules of the Cluster Manager were broken!`);
  return {
    ok: healed.kind === 'healed' && simulator.state(DIES).status === 0 && touched === 0 && needsPerson && overlaps === 0,
    healed: healed.kind === 'healed' ? [DIES] : [],
    untouched: touched === 0 ? [BLIND] : [],
    escalated: needsPerson ? [HOPELESS] : [],
    ui: stage.ui,
  };
}

/** Follows one Store's incident until its outcome, saying each step once. */
async function follow(stage: Stage, store: string, say: Say): Promise<HealOutcome> {
  const workflowId = healWorkflowId(CLUSTER, store as StoreName);
  let seen = '';
  const ended = await until(`an outcome for ${store}`, async () => {
    const outcome = await outcomeOf(workflowId, stage.client);
    const view = await viewOf(stage.client, workflowId);
    const step = view === null ? '' : `${view.phase}#${view.attempts.length}`;
    if (view !== null && step !== seen && PHASE_WORDS[view.phase] !== undefined) {
      say(`${store}: ${PHASE_WORDS[view.phase]}${view.attempts.length > 0 ? ` (attempt ${view.attempts.length + 1})` : ''}`);
    }
    seen = step;
    return outcome;
  });
  say(`${store}: ${ended.kind.toUpperCase()}: ${ended.because}${ended.next === undefined ? '' : `. Next: ${ended.next}`}`);
  return ended;
}

const PHASE_WORDS: Readonly<Record<string, string>> = {
  confirming: 'read as faulty; is it really?',
  stopping: 'confirmed, and the guard lets it pass: stopping',
  'waiting before the restart': 'stopped; a restart is owed',
  restarting: 'restarting',
  verifying: 'restarted; does it hold, and does its checkpoint move?',
  'backing off': 'died again; a pause before the next attempt',
};

async function viewOf(client: Client, workflowId: string): Promise<IncidentView | null> {
  try {
    return await client.workflow.getHandle(workflowId).query<IncidentView>('incident');
  } catch {
    // Not opened yet.
    return null;
  }
}

async function outcomeOf(workflowId: string, client: Client): Promise<HealOutcome | undefined> {
  const handle = client.workflow.getHandle<(input: unknown) => Promise<HealOutcome>>(workflowId);
  try {
    const { status } = await handle.describe();
    return status.name === 'RUNNING' ? undefined : await handle.result();
  } catch {
    return undefined;
  }
}

async function guardState(client: Client): Promise<GuardState | null> {
  try {
    return await client.workflow.getHandle(guardWorkflowId(CLUSTER)).query<GuardState>('guard');
  } catch {
    return null;
  }
}

async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const untilMs = Date.now() + STORY_LIMIT_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > untilMs) throw new Error(`waited ${STORY_LIMIT_MS / 1000} s for ${what}`);
    await pause(150);
  }
}
