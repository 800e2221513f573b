import { plainLine } from '../../cluster-manager/wire.ts';
import { modeFor } from '../../domain/policy.ts';
import type { Order } from '../../domain/requests.ts';
import { siblingsAmong } from '../../domain/store.ts';
import { describeLook, diagnosisColours, type StoreLook } from '../check/describe-look.ts';
import type { ChosenStore } from '../reach/read-config.ts';
import type { Paint } from '../screen/paint.ts';
import { span } from '../screen/times.ts';

/** What a person sees before they agree. */
export interface HealPlan extends ChosenStore {
  readonly order: Order | null;
  readonly look: StoreLook;
  readonly siblings: readonly StoreLook[];
}

/** Looks at the Store and at its siblings, once, from this machine. The heal looks again itself before it does anything. */
export async function planHeal({ cluster, store }: ChosenStore, order: Order | null, signal: AbortSignal): Promise<HealPlan> {
  const { lookAtStores } = await import('../check/look-at-stores.ts');
  const siblings = siblingsAmong(cluster.stores, store);
  const [look, ...others] = (await lookAtStores(cluster, [store, ...siblings], { signal })).map(describeLook);
  if (look === undefined) throw new Error('a look brings a reading for each Store');
  return { cluster, store, order, look, siblings: others };
}

export function describePlan(plan: HealPlan, openAlready: boolean, paint: Paint): string[] {
  const { cluster, store, order, look, siblings } = plan;
  return [
    `Store:     ${store} of cluster ${cluster.name}`,
    `Now:       ${lookWords(look, paint)}`,
    `Siblings:  ${siblings.length === 0 ? 'none configured' : ''}`.trimEnd(),
    ...siblings.map((sibling) => `           ${sibling.store}: ${lookWords(sibling, paint)}`),
    `Will send: ${whatIsSent(order, openAlready)}`,
    ...caveats(plan).map((line) => `${paint('yellow', 'note:')} ${line}`),
  ];
}

/** One look in a line. */
export function lookWords({ diagnosis, status, because, detail, newestAgeMs, message }: StoreLook, paint: Paint): string {
  const parts = [
    paint(diagnosisColours[diagnosis], diagnosis),
    ...(because === null ? [] : [plainLine([because, detail ?? ''].filter((text) => text !== '').join(': '))]),
    ...(status === null ? [] : [`status ${status}`]),
    ...(newestAgeMs === null ? [] : [`newest checkpoint ${span(newestAgeMs)} old`]),
    ...(message === null || message === '' ? [] : [`"${plainLine(message, 120)}"`]),
  ];
  return parts.join(', ');
}

function whatIsSent(order: Order | null, openAlready: boolean): string {
  if (order === null) {
    return openAlready
      ? 'nothing: an incident is open already'
      : 'a request to heal it: the fault is confirmed first, then stop, wait, restart, verify, as mode, guard and brake allow';
  }
  const passing = order.override.length === 0 ? '' : `, passing ${order.override.join(', ')}`;
  const healthy = order.restartHealthy ? ', also if it is healthy' : '';
  return `an order to stop and restart it on one trusted reading${healthy}${passing}${openAlready ? ', to the incident that is open' : ''}`;
}

/** What the person may not have thought of. */
function caveats({ cluster, store, order, look }: HealPlan): string[] {
  const mode = modeFor(cluster.policy, store);
  return [
    ...(look.diagnosis === 'unknown' ? ['an unknown reading allows nothing: the heal waits for a trusted one'] : []),
    ...(look.diagnosis === 'healthy' && order?.restartHealthy !== true
      ? ['it is healthy: nothing would be done to it (an order with --restart-healthy restarts it all the same)']
      : []),
    ...(mode !== 'act' && order?.override.includes('mode') !== true
      ? [`mode ${mode} does not let it act: it would end as "would act" (an order with --override mode passes that)`]
      : []),
    ...(cluster.stores.includes(store) ? [] : [`${cluster.name} does not list this Store: no sweep looks at it`]),
  ];
}
