import { describe, expect, test } from 'vitest';
import { audit } from '../../src/audit/audit.ts';
import { brokenIn, Edited, violationsIn, type Fields } from './edited.ts';

const fields = (value: unknown): Fields => value as Fields;

describe('what a stop rests on', () => {
  test('a stop without a confirmed streak before it breaks 2', async () => {
    const edited = (await Edited.of('healed')).without('watchStore');
    expect(brokenIn(edited.audit())).toEqual([`2@${edited.scheduled('stopStore')}`]);
  });

  test('a streak that is shorter than its own thresholds confirms nothing', async () => {
    const edited = await Edited.of('healed');
    edited.change(edited.closed('watchStore'), (result) => void (fields(result['streak'])['coveredMs'] = 89_999));
    expect(brokenIn(edited.audit())).toEqual([`2@${edited.scheduled('stopStore')}`]);
  });

  test('a second stop does not rest on the confirmation of the first', async () => {
    const edited = (await Edited.of('escalated')).without('watchStore', 4);
    const second = edited.scheduled('stopStore', 2);
    expect(brokenIn(edited.audit())).toContain(`2@${second}`);
  });

  test('a confirmation as for an order that nobody gave breaks 2', async () => {
    const edited = await Edited.of('healed');
    edited.change(edited.scheduled('watchStore'), (input) => void (fields(input['spec'])['order'] = { restartHealthy: false }));
    expect(brokenIn(edited.audit())).toEqual([`2@${edited.scheduled('stopStore')}`]);
  });

  test('an order is what such a stop rests on', async () => {
    const edited = await Edited.of('healed');
    edited.change(edited.scheduled('watchStore'), (input) => void (fields(input['spec'])['order'] = { restartHealthy: false }));
    edited.change(1, (input) => ({ ...input, reason: 'the reader is stuck' }));
    const report = edited.audit();
    expect(brokenIn(report)).toEqual([]);
    expect(report.runs[0]?.commands[0]?.restsOn).toEqual({ kind: 'order', eventId: 1 });
  });

  test.each([
    ['not trusted', { trusted: false }],
    ['not seen', { kind: 'unseen' }],
  ])('a last look that is %s breaks 1', async (_name, patch) => {
    const edited = await Edited.of('healed');
    const stop = edited.closed('stopStore');
    edited.change(stop, (result) => {
      const evidence = fields(result['evidence']);
      evidence['reading'] = { ...fields(evidence['reading']), ...patch };
      evidence['raw'] = { encoding: 'text', data: 'CM said this' };
    });
    expect(brokenIn(edited.audit())).toEqual([`1@${stop}`]);
  });

  test('a reading that is not what the answer beside it says breaks 1', async () => {
    const edited = await Edited.of('healed');
    const stop = edited.closed('stopStore');
    edited.change(stop, (result) => {
      const raw = fields(fields(result['evidence'])['raw']);
      raw['data'] = String(raw['data']).replace('"status":1', '"status":0');
    });
    expect(brokenIn(edited.audit())).toEqual([`1@${stop}`]);
    expect(violationsIn(edited.audit())[0]?.what).toContain('status 0');
  });

  test('a healthy Store is stopped only on an order that says so', async () => {
    const healthy = async (order: object): Promise<string[]> => {
      const edited = await Edited.of('healed');
      edited.change(edited.closed('stopStore'), (result) => {
        const evidence = fields(result['evidence']);
        fields(evidence['reading'])['status'] = 0;
        fields(evidence['raw'])['data'] = 'CM said this';
      });
      edited.change(1, (input) => ({ ...input, ...order }));
      return brokenIn(edited.audit());
    };
    expect(await healthy({ reason: 'why', restartHealthy: true })).toEqual([]);
    expect(await healthy({ reason: 'why' })).toEqual([`1@${(await Edited.of('healed')).closed('stopStore')}`]);
  });

  test('a Store that was restarted since the streak breaks 13', async () => {
    const edited = await Edited.of('healed');
    edited.change(edited.scheduled('stopStore'), (input) => void (fields(input['life'])['port'] = 17_099));
    expect(brokenIn(edited.audit())).toEqual([`13@${edited.closed('stopStore')}`]);
  });

  test('a stop in mode observe breaks 13, unless an order passes the mode', async () => {
    const edited = await Edited.of('healed');
    edited.change(edited.closed('learnPolicy'), (result) => void (fields(result['policy'])['mode'] = 'observe'));
    expect(brokenIn(edited.audit())).toEqual([`13@${edited.scheduled('stopStore')}`]);
    edited.change(1, (input) => ({ ...input, reason: 'why', override: ['mode'] }));
    edited.change(edited.scheduled('stopStore'), (input) => void (input['override'] = ['mode']));
    expect(brokenIn(edited.audit())).toEqual([]);
  });
});

