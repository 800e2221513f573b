import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectClusterManager, type ClusterManager } from '../../src/cluster-manager/cluster-manager.ts';
import { diagnose } from '../../src/domain/reading.ts';
import { AT_MS, STORE } from './store-answers.ts';
import { http, listen, type Peer } from './wire-server.ts';

let peer: Peer;
let cm: ClusterManager;
let served = { status: 200, body: '' };

beforeAll(async () => {
  peer = await listen((socket, request) => http(served.status, served.body)(socket, request));
  cm = connectClusterManager({ baseUrl: peer.url });
});
afterAll(async () => {
  await cm.close();
  await peer.close();
});

const otherPort = STORE.replace('7100', '7104');
const foreign = [STORE.replace('.7-', '.8-'), STORE.replace('4223', '4224'), STORE.replace('0007', '0008')];

/** Answers that are close to a healthy one: each field is right, nearly right, or anything. */
const nearMiss = fc.record(
  {
    crawler: fc.oneof(
      {
        weight: 9,
        arbitrary: fc.record(
          {
            active: fc.oneof(
              fc.constant<unknown>(true),
              fc.constant(true),
              fc.boolean(),
              fc.constantFrom('true', 1, null),
              fc.jsonValue(),
            ),
            status: fc.oneof(
              fc.constant<unknown>(0),
              fc.constant(0),
              fc.integer(),
              fc.constantFrom('0', false, null, 0.1, [0]),
              fc.jsonValue(),
            ),
            name: fc.oneof(
              fc.constant<unknown>(STORE),
              fc.constant(otherPort),
              fc.constantFrom(...foreign, [STORE], null, ''),
              fc.jsonValue(),
            ),
            errMsg: fc.jsonValue(),
            checkpoints: fc.jsonValue(),
            port: fc.jsonValue(),
            role: fc.jsonValue(),
            location: fc.jsonValue(),
          },
          { requiredKeys: [] },
        ),
      },
      { weight: 1, arbitrary: fc.jsonValue() },
    ),
    isSuccess: fc.oneof(
      fc.constant<unknown>(true),
      fc.constant(true),
      fc.boolean(),
      fc.constantFrom('false', null, 0),
      fc.jsonValue(),
    ),
    errMsg: fc.jsonValue(),
  },
  { requiredKeys: [] },
);

test('whatever JSON CM answers, a read comes back, and healthy needs all of CM’s words for it', async () => {
  let healthy = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(nearMiss, nearMiss, fc.jsonValue()),
      fc.constantFrom(200, 200, 200, 200, 404, 500),
      async (body, status) => {
        served = { status, body: JSON.stringify(body) };
        const { reading } = await cm.read(STORE, AT_MS);
        expect(reading.store).toBe(STORE);
        expect(reading.atMs).toBe(AT_MS);
        // Readings travel as JSON through Temporal: nothing may be lost on the way.
        expect(JSON.parse(JSON.stringify(reading))).toEqual(reading);
        if (diagnose(reading).kind !== 'healthy') return;
        healthy += 1;
        const said = JSON.parse(served.body) as { isSuccess?: unknown; crawler: Record<string, unknown> };
        expect(status).toBe(200);
        expect(said.isSuccess).not.toBe(false);
        expect(said.crawler['active']).toBe(true);
        expect(said.crawler['status'] === 0).toBe(true);
        expect([STORE, otherPort]).toContain(said.crawler['name']);
      },
    ),
    { numRuns: 1_500 },
  );
  // The property would prove nothing if no answer ever passed.
  expect(healthy).toBeGreaterThan(5);
});
