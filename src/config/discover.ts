import { say, type Environment } from '../domain/policy.ts';
import { parseServiceAddress } from '../domain/service-address.ts';
import type { Parsed } from '../domain/store.ts';
import type { Complain } from './cluster.ts';
import type { DiscoverConfig } from './config.ts';
import type { ClusterFile } from './schema.ts';
import { Secret } from './secret.ts';

const MINUTE = 60_000;
const EVERY_MS = 5 * MINUTE;
const GRACE_MS = 60 * MINUTE;
/** A listing asks once for each project. */
const TIMEOUT_MS = 20_000;

const OMS = { name: 'OMS', example: 'http://10.0.0.4:8089', credentials: 'they are settings of their own, user and password' };

/** Parses the address of OMS's console, which answers its OpenAPI. */
export function parseOmsUrl(text: unknown): Parsed<string> {
  return parseServiceAddress(text, OMS);
}

export interface DiscoverGiven {
  readonly environment: Environment;
  /** How the password stands in the file: one reference and nothing else, or not; or one that nobody needs to follow. */
  readonly password: 'reference' | 'literal' | 'not read';
}

/** Where Stores are discovered; undefined where nothing is said of it, or after a complaint. */
export function checkDiscover(
  file: ClusterFile['discover'],
  { environment, password: standing }: DiscoverGiven,
  complain: Complain,
): DiscoverConfig | undefined {
  if (file === undefined) return undefined;
  const { user, password, every: everyMs = EVERY_MS, grace: graceMs = GRACE_MS, timeout: timeoutMs = TIMEOUT_MS } = file;
  const oms = parseOmsUrl(file.oms);
  if (!oms.ok) complain(['discover', 'oms'], oms.error);
  // A sign-in is `user:password`, so what stands behind a colon would be taken for the password.
  if (user.includes(':')) complain(['discover', 'user'], "has a ':', which no name of a user may have here");
  if (standing === 'literal') {
    complain(
      ['discover', 'password'],
      'must be one reference: a secret in this file would be read by everybody who may read the file, and by every copy of it; take it from the environment or from a file of its own (${file:PATH})',
    );
  }
  file.projects.forEach((id, index) => {
    if (file.projects.indexOf(id) !== index)
      complain(['discover', 'projects', index], `the project ${id} is named twice; keep one`);
  });
  const floorMs = environment === 'development' ? 1_000 : MINUTE;
  if (everyMs < floorMs)
    complain(['discover', 'every'], `${say(everyMs)} is below the floor of ${say(floorMs)} for environment: ${environment}`);
  if (graceMs < everyMs) {
    complain(
      ['discover', 'grace'],
      `${say(graceMs)} is shorter than discover.every (${say(everyMs)}): a Store would be dropped as soon as one list lacks it`,
    );
  }
  if (!oms.ok) return undefined;
  const projects = file.projects.toSorted();
  return {
    oms: oms.value,
    user,
    password: new Secret(standing === 'not read' ? null : password),
    projects,
    everyMs,
    graceMs,
    timeoutMs,
  };
}
