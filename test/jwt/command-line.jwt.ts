/** People who vote by the command line, with nothing but the token of their account. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseStoreName, type StoreName } from '../../src/domain/store.ts';
import { cli, onlyJson } from '../cli/run-cli.ts';
import { startJwtWorld, WRITER, type JwtWorld } from './jwt-world.ts';

const A = storeName('10.0.0.7-7100:p_4223_source-000-0:0000000007');

function storeName(text: string): StoreName {
  const parsed = parseStoreName(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

let world: JwtWorld;
let planId: string;
beforeAll(async () => {
  world = await startJwtWorld({ stores: [A] });
}, 120_000);
afterAll(() => world?.close());

async function as(
  person: string,
  ...args: string[]
): Promise<{ code: number | null; json: Record<string, unknown>; stderr: string }> {
  const env = {
    TEMPORAL_ADDRESS: world.server.address,
    TEMPORAL_API_KEY: world.server.token(person, ...WRITER),
    TEMPORAL_TLS: 'false',
  };
  const { code, stdout, stderr } = await cli([...args, '--json'], { env, cwd: '/' });
  return { code, json: onlyJson(stdout), stderr };
}

const approve = (person: string, ...more: string[]) =>
  as(person, 'approve', planId, '--reason', 'seen', '--accept-uncovered', '--confirm', A, '--yes', ...more);

test('who only has a token sees the plan, and who ordered it as the server attests', async () => {
  world.simulator.kill(A);
  await world.simulator.settled();
  const handle = await world.orderDestroy('dave', A);
  ({ planId } = (await world.plan(handle)).plan);
  expect(await as('alice', 'plans')).toMatchObject({ code: 0, json: { plans: [{ planId, store: A, trouble: null }] } });
  const shown = await as('alice', 'approve', planId, '--dry-run');
  expect(shown.stderr).toContain('Asked by:  dave (jwt), as the server attests');
});

test('a typed name of somebody else counts for nobody', async () => {
  const spoofed = await approve('mallory', '--as', 'bob');
  expect(spoofed).toMatchObject({ code: 4, json: { result: 'refused', vote: { reason: 'unauthorised' } } });
  expect(await approve('alice', '--as', 'bob')).toMatchObject({ code: 4, json: { vote: { reason: 'another name' } } });
});

test('the tokens of two approvers are proof enough, and the Store goes', async () => {
  expect(await approve('alice')).toMatchObject({
    code: 0,
    json: { result: 'counted', signed: false, vote: { name: 'alice', assurance: 'attested' } },
  });
  expect(await approve('bob')).toMatchObject({ code: 0, json: { tally: { state: { kind: 'approved' } } } });
  await expect.poll(() => world.destroys(), { timeout: 30_000 }).toBe(1);
});
