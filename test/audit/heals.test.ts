import { describe, expect, test } from 'vitest';
import { brokenIn, Edited, type Fields } from './edited.ts';

const fields = (value: unknown): Fields => value as Fields;

describe('debts', () => {
  test('a stop that nothing follows, and that the guard is told is settled, breaks 5', async () => {
    const edited = (await Edited.of('healed')).without('restartStore').without('watchStore', 2);
    expect(brokenIn(edited.audit())).toEqual([`5@${edited.scheduled('tellGuard', 5)}`]);
  });

  test('a run that ends without a word about its debt breaks 5', async () => {
    const edited = (await Edited.of('healed')).without('restartStore').without('watchStore', 2).without('tellGuard', 5);
    expect(brokenIn(edited.audit())).toEqual([`5@${edited.events.length}`]);
  });

  test('a run that is still open has an open debt, which is not broken', async () => {
    const edited = await Edited.of('healed');
    const stop = edited.scheduled('stopStore');
    const report = edited.upTo(edited.scheduled('restartStore')).audit();
    expect(report.ok).toBe(true);
    expect(report.runs[0]?.openDebts).toEqual([{ eventId: stop, what: 'the run is still open' }]);
  });

  test('a stop before the restart that is owed breaks 5', async () => {
    const edited = (await Edited.of('escalated')).without('restartStore');
    expect(brokenIn(edited.audit())).toContain(`5@${edited.scheduled('stopStore', 2)}`);
  });

  test('a debt that was handed to people is settled, and one that was not is not', async () => {
    const edited = (await Edited.of('handed-over')).without('handOver');
    expect(brokenIn(edited.audit())).toEqual([expect.stringMatching(/^5@/)]);
  });

  test("a restart without a stop, a debt or an order breaks 2, and without CM's answer 11", async () => {
    const edited = (await Edited.of('healed')).without('stopStore');
    const restart = edited.scheduled('restartStore');
    expect(brokenIn(edited.audit())).toEqual([`2@${restart}`, `11@${restart}`]);
  });

  test('a restart is owed once', async () => {
    const edited = await Edited.of('debt-paid');
    expect(edited.audit().runs[0]?.commands[0]?.restsOn?.kind).toBe('debt');
    edited.change(edited.signal('guardAnswer'), (answer) => void (fields(answer['answer'])['owed'] = false));
    expect(brokenIn(edited.audit())).toEqual([`2@${edited.scheduled('restartStore')}`]);
  });
});

describe('what must stand in the history, and what must not', () => {
  test("a last look without CM's whole answer breaks 11, at the look and at the restart", async () => {
    const edited = await Edited.of('healed');
    const stop = edited.closed('stopStore');
    edited.change(stop, (result) => void (fields(result['evidence'])['raw'] = null));
    expect(brokenIn(edited.audit())).toEqual([`11@${stop}`, `11@${edited.scheduled('restartStore')}`]);
  });

  test.each(['', '*', '10.0.0.7-7100:p_4223_source-000-0', '10.0.0.7-7100:p_4223_source-000-0:0000000007,x'])(
    'the Store name %j breaks 10',
    async (name) => {
      const edited = await Edited.of('healed');
      const stop = edited.scheduled('stopStore');
      edited.change(stop, (input) => ({ ...input, store: name }));
      expect(brokenIn(edited.audit())).toContain(`10@${stop}`);
    },
  );

  test("a command for another Store than the workflow's breaks 10", async () => {
    const edited = await Edited.of('healed');
    const restart = edited.scheduled('restartStore');
    edited.change(restart, (input) => ({ ...input, store: '10.0.0.7-7100:p_4223_source-000-0:0000000008' }));
    expect(brokenIn(edited.audit())).toEqual([`10@${restart}`]);
  });

  test.each([
    ['a private key', '-----BEGIN PRIVATE KEY-----'],
    ['a chat webhook', 'https://oapi.dingtalk.com/robot/send?access_token=0123456789abcdef'],
    ['a password in an address', 'http://root:geheim@10.0.0.5:8088/'],
    ['a bearer token', 'Authorization: Bearer abcdefghijklmnopqrstuvwx'],
  ])('%s breaks 12, and is not shown', async (_name, secret) => {
    const edited = await Edited.of('healed');
    const event = edited.closed('tellGuard');
    edited.change(event, (result) => ({ ...result, told: secret }));
    const report = edited.audit();
    expect(brokenIn(report)).toEqual([`12@${event}`]);
    expect(JSON.stringify(report)).not.toContain(secret);
  });

  test('secrets are looked for in histories that send no commands, too', async () => {
    const edited = await Edited.of('sweep');
    edited.change(1, (input) => ({ ...input, note: '-----BEGIN PRIVATE KEY-----' }));
    const report = edited.audit();
    expect(brokenIn(report)).toEqual(['12@1']);
    expect(report.runs[0]?.notAudited).toContain('sweepCluster');
  });
});

