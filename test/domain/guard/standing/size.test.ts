import { expect, test } from 'vitest';
import type { OutcomeKind } from '../../../../src/domain/outcome.ts';
import { evidenceKeyOf } from '../../../../src/domain/reading.ts';
import type { StoreName } from '../../../../src/domain/store.ts';
import { EVERY, faulty, MINUTE, startedAt, storeName, T0 } from '../../readings.ts';
import { type Desk, reportOf, startDesk, view } from '../guard-desk.ts';

/** Names as long as those seen in the wild. */
const stores = Array.from({ length: 700 }, (_, i) =>
  storeName(`10.0.16.126-7100:ORACLE_np_56el1g1jvrs0_${String(i).padStart(12, '0')}-1-0:0000000001`),
);
const runOfHeal = (store: StoreName) => ({
  workflowId: `heal:hangzhou-1:${store}`,
  runId: '01890a5d-ac96-774b-bcce-b302099a8057',
});
const evidenceKey = evidenceKeyOf(faulty(T0, { message: `${startedAt('Mon Oct 30 16:31:01 2023')} ${'x'.repeat(500)}` }));
const kibOf = (desk: Desk): number => Buffer.byteLength(JSON.stringify(desk.state)) / 1024;

function storm(mode: 'act' | 'observe', outcome: OutcomeKind | null): Desk {
  const desk = startDesk();
  const acting = { ...view, mode };
  const report = () => {
    const all = Object.fromEntries(stores.map((store) => [store, 'faulty'] as const));
    const message = reportOf(all, desk.nowMs, { view: acting });
    desk.send({ kind: 'swept', message: { ...message, stores: message.stores.map((swept) => ({ ...swept, evidenceKey })) } });
  };
  report();
  for (const store of stores) {
    const message = { askId: 'q', run: runOfHeal(store), store, view: acting, order: false, override: [], owesRestart: false };
    desk.send({ kind: 'opened', message });
    if (outcome === null) continue;
    const closed = {
      run: runOfHeal(store),
      store,
      outcome,
      attempts: 3,
      evidenceKey,
      debt: 'none',
      whenMs: desk.nowMs + MINUTE,
    } as const;
    desk.send({ kind: 'closed', message: closed });
  }
  desk.pass(EVERY);
  report();
  return desk;
}

test.each<[string, 'act' | 'observe', OutcomeKind | null]>([
  ['would act', 'observe', 'would act'],
  ['ended for good', 'act', 'escalated'],
  ['are open', 'act', null],
])('600 remembered Stores that %s, with a full ledger, stay under 256 KiB', (_, mode, outcome) => {
  const desk = storm(mode, outcome);
  expect([desk.state.stores.length, desk.state.ledger.length]).toEqual([600, 200]);
  expect(kibOf(desk)).toBeLessThan(256);
});
