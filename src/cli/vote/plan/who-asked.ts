import { startOf } from '../../../approval/chain.ts';
import { originOf } from '../../../approval/history-signals.ts';
import { plainLine } from '../../../cluster-manager/wire.ts';
import type { Run } from '../../../domain/guard/messages.ts';
import type { Temporal } from '../../reach/open-temporal.ts';

/** Who started this run, by the server's own history and in words; no worker is believed. Null where it does not say. */
export async function whoAsked({ client, namespace }: Temporal, { workflowId, runId }: Run): Promise<string | null> {
  const { history } = await client.workflowService.getWorkflowExecutionHistory({
    namespace,
    execution: { workflowId, runId },
    maximumPageSize: 1,
  });
  const origin = history ? originOf(history) : null;
  if (origin === null) return null;
  if (origin.parent !== null) return `a workflow: ${plainLine(origin.parent.workflowId)}`;
  const { principal, proof } = startOf(origin);
  if (principal !== null) return `${plainLine(principal.name)} (${plainLine(principal.type)}), as the server attests`;
  if (proof.orderer === undefined)
    return `not known: ${plainLine(origin.identity)} is what it calls itself, which proves nothing`;
  return proof.signature === undefined
    ? `${plainLine(proof.orderer)}, by their own word, which proves nothing`
    : `${plainLine(proof.orderer)}, with a signature that the worker checks`;
}
