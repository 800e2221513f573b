/** The histories here are made by hand. */
import { describe, expect, test } from 'vitest';
import { originOf } from '../../src/approval/history-signals.ts';
import { candidatesFor, votesIn } from '../../src/approval/votes-in-history.ts';
import { tally } from '../../src/domain/approval/tally.ts';
import { VOTE_BYTES_MAX } from '../../src/domain/approval/vote.ts';
import { ballotOf, NONCE, noRequester, OTHER_RUN_ID, planOf, reasonsOf } from '../domain/approval/ballots.ts';
import { MINUTE, T0 } from '../domain/readings.ts';
import { ALICE_PRIVATE, BOB_PRIVATE } from './fixed-keys.ts';
import { bytes, counted, good, historyOf, plan, rules, scheduled, signal, signedBy, started, type Signal } from './hand-made.ts';

describe('by a hand-made history', () => {
  test('two attested approvals decide, and the plan is rejected by a reject after them', () => {
    const approvals = [
      signal({ value: good, by: 'alice' }),
      signal({ value: good, by: 'bob', encoding: 'json/protobuf', atMs: T0 + 2 * MINUTE }),
    ];
    expect(counted(historyOf(started(), scheduled, ...approvals)).state).toMatchObject({
      kind: 'approved',
      deciding: { name: 'bob', eventId: 4, atMs: T0 + 2 * MINUTE },
    });
    expect(counted(historyOf(started(), ...approvals, signal({ name: 'reject', value: good, by: 'alice' }))).state).toMatchObject(
      { kind: 'rejected', withdrawn: true },
    );
  });

  test('two signed approvals decide on a server that stamps nothing', () => {
    const history = historyOf(
      started(),
      signal({ value: signedBy('alice', ALICE_PRIVATE) }),
      signal({ value: signedBy('bob', BOB_PRIVATE) }),
    );
    expect(counted(history)).toMatchObject({
      state: { kind: 'approved' },
      approvals: [{ assurance: 'signed' }, { assurance: 'signed' }],
    });
  });

  test('a spoofed client identity changes nothing', () => {
    const history = historyOf(
      started(),
      signal({ value: good, by: 'alice', identity: 'bob@site' }),
      signal({ value: good, identity: 'bob@site' }),
    );
    expect(counted(history).approvals.map(({ name }) => name)).toEqual(['alice']);
  });

  test.each<[string, Record<string, unknown>]>([
    ['for another verdict', signedBy('alice', ALICE_PRIVATE, 'reject')],
    ['by the key of another', signedBy('alice', BOB_PRIVATE)],
    ['over another reason', { ...signedBy('alice', ALICE_PRIVATE), reason: 'replaced!' }],
    ['over another time', { ...signedBy('alice', ALICE_PRIVATE), at: '2026-01-05T03:00:01Z' }],
    ['without acceptUncovered, which was added', { ...signedBy('alice', ALICE_PRIVATE), acceptUncovered: false }],
    ['under a name that was put in its place', { ...signedBy('alice', ALICE_PRIVATE), approver: 'bob' }],
    [
      'over other evidence under the same plan id',
      { ...signedBy('alice', ALICE_PRIVATE, 'approve', { ...plan, evidence: { ...plan.evidence, status: 2 } }) },
    ],
    [
      'for another cluster under the same plan id',
      { ...signedBy('alice', ALICE_PRIVATE, 'approve', { ...plan, cluster: 'site-2' }) },
    ],
  ])('a signature %s does not hold', (_, value) => {
    const result = counted(historyOf(started(), signal({ value })));
    expect(reasonsOf(result)).toEqual(['bad signature']);
    expect(result.approvals).toEqual([]);
  });

  test('a signed vote of another run is refused, and one of another Store', () => {
    const elsewhere = planOf({ runId: OTHER_RUN_ID });
    const result = counted(
      historyOf(
        started(),
        signal({ value: signedBy('alice', ALICE_PRIVATE, 'approve', elsewhere) }),
        signal({ value: { ...good, store: good['store']?.toString().replace('7100', '7104') }, by: 'bob' }),
      ),
    );
    expect(reasonsOf(result)).toEqual(['wrong run', 'wrong store']);
  });

  test('only the signals approve and reject are votes; an update is none', () => {
    const update = {
      workflowExecutionUpdateAcceptedEventAttributes: {
        acceptedRequest: {
          input: {
            name: 'approve',
            args: { payloads: [{ metadata: { encoding: bytes('json/plain') }, data: bytes(JSON.stringify(good)) }] },
          },
        },
      },
      principal: { type: 'jwt', name: 'alice@site' },
    };
    const others = ['Approve', 'approve ', 'order', '__proto__', 'constructor', ''].map((name) =>
      signal({ name, value: good, by: 'alice' }),
    );
    expect(votesIn(historyOf(started(), update, ...others))).toEqual([]);
  });

  test('a vote that a workflow sent is none', () => {
    expect(reasonsOf(counted(historyOf(started(), signal({ value: good, by: 'alice', fromWorkflow: true }))))).toEqual([
      'worker',
    ]);
  });
});

