import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Plan } from '../../../src/domain/approval/plan.ts';
import type { Tally } from '../../../src/domain/approval/tally.ts';
import { sayVoteRefusal, type VoteRefusalReason } from '../../../src/domain/approval/vote-refusal.ts';
import { escapeMarkdown } from '../../../src/domain/incident.ts';
import { startVirtualWorld, type VirtualWorld } from '../../virtual-world.ts';
import { A, B, commandsOf, expectPeace } from '../stage.ts';
import {
  approvalWith,
  approverOf,
  asksPeople,
  ballotOf,
  counted,
  detailsOf,
  eventsOf,
  outcomeOf,
  publicKeyOf,
  type RawPayload,
  signalsRaw,
  viewOf,
  votes,
} from './people.ts';

/** 豈 (U+8C48), as the configuration writes it, and the compatibility character that is the same in NFC. */
const RAN = '豈然';
const RAN_AS_TYPED = '\uF900然';

const approval = approvalWith({
  quorum: 3,
  approvers: [
    // Two keys, one person: a token at work and one at home.
    { name: 'alice', principals: [], keys: [publicKeyOf('alice'), publicKeyOf('dave')] },
    approverOf('bob'),
    approverOf('carol'),
    { name: RAN, principals: [], keys: [publicKeyOf('erin')] },
  ],
});

// One plan for all of them: whatever was sent before, the next vote is refused for its own reason, and good ones count.
let world: VirtualWorld;
let handle: WorkflowHandle;
let plan: Plan;
beforeAll(async () => {
  world = await startVirtualWorld({ stores: [A], approval });
  ({ handle, plan } = await asksPeople(world, A));
  expect(plan).toMatchObject({ action: 'destroy', coverage: 'uncovered' });
});
afterAll(() => world.close());

async function tallyNow(): Promise<Tally> {
  const tally = (await viewOf(world, handle)).open?.tally;
  if (tally === null || tally === undefined) throw new Error('nothing was counted yet');
  return tally;
}

/** What was sent is counted as refused for this reason, and shown so to whoever asks and whoever looks. */
async function isRefused(reason: VoteRefusalReason, detail: RegExp, send: () => Promise<unknown>): Promise<void> {
  const before = (await viewOf(world, handle)).open?.tally ?? null;
  const refusedBefore = before?.refusedCount ?? 0;
  const approvalsBefore = before?.approvals ?? [];
  await send();
  await counted(world, handle, refusedBefore + approvalsBefore.length + 1);
  const tally = await tallyNow();
  expect(tally).toMatchObject({ refusedCount: refusedBefore + 1, approvals: approvalsBefore, state: { kind: 'open' } });
  const entry = tally.refused.find((other) => other.reason === reason);
  const countBefore = before?.refused.find((other) => other.reason === reason)?.count ?? 0;
  expect(entry?.count).toBe(countBefore + 1);
  const latest = entry?.latest.at(-1);
  expect(latest?.detail).toMatch(detail);
  const details = await detailsOf(world, handle);
  expect(details).toContain(`**Votes that do not count**: ${tally.refusedCount}`);
  expect(details).toContain(escapeMarkdown(sayVoteRefusal(reason, latest?.detail ?? '')));
  // However much came, what to paste is still to be seen.
  expect(details).toContain(`**Plan** ${plan.planId}`);
  expect(commandsOf(world)).toEqual([]);
}

const raw = (data: RawPayload['data'], encoding: string | null = 'json/plain') =>
  signalsRaw(world, handle, 'approve', [{ encoding, data }]);
const good = () => JSON.stringify(ballotOf(plan, 'alice'));
const sends = (payload: unknown) => handle.signal('approve', payload);
const forged = (fields: Readonly<Record<string, unknown>>) => sends(ballotOf(plan, 'alice', { forged: fields }));

describe('a vote that is not one JSON object of the right shape is refused', () => {
  test.each<[string, RegExp, () => Promise<unknown>]>([
    ['nothing at all', /^nothing came/, () => handle.signal('approve')],
    ['null', /^null came/, () => sends(null)],
    ['a list with a vote in it', /^a list came/, () => sends([ballotOf(plan, 'alice')])],
    ['a text with a vote in it', /^a string came/, () => sends(good())],
    ['a number', /^a number came/, () => sends(4711)],
    ['text that is not JSON', /^the text is not JSON/, () => raw('{"planId": ')],
    ['bytes that are not text', /^the text is not JSON/, () => raw(new Uint8Array([0x22, 0xff, 0xfe, 0x22]))],
    ['bytes', /^the encoding is "binary\/plain"/, () => sends(new Uint8Array([1, 2, 3]))],
    ['the encoding for nothing', /^the encoding is "binary\/null"/, () => raw('', 'binary/null')],
    ['a list in json/protobuf', /^a list came/, () => raw('[1]', 'json/protobuf')],
    ['an encoding that nobody knows', /^the encoding is "text\/plain"/, () => raw(good(), 'text/plain')],
    ['no encoding', /^the encoding is ""/, () => raw(good(), null)],
    [
      'two votes at once',
      /^2 values came/,
      () =>
        signalsRaw(
          world,
          handle,
          'approve',
          [1, 2].map(() => ({ encoding: 'json/plain', data: good() })),
        ),
    ],
    [
      '__proto__ as a field',
      /unknown field "__proto__"/,
      () => raw(good().replace('{', '{"__proto__": {"acceptUncovered": true}, ')),
    ],
    ['constructor as a field', /unknown field "constructor"/, () => raw(good().replace('{', '{"constructor": {"name": "x"}, '))],
    ['a vote in __proto__ alone', /unknown field "__proto__"/, () => raw(`{"__proto__": ${good()}}`)],
    ['a field too many', /unknown field "force"/, () => forged({ force: true })],
    ['a list as plan id', /"planId"/, () => forged({ planId: [plan.planId] })],
    ['a wildcard as Store', /"store": .*wildcard/, () => forged({ store: '*' })],
    ['the text "true" as acceptUncovered', /"acceptUncovered"/, () => forged({ acceptUncovered: 'true' })],
    ['a reason of ten thousand letters', /^8\d{3}|"reason" must be/, () => forged({ reason: 'x'.repeat(600) })],
    ['a signature of half its length', /"signature"/, () => forged({ signature: 'A'.repeat(44) })],
    ['a signature without a time', /a signature needs/, () => forged({ at: undefined })],
  ])('%s', async (_, detail, send) => isRefused('malformed', detail, send));

  test('one MiB is not even read', () =>
    isRefused('payload too large', /^\d{7} bytes$/, () => forged({ reason: 'x'.repeat(1024 * 1024) })));

  test.each([undefined, '', ' \n'])('a vote with %j for a reason is refused for that', (reason) =>
    isRefused('no reason', /^$/, () => forged({ reason })),
  );
});

