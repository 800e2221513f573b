import type { Run } from '../../domain/guard/messages.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** The page of the run, where $STOREKEEPER_UI says where the Web UI is; else null. */
export function webUiUrl(env: Env, namespace: string, { workflowId, runId }: Run): string | null {
  const base = env['STOREKEEPER_UI'];
  if (base === undefined || base === '') return null;
  return `${base.replace(/\/+$/, '')}/namespaces/${encodeURIComponent(namespace)}/workflows/${encodeURIComponent(workflowId)}/${runId}`;
}
