import { describe, expect, test } from 'vitest';
import { A, refused, runOf, startDesk, view } from '../guard-desk.ts';

const a1 = runOf(A);

describe('mode ask', () => {
  const asking = { ...view, mode: 'ask' } as const;

  test('lets a heal act that people said yes to, and no other', () => {
    const desk = startDesk();
    desk.opened(a1, { view: asking });
    expect(desk.lease(a1)).toMatchObject(refused('mode', 'ask'));
    expect(desk.lease(a1, { approved: true })).toMatchObject({ kind: 'granted' });
    expect(desk.look(a1, 'stop', 's')).toMatchObject(refused('mode', 'ask'));
    expect(desk.look(a1, 'stop', 's', { approved: true })).toMatchObject({ kind: 'pass' });
  });

  test('tightened to observe stops what people said yes to', () => {
    const desk = startDesk();
    desk.opened(a1, { view: asking });
    desk.lease(a1, { approved: true });
    desk.sweep({}, { view: { ...view, mode: 'observe' } });
    expect(desk.look(a1, 'stop', 's', { approved: true })).toMatchObject(refused('mode', 'observe'));
  });
});
