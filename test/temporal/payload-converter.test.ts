import { createRequire } from 'node:module';
import type { Payload, PayloadConverter } from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import { dataConverter } from '../../src/temporal/data-converter.ts';
import { payloadConverter } from '../../src/temporal/payload-converter.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const payload = (encoding: string, text: string): Payload => ({ metadata: { encoding: bytes(encoding) }, data: bytes(text) });

describe('a payload', () => {
  test('that the Web UI marked json/protobuf is read as JSON', () => {
    expect(payloadConverter.fromPayload(payload('json/protobuf', '{"verdict":"approve"}'))).toEqual({ verdict: 'approve' });
  });

  test.each(['json/plain', 'json/protobuf'])(
    'of %s that is no JSON reaches the handler as text, which then refuses it',
    (encoding) => {
      expect(payloadConverter.fromPayload(payload(encoding, 'approve it!'))).toBe('approve it!');
    },
  );

  test('in an encoding that nobody knows reaches the handler as text: thrown at, it would block the workflow for good', () => {
    expect(payloadConverter.fromPayload(payload('binary/encrypted', '{"verdict":"approve"}'))).toMatch(
      /binary\/encrypted.*not read/,
    );
    expect(payloadConverter.fromPayload({ metadata: {}, data: bytes('1') })).toMatch(/not read/);
    expect(payloadConverter.fromPayload({ data: bytes('1') })).toMatch(/not read/);
  });

  test('of ours is written as json/plain and comes back the same', () => {
    const written = payloadConverter.toPayload({ store: 'x', atMs: 5 });
    expect(new TextDecoder().decode(written.metadata?.['encoding'] ?? new Uint8Array())).toBe('json/plain');
    expect(payloadConverter.fromPayload(written)).toEqual({ store: 'x', atMs: 5 });
  });

  test('without a value is undefined, as an empty start form sends it', () => {
    expect(payloadConverter.fromPayload(payloadConverter.toPayload(undefined))).toBeUndefined();
  });
});

test('the SDK finds the compiled converter by its path, the way it loads it', () => {
  const loaded = createRequire(import.meta.url)(dataConverter().payloadConverterPath) as { payloadConverter: PayloadConverter };
  expect(loaded.payloadConverter.fromPayload(payload('json/protobuf', '[1]'))).toEqual([1]);
});
