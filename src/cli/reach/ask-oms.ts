import type { DiscoverConfig } from '../../config/config.ts';
import type { OmsListing } from '../../domain/witness.ts';

/** What OMS lists of these projects, asked once. Never rejects for what OMS did, but when interrupted. */
export async function listStores(
  { oms, user, password, projects, timeoutMs }: DiscoverConfig,
  interrupted: AbortSignal,
): Promise<OmsListing> {
  const { connectOmsApi } = await import('../../oms-connection.ts');
  const timeOut = AbortSignal.timeout(timeoutMs);
  const api = connectOmsApi({ baseUrl: oms, user, password: password.reveal(), timeoutMs });
  try {
    return await api.listStores(projects, AbortSignal.any([interrupted, timeOut]));
  } catch (error) {
    interrupted.throwIfAborted();
    if (!timeOut.aborted) throw error;
    return { kind: 'silent', because: 'timed out', detail: `no whole list in ${timeoutMs / 1_000} s` };
  } finally {
    await api.close();
  }
}
