import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { DefaultLogger, makeTelemetryFilterString, Runtime, Worker } from '@temporalio/worker';
import { describe, expect, test } from 'vitest';
import { workflowBundlePath } from '../src/temporal/bundle-workflows.ts';
import { dataConverter } from '../src/temporal/data-converter.ts';

/**
 * Every workflow that is open while a worker is updated replays its history with the new code. Recorded by the
 * scenarios with RECORD_HISTORIES=1; recorded again only together with a line in the changelog that says so.
 */
const HISTORIES = join(dirname(fileURLToPath(import.meta.url)), 'histories');

Runtime.install({
  logger: new DefaultLogger('ERROR'),
  telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'OFF' as 'ERROR', other: 'OFF' as 'ERROR' }) } },
});

const names = (await readdir(HISTORIES)).filter((file) => file.endsWith('.json')).map((file) => file.slice(0, -'.json'.length));

type Recorded = { readonly events: Record<string, unknown>[] };

async function recorded(name: string): Promise<Recorded> {
  return JSON.parse(await readFile(join(HISTORIES, `${name}.json`), 'utf8')) as Recorded;
}

/** A workflow's id decides what it does (a heal under another id only attaches), so it is replayed under its own. */
function idOf(history: Recorded): string {
  const started = history.events[0]?.['workflowExecutionStartedEventAttributes'] as { readonly workflowId?: string } | undefined;
  if (started?.workflowId === undefined || started.workflowId === '')
    throw new Error('the history does not tell its workflow id');
  return started.workflowId;
}

function replay(history: Recorded): Promise<void> {
  const options = { workflowBundle: { codePath: workflowBundlePath() }, dataConverter: dataConverter() };
  return Worker.runReplayHistory(options, historyFromJSON(history), idOf(history));
}

describe('recorded histories', () => {
  test.each([
    'ask-again',
    'ask-cancelled',
    'ask-declined',
    'ask-healed',
    'ask-ordered',
    'ask-overridden',
    'ask-recovered',
    'blocked',
    'cancelled',
    'debt-paid',
    'destroy-cancelled',
    'destroy-cleared',
    'destroy-destroyed',
    'destroy-evidence-kept-changing',
    'destroy-expired',
    'destroy-new-guard',
    'destroy-proposed',
    'destroy-refused',
    'destroy-rejected',
    'destroy-superseded',
    'destroy-unknown',
    'escalated',
    'flapping',
    'guard',
    'guard-silent',
    'handed-over',
    'healed',
    'not-proven',
    'observer-blind',
    'permanent',
    'recovered',
    'superseded',
    'sweep',
    'would-act',
  ])('there is one of %s', (name) => {
    expect(names).toContain(name);
  });

  test.each(names)('%s is replayed by the workflows of today', async (name) => {
    await expect(replay(await recorded(name))).resolves.toBeUndefined();
  });

  test('a history in which another activity ran is noticed', async () => {
    const healed = JSON.stringify(await recorded('healed'));
    expect(healed).toContain('"restartStore"');
    const doctored = JSON.parse(healed.replaceAll('"restartStore"', '"destroyStore"')) as Recorded;
    await expect(replay(doctored)).rejects.toThrow(/[Nn]ondeterminism|TMPRL1100/);
  });
});
