// PLACEHOLDER until oms-api is merged.
import type { OmsAccess, OmsView } from './inventory/discovery.ts';

export function connectOmsApi(_access: OmsAccess): OmsView {
  throw new Error('OMS cannot be asked yet');
}
