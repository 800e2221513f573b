const CODES = { red: 31, green: 32, yellow: 33, cyan: 36, grey: 90, bold: 1 } as const;

export type Colour = keyof typeof CODES;

/** Colours a text, or gives it back as it is. Words carry the meaning; colour only helps the eye. */
export type Paint = (colour: Colour, text: string) => string;

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Colours only on a terminal. NO_COLOR and TERM=dumb turn them off; FORCE_COLOR turns them on, also in a pipe,
 * and outweighs NO_COLOR as it does in Node itself.
 */
export function paintFor(stream: { readonly isTTY?: boolean }, env: Env): Paint {
  return isColoured(stream, env) ? (colour, text) => `\u001B[${CODES[colour]}m${text}\u001B[0m` : (_colour, text) => text;
}

function isColoured(stream: { readonly isTTY?: boolean }, env: Env): boolean {
  const force = env['FORCE_COLOR'];
  if (force !== undefined) return force !== '0' && force !== 'false';
  const no = env['NO_COLOR'];
  if (no !== undefined && no !== '') return false;
  return stream.isTTY === true && env['TERM'] !== 'dumb';
}
