import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { planDigest } from '../../src/approval/digest.ts';
import { generateKeyPair } from '../../src/approval/keys.ts';
import { sealed } from '../../src/approval/seal.ts';
import { verifyVote } from '../../src/approval/signature.ts';
import type { Temporal } from '../../src/cli/reach/open-temporal.ts';
import { fateIn } from '../../src/cli/vote/await-count.ts';
import { sendVote, votePayload } from '../../src/cli/vote/cast-vote.ts';
import { readSigner } from '../../src/cli/vote/person/signer.ts';
import { refusedError } from '../../src/cli/vote/tell-vote.ts';
import type { Tally } from '../../src/domain/approval/tally.ts';
import { parseVote } from '../../src/domain/approval/vote.ts';
import { voteRefusalWords, type VoteRefusalReason } from '../../src/domain/approval/vote-refusal.ts';
import { bytes, historyOf, signal } from '../approval/hand-made.ts';
import { planOf } from '../domain/approval/ballots.ts';
import { open, view } from '../domain/approval/views.ts';
import { T0 } from '../domain/readings.ts';
import { newPerson, scratchFolder } from './people.ts';

const plan = sealed(planOf());
const { planId, store, workflowId, runId } = plan;
const run = { workflowId, runId };

describe('a vote as it is sent', () => {
  const found = { run, view: view(), open: { ...open(), plan, digest: planDigest(plan) } };

  test('is signed over the digest that was computed here, and carries no key', async () => {
    const alice = await newPerson('alice');
    const signer = await readSigner({ key: alice.file, as: 'alice' }, '');
    const payload = votePayload(found, { verdict: 'approve', reason: 'seen', acceptUncovered: true, signer }, T0);
    const parsed = parseVote(payload);
    if (!parsed.ok) throw new Error(parsed.detail);
    const { acceptUncovered, reason, signature, at } = parsed.vote;
    const statement = {
      planDigest: planDigest(plan),
      verdict: 'approve',
      approver: 'alice',
      store,
      acceptUncovered,
      reason,
      at: at ?? '',
    } as const;
    const publicKey = createPublicKey(createPrivateKey(alice.privateKeyPem));
    expect(verifyVote(statement, signature ?? '', publicKey)).toBe(true);
    expect(verifyVote({ ...statement, verdict: 'approve', acceptUncovered: false }, signature ?? '', publicKey)).toBe(false);
    expect(JSON.stringify(payload)).not.toContain(alice.privateKeyPem.split('\n')[1]);
  });

  test('goes to that very run, since a later one under the same id has another plan', async () => {
    const sent: unknown[] = [];
    const getHandle = (...ids: readonly string[]) => ({
      signal: ({ name }: { readonly name: string }, payload: unknown) => Promise.resolve(sent.push([...ids, name, payload])),
    });
    const temporal = { client: { workflow: { getHandle } } } as unknown as Temporal;
    const payload = votePayload(found, { verdict: 'reject', reason: 'no', acceptUncovered: false, signer: null }, T0);
    await sendVote(temporal, found, 'reject', payload);
    expect(sent).toEqual([[workflowId, runId, 'reject', payload]]);
  });

  test('without a key is only a name, or not even that', () => {
    const plain = { verdict: 'reject', reason: 'no', acceptUncovered: false } as const;
    expect(votePayload(found, { ...plain, signer: { name: 'carol', key: null } }, T0)).toEqual({
      planId,
      store,
      reason: 'no',
      approver: 'carol',
      at: new Date(T0).toISOString(),
    });
    expect(parseVote(votePayload(found, { ...plain, signer: null }, T0))).toMatchObject({ ok: true, vote: { approver: null } });
  });
});