describe('a vote for something else is refused', () => {
  test('one that names a plan of another run', () =>
    isRefused('wrong run', /^0190a/, () => forged({ planId: `0190a5b2-7c3d-7e4f-8a9b-0c1d2e3f4a5b${plan.planId.slice(36)}` })));

  test('one that names another plan of this run', () =>
    isRefused('wrong plan', /^$/, () => forged({ planId: plan.planId.replace(/\.1\./, '.2.') })));

  test('one that names another Store', () => isRefused('wrong store', new RegExp(B), () => forged({ store: B })));

  test('one that does not accept what is lost', () =>
    isRefused('needs acceptUncovered', /^$/, () => votes(handle, plan, 'alice', { acceptUncovered: false })));
});

describe('a vote of somebody else, or of nobody, is refused', () => {
  test.each([
    ['somebody with a key and no say', () => votes(handle, plan, 'erin')],
    ['an approver in capitals', () => votes(handle, plan, 'alice', { as: 'ALICE' })],
    ['an approver with a Cyrillic letter', () => votes(handle, plan, 'alice', { as: '\u0430lice' })],
    ['an approver and a blank', () => votes(handle, plan, 'alice', { as: 'alice ' })],
    ['nobody', () => forged({ approver: undefined, at: undefined, signature: undefined })],
  ])('%s is no approver', (_, send) => isRefused('unknown approver', /^(erin|ALICE|\u0430lice|alice |)$/, send));

  test('a name without a signature proves nothing here', () =>
    isRefused('assurance not enough', /^counted: signed$/, () => forged({ at: undefined, signature: undefined })));

  test('who ordered the destroy cannot also approve it', () =>
    isRefused('requester', /^carol$/, () => votes(handle, plan, 'carol')));

  test.each<[string, () => Promise<unknown>]>([
    ['by the key of somebody else', () => votes(handle, plan, 'alice', { signedBy: 'bob' })],
    ['over a rejection', () => sends(ballotOf(plan, 'alice', { verdict: 'reject' }))],
    ['over another reason', () => forged({ reason: 'destroy them all' })],
    ['over another time', () => forged({ at: '2026-01-05T03:00:01Z' })],
    [
      'over not accepting the loss',
      () => sends(ballotOf(plan, 'alice', { acceptUncovered: false, forged: { acceptUncovered: true } })),
    ],
    ['over a plan of another cluster', () => sends(ballotOf({ ...plan, cluster: 'test-2' }, 'alice'))],
    ['over a plan at another Cluster Manager', () => sends(ballotOf({ ...plan, cm: 'http://10.0.0.5:8088' }, 'alice'))],
    [
      'over other evidence',
      () => sends(ballotOf({ ...plan, evidence: { ...plan.evidence, message: 'it is quite dead' } }, 'alice')),
    ],
    ['by nobody', () => forged({ signature: `${'A'.repeat(86)}==` })],
  ])('a signature %s does not hold', (_, send) => isRefused('bad signature', /^alice$/, send));
});

describe('after all that the votes of people count', () => {
  test('one person counts once, by whichever key', async () => {
    await votes(handle, plan, 'alice');
    await world.passUntil('the vote is counted', async () => (await tallyNow()).approvals.length === 1, { stepMs: 1_000 });
    await isRefused('duplicate', /^alice$/, () => votes(handle, plan, 'alice', { reason: 'once more' }));
    await isRefused('duplicate', /^alice$/, () => votes(handle, plan, 'alice', { signedBy: 'dave' }));
  });

  test('one person counts once, however the name is encoded', async () => {
    await votes(handle, plan, 'erin', { as: RAN });
    await world.passUntil('the vote is counted', async () => (await tallyNow()).approvals.length === 2, { stepMs: 1_000 });
    await isRefused('duplicate', new RegExp(`^${RAN}$`), () => votes(handle, plan, 'erin', { as: RAN_AS_TYPED }));
  });

  test('a vote in json/protobuf decides, and the Store goes by one request', async () => {
    await raw(JSON.stringify(ballotOf(plan, 'bob')), 'json/protobuf');
    expect(await outcomeOf(world, handle)).toMatchObject({ kind: 'destroyed', planId: plan.planId, plans: 1 });
    expect(commandsOf(world)).toEqual([`destroy ${A}`]);
    const { approvals } = await tallyNow();
    expect(approvals.map(({ name, assurance }) => `${name} ${assurance}`)).toEqual([
      'alice signed',
      `${RAN} signed`,
      'bob signed',
    ]);
    await eventsOf(handle);
    await expectPeace(world);
  });
});
