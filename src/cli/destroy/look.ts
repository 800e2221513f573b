import { consequenceOf, sayConsequence, siblingsOf, type Coverage, coverageOf } from '../../domain/approval/coverage.ts';
import { sayAssurance } from '../../domain/approval/view.ts';
import { say as sayDuration } from '../../domain/policy.ts';
import { siblingsAmong } from '../../domain/store.ts';
import type { Config } from '../../config/config.ts';
import { describeLook, type StoreLook } from '../check/describe-look.ts';
import { lookWords } from '../heal/plan.ts';
import type { ChosenStore } from '../reach/read-config.ts';
import { wrap } from '../screen/wrap.ts';
import type { ShownOn } from '../vote/plan/show-plan.ts';

/** What a person sees before they order a destroy. It is looked at again, and sealed, before anybody votes. */
export interface DestroyLook extends ChosenStore {
  readonly look: StoreLook;
  readonly siblings: readonly StoreLook[];
  readonly coverage: Coverage;
  readonly consequence: string;
}

/** One look at the Store and at its configured siblings, from this machine. */
export async function lookBeforeDestroy({ cluster, store }: ChosenStore, signal: AbortSignal): Promise<DestroyLook> {
  const { lookAtStores } = await import('../check/look-at-stores.ts');
  const names = siblingsAmong(cluster.stores, store);
  const [own, ...others] = await lookAtStores(cluster, [store, ...names], { signal });
  if (own === undefined) throw new Error('a look brings a reading for each Store');
  const span = own.kind === 'seen' ? own.checkpoints : { oldestS: null, newestS: null };
  const siblings = siblingsOf(store, others);
  return {
    cluster,
    store,
    look: describeLook(own),
    siblings: others.map(describeLook),
    coverage: coverageOf(span, siblings),
    consequence: sayConsequence(consequenceOf(span, siblings)),
  };
}

export function describeDestroy(
  { cluster, store, look, siblings, consequence }: DestroyLook,
  { approval }: Pick<Config, 'approval'>,
  reason: string,
  signed: boolean,
  { columns, paintSaid: paint }: ShownOn,
): string[] {
  const { quorum, approvers, assurance, approveWithinMs } = approval;
  const line = (label: string, text: string): string[] => wrap(label, text, columns);
  const names = approvers.map(({ name }) => name).join(', ');
  return [
    ...line('Store:', `${store} of cluster ${cluster.name}`),
    ...line('Now:', lookWords(look, paint)),
    ...(siblings.length === 0 ? line('Siblings:', 'none configured') : []),
    ...siblings.flatMap((sibling, index) =>
      line(index === 0 ? 'Siblings:' : '', `${sibling.store}: ${lookWords(sibling, paint)}`),
    ),
    ...line('Lost:', consequence),
    ...line('Because:', JSON.stringify(reason)),
    ...line(
      'Will send:',
      `${paint('red', 'an order to DESTROY it for good')}. Nothing is destroyed by it: it makes a plan and asks people`,
    ),
    ...line(
      'People:',
      `${quorum} of ${approvers.length} approvers (${names === '' ? 'none' : names}) have to approve within ${sayDuration(approveWithinMs)}, ${assurance.map(sayAssurance).join(' or ')}; who orders cannot approve${signed ? '' : ', and where it is not proven who that is, one more is needed'}`,
    ),
    ...caveats(look, approvers.length).flatMap((text) => line('Note:', text)),
  ];
}

function caveats({ diagnosis }: StoreLook, approvers: number): string[] {
  return [
    ...(diagnosis === 'healthy' ? ['it is healthy, so it would not be destroyed: the order would end as "cleared"'] : []),
    ...(diagnosis === 'unknown' ? ['an unknown reading is evidence of nothing: no plan is made before a trusted one'] : []),
    ...(approvers === 0 ? ['nobody can approve here (approval.approvers is empty): the order would be refused'] : []),
  ];
}