describe('what became of a vote', () => {
  const mine = { planId, store, reason: 'mine', at: '2026-01-05T03:00:00.123Z' };
  const tally: Tally = { state: { kind: 'open', missing: 1 }, needed: 2, approvals: [], refusedCount: 0, refused: [] };
  const approval = (eventId: number) => ({ name: 'alice', assurance: 'signed', eventId, atMs: T0, reason: 'mine' }) as const;
  const refusal = (eventId: number) => {
    const latest = [{ eventId, atMs: T0, verdict: 'approve', reason: 'duplicate', detail: 'alice' }] as const;
    return { refusedCount: 1, refused: [{ reason: 'duplicate', count: 1, latest }] } as const;
  };
  const count = (countedTo: number, patch: Partial<Tally>): object => ({
    activityTaskCompletedEventAttributes: {
      result: {
        payloads: [
          {
            metadata: { encoding: bytes('json/plain') },
            data: bytes(JSON.stringify({ tally: { ...tally, ...patch }, requesters: {}, countedTo })),
          },
        ],
      },
    },
  });
  const fate = (...events: readonly object[]) => fateIn((historyOf(...events).events ?? []).toReversed(), mine);
  const others = signal({ value: { ...mine, at: '2026-01-05T03:00:00.124Z' } });

  test.each<[string, readonly object[], object]>([
    ['it is not there yet', [others, count(1, { approvals: [approval(1)] })], { kind: 'not counted yet' }],
    ['the count is of an earlier time', [others, signal({ value: mine }), count(1, {})], { kind: 'not counted yet' }],
    ['it counts', [signal({ value: mine }), count(1, { approvals: [approval(1)] })], { kind: 'counted', vote: { eventId: 1 } }],
    [
      'it ends the plan',
      [signal({ value: mine }), count(1, { state: { kind: 'rejected', by: approval(1), withdrawn: false } })],
      { kind: 'counted', vote: { eventId: 1 } },
    ],
    [
      'it is refused',
      [others, signal({ value: mine }), count(2, refusal(2))],
      { kind: 'refused', vote: { reason: 'duplicate' } },
    ],
    ["another's is refused", [others, signal({ value: mine }), count(2, refusal(1))], { kind: 'refused', vote: null }],
    [
      'a later count knows it as a duplicate of itself no more than the first',
      [signal({ value: mine }), count(1, { approvals: [approval(1)] }), count(1, refusal(1))],
      { kind: 'counted' },
    ],
  ])('is read from the history: %s', (_what, events, expected) => {
    expect(fate(...events)).toMatchObject(expected);
  });

  test.each(Object.keys(voteRefusalWords) as VoteRefusalReason[])('a refusal as "%s" says why and how to mend it', (reason) => {
    const vote = { eventId: 1, atMs: T0, verdict: 'approve', reason, detail: '' } as const;
    const { explanation, exitCode } = refusedError('approve', { kind: 'refused', vote, tally }, 'storekeeper approve');
    expect(exitCode).toBe(4);
    expect(explanation.why).toBe(voteRefusalWords[reason].en);
    expect(explanation.mend).not.toBe('');
  });
});

describe('a key file', () => {
  const write = async (text: string, mode = 0o600): Promise<string> => {
    const path = join(await scratchFolder(), 'my.key');
    await writeFile(path, text, { mode });
    await chmod(path, mode);
    return path;
  };
  const { privateKeyPem } = generateKeyPair();
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

  test.each<[string, () => Promise<string>, string]>([
    ['that is not there', () => Promise.resolve('/nowhere/my.key'), 'no such file'],
    ['that is a folder', () => scratchFolder(), 'it is no file'],
    ['that others may read', () => write(privateKeyPem, 0o640), 'mode 640'],
    ['that others may change', () => write(privateKeyPem, 0o602), 'mode 602'],
    ['of another kind', () => write(rsa), 'only Ed25519'],
    ['that holds none', () => write('SECRETWORD'), 'no private key in PEM form'],
  ])('%s is a usage error, without a word of its content', async (_what, make, words) => {
    const path = await make();
    const error: unknown = await readSigner({ key: path, as: 'alice' }, 'storekeeper …').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'bad-key',
      exitCode: 2,
      explanation: { what: expect.stringContaining(path) as unknown },
    });
    const text = JSON.stringify(error) + String(error);
    expect(text).toContain(words);
    expect(text).not.toContain('SECRETWORD');
    expect(text).not.toContain(privateKeyPem.split('\n')[1]);
  });
});
