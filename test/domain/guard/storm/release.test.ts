import { expect, test } from 'vitest';
import { stuckLeases } from '../../../../src/domain/guard/warnings.ts';
import { subtopicOf } from '../../../../src/domain/store.ts';
import { MINUTE } from '../../readings.ts';
import { A, AFTERMATH, B, debtsOf, type Desk, refused, runOf, slotsOf, startDesk, stopped } from '../guard-desk.ts';

const act = { by: 'alice', reason: 'its heal hangs' };
const [a1, b1] = [runOf(A), runOf(B)];

function leased(): Desk {
  const desk = startDesk();
  desk.opened(a1);
  desk.lease(a1);
  return desk;
}

test.each([
  ['its Store', A],
  ['its subtopic', subtopicOf(A)],
])('a lease is ended by the name of %s; its holder is turned away, another may go, and it is kept who said so', (_, target) => {
  const desk = leased();
  desk.send({ kind: 'release lease', target, ...act });
  expect(desk.look(a1, 'stop', 's')).toMatchObject(refused('not the holder'));
  desk.opened(b1);
  expect(desk.lease(b1)).toMatchObject({ kind: 'granted' });
  expect(desk.state.acts[0]?.text).toBe(
    `alice released the lease that ${a1.workflowId} held on ${subtopicOf(A)}: its heal hangs`,
  );
});

test('its holder may ask again, and is granted it where nobody else has it', () => {
  const desk = leased();
  desk.send({ kind: 'release lease', target: A, ...act });
  expect(desk.lease(a1)).toMatchObject({ kind: 'granted' });
});

test('where its command may still run the subtopic is left alone, and what it owes is owed by nobody, so the guard pays', () => {
  const desk = stopped(a1);
  desk.send({ kind: 'release lease', target: A, ...act });
  expect(desk.state.debts).toMatchObject([{ store: A, holder: null }]);
  expect(slotsOf(desk)).toEqual([A]);
  desk.opened(b1);
  expect(desk.lease(b1)).toMatchObject(refused('quarantine'));
  expect(desk.tick()).toEqual([]);
  desk.pass(AFTERMATH);
  expect(desk.tick()).toEqual([A]);
  expect(debtsOf(desk)).toEqual([A]);
});

test('where nobody holds it, that is noted, and nothing changes', () => {
  const desk = startDesk();
  desk.send({ kind: 'release lease', target: A, ...act });
  expect(desk.state.notes[0]?.text).toContain('nobody holds it');
  expect(desk.state.acts).toEqual([]);
});

test('a holder that did nothing for two hours is shown as stuck, and whatever it does shows that it is not', () => {
  const desk = leased();
  desk.pass(120 * MINUTE - 1);
  expect(stuckLeases(desk.state, desk.nowMs)).toEqual([]);
  desk.pass(1);
  expect(stuckLeases(desk.state, desk.nowMs)).toMatchObject([{ holder: a1 }]);
  expect(desk.sweep({}).warnings).toEqual([expect.stringContaining('release-lease')]);
  desk.look(a1, 'stop', 's', { streakSinceMs: desk.nowMs });
  expect(stuckLeases(desk.state, desk.nowMs)).toEqual([]);
});
