import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { describe, expect, test } from 'vitest';
import { audit } from '../../src/audit/audit.ts';
import { readHistory } from '../../src/audit/history/read-history.ts';
import { brokenIn, Edited } from './edited.ts';
import { Story } from './story.ts';

const text = await readFile(new URL('../histories/healed.json', import.meta.url), 'utf8');

function refusal(written: string): string {
  const read = readHistory(written);
  return read.ok ? 'taken' : read.error;
}

describe('a file that is no history', () => {
  test.each([
    ['', 'it is empty'],
    ['\0\x01garbage', 'not JSON'],
    [text.slice(0, text.length / 2), 'cut off'],
    ['null', 'no list of "events"'],
    ['[]', 'no list of "events"'],
    ['{"events": "many"}', 'no list of "events"'],
    ['{"events": []}', 'is empty'],
    ['{"events": [null, 5]}', 'cannot be read'],
    ['{"events": [{"eventId": "1"}]}', 'cannot be read'],
    ['{"events": [{"eventId": "one", "workflowTaskScheduledEventAttributes": {}}]}', ''],
    ['{"events": [{"eventId": "1", "workflowTaskScheduledEventAttributes": {}}]}', 'does not begin with the start'],
    ['{"events": [{"eventId": "1", "workflowExecutionStartedEventAttributes": {}}]}', 'does not name its run'],
    [
      '{"events": [{"eventId": "1", "workflowExecutionStartedEventAttributes": {"input": {"payloads": [{"cluster": "x"}]}}}]}',
      'payloads decoded',
    ],
    [`{"events": ${'['.repeat(200_000)}${']'.repeat(200_000)}}`, ''],
    [
      `{"events": [{"eventId": "1", "workflowTaskScheduledEventAttributes": ${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}}]}`,
      '',
    ],
  ])('%.40j is refused with a reason', (written, reason) => {
    expect(refusal(written)).toContain(reason);
    expect(refusal(written)).not.toBe('taken');
  });

  test('a history of which a part is missing is refused, since what is missing could be what matters', async () => {
    const edited = await Edited.of('healed');
    edited.events.splice(50, 3);
    expect(refusal(JSON.stringify({ events: edited.events }))).toContain('event 51 is missing');
  });

  test('fields that a newer server writes are no fault', async () => {
    const edited = await Edited.of('healed');
    for (const event of edited.events) event['fromTheFuture'] = { value: 1 };
    expect(refusal(JSON.stringify({ events: edited.events }))).toBe('taken');
  });
});

test('principals survive the way through a file', () => {
  const story = new Story().started('alice');
  const read = readHistory(historyToJSON(story.history()));
  if (!read.ok) throw new Error(read.error);
  expect(read.value.events?.[0]?.principal).toMatchObject({ type: 'jwt', name: 'alice@site' });
});

describe('a hostile history', () => {
  test.each([
    ['an input that is a list', []],
    ['an input that is a text', 'x'],
    ['numbers for texts', { cluster: 1, store: 2, commandId: 3, planId: 4, sendByMs: 'x', life: [] }],
    ['the keys of prototypes', JSON.parse('{"__proto__": {"kind": "sent"}, "constructor": 1}') as unknown],
  ])('never makes the audit throw: %s', async (_name, value) => {
    const edited = await Edited.of('healed');
    for (const type of ['stopStore', 'restartStore', 'watchStore', 'learnPolicy']) {
      edited.change(edited.scheduled(type), () => value).change(edited.closed(type), () => value);
    }
    edited.change(edited.signal('guardAnswer'), () => value).change(1, () => value);
    expect(edited.audit().ok).toBe(false);
  });

  test('never makes the audit throw: plans and rules of any kind', () => {
    const junk: unknown[] = [null, 1, 'x', [], {}, { planId: {} }, { planId: 'x', evidence: null, approval: [] }];
    for (const plan of junk) {
      for (const rules of junk) {
        const story = new Story().started();
        story
          .sealed(story.plan, { plan, rules, requesters: plan, evidence: rules })
          .vote({ by: 'alice', value: { approver: 'x', signature: 'y', at: 3 } });
        const report = audit([story.lease().destroy().history()]);
        expect(report.ok).toBe(false);
      }
    }
  });

  test('more commands than any run sends are refused, and not checked for hours', () => {
    const story = new Story().started().sealed();
    for (let count = 0; count < 501; count += 1) story.destroy();
    expect(() => audit([story.history()])).toThrow(/501 commands/);
  });

  test('texts that make a pattern try everything take no longer than their length', async () => {
    const edited = await Edited.of('healed');
    const tookMs = (piece: string, length: number): number => {
      edited.change(edited.closed('tellGuard'), () => ({ told: piece.repeat(length / piece.length) }));
      const beganMs = performance.now();
      edited.audit();
      return performance.now() - beganMs;
    };
    for (const piece of ['a.', '-eyJ', 'Bearer ', 'x://y:', '"encoding":"gzip+base64","data":"A']) {
      const short = Math.max(50, tookMs(piece, 100_000));
      // Eight times the length: a pattern that tries everything would take 64 times as long, and not merely a loaded machine.
      expect(tookMs(piece, 800_000) / short, piece).toBeLessThan(24);
    }
  }, 60_000);

  test('a secret in a packed answer of CM is found', async () => {
    const edited = await Edited.of('healed');
    const data = gzipSync('{"cfg": "-----BEGIN PRIVATE KEY-----"}').toString('base64');
    const stop = edited.closed('stopStore');
    edited.change(stop, (result) => ({
      ...result,
      evidence: { ...(result['evidence'] as object), raw: { encoding: 'gzip+base64', data } },
    }));
    expect(brokenIn(edited.audit())).toEqual([`12@${stop}`]);
  });

  test('a flood of votes is counted in seconds', () => {
    const story = new Story().started().sealed();
    for (let count = 0; count < 3_000; count += 1)
      story.vote({
        by: `mallory${count}`,
        value: { signature: 'A'.repeat(86) + '==', approver: 'alice', at: '2026-01-05T03:10:00Z' },
      });
    const history = story.lease().destroy().history();
    const beganMs = performance.now();
    expect(audit([history]).runs[0]?.commands[0]?.votes).toHaveLength(3_000);
    expect(performance.now() - beganMs).toBeLessThan(10_000);
  }, 30_000);
});
