import type { Parsed } from './store.ts';

/** Whose address it is, as every complaint about it says. */
export interface AddressedService {
  /** `the Cluster Manager` */
  readonly name: string;
  readonly example: string;
  /** Why user and password do not belong in the address. */
  readonly credentials: string;
}

/**
 * Parses the address of a service: http or https, a host, a port if need be, a path prefix if a proxy wants one. The
 * value comes back without trailing slashes. Credentials in the address are refused, since an address is shown in logs
 * and histories; no complaint repeats them.
 */
export function parseServiceAddress(text: unknown, { name, example, credentials }: AddressedService): Parsed<string> {
  const fault = (what: string): Parsed<string> => ({
    ok: false,
    error: `${what}; write the address of ${name} like ${example}`,
  });
  if (typeof text !== 'string') return fault(`the address must be one string, not ${text === null ? 'null' : typeof text}`);
  const trimmed = text.trim();
  if (trimmed === '') return fault('the address is empty');
  if (trimmed.includes('@')) return fault(`the address has an '@': user and password do not belong in it (${credentials})`);
  const shown = JSON.stringify(trimmed.length > 80 ? `${trimmed.slice(0, 80)}…` : trimmed);
  if (/[\s\p{C}]/u.test(trimmed)) return fault(`${shown} has a blank or control character inside`);
  if (!/^https?:\/\//i.test(trimmed)) return fault(`${shown} does not begin with http:// or https://`);
  if (!URL.canParse(trimmed)) return fault(`${shown} is not an address`);
  const url = new URL(trimmed);
  if (trimmed.includes('?') || trimmed.includes('#'))
    return fault(`${shown} has a '?' or '#' part; only host, port and a path prefix are used`);
  if (url.port === '0') return fault(`${shown} has the port 0`);
  return { ok: true, value: url.origin + url.pathname.replace(/\/+$/, '') };
}