describe('the lease', () => {
  test('a command without a lease breaks 3', async () => {
    const edited = await Edited.of('healed');
    edited.blank(edited.signal('guardAnswer', 2));
    const [stop, restart] = [edited.scheduled('stopStore'), edited.scheduled('restartStore')];
    expect(brokenIn(edited.audit())).toEqual([`3@${stop}`, `3@${restart}`]);
  });

  test('a lease that was granted to another run, or never asked for, is none', async () => {
    for (const patch of [{ runId: '01a210e0-fc11-7ee0-9647-d9f39c0d3b61' }, { askId: 'forged' }]) {
      const edited = await Edited.of('healed');
      edited.change(edited.signal('guardAnswer', 2), (answer) => ({ ...answer, ...patch }));
      expect(brokenIn(edited.audit())).toContain(`3@${edited.scheduled('stopStore')}`);
    }
  });

  test('a lease that somebody else than the guard granted breaks 3 at that event', async () => {
    const edited = await Edited.of('healed');
    const granted = edited.signal('guardAnswer', 2);
    edited.attributes(edited.event(granted))['identity'] = 'mallory@laptop';
    expect(brokenIn(edited.audit())).toEqual([`3@${granted}`, `3@${granted}`]);
  });

  test('a command after the lease was given back breaks 3', async () => {
    const edited = await Edited.of('healed');
    const told = edited.scheduled('tellGuard', 3);
    edited.change(told, (input) => ({ ...input, signal: 'closed', message: { debt: 'open' } }));
    expect(brokenIn(edited.audit())).toEqual([`3@${edited.scheduled('restartStore')}`]);
  });

  test('two commands at a time break 3', async () => {
    const edited = await Edited.of('healed');
    // The stop is answered only after the restart was scheduled.
    const [from, to] = [edited.closed('stopStore'), edited.scheduled('restartStore') + 3];
    edited.events[to - 1] = { ...edited.event(from), eventId: String(to), eventTime: edited.event(to).eventTime };
    edited.blank(from);
    expect(brokenIn(edited.audit())).toContain(`3@${edited.scheduled('restartStore')}`);
  });

  test('two runs whose commands overlap on one subtopic break 3', async () => {
    const one = await Edited.of('healed');
    const other = new Edited(JSON.parse(JSON.stringify(one.events).replaceAll('0000000007', '0000000008')) as Edited['events']);
    const text = JSON.stringify(other.events).replaceAll('e670fede', 'e670feda');
    const again = new Edited(JSON.parse(text) as Edited['events']);
    for (const { eventId } of again.events) {
      const attributes = again.attributes(again.event(Number(eventId)));
      const holds = (attributes.result ?? attributes.input)?.payloads?.[0] !== undefined;
      if (!holds) continue;
      again.change(Number(eventId), (value) =>
        JSON.parse(JSON.stringify(value).replaceAll('e670fede', 'e670feda').replaceAll('0000000007', '0000000008')),
      );
    }
    expect(brokenIn(audit([again.history()]))).toEqual([]);
    const broken = brokenIn(audit([one.history(), again.history()]));
    expect(broken).toEqual([`3@${one.scheduled('stopStore')}`, `3@${one.scheduled('restartStore')}`]);
  });
});
