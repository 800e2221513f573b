import { expect, test } from 'vitest';
import type { OutcomeKind } from '../../../../src/domain/outcome.ts';
import { pack } from '../../../../src/domain/guard/carry.ts';
import { takeOver } from '../../../../src/domain/guard/state.ts';
import { evidenceKeyOf } from '../../../../src/domain/reading.ts';
import type { StoreName } from '../../../../src/domain/store.ts';
import { EVERY, faulty, MINUTE, startedAt, storeName, T0 } from '../../readings.ts';
import { type Desk, reportOf, startDesk, view } from '../guard-desk.ts';

/** Names as long as those seen in the wild. */
const stores = Array.from({ length: 700 }, (_, i) =>
  storeName(`10.0.16.126-7100:ORACLE_np_56el1g1jvrs0_${String(i).padStart(12, '0')}-1-0:0000000001`),
);
const runOfHeal = (store: StoreName) => ({
  workflowId: `heal:test-1:${store}`,
  runId: '01890a5d-ac96-774b-bcce-b302099a8057',
});
const evidenceKey = evidenceKeyOf(faulty(T0, { message: `${startedAt('Mon Oct 30 16:31:01 2023')} ${'x'.repeat(500)}` }));
const kibOf = (state: object): number => Buffer.byteLength(JSON.stringify(state)) / 1024;

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
  expect(kibOf(desk.state)).toBeLessThan(256);
});

test('600 Stores whose second incident is open, each with its lease, a day of budgets and twenty acts are carried in less than 256 KiB', () => {
  const desk = storm('act', 'would act');
  desk.pass(EVERY);
  for (const store of stores.slice(0, 600)) {
    const run = { ...runOfHeal(store), runId: '01890a5d-ac96-774b-bcce-b302099a8058' };
    const ask = { askId: 'q', run, store, order: true, override: ['brake' as const, 'budget' as const] };
    desk.send({ kind: 'opened', message: { ...ask, view, owesRestart: false } });
    desk.send({ kind: 'lease requested', message: { ...ask, streakSinceMs: desk.nowMs, owed: false } });
  }
  for (let times = 0; times < 20; times += 1) desk.send({ kind: 'release brake', by: 'alice', reason: 'x'.repeat(200) });
  const day = Array.from({ length: 1_000 }, (_, index) => desk.nowMs + index);
  const state = { ...desk.state, spent: { restarts: day, destroys: day } };
  expect(state.leases).toHaveLength(600);
  expect(state.stores.every(({ openRun, last }) => openRun !== null && last !== null)).toBe(true);
  expect(kibOf(pack(state))).toBeLessThan(256);
  expect(takeOver(JSON.parse(JSON.stringify(pack(state))) as ReturnType<typeof pack>)).toEqual(state);
});
