/** Invariant 12: nothing in a history that only its owner may know. */
import { gunzipSync } from 'node:zlib';
import type { History } from '../../approval/history-signals.ts';
import type { Finding } from './finding.ts';

/** What gives a secret away, whatever stands around it. Bounded, so that no text takes longer than its length. */
const SIGNS: readonly (readonly [string, RegExp])[] = [
  ['a private key', /PRIVATE KEY/],
  [
    'the address of a chat webhook',
    /access_token=[\w-]{8}|\/cgi-bin\/webhook\/send\?key=|\/open-apis\/bot\/v2\/hook\/|hooks\.slack\.com\/services\//,
  ],
  ['a bearer token', /\bBearer\s+[\w.~+/-]{16}|\beyJ[\w-]{8,1000}\.eyJ[\w-]{8,4000}\.[\w-]{8}/],
  ['a password in an address', /\b[a-z][a-z0-9+.-]{0,20}:\/\/[^\s/:@"\\]{1,100}:[^\s/@"\\]{1,200}@/i],
  ['a password', /"(?:password|passwd|secret|api_?key)\\?"\s*:\s*\\?"[^"\\]/i],
];

/** Looks through every text and payload of every event. Says which event, never what stands there. */
export function checkSecrets(finding: Finding, history: History): void {
  const unpacking = { bytesLeft: UNPACKED_BYTES_MAX };
  for (const event of history.events ?? []) {
    const found = new Set<string>();
    for (const text of textsIn(event, unpacking)) {
      for (const [name, sign] of SIGNS) if (sign.test(text)) found.add(name);
    }
    for (const name of found) finding.broken(12, Number(event.eventId ?? 0), `${name} stands in this event`);
  }
  if (unpacking.bytesLeft <= 0)
    finding.notShown(null, 'that no packed answer of CM holds a secret: there is too much of them to look through');
}

/** A small file can unpack to a thousand times its size, so all of it together is bounded, too. */
const UNPACKED_BYTES_MAX = 512 * 1024 * 1024;
const PACKED_BYTES_MAX = 16 * 1024 * 1024;
const PACKED = /"encoding":"gzip\+base64","data":"([A-Za-z0-9+/=]+)"/g;

interface Unpacking {
  bytesLeft: number;
}

/** Without recursion: a failure's causes can be nested as deep as a file likes. */
function* textsIn(event: object, unpacking: Unpacking): Generator<string> {
  const waiting: unknown[] = [event];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (typeof value === 'string') yield value;
    else if (value instanceof Uint8Array) {
      const text = new TextDecoder().decode(value);
      yield text;
      yield* unpacked(text, unpacking);
    } else if (typeof value === 'object' && value !== null) {
      for (const part of Object.values(value)) waiting.push(part);
    }
  }
}

function* unpacked(text: string, unpacking: Unpacking): Generator<string> {
  for (const [, data = ''] of text.matchAll(PACKED)) {
    if (unpacking.bytesLeft <= 0) return;
    try {
      const bytes = gunzipSync(Buffer.from(data, 'base64'), { maxOutputLength: PACKED_BYTES_MAX });
      unpacking.bytesLeft -= bytes.length;
      yield bytes.toString('utf8');
    } catch {
      // What cannot be unpacked shows nothing to anybody; the attempt has cost as much as the limit allows.
      unpacking.bytesLeft -= PACKED_BYTES_MAX;
    }
  }
}