describe('the last gate', () => {
  test('a command of another run breaks 13', async () => {
    const edited = await Edited.of('healed');
    const stop = edited.scheduled('stopStore');
    edited.change(stop, (input) => ({ ...input, commandId: '01a210e0-fc11-7ee0-9647-d9f39c0d3b61:1' }));
    expect(brokenIn(edited.audit())).toEqual([`13@${stop}`]);
  });

  test('a command that began later than sendBy after it was scheduled breaks 13', async () => {
    const edited = await Edited.of('healed');
    const restart = edited.scheduled('restartStore');
    const later = (seconds: number): string =>
      new Date(Date.parse(edited.event(restart).eventTime) + seconds * 1000).toISOString();
    edited.at(restart + 1, later(61)).at(restart + 2, later(62));
    expect(brokenIn(edited.audit())).toEqual([`13@${restart + 2}`]);
  });

  test('an answer that came too late to tell when it was sent is not shown, and far too late breaks 13', async () => {
    const late = async (seconds: number) => {
      const edited = await Edited.of('healed');
      const restart = edited.scheduled('restartStore');
      edited.at(restart + 2, new Date(Date.parse(edited.event(restart).eventTime) + seconds * 1000).toISOString());
      return edited.audit();
    };
    const unclear = await late(70);
    expect(unclear.ok).toBe(true);
    expect(unclear.runs[0]?.commands[1]?.notShown.join()).toContain('within sendBy');
    expect(brokenIn(await late(90))).toEqual([expect.stringMatching(/^13@/)]);
  });

  test('a command that was tried twice breaks 13', async () => {
    const edited = await Edited.of('healed');
    const stop = edited.scheduled('stopStore');
    edited.attributes(edited.event(stop + 1))['attempt'] = 2;
    expect(brokenIn(edited.audit())).toEqual([`13@${stop}`]);
  });

  test('a command whose activity died is listed as unknown, and one that no worker began is not listed', async () => {
    const edited = await Edited.of('healed');
    const stop = edited.scheduled('stopStore');
    const died = {
      eventType: 'EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT',
      activityTaskTimedOutEventAttributes: { scheduledEventId: String(stop), startedEventId: String(stop + 1) },
    };
    const { eventTime } = edited.event(stop + 2);
    edited.events[stop + 1] = { eventId: String(stop + 2), eventTime, ...died };
    const [command] = edited.audit().runs[0]?.commands ?? [];
    expect(command).toMatchObject({ verb: 'stop', answer: 'unknown' });
    expect(command?.notShown.join()).toContain('last look');
    edited.blank(stop + 1);
    const { commands, notSent } = edited.audit().runs[0] ?? {};
    expect(commands?.map(({ verb }) => verb)).toEqual(['restart']);
    expect(notSent).toBe(1);
  });

  test('a command that is under way is listed as unknown', async () => {
    const edited = await Edited.of('healed');
    const report = edited.upTo(edited.scheduled('stopStore') + 1).audit();
    expect(report.runs[0]?.commands).toMatchObject([{ verb: 'stop', answer: 'unknown', events: { closed: null } }]);
    expect(report.ok).toBe(true);
  });
});

describe('resets', () => {
  const NEW_RUN = 'dfc9df77-2fc6-4c54-9973-4486db981dec';

  /** The recorded run, reset before its restart was decided on. */
  async function reset(): Promise<Edited> {
    const edited = await Edited.of('healed');
    const restart = edited.scheduled('restartStore');
    edited.upTo(restart);
    const { eventTime } = edited.event(restart - 1);
    const baseRunId = 'e670fede-444a-4b9f-95d7-7a9f62c10e7b';
    const more = [
      {
        eventType: 'EVENT_TYPE_WORKFLOW_TASK_FAILED',
        workflowTaskFailedEventAttributes: { cause: 'WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW', baseRunId, newRunId: NEW_RUN },
      },
      { eventType: 'EVENT_TYPE_WORKFLOW_TASK_SCHEDULED', workflowTaskScheduledEventAttributes: {} },
    ];
    edited.events.push(...more.map((event, index) => ({ eventId: String(restart + index), eventTime, ...event })));
    return edited;
  }

  test("what a reset brought along is audited as the old run's", async () => {
    const report = (await reset()).audit();
    expect(report.ok).toBe(true);
    expect(report.runs.map(({ run, commands }) => [run.runId.slice(0, 8), commands.map(({ verb }) => verb)])).toEqual([
      ['e670fede', ['stop']],
      ['dfc9df77', []],
    ]);
    expect(report.runs.map(({ openDebts }) => openDebts.length)).toEqual([1, 1]);
  });

  test('a new run that sends under the lease of the old one breaks 3', async () => {
    const whole = await Edited.of('healed');
    const edited = await reset();
    const restart = whole.scheduled('restartStore');
    for (const event of [whole.event(restart), whole.event(restart + 1), whole.event(restart + 2)]) {
      const copy = structuredClone(event);
      copy.eventId = String(edited.events.length + 1);
      const attributes = edited.attributes(copy);
      if (attributes.scheduledEventId !== undefined) attributes.scheduledEventId = String(restart + 2);
      edited.events.push(copy);
    }
    edited.change(restart + 2, (input) => ({ ...input, commandId: `${NEW_RUN}:2` }));
    const report = edited.audit();
    expect(brokenIn(report)).toEqual([`3@${restart + 2}`]);
    expect(report.runs[1]?.commands[0]?.restsOn).toEqual({ kind: 'stop', eventId: whole.scheduled('stopStore') });
  });
});
