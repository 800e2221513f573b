import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson, CanonicalJsonError } from '../../src/approval/canonical-json.ts';

describe('the vectors of RFC 8785', () => {
  test('the sample object of section 3.2.2 and 3.2.3', () => {
    const input = String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`;
    expect(canonicalJson(JSON.parse(input))).toBe(
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    );
  });

  test('the order of names of section 3.2.3: by UTF-16 code units, so a surrogate pair comes before U+FB33', () => {
    const input = {
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      '1': 'One',
      '\ud83d\ude00': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      '\u00f6': 'Latin Small Letter O With Diaeresis',
    };
    const values = [...canonicalJson(input).matchAll(/:"([^"]*)"/g)].map((match) => match[1]);
    expect(values).toEqual([
      'Carriage Return',
      'One',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ]);
  });

  test.each([
    ['0000000000000000', '0'],
    ['8000000000000000', '0'],
    ['0000000000000001', '5e-324'],
    ['8000000000000001', '-5e-324'],
    ['7fefffffffffffff', '1.7976931348623157e+308'],
    ['ffefffffffffffff', '-1.7976931348623157e+308'],
    ['4340000000000000', '9007199254740992'],
    ['c340000000000000', '-9007199254740992'],
    ['4430000000000000', '295147905179352830000'],
    ['44b52d02c7e14af5', '9.999999999999997e+22'],
    ['44b52d02c7e14af6', '1e+23'],
    ['44b52d02c7e14af7', '1.0000000000000001e+23'],
    ['444b1ae4d6e2ef4e', '999999999999999700000'],
    ['444b1ae4d6e2ef4f', '999999999999999900000'],
    ['444b1ae4d6e2ef50', '1e+21'],
    ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
    ['3eb0c6f7a0b5ed8d', '0.000001'],
    ['41b3de4355555553', '333333333.3333332'],
    ['41b3de4355555554', '333333333.33333325'],
    ['41b3de4355555555', '333333333.3333333'],
    ['41b3de4355555556', '333333333.3333334'],
    ['41b3de4355555557', '333333333.33333343'],
    ['becbf647612f3696', '-0.0000033333333333333333'],
    ['43143ff3c1cb0959', '1424953923781206.2'],
  ])('the number %s of appendix B', (bits, text) => {
    expect(canonicalJson(Buffer.from(bits, 'hex').readDoubleBE())).toBe(text);
  });

  test.each(['7fffffffffffffff', '7ff0000000000000', 'fff0000000000000'])('the number %s of appendix B is an error', (bits) => {
    expect(() => canonicalJson(Buffer.from(bits, 'hex').readDoubleBE())).toThrow(CanonicalJsonError);
  });
});

describe('what JSON cannot carry unchanged is refused, and where it stands is said', () => {
  const nested = (levels: number): unknown => (levels === 0 ? 0 : [nested(levels - 1)]);
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  test.each<[string, unknown, string]>([
    ['undefined', undefined, '$: undefined'],
    ['an undefined member, which JSON.stringify drops', { a: { b: undefined } }, '$.a.b: undefined'],
    ['an undefined item, which JSON.stringify makes null', [0, undefined], '$[1]: undefined'],
    // oxlint-disable-next-line no-sparse-arrays -- the hole is what is tested
    ['a hole in a list', [0, , 1], '$[1]: undefined'],
    ['NaN', { a: Number.NaN }, '$.a: not a finite number'],
    ['Infinity', [Infinity], '$[0]: not a finite number'],
    ['-Infinity', -Infinity, '$: not a finite number'],
    ['a BigInt', { a: 1n }, '$.a: bigint'],
    ['a function', { a: () => 1 }, '$.a: function'],
    ['a symbol', [Symbol('s')], '$[0]: symbol'],
    ['a member named by a symbol', { [Symbol('s')]: 1 }, 'named by a symbol'],
    ['a Date', { at: new Date(0) }, '$.at: an object of a class'],
    ['a Map', new Map(), '$: an object of a class'],
    ['bytes', Buffer.from('a'), '$: an object of a class'],
    ['a boxed number', Object(1), '$: an object of a class'],
    ['an object with a toJSON of its own', { toJSON: () => 1 }, 'function'],
    ['a lone high surrogate', ['a\ud83d'], '$[0]: text with a lone surrogate'],
    ['a lone low surrogate', '\ude00', '$: text with a lone surrogate'],
    ['surrogates the wrong way round', '\ude00\ud83d', 'lone surrogate'],
    ['a name with a lone surrogate', { '\ud83d': 1 }, 'lone surrogate'],
    ['a circle', circle, 'nested deeper'],
    ['more than 64 levels', nested(65), 'nested deeper'],
  ])('%s', (_, value, words) => {
    expect(() => canonicalJson(value)).toThrow(CanonicalJsonError);
    expect(() => canonicalJson(value)).toThrow(words);
  });

  test('without a word of the value itself', () => {
    expect(() => canonicalJson({ a: 'secret\ud800' })).toThrow(/^\$\.a: text with a lone surrogate$/);
  });

  test('64 levels, objects without a prototype and the member __proto__ are plain JSON', () => {
    expect(canonicalJson(nested(64))).toHaveLength(129);
    expect(canonicalJson(Object.assign(Object.create(null) as object, { b: 1, a: 2 }))).toBe('{"a":2,"b":1}');
    expect(canonicalJson(JSON.parse('{"b":1,"__proto__":{"a":2}}'))).toBe('{"__proto__":{"a":2},"b":1}');
  });
});

describe('of any JSON value', () => {
  const anyJson = fc
    .jsonValue({ depthSize: 'medium', stringUnit: 'binary' })
    .map((value) => JSON.parse(JSON.stringify(value)) as unknown);

  /** The same value with the members of every object in another order. */
  function turned(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(turned);
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value as Record<string, unknown>);
    return Object.fromEntries(entries.toReversed().map(([name, member]) => [name, turned(member)]));
  }

  test('the canonical text parses to the same value, and is canonical itself', () => {
    fc.assert(
      fc.property(anyJson, (value) => {
        const text = canonicalJson(value);
        expect(JSON.parse(text)).toEqual(value);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
      }),
    );
  });

  test('the order of members never matters', () => {
    fc.assert(
      fc.property(anyJson, (value) => {
        expect(canonicalJson(turned(value))).toBe(canonicalJson(value));
      }),
    );
  });

  test('different values have different texts', () => {
    fc.assert(
      fc.property(anyJson, anyJson, (a, b) => {
        fc.pre(JSON.stringify(turned(a)) !== JSON.stringify(turned(b)));
        const same = canonicalJson(a) === canonicalJson(b);
        if (same) expect(a).toEqual(b);
      }),
    );
  });
});
