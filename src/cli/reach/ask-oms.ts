import type { DiscoverConfig } from '../../config/config.ts';
import type { OmsAccess } from '../../domain/ask-witness.ts';
import type { OmsListing } from '../../domain/witness.ts';
import type { connectOmsApi } from '../../oms-api/oms-api.ts';

type OmsApi = ReturnType<typeof connectOmsApi>;

/** What OMS lists of these projects, asked once. Never rejects for what OMS did, but when interrupted. */
export async function listStores(discover: DiscoverConfig, interrupted: AbortSignal): Promise<OmsListing> {
  const { accessOf } = await import('../../inventory/discovery.ts');
  return askOms(accessOf(discover), interrupted, (api, signal) => api.listStores(discover.projects, signal));
}

type Silent = Extract<OmsListing, { kind: 'silent' }>;

/** Asks OMS once, within its time-out. Never rejects for what OMS did, but when interrupted. */
export async function askOms<T>(
  access: OmsAccess,
  interrupted: AbortSignal,
  ask: (api: OmsApi, signal: AbortSignal) => Promise<T>,
): Promise<T | Silent> {
  const { connectOmsApi } = await import('../../oms-api/oms-api.ts');
  const timeOut = AbortSignal.timeout(access.timeoutMs);
  const api = connectOmsApi(access);
  try {
    return await ask(api, AbortSignal.any([interrupted, timeOut]));
  } catch (error) {
    interrupted.throwIfAborted();
    if (!timeOut.aborted) throw error;
    return { kind: 'silent', because: 'timed out', detail: `no whole answer in ${access.timeoutMs / 1_000} s` };
  } finally {
    await api.close();
  }
}
