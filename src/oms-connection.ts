// PLACEHOLDER until oms-api is merged.
import type { OmsAccess, OmsView } from './inventory/discovery.ts';
import type { OmsListing } from './domain/witness.ts';

export interface OmsProject {
  readonly id: string;
  readonly name: string;
  readonly status: string;
}

export type OmsProjects =
  | { readonly kind: 'listed'; readonly projects: readonly OmsProject[] }
  | Extract<OmsListing, { kind: 'silent' }>;

export function connectOmsApi(_access: OmsAccess): OmsView & { listProjects(signal?: AbortSignal): Promise<OmsProjects> } {
  throw new Error('OMS cannot be asked yet');
}
