import type { ApprovalPolicy } from '../domain/approval/approval-policy.ts';
import type { Environment, Policy } from '../domain/policy.ts';
import type { StoreName } from '../domain/store.ts';
import type { Secret } from './secret.ts';

/** storekeeper.yaml, read, checked and normalised. All durations in milliseconds. */
export interface Config {
  readonly environment: Environment;
  /** Absolute path of the file. */
  readonly path: string;
  /** This file and those that it names, by absolute path: a change in any of them is a change of the configuration. */
  readonly files: readonly string[];
  readonly clusters: readonly ClusterConfig[];
  readonly approval: ApprovalPolicy;
  /** SHA-256, hexadecimal, over everything here but paths: the same for files that mean the same. */
  readonly digest: string;
}

export interface ClusterConfig {
  readonly name: string;
  /** Base URL of the Cluster Manager, without a slash at the end. */
  readonly cm: string;
  readonly restartMethod: 'POST' | 'GET';
  readonly readTimeoutMs: number;
  readonly commandTimeoutMs: number;
  /** Those that the file names, sorted. What OMS lists besides is not part of the configuration. */
  readonly stores: readonly StoreName[];
  /** Where more Stores are discovered, and what else is seen of each. Absent: nowhere. */
  readonly discover?: DiscoverConfig;
  readonly policy: Policy;
  /** Who may say yes to what, and how it is known: the same for every cluster of a file. */
  readonly approval: ApprovalPolicy;
  /** As `Config.digest`, of this cluster alone: workers whose files hold other clusters besides agree on it. */
  readonly digest: string;
}

/** OMS's OpenAPI, as far as this cluster's projects are concerned. */
export interface DiscoverConfig {
  /** Base URL, without a slash at the end. */
  readonly oms: string;
  readonly user: string;
  /** In no digest: workers with another password for the same account agree. */
  readonly password: Secret;
  /** Sorted. */
  readonly projects: readonly string[];
  readonly everyMs: number;
  /** A Store that OMS lists no more is looked at so long. */
  readonly graceMs: number;
  /** Of a whole listing, and of one question. */
  readonly timeoutMs: number;
}

/** One thing that is wrong, where, and what would be right. */
export interface ConfigFault {
  /** `clusters[0].policy.verify.within`; `line 3, column 5` where the file is no YAML; empty for the whole file. */
  readonly path: string;
  readonly message: string;
}

/** The configuration cannot be used. Holds every fault that was found; the message lists them all. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly file: string;
  readonly faults: readonly ConfigFault[];

  constructor(file: string, faults: readonly ConfigFault[], options?: ErrorOptions) {
    const lines = faults.map(({ path, message }) => `  - ${path === '' ? '' : `${path}: `}${message}`);
    super([`${file} has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:`, ...lines].join('\n'), options);
    this.file = file;
    this.faults = faults;
  }
}
