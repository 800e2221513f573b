import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { describeIncident, escapeMarkdown, type IncidentView } from '../../../src/domain/incident.ts';
import { STORE } from '../readings.ts';

const view: IncidentView = {
  cluster: 'hangzhou-1',
  store: STORE,
  phase: 'confirming',
  since: '2026-01-05T03:00:00.000Z',
  evidence: 'status 1, "<img src=x> [click](http://evil) **bold**\n- fake line"',
  attempts: [{ number: 1, stop: 'done', restart: 'refused: <b>', verdict: 'did not come up', cameUp: false, diedAtS: null }],
  order: 'because `rm`',
  notes: ['| table | $x$'],
};

test('what CM or people said is shown as text: no markup, no line of its own', () => {
  const shown = describeIncident(view);
  expect(shown).not.toMatch(/<|\[click|\*\*bold|`rm`|\| table/);
  expect(shown.split('\n').every((line) => line.startsWith('- '))).toBe(true);
  expect(shown.split('\n')).toHaveLength(7);
});

test('any text is one bounded line without markup', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 900 }), (text) => {
      const shown = escapeMarkdown(text);
      expect(shown).not.toMatch(/[\r\n\\`*_{}[\]()+!|<>~$]/);
      expect(shown.length).toBeLessThanOrEqual(400 * 6);
    }),
  );
});