describe('whatever was sent, by a hand-made history, nothing throws', () => {
  const million = new Uint8Array(1 << 20).fill(0x20);
  test.each<[string, Signal, string]>([
    ['a MiB', { data: million }, 'payload too large'],
    ['a byte too much', { data: million.subarray(0, VOTE_BYTES_MAX + 1) }, 'payload too large'],
    ['as much as is read', { data: million.subarray(0, VOTE_BYTES_MAX) }, 'malformed'],
    ['no data', { data: new Uint8Array() }, 'malformed'],
    ['broken UTF-8', { data: Uint8Array.of(0x22, 0xff, 0x22) }, 'malformed'],
    ['JSON that ends early', { data: bytes('{"planId":') }, 'malformed'],
    [
      'broken UTF-8 inside a vote',
      { data: Buffer.from(JSON.stringify(good).replace('replaced', 'r\u00ffplaced'), 'latin1') },
      'malformed',
    ],
    ['brackets only', { data: bytes('['.repeat(VOTE_BYTES_MAX)) }, 'malformed'],
    ['binary', { value: good, encoding: 'binary/plain' }, 'malformed'],
    ['encrypted', { value: good, encoding: 'binary/encrypted' }, 'malformed'],
    ['no encoding', { value: good, encoding: '' }, 'malformed'],
    ['an encoding of a MiB', { value: good, encoding: 'x'.repeat(1 << 20) }, 'malformed'],
    ['the vote twice', { value: good, times: 2 }, 'malformed'],
    ['no value', { times: 0 }, 'malformed'],
    ['a text', { value: 'approve' }, 'malformed'],
    ['a prototype', { data: bytes(`{"__proto__": ${JSON.stringify(good)}}`) }, 'malformed'],
  ])('%s', (_, sent, reason) => {
    const history = historyOf(started(), signal({ by: 'alice', ...sent }), signal({ value: good, by: 'bob' }));
    const result = counted(history);
    expect(reasonsOf(result)).toEqual([reason]);
    expect(result.approvals.map(({ name }) => name)).toEqual(['bob']);
    expect(JSON.stringify(votesIn(history)).length).toBeLessThan(3_000);
  });

  test('events without anything in them are passed over, and a vote without a time is late', () => {
    const untimed = { ...signal({ value: good, by: 'alice' }), eventTime: undefined };
    const history = historyOf(started(), {}, untimed);
    expect(reasonsOf(counted(history))).toEqual(['late']);
    expect(
      votesIn({
        events: [{}, { workflowExecutionSignaledEventAttributes: null }, { workflowExecutionSignaledEventAttributes: {} }],
      }),
    ).toEqual([]);
    expect(votesIn({ events: [{ workflowExecutionSignaledEventAttributes: { signalName: 'approve' } }] })).toMatchObject([
      { eventId: 0, parsed: { ok: false } },
    ]);
  });
});

test('a flood of forged votes in a hand-made history is counted in bounded time, and hides no vote', () => {
  const forged = { ...signedBy('alice', BOB_PRIVATE) };
  const kinds = [
    signal({ value: forged, by: 'mallory' }),
    signal({ value: good, by: 'mallory' }),
    signal({ data: new Uint8Array(VOTE_BYTES_MAX + 1) }),
    signal({ value: { ...good, planId: `${OTHER_RUN_ID}.1.${NONCE}` } }),
  ];
  const flood = Array.from({ length: 4_000 }, (_, index) => kinds[index % kinds.length] ?? {});
  const history = historyOf(
    started(),
    signal({ value: good, by: 'alice' }),
    ...flood,
    signal({ value: signedBy('bob', BOB_PRIVATE) }),
  );
  const began = performance.now();
  const result = counted(history);
  expect(performance.now() - began).toBeLessThan(5_000);
  expect(result.state).toMatchObject({ kind: 'approved', deciding: { name: 'bob', eventId: 4_003 } });
  expect(result.refusedCount).toBe(4_000);
});

test('who asked is not an approver: the start of a hand-made history is the requester', () => {
  const history = historyOf(
    { ...started(), principal: { type: 'jwt', name: 'alice@site' } },
    signal({ value: good, by: 'alice' }),
  );
  const principal = originOf(history)?.principal;
  const requesters = { ...noRequester, principals: principal ? [principal] : [] };
  expect(reasonsOf(tally({ ...ballotOf({ requesters }), rules }, candidatesFor(plan, rules, votesIn(history))))).toEqual([
    'requester',
  ]);
});
