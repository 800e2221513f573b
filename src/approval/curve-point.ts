/**
 * Public keys that an honest key generator never makes. A signature by a key of small order can be valid for any
 * message whatever (all 8 points of the torsion group, zero among them), and a second encoding of a point would let
 * one key pass for two. OpenSSL, which verifies, checks neither.
 */
const P = 2n ** 255n - 19n;
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;

/** What is wrong with the 32 bytes of a public key (RFC 8032, section 5.1.2), as the end of a sentence; null if nothing. */
export function pointFault(bytes: Uint8Array): string | null {
  if (bytes.length !== 32) return `has ${bytes.length} bytes, not 32`;
  const y = yOf(bytes);
  if (y >= P) return 'is written in a form that no key generator uses';
  // x² = (y² - 1) / (d y² + 1). The denominator is never 0, since -1/d is no square.
  const y2 = (y * y) % P;
  const x2 = modP((y2 - 1n) * inverse(modP(D * y2 + 1n)));
  if (x2 !== 0n && power(x2, (P - 1n) / 2n) !== 1n) return 'is not a point of the curve: a character may be wrong';
  return isSmallOrder(x2, y2) ? 'is of small order: anybody could sign for it' : null;
}

function yOf(bytes: Uint8Array): bigint {
  const littleEndian = Uint8Array.from(bytes).toReversed();
  const number = BigInt(`0x${Buffer.from(littleEndian).toString('hex')}`);
  // The top bit is the sign of x.
  return number & (2n ** 255n - 1n);
}

/**
 * Order 1, 2 or 4: x or y is 0. Order 8: doubling gives a point of order 4, whose y is 0, and the y of the doubled
 * point is 0 exactly where y² = -x².
 */
function isSmallOrder(x2: bigint, y2: bigint): boolean {
  return x2 === 0n || y2 === 0n || (x2 + y2) % P === 0n;
}

function modP(number: bigint): bigint {
  return ((number % P) + P) % P;
}

function inverse(number: bigint): bigint {
  return power(number, P - 2n);
}

function power(base: bigint, exponent: bigint): bigint {
  let [result, square, rest] = [1n, base % P, exponent];
  while (rest > 0n) {
    if ((rest & 1n) === 1n) result = (result * square) % P;
    square = (square * square) % P;
    rest >>= 1n;
  }
  return result;
}
