/** A value that has no canonical JSON. Says where in it, never what stands there. */
export class CanonicalJsonError extends Error {
  override readonly name = 'CanonicalJsonError';
}

/** Deeper values than this are refused, so that no input can exhaust the stack. */
const DEPTH_MAX = 64;

/**
 * The canonical JSON of a value by RFC 8785 (JCS): members sorted by the UTF-16 code units of their names, numbers
 * and strings as ECMAScript writes them (section 3.2.2), no blanks. Equal values have equal texts, so a digest or
 * a signature over the text is one over the value. Its bytes are the text's UTF-8.
 *
 * Throws CanonicalJsonError for whatever JSON cannot carry without changing it: NaN, infinities, undefined (also as
 * a member or in a hole of a list), BigInt, functions, symbols, lone surrogates, and objects of a class, such as
 * Date and Map. The sign of -0 is lost, as the RFC has it.
 */
export function canonicalJson(value: unknown): string {
  return write(value, '$', 0);
}

function write(value: unknown, path: string, depth: number): string {
  if (depth > DEPTH_MAX) throw new CanonicalJsonError(`${path}: nested deeper than ${DEPTH_MAX} levels`);
  if (value === null) return 'null';
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (typeof value === 'string') return writeString(value, path);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new CanonicalJsonError(`${path}: not a finite number`);
    return JSON.stringify(value);
  }
  if (typeof value !== 'object') throw new CanonicalJsonError(`${path}: ${typeof value} has no JSON`);
  return Array.isArray(value) ? writeList(value, path, depth) : writeObject(value, path, depth);
}

/** For well-formed text, ECMAScript's own quoting is the one that the RFC prescribes (section 3.2.2.2). */
function writeString(text: string, path: string): string {
  if (/\p{Surrogate}/u.test(text)) throw new CanonicalJsonError(`${path}: text with a lone surrogate`);
  return JSON.stringify(text);
}

function writeList(list: readonly unknown[], path: string, depth: number): string {
  // By index: holes are read as undefined and refused.
  return `[${Array.from(list, (item, index) => write(item, `${path}[${index}]`, depth + 1)).join(',')}]`;
}

function writeObject(object: object, path: string, depth: number): string {
  const prototype: unknown = Object.getPrototypeOf(object);
  // A plain object of another realm (a sandbox, a test runner) has another Object.prototype, itself without one.
  const plain = prototype === null || (typeof prototype === 'object' && Object.getPrototypeOf(prototype) === null);
  if (!plain) throw new CanonicalJsonError(`${path}: an object of a class has no JSON of its own`);
  if (Object.getOwnPropertySymbols(object).length > 0) throw new CanonicalJsonError(`${path}: a member named by a symbol`);
  // Not localeCompare: the order is that of the code units.
  const names = Object.keys(object).toSorted((a, b) => (a < b ? -1 : 1));
  const members = names.map((name) => {
    const member: unknown = (object as Readonly<Record<string, unknown>>)[name];
    return `${writeString(name, path)}:${write(member, `${path}.${name}`, depth + 1)}`;
  });
  return `{${members.join(',')}}`;
}
