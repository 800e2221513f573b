import { parseServiceAddress } from '../domain/service-address.ts';
import type { Parsed } from '../domain/store.ts';

const CLUSTER_MANAGER = { name: 'the Cluster Manager', example: 'http://10.0.0.5:8088', credentials: 'CM asks for none' };

/** Parses the address of the Cluster Manager. */
export function parseCmUrl(text: unknown): Parsed<string> {
  return parseServiceAddress(text, CLUSTER_MANAGER);
}
